"""PyTorch's networks as descriptions: what `fenchel.measure` does with a module, and files for the program `fenchel`.

    from fenchel.torch import describe

    description, tensors = describe(model.eval(), (3, 32, 32))      # the shape of one sample
    Path("model.toml").write_text(description)
    safetensors.torch.save_file(tensors, "model.safetensors")

The network is traced by torch.fx, module by module; the modules' paths become the names of the layers, so the tensors are those of
its `state_dict()`. Nothing is folded, merged or left out but what does nothing in evaluation mode: an exporter that folds a batch
normalisation into the layer before it (as those to ONNX do) would change the parameters, and with them what is measured. What Fenchel
cannot compute is an `Unsupported` error that names the module and the reason.
"""

import torch

from .check import check_reading
from .describe import describe
from .moves import Unsupported

__all__ = ["Unsupported", "describe", "network"]


def network(module, shape, precision="f64", sample=None):
    """The `fenchel.Network` of a module in evaluation mode, for samples of this shape (without the number of samples).

    What was read is compared with the module itself, outputs and a gradient, at `sample` or at a random one (`check_reading`).
    """
    from .._native import Network

    for path, parameter in module.named_parameters():
        if parameter.device.type == "meta":
            raise Unsupported(f"`{path}` has no numbers: it is on the device `meta`")
    description, tensors = describe(module, shape)
    arrays = {name: numbers(name, tensor) for name, tensor in tensors.items()}
    double = Network(description, arrays, "f64")
    check_reading(module, double, shape, sample)
    return double if precision == "f64" else Network(description, arrays, precision)


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
