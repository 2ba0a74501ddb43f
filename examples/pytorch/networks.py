"""Small PyTorch networks beside the descriptions that Fenchel builds them from."""

from torch import nn

import transformer_networks
from fenchel.torch import describe


class Residual(nn.Module):
    """shortcut(x) + scale * body(x): the counterpart of Fenchel's layer `residual`."""

    def __init__(self, body, projection=None, scale=1.0):
        super().__init__()
        self.body = body
        self.projection = projection
        self.scale = scale

    def forward(self, x):
        shortcut = x if self.projection is None else self.projection(x)
        return shortcut + self.scale * self.body(x)


def mlp():
    return nn.Sequential(
        nn.Linear(20, 32),
        nn.Tanh(),
        nn.LayerNorm(32),
        nn.Linear(32, 24, bias=False),
        nn.GELU(approximate="tanh"),
        nn.Linear(24, 5),
    )


MLP = """\
name = "mlp"
input = [20]
layers = [
  { type = "dense", outputs = 32 },
  { type = "tanh" },
  { type = "layer_norm" },
  { type = "dense", outputs = 24, bias = false },
  { type = "gelu_tanh" },
  { type = "dense", outputs = 5 },
]
"""


def lenet5():
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(400, 120),
        nn.ReLU(),
        nn.Linear(120, 84),
        nn.ReLU(),
        nn.Linear(84, 10),
    )


LENET5 = """\
name = "lenet5"
input = [1, 28, 28]
layers = [
  { type = "conv2d", channels = 6, kernel = 5, padding = 2 },
  { type = "relu" },
  { type = "max_pool", window = 2 },
  { type = "conv2d", channels = 16, kernel = 5 },
  { type = "relu" },
  { type = "max_pool", window = 2 },
  { type = "flatten" },
  { type = "dense", outputs = 120 },
  { type = "relu" },
  { type = "dense", outputs = 84 },
  { type = "relu" },
  { type = "dense", outputs = 10 },
]
"""


def residual():
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, stride=2, padding=1, bias=False),
        nn.GroupNorm(2, 8),
        nn.ReLU(),
        nn.MaxPool2d(3, stride=2),
        Residual(
            nn.Sequential(
                nn.Conv2d(8, 12, 3, stride=2, padding=1),
                nn.GroupNorm(3, 12),
                nn.LeakyReLU(0.1),
                nn.Conv2d(12, 12, 3, padding=1),
            ),
            projection=nn.Sequential(nn.Conv2d(8, 12, 1, stride=2)),
        ),
        nn.Softplus(),
        nn.AvgPool2d(2, stride=1),
        Residual(
            nn.Sequential(nn.Conv2d(12, 12, 1), nn.Sigmoid(), Residual(nn.Sequential(nn.Conv2d(12, 12, 1)))),
            scale=0.5,
        ),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        Residual(nn.Sequential(nn.LayerNorm(12), nn.Linear(12, 12), nn.ReLU()), scale=0.25),
        nn.Dropout(0.3),
        nn.Linear(12, 7),
    )


# Dropout is the identity in evaluation mode; `identity` keeps its place, so that the last layer is 12 here and there.
RESIDUAL = """\
name = "residual"
input = [3, 21, 21]
layers = [
  { type = "conv2d", channels = 8, kernel = 3, stride = 2, padding = 1, bias = false },
  { type = "group_norm", groups = 2 },
  { type = "relu" },
  { type = "max_pool", window = 3, stride = 2 },
  { type = "residual", body = [
    { type = "conv2d", channels = 12, kernel = 3, stride = 2, padding = 1 },
    { type = "group_norm", groups = 3 },
    { type = "leaky_relu", slope = 0.1 },
    { type = "conv2d", channels = 12, kernel = 3, padding = 1 },
  ], projection = [
    { type = "conv2d", channels = 12, kernel = 1, stride = 2 },
  ] },
  { type = "softplus" },
  { type = "average_pool", window = 2, stride = 1 },
  { type = "residual", scale = 0.5, body = [
    { type = "conv2d", channels = 12, kernel = 1 },
    { type = "sigmoid" },
    { type = "residual", body = [{ type = "conv2d", channels = 12, kernel = 1 }] },
  ] },
  { type = "global_average_pool" },
  { type = "flatten" },
  { type = "residual", scale = 0.25, body = [
    { type = "layer_norm" },
    { type = "dense", outputs = 12 },
    { type = "relu" },
  ] },
  { type = "identity" },
  { type = "dense", outputs = 7 },
]
"""

