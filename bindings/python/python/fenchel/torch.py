"""PyTorch's networks as descriptions: what `fenchel.measure` does with a module, and files for the program `fenchel`.

    from fenchel.torch import describe

    description, tensors = describe(model.eval(), (3, 32, 32))      # the shape of one sample
    Path("model.toml").write_text(description)
    safetensors.torch.save_file(tensors, "model.safetensors")

The network is traced by torch.fx, module by module; the modules' paths become the names of the layers, so the tensors are those of
its `state_dict()`. Nothing is folded, merged or left out but what does nothing in evaluation mode: an exporter that folds a batch
normalisation into the layer before it (as those to ONNX do) would change the parameters, and with them what is measured. What Fenchel
cannot compute is an `Unsupported` error that names the module and the reason. This file needs PyTorch alone.
"""

import math
import operator
from typing import NamedTuple

import torch
from torch import fx, nn


class Unsupported(ValueError):
    """A network that cannot be described: where, why, what would help."""


def describe(network, shape, name="network"):
    """The description (TOML) and the tensors of a network in evaluation mode, for samples of this shape."""
    training = [path or "the network" for path, module in network.named_modules() if module.training]
    if training:
        raise Unsupported(f"{training[0]} is in training mode, where samples of a batch may meet; call .eval() on the whole")
    for path, module in network.named_modules():
        refuse_what_acts_unseen(path or "the network", module)
    try:
        traced = fx.symbolic_trace(network)
    except Exception as error:
        raise Unsupported(f"torch.fx cannot trace the network: {error}; what depends on values has no fixed graph") from error
    parameter = next(network.parameters(), torch.zeros(()))
    sample = torch.zeros(2, *shape, dtype=parameter.dtype, device=parameter.device)
    with torch.no_grad():
        Shapes(traced).run(sample)
    return Describer(traced, name, shape).result()


def refuse_what_acts_unseen(path, module):
    """What a module does beside its forward, which a trace does not show."""
    hooks = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    if any(getattr(module, name, None) for name in hooks):
        raise Unsupported(f"`{path}` has hooks, which may change what it computes; remove them for the measurement")
    if hasattr(module, "parametrizations"):
        names = ", ".join(module.parametrizations)
        raise Unsupported(
            f"`{path}` computes its {names} from other parameters (a parametrization such as weight_norm), in which the Jacobian would have "
            "to be taken; that is not supported. torch.nn.utils.parametrize.remove_parametrizations makes them plain parameters, of "
            "which the structural matrix is another one"
        )


class Shapes(fx.Interpreter):
    """Finds the shape of every value; a module that cannot take what reaches it is named."""

    def run_node(self, node):
        try:
            result = super().run_node(node)
        except Exception as error:
            where = f"`{node.target}`" if node.op == "call_module" else f"`{node.name}`"
            got = [tuple(source.meta["tensor_meta"].shape) for source in node.all_input_nodes if "tensor_meta" in source.meta]
            raise Unsupported(f"{where} cannot take what reaches it, {got} for two samples: {error}; check the shape of `x`") from error
        if isinstance(result, torch.Tensor):
            node.meta["tensor_meta"] = Traced(result.shape)
        return result


class Traced(NamedTuple):
    """What is known of a value."""

    shape: torch.Size


