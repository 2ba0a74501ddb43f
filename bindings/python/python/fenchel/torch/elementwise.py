"""Layers that go entry by entry, as modules and as functions."""

from torch import nn


def softplus(module, refuse):
    if module.beta != 1:
        refuse("only beta = 1 is supported")
    if module.threshold != 20:
        refuse("another threshold than 20, from which on softplus(x) is taken as x, is another function and not supported")
    return "softplus", {}


def plain(kind):
    return lambda module, refuse: (kind, {})


# What goes entry by entry: the layer and its keys.
ELEMENTWISE = {
    nn.ReLU: plain("relu"),
    nn.ReLU6: plain("relu6"),
    nn.LeakyReLU: lambda module, refuse: ("leaky_relu", {"slope": module.negative_slope}),
    nn.ELU: lambda module, refuse: ("elu", {"alpha": module.alpha}),
    nn.SELU: plain("selu"),
    nn.GELU: lambda module, refuse: ("gelu_tanh" if module.approximate == "tanh" else "gelu", {}),
    nn.SiLU: plain("silu"),
    nn.Mish: plain("mish"),
    nn.Hardswish: plain("hardswish"),
    nn.Tanh: plain("tanh"),
    nn.Sigmoid: plain("sigmoid"),
    nn.Softplus: softplus,
}

FUNCTIONS = {
    "relu": nn.ReLU, "relu6": nn.ReLU6, "leaky_relu": nn.LeakyReLU, "elu": nn.ELU, "selu": nn.SELU, "gelu": nn.GELU,
    "silu": nn.SiLU, "mish": nn.Mish, "hardswish": nn.Hardswish, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid,
    "softplus": nn.Softplus,
}
