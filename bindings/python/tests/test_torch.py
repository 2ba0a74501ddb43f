"""Networks of PyTorch against torch.func in double precision."""

import numpy
import pytest

import fenchel

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

from torch import nn  # noqa: E402
from torch.func import functional_call, grad, jacrev  # noqa: E402

from fenchel.torch import Unsupported, describe  # noqa: E402

TOLERANCE = 1e-10


class Residual(nn.Module):
    """x + F(LayerNorm x), twice."""

    def __init__(self, width):
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(2))
        self.bodies = nn.ModuleList(nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width)) for _ in range(2))
        self.head = nn.Linear(width, 4)

    def forward(self, x):
        for norm, body in zip(self.norms, self.bodies):
            x = x + body(norm(x))
        return self.head(x)


class Dense(nn.Module):
    """Channels put behind each other, and a gate."""

    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(7, 5, 3, padding=1, groups=1)
        self.gate, self.head = nn.Conv2d(5, 5, 1), nn.Linear(5, 4)

    def forward(self, x):
        x = torch.cat([x, torch.relu(self.a(x))], 1)
        x = nn.functional.silu(self.b(x))
        x = x * torch.sigmoid(self.gate(nn.functional.adaptive_avg_pool2d(x, 1)))
        return self.head(x.mean((2, 3)))


def lenet():
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.Tanh(), nn.AvgPool2d(2), nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2), nn.Flatten(),
        nn.Linear(64, 24), nn.Tanh(), nn.Linear(24, 4),
    )


def vgg():
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(8, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Dropout(), nn.Linear(32, 4),
    )


MODELS = {
    "mlp": (lambda: nn.Sequential(nn.Flatten(), nn.Linear(12, 9), nn.Tanh(), nn.Linear(9, 4)), (3, 2, 2)),
    "lenet": (lenet, (1, 16, 16)),
    "vgg": (vgg, (3, 8, 8)),
    "residual": (lambda: Residual(8), (8,)),
    "dense": (Dense, (3, 6, 6)),
}


def model_of(name, seed=0):
    torch.manual_seed(seed)
    make, shape = MODELS[name]
    model = make().double()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_()
            module.running_var.uniform_(0.5, 2.0)
    return model.eval(), torch.randn(3, *shape, dtype=torch.float64), torch.tensor([0, 3, 1])


def by_torch(model, x, y, loss):
    """Logits, losses, squared gradient norms and structural matrices, sample by sample."""
    parameters, buffers = dict(model.named_parameters()), dict(model.named_buffers())
    outputs = lambda p, sample: functional_call(model, (p, buffers), (sample[None],))[0]  # noqa: E731
    rows = []
    for sample, label in zip(x, y):
        of_parameters = lambda p: loss(outputs(p, sample)[None], label[None])  # noqa: B023, E731
        jacobian = torch.cat([block.flatten(1) for block in jacrev(outputs)(parameters, sample).values()], 1)
        square = sum((g**2).sum() for g in grad(of_parameters)(parameters).values())
        rows.append((outputs(parameters, sample), of_parameters(parameters), square, jacobian @ jacobian.T))
    return [torch.stack(values).detach().numpy() for values in zip(*rows)]


def close(ours, theirs):
    size = numpy.abs(theirs).reshape(len(theirs), -1).max(1)
    return (numpy.abs(ours - theirs).reshape(len(theirs), -1).max(1) <= TOLERANCE * size).all()


@pytest.mark.parametrize("name", MODELS)
def test_a_network_is_what_torch_says(name):
    model, x, y = model_of(name)
    m = fenchel.measure(model, x, y)
    logits, loss, square, structure = by_torch(model, x, y, nn.functional.cross_entropy)
    assert close(m.logits, logits) and close(m.loss, loss) and close(m.grad_norm_sq, square) and close(m.structure, structure)
    assert close(m.eigenvalues, numpy.linalg.eigvalsh(structure)) and m.holds


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_losses_are_those_of_torch(smoothing):
    model, x, y = model_of("mlp")
    m = fenchel.measure(model, x, y, smoothing=smoothing)
    _, loss, square, _ = by_torch(model, x, y, lambda f, t: nn.functional.cross_entropy(f, t, label_smoothing=smoothing))
    assert close(m.loss + getattr(m, "entropy", 0.0) if smoothing else m.loss, loss) and close(m.grad_norm_sq, square)


def test_files_for_the_program_are_the_same_network(tmp_path):
    model, x, y = model_of("vgg")
    toml, tensors = describe(model, tuple(x.shape[1:]))
    network = fenchel.Network(toml, {name: value.numpy() for name, value in tensors.items() if value.dtype.is_floating_point})
    assert (fenchel.measure(network, x, y).structure == fenchel.measure(model, x, y).structure).all()