class Describer:
    """Goes through the nodes of a traced network and collects its layers."""

    def __init__(self, traced, name, shape):
        self.modules = dict(traced.named_modules())
        self.state = traced.state_dict()
        self.head = [f'name = "{name}"', f"input = {list(shape)}", "layers = ["]
        self.layers, self.tensors = [], {}
        self.paths, self.last = {}, "input"
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
                raise Unsupported(f"`{node.target}` is a tensor of the network outside any layer, which is not supported")
            elif not isinstance(node.args[0], fx.Node):
                raise Unsupported("the network returns more than one tensor; return the logits alone")
            elif self.path(node.args[0]) != self.last:
                raise Unsupported("what the network returns is not what it computes last")
        lines = [*self.head, *self.layers, "]"]
        return "\n".join(lines) + "\n", self.tensors

    def forbid_overwritten(self, node):
        """A value that an in-place operation has replaced must not be read again: the graph would have the old one."""
        for source in node.all_input_nodes:
            by = self.overwritten.get(self.paths.get(source))
            if by is not None and source is not by and not shape_like(node):
                raise Unsupported(f"`{node.name}` reads a value after `{by.name}` changed it in place; set inplace = False there")
        if self.is_in_place(node):
            self.overwritten[self.paths.get(node.args[0])] = node

    def is_in_place(self, node):
        if node.op == "call_module":
            return getattr(self.modules[node.target], "inplace", False) and not isinstance(self.modules[node.target], nn.Dropout)
        named = node.target if isinstance(node.target, str) else getattr(node.target, "__name__", "")
        in_place = node.op in ("call_function", "call_method") and (named.endswith("_") or named in ("iadd", "imul"))
        return in_place or node.kwargs.get("inplace", False)

    def path(self, node):
        if node not in self.paths:
            raise Unsupported(f"`{node}` ({node.target}) is no value of a layer")
        return self.paths[node]

    def put(self, node, kind, inputs, name=None, **keys):
        """One layer, reading the one before it unless it says otherwise."""
        # A call may have the name of a module that comes elsewhere.
        name = name or (node.name + "_" if node.name in self.modules else node.name)
        entries = [f'type = "{kind}"', f'name = "{name}"']
        paths = [self.path(source) for source in inputs]
        if paths != [self.last]:
            entries.append("inputs = [" + ", ".join(f'"{path}"' for path in paths) + "]")
        usual = USUAL.get(kind, {})
        for key, value in keys.items():
            if usual.get(key) != value:
                entries.append(f"{key} = {str(value).lower() if isinstance(value, bool) else value}")
        self.layers.append("  { " + ", ".join(entries) + " },")
        self.paths[node] = self.last = name

    def same(self, node, source):
        """A node that does nothing."""
        self.paths[node] = self.path(source)

    def module(self, node):
        path, module = node.target, self.modules[node.target]
        kind = type(module).__name__
        source = node.args[0]

        def refuse(reason):
            raise Unsupported(f"`{path}` ({kind}): {reason}")

        own = [name for name in self.state if name.startswith(path + ".")]
        if any(name in self.tensors for name in own):
            refuse("it is used twice; tied weights are not supported")
        layer = ELEMENTWISE.get(type(module))
        if isinstance(module, (nn.Identity, nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.AlphaDropout)):
            return self.same(node, source)
        if layer:
            kind, keys = layer(module, refuse)
            self.put(node, kind, [source], **keys)
        elif isinstance(module, nn.PReLU):
            self.put(node, "prelu", [source], path, by_channel=module.num_parameters > 1)
        elif isinstance(module, nn.Linear):
            if len(shape_of(source)) != 1:
                refuse(f"it reads {shape_of(source)}; dense layers of single vectors are supported, of sequences not")
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
            if len(shape_of(source)) != 1:
                refuse(f"it reads {shape_of(source)}; the normalisation of single vectors is supported")
            if module.elementwise_affine and module.bias is None:
                refuse("a scale without shift is not supported")
            self.put(node, "layer_norm", [source], path, epsilon=module.eps, affine=module.elementwise_affine)
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
        elif isinstance(module, nn.Flatten):
            self.flatten(node, source, module.start_dim, module.end_dim, refuse)
        else:
            refuse("there is no such layer; compose the network of the layers in docs/measure.md, or measure a part of it")
        if self.paths[node] == path:
            self.tensors |= {name: self.state[name].detach().contiguous() for name in own}

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

    def flatten(self, node, source, start, end, refuse):
        if start != 1 or end not in (-1, len(shape_of(source))):
            refuse("a sample must be flattened whole: dimensions 1 to the last")
        self.put(node, "flatten", [source])

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
        if target == "add" and len(tensors) == 2 and not node.kwargs:
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
            if setting(1, "dim", 0) not in (1, -len(shape_of(node))):
                refuse("only channels, or features of vectors, can be put behind each other: dim = 1")
            values = list(node.args[0])
            self.put(node, "concatenate", values) if len(values) > 1 else self.same(node, values[0])
        elif target == "flatten":
            self.flatten(node, tensors[0], setting(1, "start_dim", 0), setting(2, "end_dim", -1), refuse)
        elif target in ("view", "reshape") and shape_of(node) == (math.prod(shape_of(tensors[0])),):
            self.put(node, "flatten", tensors[:1])
        elif target == "mean" and len(shape_of(tensors[0])) == 3 and dims(setting(1, "dim", None)) == [2, 3]:
            if setting(2, "keepdim", False):
                self.adaptive(node, tensors[0], (1, 1), refuse)
            else:
                self.put(node, "global_average_pool", tensors[:1])
        elif target == "adaptive_avg_pool2d":
            self.adaptive(node, tensors[0], setting(1, "output_size", None), refuse)
        elif target in ("dropout", "dropout2d", "alpha_dropout"):
            if setting(2, "training", target != "alpha_dropout"):
                refuse("it is random whatever the mode; pass training=self.training")
            self.same(node, tensors[0])
        elif target in ("size", "getattr", "getitem") and shape_like(node):
            pass  # only a flatten's argument, which is read from the traced shapes
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
        else:
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
}


def softplus(module, refuse):
    if module.beta != 1:
        refuse("only beta = 1 is supported")
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


def shape_of(node):
    """The shape of one sample's value."""
    return tuple(node.meta["tensor_meta"].shape[1:])


def shape_like(node):
    """Whether a node has to do with sizes only."""
    return "tensor_meta" not in node.meta or not hasattr(node.meta["tensor_meta"], "shape")


def dims(dim):
    """Dimensions of a batch of images, counted from the front."""
    return sorted(d % 4 for d in dim) if isinstance(dim, (tuple, list)) else dim


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


def network(module, shape, precision="f64"):
    """The `fenchel.Network` of a module in evaluation mode, for samples of this shape (without the number of samples)."""
    from ._native import Network

    for path, parameter in module.named_parameters():
        if parameter.device.type == "meta":
            raise Unsupported(f"`{path}` has no numbers: it is on the device `meta`")
    description, tensors = describe(module, shape)
    return Network(description, {name: numbers(name, tensor) for name, tensor in tensors.items()}, precision)


def numbers(name, tensor):
    """A tensor as an array of float32, float64 or int64; what is narrower is widened exactly."""
    tensor = tensor.detach().cpu()
    if tensor.is_complex() or tensor.is_quantized:
        raise Unsupported(f"`{name}` has the type {tensor.dtype}, which is not supported")
    if tensor.dtype in (torch.float16, torch.bfloat16):
        tensor = tensor.float()
    if not tensor.is_floating_point():
        tensor = tensor.long()
    return tensor.contiguous().numpy()
