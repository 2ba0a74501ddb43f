"""Compares what `fenchel measure` wrote with PyTorch's own answer in double precision.

    python check.py mlp out/ out/mlp-out.npz --loss ce

Nothing of Fenchel is used: the network is PyTorch's, its Jacobians come from torch.func, the eigenvalues from LAPACK. Prints the
largest relative difference of each array and fails above 1e-10. The difference of an array is taken over each sample by its
largest entry, that of eigenvalues relative to the largest eigenvalue.
"""

import argparse
import sys
from pathlib import Path

import numpy
import torch
from safetensors.torch import load_file
from torch.func import functional_call, grad, jacrev, vmap

from networks import network as named

TOLERANCE = 1e-10


def answer(network, x, y, classes, loss_name):
    """Every array of the result that PyTorch can compute."""
    parameters = {name: value.detach() for name, value in network.named_parameters()}
    # Running statistics are no parameters: the Jacobian is taken with them fixed.
    statistics = dict(network.named_buffers())
    one_hot = torch.nn.functional.one_hot(y, classes).double()

    def outputs(parameters, sample):
        return functional_call(network, (parameters, statistics), (sample.unsqueeze(0),)).squeeze(0)

    def loss_of_outputs(output, target):
        if loss_name == "ce":
            return -(torch.log_softmax(output, 0) * target).sum()
        return 0.5 * ((output - target) ** 2).sum()

    def loss(parameters, sample, target):
        return loss_of_outputs(outputs(parameters, sample), target)

    logits = vmap(outputs, (None, 0))(parameters, x)
    gradients = vmap(grad(loss), (None, 0, 0))(parameters, x, one_hot)
    squares = sum((g.flatten(1) ** 2).sum(1) for g in gradients.values())
    structure = torch.zeros(len(x), classes, classes, dtype=torch.float64)
    # Sample by sample: the Jacobians of all would not fit memory for larger networks.
    for index, sample in enumerate(x):
        jacobian = jacrev(outputs)(parameters, sample)
        rows = torch.cat([block.flatten(1) for block in jacobian.values()], 1)
        structure[index] = rows @ rows.T
    result = {
        "logits": logits,
        "loss": vmap(loss_of_outputs)(logits, one_hot),
        "residual": vmap(grad(loss_of_outputs))(logits, one_hot),
        "grad_norm_sq": squares,
        "structure": structure,
        "eigenvalues": torch.linalg.eigvalsh(structure),
    }
    for name, gradient in gradients.items():
        result[f"grad/{name}"] = gradient.mean(0, keepdim=True)
    return {name: value.detach().numpy() for name, value in result.items()}


def difference(ours, theirs):
    """The largest relative difference of a sample."""
    ours, theirs = (a.reshape(len(theirs), -1) for a in (ours, theirs))
    return (abs(ours - theirs).max(1) / abs(theirs).max(1)).max()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("network", help="a name of networks.py, or torchvision:NAME")
    parser.add_argument("folder", type=Path)
    parser.add_argument("result", type=Path)
    parser.add_argument("--loss", choices=["ce", "squared"], required=True)
    options = parser.parse_args()

    network, _, _, classes = named(options.network)
    network = network.double().eval()
    # Attention by the operations that torch.func can differentiate.
    torch.backends.mha.set_fastpath_enabled(False)
    stem = options.network.replace(":", "-")
    weights = load_file(options.folder / f"{stem}.safetensors")
    network.load_state_dict({name: value.double() if value.is_floating_point() else value for name, value in weights.items()})
    data = numpy.load(options.folder / f"{stem}-data.npz")
    x, y = torch.from_numpy(data["x"]).double(), torch.from_numpy(data["y"]).long()
    result = numpy.load(options.result)

    worst = 0.0
    for name, theirs in answer(network, x, y, classes, options.loss).items():
        ours = result[name][None] if name.startswith("grad/") else result[name]
        if ours.shape != theirs.shape:
            sys.exit(f"{name} has shape {ours.shape}, PyTorch's {theirs.shape}")
        error = difference(ours, theirs)
        worst = max(worst, error)
        print(f"{name:<32} {error:9.1e}")
    # What does not exceed its round-off counts as 0, and the bounds are moved outwards by theirs.
    norm_off, off = result["roundoff"].T
    low, high = (numpy.where(end <= off, 0, end) for end in (result["eigenvalues"][:, 0], result["eigenvalues"][:, -1]))
    with numpy.errstate(divide="ignore", invalid="ignore"):
        u, l = -numpy.log(low), -numpy.log(high)
        derived = {"U": u, "L": l, "D": numpy.where(low == 0, numpy.inf, u - l)}
        if options.loss == "squared":
            derived["lower"] = 0.5 * numpy.maximum(result["grad_norm_sq"] - norm_off, 0) / (high + off)
            most = result["grad_norm_sq"] + norm_off
            derived["upper"] = numpy.where(low > off, 0.5 * most / (low - off), numpy.inf)
    for name, theirs in derived.items():
        ours = result[name]
        if numpy.any(numpy.isinf(ours) != numpy.isinf(theirs)):
            sys.exit(f"{name} is infinite for other samples")
        finite = numpy.isfinite(theirs)
        error = difference(ours[finite], theirs[finite]) if finite.any() else 0.0
        worst = max(worst, error)
        print(f"{name:<32} {error:9.1e}")
    sandwich = numpy.all(result["lower"] <= result["loss"]) & numpy.all(result["loss"] <= result["upper"] * (1 + 1e-14))
    print(f"lower <= loss <= upper: {bool(sandwich)}; largest difference {worst:.1e}, allowed {TOLERANCE:.0e}")
    if not sandwich or not worst <= TOLERANCE:
        sys.exit("they do not agree")


if __name__ == "__main__":
    main()
