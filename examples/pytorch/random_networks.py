"""Random PyTorch networks, measured by Fenchel and by torch.func in double precision.

    python examples/pytorch/random_networks.py --count 2000 --seed 0

Needs the package fenchel (cargo xtask python). Each network is drawn from its own seed: chains and blocks of convolutions (grouped and
strided), normalisations, activations, pools, residual sums, concatenations, gates, dense layers, and transformer blocks. Compared are
logits, losses, squared gradient norms and structural matrices of two samples, each over its largest entry; above 1e-10 a network is
printed and the exit code is 1. `--only SEED` shows one.
"""

import argparse
import sys
import warnings

import numpy
import torch
from torch import nn
from torch.func import functional_call, grad, jacrev

import fenchel

TOLERANCE = 1e-10


class Draw:
    """A generator of layers."""

    def __init__(self, seed):
        self.random = numpy.random.default_rng(seed)

    def of(self, *choices):
        return choices[self.random.integers(len(choices))]

    def chance(self, share):
        return self.random.random() < share

    def activation(self, channels):
        plain = [
            nn.Tanh, nn.Sigmoid, nn.Softplus, nn.GELU, nn.SiLU, nn.Mish, nn.ELU, nn.SELU, nn.ReLU, nn.LeakyReLU, nn.ReLU6, nn.Hardswish,
            lambda: nn.GELU(approximate="tanh"), lambda: nn.PReLU(self.of(1, channels)), nn.Identity, nn.Dropout,
        ]
        return self.of(*plain)()

    def image_norm(self, channels):
        groups = self.of(*(g for g in range(1, channels + 1) if channels % g == 0))
        affine = self.chance(0.7)
        return self.of(
            lambda: nn.GroupNorm(groups, channels, affine=affine), lambda: nn.BatchNorm2d(channels, affine=affine),
            lambda: nn.InstanceNorm2d(channels, affine=affine), nn.Identity,
        )()

    def convolution(self, channels, out, side):
        groups = self.of(1, 1, *(g for g in range(2, channels + 1) if channels % g == 0 and out % g == 0))
        kernel = self.of(*(k for k in (1, 2, 3, 5) if k <= side))
        stride = self.of(1, 1, 2)
        padding = int(self.random.integers(0, kernel // 2 + 1))
        return nn.Conv2d(channels, out, kernel, stride, padding, groups=groups, bias=self.chance(0.7))

    def pool(self, side):
        window = self.of(*(w for w in (2, 3) if w <= side))
        padding, ceil = int(self.random.integers(0, window // 2 + 1)), self.chance(0.3)
        if self.chance(0.5):
            return nn.MaxPool2d(window, self.of(1, window), padding, ceil_mode=ceil)
        return nn.AvgPool2d(window, self.of(1, window), padding, ceil_mode=ceil, count_include_pad=self.chance(0.5))


class Same(nn.Module):
    """A body that keeps the shape, joined with its input."""

    def __init__(self, how, body, channels):
        super().__init__()
        self.how, self.body = how, body
        self.gate = nn.Conv2d(channels, channels, 1) if how == "gate" else None

    def forward(self, x):
        y = self.body(x)
        if self.how == "add":
            return x + 0.7 * y
        if self.how == "multiply":
            return x * y
        if self.how == "gate":
            return y * torch.sigmoid(self.gate(nn.functional.adaptive_avg_pool2d(y, 1)))
        return torch.cat([x, y], 1)


def image_network(draw):
    channels, side = draw.of(1, 2, 3), draw.of(5, 6, 8)
    shape, layers = (channels, side, side), []
    x = torch.zeros(1, *shape)
    for _ in range(draw.random.integers(1, 5)):
        channels, side = x.shape[1], min(x.shape[2:])
        kind = draw.of("conv", "conv", "block", "pool", "norm")
        if kind == "conv":
            out = draw.of(2, 3, 4, 6)
            step = [draw.convolution(channels, out, side), draw.image_norm(out), draw.activation(out)]
        elif kind == "block":
            body = nn.Sequential(
                draw.image_norm(channels), nn.Conv2d(channels, channels, 3, padding=1, groups=draw.of(1, channels)), draw.activation(channels)
            )
            step = [Same(draw.of("add", "multiply", "gate", "cat"), body, channels)]
        elif kind == "pool" and side > 1:
            step = [draw.pool(side)]
        else:
            step = [draw.image_norm(channels)]
        try:
            after = nn.Sequential(*step).eval()(x)
        except (RuntimeError, ValueError):
            continue
        if min(after.shape[2:]) < 1 or after[0, 0].numel() < 2:
            continue
        x, layers = after, layers + step
    if draw.chance(0.3):
        layers.append(nn.AdaptiveAvgPool2d(1))
    layers.append(nn.Flatten())
    features = nn.Sequential(*layers).eval()(torch.zeros(1, *shape)).shape[1]
    return nn.Sequential(*layers, *dense_layers(draw, features)), shape


def dense_layers(draw, features):
    layers = []
    for _ in range(draw.random.integers(0, 3)):
        width = draw.of(3, 5, 8)
        layers += [nn.Linear(features, width, bias=draw.chance(0.8)), draw.of(nn.Identity(), nn.LayerNorm(width)), draw.activation(width)]
        features = width
    return [*layers, nn.Linear(features, draw.of(2, 3, 5))]


def vector_network(draw):
    features = draw.of(3, 7)
    return nn.Sequential(*dense_layers(draw, features)), (features,)


class Transformer(nn.Module):
    """Tokens of an image or of ids, positions, blocks, one token or the mean of all."""

    def __init__(self, draw, vocabulary, tokens):
        super().__init__()
        heads = draw.of(1, 2, 4)
        width = heads * draw.of(2, 3, 4)
        self.first = nn.Embedding(vocabulary, width) if vocabulary else nn.Conv2d(2, width, 2, 2)
        self.is_image, self.mean = not vocabulary, draw.chance(0.5)
        self.token = nn.Parameter(torch.randn(1, 1, width)) if draw.chance(0.5) else None
        self.positions = nn.Parameter(torch.randn(1, tokens + (self.token is not None), width))
        self.blocks = nn.Sequential(*(
            nn.TransformerEncoderLayer(
                width, heads, 2 * width, activation=draw.of("relu", "gelu"), batch_first=True, norm_first=draw.chance(0.5)
            )
            for _ in range(draw.of(1, 2))
        ))
        self.norm = draw.of(nn.Identity(), nn.LayerNorm(width))
        self.head = nn.Linear(width, draw.of(2, 3, 5))

    def forward(self, x):
        x = self.first(x)
        if self.is_image:
            x = x.flatten(2).transpose(1, 2)
        if self.token is not None:
            x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], 1)
        x = self.norm(self.blocks(x + self.positions))
        return self.head(x.mean(1) if self.mean else x[:, 0])


def image_transformer(draw):
    return Transformer(draw, None, 9), (2, 6, 6)


def token_transformer(draw):
    vocabulary = draw.of(3, 7)
    return Transformer(draw, vocabulary, 5), (vocabulary, 5)


KINDS = [image_network, image_network, image_network, vector_network, image_transformer, token_transformer]


def drawn(seed):
    """A network in evaluation mode with random numbers everywhere, and two samples."""
    draw = Draw(seed)
    torch.manual_seed(seed)
    kind = draw.of(*KINDS)
    network, shape = kind(draw)
    network = network.double().eval()
    with torch.no_grad():
        for value in network.parameters():
            value.add_(0.1 * torch.randn_like(value))
        for name, value in network.named_buffers():
            if name.endswith("running_mean"):
                value.normal_()
            elif name.endswith("running_var"):
                value.uniform_(0.3, 2.0)
    if kind is token_transformer:
        return network, torch.randint(shape[0], (2, shape[1]))
    return network, torch.randn(2, *shape, dtype=torch.float64)


def by_torch(network, x, y):
    parameters, buffers = dict(network.named_parameters()), dict(network.named_buffers())
    rows = []
    for sample, label in zip(x, y):
        outputs = lambda p: functional_call(network, (p, buffers), (sample[None],))[0]  # noqa: B023, E731
        loss = lambda p: nn.functional.cross_entropy(outputs(p), label)  # noqa: B023, E731
        jacobian = torch.cat([block.flatten(1) for block in jacrev(outputs)(parameters).values()], 1)
        square = sum((g**2).sum() for g in grad(loss)(parameters).values())
        rows.append((outputs(parameters), loss(parameters), square, jacobian @ jacobian.T))
    return [torch.stack(values).detach().numpy() for values in zip(*rows)]


def difference(seed, show=False):
    """The largest relative difference, and the sandwich's violations."""
    network, x = drawn(seed)
    if show:
        print(network, tuple(x.shape))
    classes = network(x).shape[1]
    y = torch.tensor([0, classes - 1])
    m = fenchel.measure(network, x, y, threads=1, progress=False)
    worst = 0.0
    for name, theirs in zip(("logits", "loss", "grad_norm_sq", "structure"), by_torch(network, x, y)):
        for ours, their in zip(getattr(m, name), theirs):
            size = numpy.abs(their).max()
            off = numpy.abs(ours - their).max() / size if size > 0 else float(numpy.abs(ours).max() > 0)
            worst = max(worst, off)
            if show:
                print(f"{name:<14} {off:.1e}")
    return worst, len(m.violations) + len(m.failures)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0, help="the first network's")
    parser.add_argument("--only", type=int, metavar="SEED")
    options = parser.parse_args()
    torch.set_num_threads(1)
    # torch.func says at every attention that it has no batching rule for it.
    warnings.filterwarnings("ignore", message="There is a performance drop")
    if options.only is not None:
        print(difference(options.only, show=True))
        return
    worst, bad = (0.0, None), []
    for seed in range(options.seed, options.seed + options.count):
        try:
            off, violations = difference(seed)
        except Exception as error:  # a network that cannot be described is a finding, too
            print(f"seed {seed}: {type(error).__name__}: {error}")
            bad.append(seed)
            continue
        worst = max(worst, (off, seed))
        if off > TOLERANCE or violations:
            print(f"seed {seed}: off by {off:.1e}, {violations} violations")
            bad.append(seed)
    print(f"{options.count} networks from seed {options.seed}: largest difference {worst[0]:.1e} (seed {worst[1]}), {len(bad)} bad")
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
