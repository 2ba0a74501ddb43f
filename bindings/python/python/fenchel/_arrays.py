"""What users have into what the native part takes: float64 inputs, answers as int64 or float64, criteria."""

import numpy

from ._native import Criterion


def array(value):
    """A NumPy array of a tensor, an array or a list; a tensor is taken off its graph and its device."""
    if isinstance(value, numpy.ma.MaskedArray):
        raise TypeError("a masked array has entries without a value; leave those samples out, or give them the weight 0")
    if hasattr(value, "detach"):
        value = value.detach().cpu()
        if str(value.dtype) == "torch.bfloat16":
            value = value.float()
    return numpy.asarray(value)


def inputs(x, name="x"):
    """Samples as float64, row-major; integers are taken as the numbers that they are."""
    values = array(x)
    if values.dtype.kind not in "fiu":
        raise TypeError(f"`{name}` has the type {values.dtype}, but needs numbers")
    return numpy.ascontiguousarray(values, dtype=numpy.float64)


def answers(y):
    """Labels and whole targets as int64, real ones as float64."""
    values = array(y)
    if values.dtype.kind == "f":
        return numpy.ascontiguousarray(values, dtype=numpy.float64)
    if values.dtype.kind not in "iub":
        raise TypeError(f"`y` has the type {values.dtype}, but needs whole or real numbers")
    if values.dtype == numpy.uint64 and values.size and values.max() > numpy.iinfo(numpy.int64).max:
        raise ValueError(f"`y` has the number {values.max()}, which is beyond 64 bits with sign")
    return numpy.ascontiguousarray(values, dtype=numpy.int64)


def weights(weight):
    """One weight a sample, as a list."""
    if weight is None:
        return None
    values = array(weight)
    if values.ndim != 1:
        raise ValueError(f"weights have the shape {values.shape}, but need one number for each")
    return [float(w) for w in values]


def width(value):
    """How many bytes a number of an array has, as it was given; 8 for what is no float."""
    kind = str(getattr(value, "dtype", "float64")).removeprefix("torch.")
    return {"float32": 4, "float16": 2, "bfloat16": 2}.get(kind, 8)


def criterion(loss, smoothing=0.0, class_weights=None, ignore_label=None):
    """The criterion of these settings, or the one that is given."""
    if isinstance(loss, Criterion):
        if smoothing or class_weights is not None or ignore_label is not None:
            raise ValueError("`loss` is a Criterion, which has its own smoothing, class_weights and ignore_label")
        return loss
    return Criterion(loss, float(smoothing), weights(class_weights), ignore_label)
