"""The layers of PyTorch that have attention in them, as layers of Fenchel.

Each function gets the `Describer`, the path of what it reads and a way to refuse, and returns the path of its value; `Attends` has
what the `Describer` asks for at a node.
"""

import torch
from torch import fx, nn
from torch.nn import functional

from . import moves
from .elementwise import ELEMENTWISE
from .moves import shape_of


def is_causal(mask, tokens, refuse, shows=False):
    """Whether a mask is that of a network in which no token sees a later one; no mask is not.

    A mask of booleans hides where it is true, as in `nn.MultiheadAttention`; or shows there, as in `scaled_dot_product_attention`.
    """
    if mask is None:
        return False
    ahead = torch.ones(tokens, tokens, dtype=torch.bool).triu(1)
    if tuple(mask.shape) == (tokens, tokens):
        if torch.equal(mask, ~ahead if shows else ahead) if mask.dtype == torch.bool else torch.equal(mask, torch.zeros_like(mask).masked_fill(ahead, -torch.inf)):
            return True
    refuse("its mask is not the causal one; other masks are not supported")


def self_attention(describer, module, path, source, causal, refuse):
    if not module.batch_first:
        refuse("batch_first is False: it reads tokens x samples; build it with batch_first=True")
    if not module._qkv_same_embed_dim:
        refuse("keys and values of sizes of their own are not supported")
    if module.bias_k is not None or module.add_zero_attn:
        refuse("further keys and values (add_bias_kv, add_zero_attn) are not supported")
    bias = module.in_proj_bias is not None
    return describer.emit("self_attention", [source], path, heads=module.num_heads, causal=causal, bias=bias)


def layer_norm(describer, module, path, source, refuse):
    if module.elementwise_affine and module.bias is None:
        refuse("a scale without shift is not supported")
    return describer.emit("layer_norm", [source], path, epsilon=module.eps, affine=module.elementwise_affine)


def encoder_layer(describer, module, path, source, causal, refuse):
    """`nn.TransformerEncoderLayer`, with the normalisations first or last."""
    functions = {functional.relu: nn.ReLU(), functional.gelu: nn.GELU(), torch.relu: nn.ReLU()}
    activation = functions.get(module.activation, module.activation)
    if type(activation) not in ELEMENTWISE:
        refuse(f"its activation {module.activation} is not supported")

    def attend(x):
        return self_attention(describer, module.self_attn, f"{path}.self_attn", x, causal, refuse)

    def feed(x):
        for name in ("linear1", "activation", "linear2"):
            if name == "activation":
                kind, keys = ELEMENTWISE[type(activation)](activation, refuse)
                x = describer.emit(kind, [x], f"{path}.activation", **keys)
            else:
                dense = getattr(module, name)
                x = describer.emit("dense", [x], f"{path}.{name}", outputs=dense.out_features, bias=dense.bias is not None)
        return x

    x = source
    for number, (branch, norm) in enumerate([(attend, module.norm1), (feed, module.norm2)], 1):
        named = f"{path}.norm{number}"
        y = branch(layer_norm(describer, norm, named, x, refuse) if module.norm_first else x)
        x = describer.emit("add", [x, y], f"{path}.sum{number}")
        if not module.norm_first:
            x = layer_norm(describer, norm, named, x, refuse)
    return x


def encoder(describer, module, path, source, causal, refuse):
    """`nn.TransformerEncoder`."""
    for index, layer in enumerate(module.layers):
        source = encoder_layer(describer, layer, f"{path}.layers.{index}", source, causal, refuse)
    if module.norm is not None:
        if type(module.norm) is not nn.LayerNorm:
            refuse("its last normalisation is not supported; only LayerNorm is")
        source = layer_norm(describer, module.norm, f"{path}.norm", source, refuse)
    return source