def pooled():
    return nn.Sequential(
        nn.Conv2d(2, 6, 3, padding=1),
        nn.GELU(),
        nn.MaxPool2d(3, stride=2, padding=1),
        nn.Conv2d(6, 8, 3),
        nn.GELU(),
        nn.AvgPool2d(2, stride=2, padding=1, count_include_pad=False),
        nn.Conv2d(8, 8, 1),
        nn.MaxPool2d(2, ceil_mode=True),
        nn.AvgPool2d(2, stride=1, padding=1, ceil_mode=True),
        nn.Flatten(),
        nn.Linear(72, 6),
    )


POOLED = """\
name = "pooled"
input = [2, 13, 13]
layers = [
  { type = "conv2d", channels = 6, kernel = 3, padding = 1 },
  { type = "gelu" },
  { type = "max_pool", window = 3, stride = 2, padding = 1 },
  { type = "conv2d", channels = 8, kernel = 3 },
  { type = "gelu" },
  { type = "average_pool", window = 2, padding = 1, count_padding = false },
  { type = "conv2d", channels = 8, kernel = 1 },
  { type = "max_pool", window = 2, ceil = true },
  { type = "average_pool", window = 2, stride = 1, padding = 1, ceil = true },
  { type = "flatten" },
  { type = "dense", outputs = 6 },
]
"""



def normed():
    # No biases where a normalisation takes them away again: their gradients are 0, of which round-off has no digit right.
    return nn.Sequential(
        nn.Conv2d(3, 6, 3, bias=False),
        nn.BatchNorm2d(6),
        nn.SiLU(),
        nn.Conv2d(6, 6, 3, bias=False),
        nn.InstanceNorm2d(6, eps=1e-3),
        nn.ELU(),
        nn.Conv2d(6, 6, 1, bias=False),
        nn.InstanceNorm2d(6, affine=True),
        nn.Conv2d(6, 4, 2),
        nn.GroupNorm(2, 4, affine=False),
        nn.BatchNorm2d(4, eps=0.1, affine=False),
        nn.Flatten(),
        nn.Linear(64, 9),
        nn.BatchNorm1d(9),
        nn.Mish(),
        nn.Linear(9, 8),
        nn.LayerNorm(8, elementwise_affine=False),
        nn.Linear(8, 5),
    )


NORMED = """\
name = "normed"
input = [3, 9, 9]
layers = [
  { type = "conv2d", channels = 6, kernel = 3, bias = false },
  { type = "batch_norm" },
  { type = "silu" },
  { type = "conv2d", channels = 6, kernel = 3, bias = false },
  { type = "instance_norm", epsilon = 1e-3 },
  { type = "elu" },
  { type = "conv2d", channels = 6, kernel = 1, bias = false },
  { type = "instance_norm", affine = true },
  { type = "conv2d", channels = 4, kernel = 2 },
  { type = "group_norm", groups = 2, affine = false },
  { type = "batch_norm", epsilon = 0.1, affine = false },
  { type = "flatten" },
  { type = "dense", outputs = 9 },
  { type = "batch_norm" },
  { type = "mish" },
  { type = "dense", outputs = 8 },
  { type = "layer_norm", affine = false },
  { type = "dense", outputs = 5 },
]
"""


# Name: the network, its description, the shape of a sample, the number of classes.
NETWORKS = {
    "mlp": (mlp, MLP, (20,), 5),
    "lenet5": (lenet5, LENET5, (1, 28, 28), 10),
    "residual": (residual, RESIDUAL, (3, 21, 21), 7),
    "pooled": (pooled, POOLED, (2, 13, 13), 6),
    "normed": (normed, NORMED, (3, 9, 9), 5),
} | transformer_networks.NETWORKS


def network(name):
    """The network, its description, the shape of a sample, the number of classes; of torchvision's as `torchvision:resnet18`."""
    kind, _, model = name.partition(":")
    if kind != "torchvision":
        build, description, shape, classes = NETWORKS[name]
        network = build()
        return network, description or describe(network.eval(), shape, name)[0], shape, classes
    import torchvision

    shape, classes = (3, 64, 64), 10
    built = torchvision.models.get_model(model, num_classes=classes)
    return built, describe(built.eval(), shape, model)[0], shape, classes