def test_half_precision_is_widened_exactly():
    model, x, y = model_of("mlp")
    for kind in (torch.float16, torch.bfloat16):
        half = model.to(kind)
        widened = fenchel.measure(half, x, y)
        assert (fenchel.measure(half.double(), x, y).loss == widened.loss).all()


class Shared(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 4)

    def forward(self, x):
        return self.layer(torch.relu(self.layer(x)))


class Branching(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 2)

    def forward(self, x):
        return self.layer(x) if x.sum() > 0 else x


class Buffered(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 2)
        self.register_buffer("mask", torch.ones(2))

    def forward(self, x):
        return self.layer(x) * self.mask


def hooked():
    model = nn.Sequential(nn.Linear(4, 2))
    model[0].register_forward_hook(lambda module, inputs, output: output * 2)
    return model


class Detached(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(4, 4), nn.Linear(4, 2)

    def forward(self, x):
        with torch.no_grad():
            h = self.a(x)
        return self.b(h)


class Alpha(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer, self.p = nn.Linear(4, 2), nn.Parameter(torch.ones(2))

    def forward(self, x):
        return torch.add(self.layer(x), self.p, alpha=0.5)


class InView(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer, self.relu = nn.Linear(4, 2), nn.ReLU(True)

    def forward(self, x):
        u = self.layer(x)
        return self.relu(u.flatten(1)) + u


class Own(nn.TransformerEncoderLayer):
    def _ff_block(self, x):
        return 2 * super()._ff_block(x)


class Overridden(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder, self.head = nn.TransformerEncoder(Own(4, 1, 4, batch_first=True), 1), nn.Linear(4, 2)

    def forward(self, x):
        return self.head(self.encoder(x).mean(1))


def tied():
    model = nn.Sequential(nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 4))
    model[2].weight = model[0].weight
    return model


def replaced():
    model = nn.Sequential(nn.Linear(4, 2))
    model[0].forward = lambda x: x[:, :2]
    return model


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (Detached, "what was read is not the module: the gradient in `a.weight`"),
        (Alpha, "`add`"),
        (InView, "in place|not the module"),
        (tied, "`0.weight` and `2.weight` are one tensor"),
        (replaced, "the forward of `0` was replaced"),
        (lambda: nn.Sequential(nn.Linear(4, 2), nn.Softplus(threshold=0.1)), "threshold"),
        (lambda: nn.DataParallel(nn.Linear(4, 2)), r"`.module`"),

        (lambda: nn.Sequential(nn.Linear(4, 4), nn.Dropout()).train(), "training mode"),
        (Shared, "`layer` .*tied|used twice"),
        (Branching, r"the network \(Branching\) cannot be traced"),
        (lambda: nn.Sequential(nn.Linear(4, 4), Branching()), "`1` cannot be traced"),
        (Buffered, "mask"),
        (hooked, "`0` has hooks"),
        (lambda: nn.utils.parametrizations.weight_norm(nn.Linear(4, 2)), "weight"),
        (lambda: nn.LSTM(4, 2), "LSTM"),
        (lambda: nn.Sequential(nn.Linear(5, 2)), "`0` cannot take what reaches it"),
    ],
)
def test_what_cannot_be_said_is_refused_by_name(make, words):
    model = make()
    model = model if model.training and any(isinstance(m, nn.Dropout) for m in model.modules()) else model.eval()
    with pytest.raises(Unsupported, match=words):
        fenchel.measure(model, torch.zeros(2, 4), [0, 1])


def test_a_watcher_leaves_the_training_as_it_is(tmp_path):
    torch.manual_seed(1)
    model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Dropout(0.5), nn.Linear(16, 3))
    x, y = torch.randn(30, 4), torch.randint(3, (30,))
    optimiser = torch.optim.SGD(model.parameters(), lr=0.1)
    watch = fenchel.Watcher(model, x[:8], y[:8], every=5)
    state = torch.random.get_rng_state()
    assert watch(0) is not None and watch(3) is None
    assert (torch.random.get_rng_state() == state).all() and model.training and model[2].training
    for step in range(1, 21):
        optimiser.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimiser.step()
        watch(step)
    assert watch.steps == [0, 5, 10, 15, 20] and watch.violations == [0] * 5
    assert (watch.lower <= watch.loss).all() and (watch.loss <= watch.upper).all()
    assert watch.risk[-1] == pytest.approx(watch.last.loss.mean()) and watch.D[-1] in watch.last.D
    watch.report(tmp_path / "training.html")
    assert "Along the training" in (tmp_path / "training.html").read_text()


