"""Exports a PyTorch network to the files that `fenchel measure` reads.

    python export.py mlp out/          # or lenet5, residual, pooled, normed, vit, tokens, encoders, gpt, torchvision_vit, torchvision:resnet18

writes out/mlp.toml (the description), out/mlp.safetensors (the weights) and out/mlp-data.npz (samples and labels). The
network is trained for a few steps first, so that it is not at its start, on random samples; a batch normalisation gathers its
running statistics by them. To export a network of your own, let fenchel.torch.describe write its description, and save its weights and
samples as the last lines do.
"""

import argparse
from pathlib import Path

import numpy
import torch
from safetensors.torch import save_file

from networks import network as named
from transformer_networks import IDS


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("network", help="a name of networks.py, or torchvision:NAME")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--samples", type=int, default=24)
    parser.add_argument("--steps", type=int, default=10, help="training steps (default 10; fewer for large networks)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--precision", choices=["f32", "f64"], default="f64")
    options = parser.parse_args()

    torch.manual_seed(options.seed)
    network, description, shape, classes = named(options.network)
    dtype = torch.float64 if options.precision == "f64" else torch.float32
    network = network.train().to(dtype)
    # Of a few samples alone a large network would soon make losses below the round-off of PyTorch's.
    count = max(options.samples, 64)
    x = torch.randn(count, *shape, dtype=dtype)
    if options.network in IDS:
        x = torch.randint(IDS[options.network], (count, *shape))
    y = torch.randint(classes, (count,))
    optimiser = torch.optim.SGD(network.parameters(), lr=0.02, momentum=0.9)
    for _ in range(options.steps):
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(network(x), y).backward()
        optimiser.step()
    with torch.no_grad():
        for _ in range(5 * options.steps):
            network(x)  # running statistics, if there are any, settle on the trained parameters

    options.folder.mkdir(parents=True, exist_ok=True)
    stem = options.folder / options.network.replace(":", "-")
    stem.with_suffix(".toml").write_text(description)
    save_file(network.state_dict(), stem.with_suffix(".safetensors"))
    numpy.savez(stem.with_name(stem.name + "-data.npz"), x=x[: options.samples].numpy(), y=y[: options.samples].numpy())


if __name__ == "__main__":
    main()
