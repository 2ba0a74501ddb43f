"""BackPACK: per-sample squared gradient norms beside the ordinary gradient."""

import os

import torch
from backpack import backpack, extend
from backpack.extensions import BatchL2Grad
from torch import nn

from common import BATCH, CLASSES, attempt, rate, wanted
from torch_peer import models


def gradient_norms(model, x, y):
    model, loss = extend(model), extend(nn.CrossEntropyLoss(reduction="sum"))

    def work():
        model.zero_grad()
        with backpack(BatchL2Grad()):
            loss(model(x), y).backward()
        return sum(p.batch_l2 for p in model.parameters())

    return rate(work)


def main():
    torch.set_num_threads(int(os.environ.get("PEER_THREADS", "1")))
    torch.manual_seed(0)
    for name, model, shape in models():
        # The residual network's blocks are modules of their own, which BackPACK does not look into.
        if not wanted(name) or "resnet" in name:
            continue
        x, y = torch.randn(BATCH, *shape), torch.randint(0, CLASSES, (BATCH,))
        attempt(name, "gradient norms", "BackPACK", lambda: gradient_norms(model, x, y))


if __name__ == "__main__":
    main()
