"""PyTorch: eager training, and per-sample quantities by torch.func."""

import os

import torch
from torch import nn
from torch.func import functional_call, grad, jacrev, vmap

from common import BATCH, CLASSES, attempt, rate, wanted


class Block(nn.Module):
    def __init__(self, channels_in, channels, stride):
        super().__init__()
        self.first = nn.Conv2d(channels_in, channels, 3, stride, 1)
        self.second = nn.Conv2d(channels, channels, 3, 1, 1)
        self.shortcut = nn.Conv2d(channels_in, channels, 1, stride) if stride > 1 else nn.Identity()

    def forward(self, x):
        return torch.relu(self.shortcut(x) + self.second(torch.relu(self.first(x))))


def models():
    def lenet(channels, padding):
        return nn.Sequential(
            nn.Conv2d(channels, 6, 5, padding=padding), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(),
            nn.MaxPool2d(2), nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(),
            nn.Linear(84, CLASSES))

    mlp = nn.Sequential(nn.Flatten(), nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, CLASSES))
    resnet = nn.Sequential(
        nn.Conv2d(3, 16, 3, padding=1), nn.ReLU(), Block(16, 16, 1), Block(16, 16, 1), Block(16, 32, 2), Block(32, 32, 1),
        Block(32, 64, 2), Block(64, 64, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, CLASSES))
    yield "mlp-784-256-256-10", mlp, (1, 28, 28)
    yield "lenet5-28x28", lenet(1, 2), (1, 28, 28)
    yield "lenet5-32x32x3", lenet(3, 0), (3, 32, 32)
    yield "resnet-2-2-2-32x32x3", resnet, (3, 32, 32)


def training(model, x, y):
    optimiser = torch.optim.SGD(model.parameters(), lr=1e-4, momentum=0.9)

    def step():
        optimiser.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimiser.step()

    return rate(step)


def gradient_norms(model, x, y):
    parameters = {name: p.detach() for name, p in model.named_parameters()}

    def loss(parameters, x, y):
        return nn.functional.cross_entropy(functional_call(model, parameters, (x[None],)), y[None])

    per_sample = vmap(grad(loss), in_dims=(None, 0, 0))

    def work():
        gradients = per_sample(parameters, x, y)
        return sum((g.flatten(1) ** 2).sum(1) for g in gradients.values())

    return rate(work)


def structure(model, x):
    parameters = {name: p.detach() for name, p in model.named_parameters()}

    def output(parameters, x):
        return functional_call(model, parameters, (x[None],))[0]

    best = 0.0
    for chunk in (1, 4, 16, BATCH):
        per_sample = vmap(jacrev(output), in_dims=(None, 0), chunk_size=chunk)

        def work():
            gram = 0
            for j in per_sample(parameters, x).values():
                j = j.flatten(2)
                gram = gram + j @ j.transpose(1, 2)
            return torch.linalg.eigvalsh(gram)

        best = max(best, rate(work))
    return best


def main():
    torch.set_num_threads(int(os.environ.get("PEER_THREADS", "1")))
    torch.manual_seed(0)
    for name, model, shape in models():
        if not wanted(name):
            continue
        x, y = torch.randn(BATCH, *shape), torch.randint(0, CLASSES, (BATCH,))
        attempt(name, "training", "PyTorch eager", lambda: training(model, x, y))
        attempt(name, "training", "PyTorch channels-last",
                lambda: training(model.to(memory_format=torch.channels_last), x.contiguous(memory_format=torch.channels_last), y))
        model.to(memory_format=torch.contiguous_format)
        attempt(name, "gradient norms", "PyTorch vmap(grad)", lambda: gradient_norms(model, x, y))
        attempt(name, "structure", "PyTorch vmap(jacrev)", lambda: structure(model, x))


if __name__ == "__main__":
    main()
