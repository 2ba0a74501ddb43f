"""Follows values through operations that only move their entries: views, transpositions, parts.

Such an operation is run on the numbers of the entries. What comes out is compared with what the layers of Fenchel move, where the
value is read next: so it does not matter in which way a network writes `x.flatten(2).transpose(1, 2)`.
"""

import math
from typing import NamedTuple

import torch
from torch import fx, nn

OPERATIONS = {
    "flatten", "unflatten", "view", "reshape", "transpose", "permute", "swapaxes", "swapdims", "movedim", "t", "contiguous", "clone",
    "squeeze", "unsqueeze", "getitem", "select", "narrow", "chunk", "split", "unbind", "expand", "repeat",
}


class Unsupported(ValueError):
    """A network that cannot be described: where, why, what would help."""


class Shapes(fx.Interpreter):
    """Notes the shapes of all values, the sizes that are computed, and the tensors that no sample influences."""

    def run_node(self, node):
        try:
            result = super().run_node(node)
        except Exception as error:
            where = f"`{node.target}`" if node.op == "call_module" else f"`{node.name}`"
            got = [tuple(source.meta["tensor_meta"].shape) for source in node.all_input_nodes if "tensor_meta" in source.meta]
            raise Unsupported(f"{where} cannot take what reaches it, {got} for two samples: {error}; check the shape of `x`") from error
        if isinstance(result, torch.Tensor):
            node.meta["tensor_meta"] = Traced(result.shape, result.dtype)
            inputs = node.all_input_nodes
            sizes_only = all("constant" in source.meta or "size" in source.meta for source in inputs)
            if node.op == "get_attr" and not isinstance(result, nn.Parameter) or node.op == "call_function" and sizes_only:
                node.meta["constant"] = result
        elif not isinstance(result, (tuple, list)) or all(isinstance(size, int) for size in result):
            node.meta["size"] = result
        return result


class Traced(NamedTuple):
    """What is known of a value."""

    shape: torch.Size
    dtype: torch.dtype


def numbered(shape):
    """The numbers of the entries of two samples."""
    return torch.arange(2 * math.prod(shape)).view(2, *shape)


def run(node, modules, of):
    """What a node makes of other values of its inputs."""
    args, kwargs = fx.map_arg((node.args, node.kwargs), lambda source: of(source))
    if node.op == "call_module":
        return modules[node.target](*args, **kwargs)
    if node.op == "call_method":
        return getattr(args[0], node.target)(*args[1:], **kwargs)
    return node.target(*args, **kwargs)


def layer_of(shape, moved):
    """The layer that moves entries of a value of this shape so, with its keys; no name if nothing is moved."""
    base, to = numbered(shape), tuple(moved.shape[1:])

    def is_like(other):
        return torch.equal(moved, other)

    if to == shape and is_like(base):
        return None, {}
    if len(to) == 1 and to[0] == math.prod(shape) and is_like(base.flatten(1)):
        return "flatten", {}
    if len(shape) == 3 and len(to) == 2 and to == (shape[1] * shape[2], shape[0]) and is_like(base.flatten(2).transpose(1, 2)):
        return "image_to_tokens", {}
    if len(shape) == 2 and len(to) == 3 and to[0] == shape[1] and to[1] * to[2] == shape[0]:
        if is_like(base.transpose(1, 2).reshape(2, *to)):
            return "tokens_to_image", {"height": to[1], "width": to[2]}
    if to == shape[::-1] and len(to) == 2 and is_like(base.transpose(1, 2)):
        return "transpose_tokens", {}
    if len(shape) == 2 and to == shape[1:]:
        index = moved[0, 0].item() // shape[1]
        if index < shape[0] and is_like(base[:, index]):
            return "take_token", {"index": index}
    return "none", {}


def part_of_features(shape, moved):
    """The first feature of each token of a part, if heads of consecutive features are what is moved: (2, heads, tokens, d)."""
    if len(shape) != 2 or moved.dim() != 4:
        return None
    first, features = moved[0, 0, 0, 0].item(), moved.shape[1] * moved.shape[3]
    part = numbered(shape)[..., first : first + features]
    if part.shape[-1] != features:
        return None
    heads = part.unflatten(2, (moved.shape[1], moved.shape[3])).transpose(1, 2)
    return first if torch.equal(heads, moved) else None


def shape_of(node, first=1):
    """The shape of one sample's value."""
    return tuple(node.meta["tensor_meta"].shape[first:])


def shape_like(node):
    """Whether a node has to do with sizes only."""
    return "tensor_meta" not in node.meta or not hasattr(node.meta["tensor_meta"], "shape")
