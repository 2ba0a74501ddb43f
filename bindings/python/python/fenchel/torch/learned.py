"""Tensors that a network has outside its layers, values whose entries are only moved, and embeddings.

A tensor that is added, or comes first as a token, is a layer called after the tensor; what moves entries is one of the layers of
`moves.py` where it is read.
"""

import math

import torch

from . import moves
from .moves import Unsupported, shape_of


class Learned:
    """The part of the `Describer` that meets them."""

    def move(self, node, source):
        """A node that only moves entries of a value, or of a learned tensor."""
        if source in self.learned:
            tensor = self.state[self.learned[source]]
            entries = self.run(node, lambda other: torch.arange(tensor.numel()).view(shape_of(other, 0)) if other is source else other.meta["size"])
            if not all(torch.equal(row.flatten(), torch.arange(tensor.numel())) for row in entries.reshape(-1, tensor.numel())):
                raise Unsupported(f"`{node.name}` takes a part of `{self.learned[source]}`; only the whole is supported")
            self.learned[node] = self.learned[source]
            return
        if source not in self.moved:
            self.moved[source] = (self.path(source), shape_of(source), moves.numbered(shape_of(source)))
        path, shape, entries = self.moved[source]
        self.moved[node] = (path, shape, self.run(node, lambda other: entries if other is source else other.meta["size"]))

    def run(self, node, of):
        return moves.run(node, self.modules, of)

    def keep(self, name, refuse):
        """A tensor of the network's own, which a layer is called after."""
        if name in self.tensors:
            refuse(f"`{name}` is used twice; tied weights are not supported")
        self.tensors[name] = self.state[name].detach().contiguous()
        return name

    def add_learned(self, node, source, value, refuse):
        shape, own = shape_of(source), shape_of(value, 0)
        if tuple(own[-len(shape):]) != shape or math.prod(own) not in (math.prod(shape), own[0] * math.prod(shape)):
            refuse(f"`{self.learned[value]}` of shape {tuple(own)} is added to {shape}; only a tensor of that shape can be")
        self.put(node, "add_learned", [source], self.keep(self.learned[value], refuse))

    def prepend(self, node, value, source, refuse):
        if len(shape_of(source)) != 2 or self.state[self.learned[value]].numel() != shape_of(source)[1]:
            refuse("only one learned token can come first, before the tokens of a sequence")
        self.put(node, "prepend_token", [source], self.keep(self.learned[value], refuse))

    def embedding(self, node, path, module, source, refuse):
        if module.padding_idx is not None:
            refuse("padding_idx is not None: that row is never trained, which is not supported")
        if module.max_norm is not None or module.scale_grad_by_freq:
            refuse("max_norm and scale_grad_by_freq are not supported")
        if "constant" in source.meta:
            # Positions: every row in turn.
            if not torch.equal(source.meta["constant"].flatten(), torch.arange(module.num_embeddings)):
                refuse("it reads fixed ids other than 0, 1, ... up to its last; give it as many rows as there are tokens")
            self.learned[node] = f"{path}.weight"
            return
        if self.path(source) != "input" or len(shape_of(source)) != 1:
            refuse("it reads no input of token ids, samples x tokens")
        self.put(node, "embedding", [source], path, count=module.num_embeddings, features=module.embedding_dim)
