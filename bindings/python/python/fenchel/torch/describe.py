"""From a traced module to a description: what `describe` does, module by module and call by call."""

import math

import torch
from torch import fx, nn

from . import moves
from .attention import Attends
from .elementwise import ELEMENTWISE, FUNCTIONS
from .learned import Learned
from .moves import Unsupported, shape_like, shape_of


def describe(network, shape, name="network"):
    """The description (TOML) and the tensors of a network in evaluation mode, for samples of this shape."""
    training = [path or "the network" for path, module in network.named_modules() if module.training]
    if training:
        raise Unsupported(f"{training[0]} is in training mode, where samples of a batch may meet; call .eval() on the whole")
    for path, module in network.named_modules():
        refuse_what_acts_unseen(path or "the network", module)
    names = {}
    for name, parameter in network.named_parameters(remove_duplicate=False):
        if names.setdefault(parameter, name) != name:
            raise Unsupported(f"`{names[parameter]}` and `{name}` are one tensor; tied weights are not supported")
    tracer = Tracer()
    try:
        traced = fx.GraphModule(network, tracer.trace(network))
    except Exception as error:
        where = f"`{tracer.inside[-1]}`" if tracer.inside else f"the network ({type(network).__name__})"
        raise Unsupported(
            f"{where} cannot be traced: {error}; what depends on the values of a sample has no fixed graph. Replace it by what it does for "
            "these samples, or measure the part of the network before or behind it"
        ) from error
    ids = any(is_embedding(user, traced) for node in traced.graph.nodes if node.op == "placeholder" for user in node.users)
    parameter = next(network.parameters(), torch.zeros(()))
    sample = torch.zeros(2, *shape, dtype=torch.long if ids else parameter.dtype, device=parameter.device)
    with torch.no_grad():
        moves.Shapes(traced).run(sample)
    return Describer(traced, name, shape).result()


def refuse_what_acts_unseen(path, module):
    """What a module does beside its forward, which a trace does not show."""
    for inner, name in (("_orig_mod", "torch.compile"), ("module", "a wrapper such as DataParallel")):
        if path == "the network" and isinstance(getattr(module, inner, None), nn.Module) and type(module).__module__.startswith("torch."):
            raise Unsupported(f"the network is wrapped by {name}; give what is inside, its `.{inner}`")
    if "forward" in vars(module):
        raise Unsupported(f"the forward of `{path}` was replaced, by accelerate for example; give the module as its class defines it")
    hooks = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    if any(getattr(module, name, None) for name in hooks):
        raise Unsupported(f"`{path}` has hooks, which may change what it computes; remove them for the measurement (remove_weight_norm, prune.remove where these made them)")
    if hasattr(module, "parametrizations"):
        names = ", ".join(module.parametrizations)
        raise Unsupported(
            f"`{path}` computes its {names} from other parameters (a parametrization such as weight_norm), in which the Jacobian would have "
            "to be taken; that is not supported. torch.nn.utils.parametrize.remove_parametrizations makes them plain parameters, of "
            "which the structural matrix is another one"
        )


class Tracer(fx.Tracer):
    """Knows in which module it is."""

    def __init__(self):
        super().__init__()
        self.inside = []

    def call_module(self, module, forward, args, kwargs):
        self.inside.append(self.path_of_module(module))
        result = super().call_module(module, forward, args, kwargs)
        # Not reached where the module raises: then its path stays.
        self.inside.pop()
        return result