class Attends:
    """The part of the `Describer` that meets attention."""

    def causal(self, node, place, key, tokens, refuse, shows=False):
        """Whether the mask that a call has is the causal one."""
        mask = node.args[place] if len(node.args) > place else node.kwargs.get(key)
        if isinstance(mask, fx.Node):
            if "constant" not in mask.meta:
                refuse("its mask depends on the sample, which is not supported")
            mask = mask.meta["constant"]
        return is_causal(mask, tokens, refuse, shows)

    def attends(self, node, module, path, refuse):
        """`nn.MultiheadAttention` of a sequence with itself, and the encoder layers around it."""
        source = node.args[0] if node.args else node.kwargs.get("src", node.kwargs.get("query"))
        if len(shape_of(source)) != 2:
            refuse(f"it reads {shape_of(source)}, but needs a sequence, samples x tokens x features")
        tokens, x = shape_of(source)[0], self.path(source)
        if isinstance(module, nn.MultiheadAttention):
            others = [*node.args[1:3], *(node.kwargs[key] for key in ("key", "value") if key in node.kwargs)]
            if any(self.path(other) != x for other in others):
                refuse("its keys and values come from another value; only self-attention is supported")
            padding, place, key = (node.args[3:4] or [node.kwargs.get("key_padding_mask")])[0], 5, "attn_mask"
        else:
            key, place = ("src_mask", 1) if isinstance(module, nn.TransformerEncoderLayer) else ("mask", 1)
            padding = (node.args[2:3] or [node.kwargs.get("src_key_padding_mask")])[0]
        if padding is not None:
            refuse("a mask of padding is not supported; measure samples of one length without it")
        causal = self.causal(node, place, key, tokens, refuse)
        if isinstance(module, nn.MultiheadAttention):
            self.paths[node] = self_attention(self, module, path, x, causal, refuse)
        else:
            make = encoder_layer if isinstance(module, nn.TransformerEncoderLayer) else encoder
            self.paths[node] = make(self, module, path, x, causal, refuse)

    def dot_product(self, node, refuse):
        """`scaled_dot_product_attention` of queries, keys and values that are features of sequences."""
        setting = lambda place, key, usual: node.args[place] if len(node.args) > place else node.kwargs.get(key, usual)
        parts = [setting(place, key, None) for place, key in enumerate(("query", "key", "value"))]
        if setting(4, "dropout_p", 0.0):
            refuse("its dropout is random whatever the mode; pass 0 in evaluation mode")
        if node.kwargs.get("scale") is not None or node.kwargs.get("enable_gqa"):
            refuse("a scale of its own and grouped queries are not supported")
        if any(part not in self.moved or not isinstance(self.moved[part][2], torch.Tensor) for part in parts):
            refuse("its queries, keys and values are no heads of features of sequences")
        roots = [self.moved[part] for part in parts]
        firsts = [moves.part_of_features(shape, entries) for _, shape, entries in roots]
        heads, tokens, size = shape_of(parts[0])
        features = heads * size
        if None in firsts or any(shape_of(part) != (heads, tokens, size) for part in parts):
            refuse("its queries, keys and values are no heads of features of sequences of one length")
        if len({path for path, _, _ in roots}) == 1 and firsts == [0, features, 2 * features] and roots[0][1] == (tokens, 3 * features):
            packed = roots[0][0]
        elif all(shape == (tokens, features) for _, shape, _ in roots):
            packed = self.emit("concatenate", [path for path, _, _ in roots], self.free(node) + "_inputs")
        else:
            refuse("its queries, keys and values are neither the thirds of one sequence in that order nor sequences of their own")
        causal = self.causal(node, 3, "attn_mask", tokens, refuse, shows=True) or bool(setting(5, "is_causal", False))
        path = self.emit("dot_product_attention", [packed], self.free(node), heads=heads, causal=causal)
        entries = moves.numbered((tokens, features)).unflatten(2, (heads, size)).transpose(1, 2)
        self.moved[node] = (path, (tokens, features), entries)
