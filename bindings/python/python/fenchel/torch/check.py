"""Whether a network was read as it is: its outputs and a gradient beside the module's own.

A trace shows the operations that were recorded, and a module may do more than that: patched methods, subclasses with a forward of
their own, gradients that are stopped. None of it must be measured as something else, so each network is compared with its module once,
at one sample. In double precision the two agree to about 1e-13; the bar is 1e-6, since a misreading is no matter of round-off.
"""

import copy
import math

import numpy
import torch

from .. import _native
from .moves import Unsupported

BAR = 1e-6


def check_reading(module, network, shape, sample=None):
    """Raises `Unsupported` where outputs or a gradient of the network (in f64) are not those of the module.

    Both at a sample that looks random, where no two numbers are equal by chance; outputs at the caller's own, too.
    """
    count = math.prod(shape)
    generic = numpy.zeros(shape) if network.reads_ids else numpy.sin(1.0 + 1.7 * numpy.arange(count)).reshape(shape)
    # What the caller does without gradients is no matter of the module.
    with torch.inference_mode(False), torch.enable_grad():
        twin = copy.deepcopy(module).double().requires_grad_(True)
        if sample is not None:
            check_outputs(twin, network, numpy.array(sample, dtype=numpy.float64))
        outputs = check_outputs(twin, network, generic)
        if outputs is not None:
            check_gradient(twin, network, generic, outputs)


def check_outputs(twin, network, sample):
    """The module's outputs at a sample; None where they are too large for a comparison."""
    device = next((parameter.device for parameter in twin.parameters()), torch.device("cpu"))
    inputs = torch.tensor(sample, device=device)[None]
    outputs = twin(inputs.long() if network.reads_ids else inputs)
    if outputs.shape != (1, network.outputs):
        raise Unsupported(f"the network returns {tuple(outputs.shape)} for one sample; logits, (1, outputs), are needed")
    theirs = outputs.detach().cpu().numpy()[0]
    # A network that overflows is told as such when it is measured.
    if not numpy.abs(theirs).max() < 1e100:
        return None
    compare("outputs", _native.outputs(network, sample[None])[0], theirs, numpy.abs(theirs).max())
    return outputs


def check_gradient(twin, network, sample, outputs):
    """Compares J'u, u a direction that is no axis; no random number of the caller's is drawn."""
    # As long as the outputs, so that no digit of it is lost in the target below.
    length = max(1.0, float(outputs.detach().abs().max()))
    direction = length * numpy.cos(1.0 + numpy.arange(network.outputs))
    parameters = dict(twin.named_parameters())
    along = torch.tensor(direction, device=outputs.device)[None]
    slopes = torch.autograd.grad(outputs, list(parameters.values()), along, allow_unused=True) if outputs.requires_grad else [None] * len(parameters)
    # Of half the squared error with the target f - u, the gradient in the parameters is J'u.
    targets = outputs.detach().cpu().numpy() - direction
    gradient = _native.mean_gradient(network, sample[None], targets, _native.Criterion("squared"))
    theirs = {}
    for (name, parameter), slope in zip(parameters.items(), slopes):
        # A parameter that nothing reads, or whose gradient is stopped, has the slope 0.
        theirs[name] = numpy.zeros(tuple(parameter.shape)) if slope is None else slope.cpu().numpy()
    size = max((numpy.abs(slope).max(initial=0.0) for slope in theirs.values()), default=0.0)
    for name, slope in theirs.items():
        compare(f"gradient in `{name}`", gradient.get(name, numpy.zeros(slope.shape)).reshape(slope.shape), slope, size)


def compare(what, ours, theirs, size):
    off = numpy.abs(numpy.asarray(ours) - theirs).max(initial=0.0)
    if off <= BAR * size:
        return
    raise Unsupported(
        f"what was read is not the module: the {what} differ by {off:.2g} where the largest is {size:.2g}. Something in it does what its "
        "trace does not show: a stopped gradient (no_grad, detach), a replaced or overridden forward, a function of your own called like "
        "one of PyTorch's. fenchel.torch.describe(model, shape) shows what was read"
    )