class Describer(Learned, Attends):
    """Goes through the nodes of a traced network and collects its layers."""

    def __init__(self, traced, name, shape):
        self.modules = dict(traced.named_modules())
        self.state = traced.state_dict()
        self.head = [f'name = "{name}"', f"input = {list(shape)}", "layers = ["]
        self.layers, self.tensors = [], {}
        self.paths, self.last = {}, "input"
        # Values whose entries were moved, until a layer reads them: the path and shape of what they were moved from, and from where
        # there each entry came. Tensors of the network outside any layer: their names.
        self.moved, self.learned = {}, {}
        # By path, the operation that changed the value in place.
        self.overwritten = {}
        self.traced = traced

    def result(self):
        for node in self.traced.graph.nodes:
            self.forbid_overwritten(node)
            if node.op == "placeholder":
                if self.paths:
                    raise Unsupported(f"the network has a second input, `{node.name}`; one is supported")
                self.paths[node] = "input"
            elif node.op == "call_module":
                self.module(node)
            elif node.op in ("call_function", "call_method"):
                self.function(node)
            elif node.op == "get_attr":
                if "constant" not in node.meta:
                    self.learned[node] = node.target
            elif not isinstance(node.args[0], fx.Node):
                raise Unsupported("the network returns more than one tensor; return the logits alone")
            elif self.path(node.args[0]) != self.last:
                raise Unsupported("what the network returns is not what it computes last")
        lines = [*self.head, *self.layers, "]"]
        return "\n".join(lines) + "\n", self.tensors

    def forbid_overwritten(self, node):
        """A value that an in-place operation has replaced must not be read again: the graph would have the old one."""
        for source in node.all_input_nodes:
            by = self.overwritten.get(self.held_in(source))
            if by is not None and source is not by and not shape_like(node):
                raise Unsupported(f"`{node.name}` reads a value after `{by.name}` changed it in place; set inplace = False there")
        if self.is_in_place(node):
            self.overwritten[self.held_in(node.args[0])] = node

    def held_in(self, node):
        """The layer in whose value a node's entries lie: its own, or the one of which it is a view; nodes of neither are their own."""
        return self.paths.get(node) or (self.moved[node][0] if node in self.moved else node)

    def is_in_place(self, node):
        if node.op == "call_module":
            return getattr(self.modules[node.target], "inplace", False) and not isinstance(self.modules[node.target], nn.Dropout)
        named = node.target if isinstance(node.target, str) else getattr(node.target, "__name__", "")
        in_place = node.op in ("call_function", "call_method") and (named.endswith("_") or named in ("iadd", "imul"))
        return in_place or node.kwargs.get("inplace", False)

    def path(self, node):
        """The layer that has a node's value; what only moves entries becomes one where it is read first."""
        if node in self.moved and node not in self.paths:
            path, shape, entries = self.moved[node]
            kind, keys = moves.layer_of(shape, entries) if isinstance(entries, torch.Tensor) else ("none", {})
            if kind == "none":
                target = node.target if isinstance(node.target, str) else getattr(node.target, "__name__", node.target)
                raise Unsupported(
                    f"`{node.name}` ({target}): it moves the entries of {shape} in a way for which there is no layer; those are a sample "
                    "flattened whole (dimensions 1 to the last), flatten(2).transpose(1, 2) of an image and back, transpose(1, 2) and x[:, index] of a sequence"
                )
            self.paths[node] = path if kind is None else self.emit(kind, [path], self.free(node), **keys)
        if node in self.learned:
            raise Unsupported(f"`{self.learned[node]}` is a tensor of the network outside any layer; it can be added, or come first as a token")
        if "constant" in node.meta:
            raise Unsupported(f"`{node}` ({node.target}) is a fixed tensor, for which there is no layer")
        if node not in self.paths:
            raise Unsupported(f"`{node}` ({node.target}) is no value of a layer")
        return self.paths[node]

    def free(self, node):
        """A layer's name for a call, which may have the name of a module that comes elsewhere."""
        return node.name + "_" if node.name in self.modules else node.name

    def put(self, node, kind, inputs, name=None, **keys):
        """One layer, reading the one before it unless it says otherwise."""
        self.paths[node] = self.emit(kind, [self.path(source) for source in inputs], name or self.free(node), **keys)

    def emit(self, kind, paths, name, **keys):
        entries = [f'type = "{kind}"', f'name = "{name}"']
        if paths != [self.last]:
            entries.append("inputs = [" + ", ".join(f'"{path}"' for path in paths) + "]")
        usual = USUAL.get(kind, {})
        for key, value in keys.items():
            if usual.get(key) != value:
                entries.append(f"{key} = {str(value).lower() if isinstance(value, bool) else value}")
        self.layers.append("  { " + ", ".join(entries) + " },")
        self.last = name
        return name

    def same(self, node, source):
        """A node that does nothing."""
        if source in self.moved and source not in self.paths:
            self.moved[node] = self.moved[source]
        elif source in self.learned:
            self.learned[node] = self.learned[source]
        else:
            self.paths[node] = self.path(source)

    def module(self, node):
        path, module = node.target, self.modules[node.target]
        kind = type(module).__name__
        source = node.args[0] if node.args else next(iter(node.kwargs.values()))

        def refuse(reason):
            raise Unsupported(f"`{path}` ({kind}): {reason}")

        own = [name for name in self.state if name.startswith(path + ".")]
        if isinstance(module, (nn.Flatten, nn.Unflatten)):
            return self.move(node, source)
        if len(shape_of(source)) == 2 and isinstance(module, OF_CHANNELS):
            refuse(f"it reads {shape_of(source)} and takes the tokens for channels, for which there is no layer")
        if any(name in self.tensors for name in own):
            refuse("it is used twice; tied weights are not supported")
        layer = ELEMENTWISE.get(type(module))
        if isinstance(module, (nn.Identity, nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.AlphaDropout)):
            return self.same(node, source)
        if layer:
            kind, keys = layer(module, refuse)
            self.put(node, kind, [source], **keys)
        elif isinstance(module, nn.PReLU):
            if len(shape_of(source)) == 2 and module.num_parameters > 1:
                refuse("its slopes are one for each token, for which there is no layer")
            self.put(node, "prelu", [source], path, by_channel=module.num_parameters > 1)
        elif isinstance(module, nn.Linear):
            if len(shape_of(source)) > 2:
                refuse(f"it reads {shape_of(source)}; dense layers of vectors and of sequences are supported")
            self.put(node, "dense", [source], path, outputs=module.out_features, bias=module.bias is not None)
        elif isinstance(module, nn.Conv2d):
            if one(module.dilation, refuse) != 1 or module.padding_mode != "zeros":
                refuse("dilation and padding other than by zeros are not supported")
            if isinstance(module.padding, str):
                refuse(f"padding {module.padding!r} is not supported; give a number")
            self.put(
                node, "conv2d", [source], path, channels=module.out_channels, kernel=one(module.kernel_size, refuse),
                stride=one(module.stride, refuse), padding=one(module.padding, refuse), bias=module.bias is not None,
                groups=module.groups,
            )
        elif isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)):
            if module.running_mean is None:
                refuse("it has no running statistics, so samples of a batch meet in it")
            self.put(node, "batch_norm", [source], path, epsilon=module.eps, affine=module.affine)
        elif isinstance(module, nn.GroupNorm):
            self.put(node, "group_norm", [source], path, groups=module.num_groups, epsilon=module.eps, affine=module.affine)
        elif isinstance(module, nn.InstanceNorm2d):
            if module.track_running_stats:
                refuse("running statistics are not supported here")
            self.put(node, "instance_norm", [source], path, epsilon=module.eps, affine=module.affine)
        elif isinstance(module, nn.LayerNorm):
            if len(shape_of(source)) > 2 or len(module.normalized_shape) != 1:
                refuse(f"it reads {shape_of(source)}; the normalisation of vectors and of tokens one by one is supported")
            if module.elementwise_affine and module.bias is None:
                refuse("a scale without shift is not supported")
            self.put(node, "layer_norm", [source], path, epsilon=module.eps, affine=module.elementwise_affine)
        elif isinstance(module, (nn.Softmax, nn.LogSoftmax)):
            self.softmax(node, "softmax" if isinstance(module, nn.Softmax) else "log_softmax", source, module.dim, refuse)
        elif isinstance(module, nn.MaxPool2d):
            if one(module.dilation, refuse) != 1 or module.return_indices:
                refuse("dilation and indices are not supported")
            self.pool(node, "max_pool", source, module, refuse)
        elif isinstance(module, nn.AvgPool2d):
            if module.divisor_override is not None:
                refuse("another divisor is not supported")
            self.pool(node, "average_pool", source, module, refuse, count_padding=module.count_include_pad)
        elif isinstance(module, nn.AdaptiveAvgPool2d):
            self.adaptive(node, source, module.output_size, refuse)
        elif isinstance(module, nn.Embedding):
            self.embedding(node, path, module, source, refuse)
        elif isinstance(module, (nn.MultiheadAttention, nn.TransformerEncoderLayer, nn.TransformerEncoder)):
            self.attends(node, module, path, refuse)
        else:
            refuse("there is no such layer; compose the network of the layers in docs/measure.md, or measure a part of it")
        if own and node in self.paths:
            self.tensors |= {name: self.state[name].detach().contiguous() for name in own}

    def softmax(self, node, kind, source, dim, refuse):
        if len(shape_of(source)) > 2 or dim not in (-1, len(shape_of(source))):
            refuse("softmax over the last dimension of vectors and sequences is supported")
        self.put(node, kind, [source])

    def modules_of(self, node, kinds):
        return node.op == "call_module" and isinstance(self.modules[node.target], kinds)

    def pool(self, node, kind, source, pool, refuse, **keys):
        window = one(pool.kernel_size, refuse)
        stride = window if pool.stride is None else one(pool.stride, refuse)
        keys |= {"padding": one(pool.padding, refuse), "ceil": pool.ceil_mode}
        self.put(node, kind, [source], window=window, stride=stride, **keys)

    def adaptive(self, node, source, size, refuse):
        """Equal windows, where the sides divide; what becomes a vector next is one layer."""
        (_, height, width), size = shape_of(source), size if isinstance(size, tuple) else (size, size)
        rows, columns = size[0] or height, size[1] or width
        if (rows, columns) == (height, width):
            return self.same(node, source)
        if (rows, columns) == (1, 1) and all(is_flatten(user, self.modules) for user in node.users):
            return self.put(node, "global_average_pool", [source])
        if height % rows or width % columns or height // rows != width // columns:
            refuse(f"it makes {rows} x {columns} of {height} x {width}, which takes windows of different sizes")
        self.put(node, "average_pool", [source], window=height // rows)

    def function(self, node):
        """A call that is no module's: of torch, of torch.nn.functional, or a tensor's method."""
        target = node.target if node.op == "call_method" else getattr(node.target, "__name__", str(node.target))
        tensors = [argument for argument in node.args if isinstance(argument, fx.Node)]

        def refuse(reason):
            raise Unsupported(f"`{node.name}` ({target}): {reason}")

        def setting(place, key, usual):
            return node.args[place] if len(node.args) > place else node.kwargs.get(key, usual)

        plain = {"iadd": "add", "imul": "mul", "multiply": "mul", "concat": "cat", "concatenate": "cat"}
        target = plain.get(target, target.removesuffix("_"))
        learned = [tensor for tensor in tensors if tensor in self.learned]
        if "constant" in node.meta or target == "_assert":
            return  # a mask, the numbers of positions, or a check of sizes
        if target in moves.OPERATIONS and tensors and (tensors[0] in self.learned or tensors[0] in self.moved or tensors[0] in self.paths):
            source = tensors[0]
            if target == "getitem" and self.modules_of(source, nn.MultiheadAttention):
                if node.args[1] == 0:
                    return self.same(node, source)
                if node.users:
                    refuse("the weights of an attention are no value here; call it with need_weights=False and take the first of what it returns")
                return
            return self.move(node, source)
        if shape_like(node):
            return  # sizes, which are read from the traced shapes
        if target in ("long", "int") and self.path(tensors[0]) == "input":
            return self.same(node, tensors[0])
        if target == "scaled_dot_product_attention":
            return self.dot_product(node, refuse)
        if target == "add" and len(learned) == 1 and len(tensors) == 2 and not node.kwargs:
            value, = learned
            self.add_learned(node, next(tensor for tensor in tensors if tensor is not value), value, refuse)
        elif target == "add" and len(tensors) == 2 and not node.kwargs:
            self.put(node, "add", tensors)
        elif target == "mul" and len(tensors) == 2:
            x, gate = sorted(tensors, key=lambda source: -math.prod(shape_of(source)))
            self.put(node, "multiply", [x, gate])
        elif target in ("mul", "truediv") and len(tensors) == 1 and len(node.args) == 2:
            first, second = node.args
            if target == "truediv" and first is not tensors[0]:
                refuse("division by a value is not supported")
            number = second if first is tensors[0] else first
            self.put(node, "scale", tensors, factor=float(number if target == "mul" else 1 / number))
        elif target == "cat":
            values, dim, count = list(node.args[0]), setting(1, "dim", 0), len(shape_of(node)) + 1
            if dim % count == 1 and len(values) == 2 and values[0] in self.learned:
                return self.prepend(node, *values, refuse)
            if dim % count != (2 if count == 3 else 1):
                refuse("only channels, or features of vectors and of tokens, can be put behind each other")
            self.put(node, "concatenate", values) if len(values) > 1 else self.same(node, values[0])
        elif target == "mean" and len(shape_of(tensors[0])) == 2 and dims(setting(1, "dim", None), 3) == [1]:
            if setting(2, "keepdim", False):
                refuse("keepdim is not supported")
            self.put(node, "mean_over_tokens", tensors[:1])
        elif target == "mean" and len(shape_of(tensors[0])) == 3 and dims(setting(1, "dim", None)) == [2, 3]:
            if setting(2, "keepdim", False):
                self.adaptive(node, tensors[0], (1, 1), refuse)
            else:
                self.put(node, "global_average_pool", tensors[:1])
        elif target in ("softmax", "log_softmax"):
            self.softmax(node, target, tensors[0], setting(1, "dim", None), refuse)
        elif target == "adaptive_avg_pool2d":
            self.adaptive(node, tensors[0], setting(1, "output_size", None), refuse)
        elif target in ("dropout", "dropout2d", "alpha_dropout"):
            if setting(2, "training", target != "alpha_dropout"):
                refuse("it is random whatever the mode; pass training=self.training")
            self.same(node, tensors[0])
        elif target in ("max_pool2d", "avg_pool2d"):
            if len(node.args) > 4:
                refuse("settings by position beyond the padding are not supported; give them by name")
            keys = dict(zip(("kernel_size", "stride", "padding"), node.args[1:])) | dict(node.kwargs)
            make = nn.MaxPool2d if target == "max_pool2d" else nn.AvgPool2d
            pool, kind = make(**keys), "max_pool" if target == "max_pool2d" else "average_pool"
            if getattr(pool, "return_indices", False) or getattr(pool, "divisor_override", None) or getattr(pool, "dilation", 1) != 1:
                refuse("indices, dilation and another divisor are not supported")
            count = {} if target == "max_pool2d" else {"count_padding": pool.count_include_pad}
            self.pool(node, kind, tensors[0], pool, refuse, **count)
        elif target in FUNCTIONS:
            keys = {key: value for key, value in node.kwargs.items() if key != "inplace"}
            if len(node.args) > 1:
                refuse("settings by position are not supported; give them by name")
            kind, keys = ELEMENTWISE[FUNCTIONS[target]](FUNCTIONS[target](**keys), refuse)
            self.put(node, kind, tensors, **keys)
        elif node.meta["tensor_meta"].dtype != torch.bool:  # a mask is refused where it is read
            refuse("there is no such layer; use a module of torch.nn that has one, or measure a part of the network")


# What need not be written.
USUAL = {
    "dense": {"bias": True},
    "conv2d": {"stride": 1, "padding": 0, "bias": True, "groups": 1},
    "batch_norm": {"epsilon": 1e-5, "affine": True},
    "group_norm": {"epsilon": 1e-5, "affine": True},
    "layer_norm": {"epsilon": 1e-5, "affine": True},
    "instance_norm": {"epsilon": 1e-5, "affine": False},
    "max_pool": {"padding": 0, "ceil": False},
    "average_pool": {"padding": 0, "ceil": False, "count_padding": True},
    "leaky_relu": {"slope": 0.01},
    "elu": {"alpha": 1.0},
    "prelu": {"by_channel": False},
    "take_token": {"index": 0},
    "self_attention": {"causal": False, "bias": True},
    "dot_product_attention": {"causal": False},
}

# What would take the tokens of a sequence for channels.
OF_CHANNELS = (nn.BatchNorm1d, nn.GroupNorm, nn.InstanceNorm1d)


def is_embedding(node, traced):
    return node.op == "call_module" and isinstance(traced.get_submodule(node.target), nn.Embedding)


def dims(dim, count=4):
    """Dimensions of a batch of images or sequences, counted from the front."""
    return sorted(d % count for d in dim) if isinstance(dim, (tuple, list)) else dim if dim is None else [dim % count]


def is_flatten(node, modules):
    if node.op == "call_module":
        return isinstance(modules[node.target], nn.Flatten)
    return node.target in (torch.flatten, "flatten", "view", "reshape")


def one(setting, refuse):
    """A setting that is the same for rows and columns."""
    if isinstance(setting, int):
        return setting
    if len(set(setting)) != 1:
        refuse(f"{tuple(setting)} differs for rows and columns, which is not supported")
    return setting[0]