class Tokens(nn.Module):
    """An embedding, positions, one transformer block, the mean over the tokens."""

    def __init__(self, norm_first):
        super().__init__()
        self.embedding, self.positions = nn.Embedding(11, 8), nn.Parameter(torch.randn(1, 5, 8))
        self.block = nn.TransformerEncoderLayer(8, 2, 16, activation="gelu", batch_first=True, norm_first=norm_first)
        self.head = nn.Linear(8, 4)

    def forward(self, ids):
        return self.head(self.block(self.embedding(ids) + self.positions).mean(1))


@pytest.mark.parametrize("norm_first", [False, True])
def test_a_transformer_on_tokens_is_what_torch_says(norm_first):
    torch.manual_seed(3)
    model = Tokens(norm_first).double().eval()
    ids, y = torch.randint(11, (3, 5)), torch.tensor([0, 3, 1])
    m = fenchel.measure(model, ids, y)
    logits, loss, square, structure = by_torch(model, ids, y, nn.functional.cross_entropy)
    assert close(m.logits, logits) and close(m.loss, loss) and close(m.grad_norm_sq, square) and close(m.structure, structure)
    with pytest.raises(ValueError, match="sample 1"):
        fenchel.measure(model, torch.tensor([[0, 1, 2, 3, 4], [0, 1, 2, 3, 11]]).tolist(), [0, 1])


TORCHVISION = {
    "resnet18": (3, 32, 32), "resnet50": (3, 32, 32), "densenet121": (3, 32, 32), "mobilenet_v2": (3, 32, 32),
    "vit": (3, 16, 16),
}


@pytest.mark.parametrize("name", TORCHVISION)
def test_torchvisions_networks_are_what_torch_says(name):
    models = pytest.importorskip("torchvision", reason="torchvision is not installed").models
    torch.manual_seed(0)
    if name == "vit":
        model = models.VisionTransformer(16, 4, 2, 2, 24, 48, num_classes=4)
        nn.init.normal_(model.heads.head.weight)
    else:
        model = models.get_model(name, num_classes=4)
    model = model.double().eval()
    x, y = torch.randn(1, *TORCHVISION[name], dtype=torch.float64), torch.tensor([2])
    m = fenchel.measure(model, x, y)
    logits, loss, square, structure = by_torch(model, x, y, nn.functional.cross_entropy)
    assert close(m.logits, logits) and close(m.loss, loss) and close(m.grad_norm_sq, square) and close(m.structure, structure)


def test_a_layer_that_overrides_a_method_is_not_taken_for_its_base():
    with pytest.raises(Unsupported, match="what was read is not the module: the outputs"):
        fenchel.measure(Overridden().eval(), torch.randn(2, 3, 4), [0, 1])


def test_a_mask_of_booleans_shows_in_attention_and_hides_in_its_module():
    class Attention(nn.Module):
        def __init__(self, mask):
            super().__init__()
            self.q, self.k, self.v, self.head = (nn.Linear(4, 4) for _ in range(4))
            self.register_buffer("mask", mask, persistent=False)

        def forward(self, x):
            heads = [part(x).unflatten(2, (2, 2)).transpose(1, 2) for part in (self.q, self.k, self.v)]
            y = nn.functional.scaled_dot_product_attention(*heads, attn_mask=self.mask)
            return self.head(y.transpose(1, 2).flatten(2)[:, 0])

    x, y = torch.randn(3, 5, 4, dtype=torch.float64), torch.tensor([0, 3, 1])
    model = Attention(torch.ones(5, 5, dtype=torch.bool).tril()).double().eval()
    m = fenchel.measure(model, x, y)
    logits, _, _, structure = by_torch(model, x, y, nn.functional.cross_entropy)
    assert close(m.logits, logits) and close(m.structure, structure)
    with pytest.raises(Unsupported, match="mask"):
        fenchel.measure(Attention(torch.ones(5, 5, dtype=torch.bool).triu(1)).double().eval(), x, y)


def test_a_training_that_diverged_goes_on():
    model = nn.Sequential(nn.Linear(4, 3))
    watch = fenchel.Watcher(model, torch.randn(5, 4), [0, 1, 2, 0, 1])
    watch(0)
    with torch.no_grad():
        model[0].weight.fill_(1e300 if model[0].weight.dtype == torch.float64 else 3e38)
        model[0].bias.fill_(3e38)
    with pytest.warns(UserWarning, match="step 1: none of 5 samples"):
        # Overflows in single precision alone.
        watch.settings["precision"] = "f32"
        assert watch(1) is None
    assert watch.steps == [0, 1] and numpy.isnan(watch.loss[1])
