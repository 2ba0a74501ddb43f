"""Judging numbers that were computed elsewhere: in JAX, on a GPU, for layers that are not offered here."""

import numpy

from . import _native
from ._arrays import answers, criterion, inputs, weights, width
from ._measure import Measurement


def judge(
    logits,
    y,
    grad_norm_sq,
    loss="ce",
    *,
    structure=None,
    eigenvalues=None,
    smoothing=0.0,
    class_weights=None,
    ignore_label=None,
    weight=None,
    error=None,
    roundoff=None,
):
    """U, L, D, the two bounds of theorem T11 and a verdict for each sample, from outputs, gradients and structural matrices.

    logits: (N, m). y, loss, smoothing, class_weights, ignore_label, weight: as for `measure`.
    grad_norm_sq: (N), the squared norms of the gradients of the samples' losses (not of their mean), weights included.
    structure: (N, m, m), A = J J'; or eigenvalues: (N, m) ascending, or (N, 2), the smallest and the largest.
    error: the relative error of the passes that made them; by default 1.8e-9, and 9.5e-4 if an array is float32. Of arrays in half
        precision it must be stated.
    roundoff: (N, 2) instead: what grad_norm_sq and an eigenvalue of each sample may be off by.

    Verdicts are relative to that error: "holds"; "violated: lower" or "violated: upper"; "apart: ..." where e'Ae, e the loss's residual, is not
    grad_norm_sq (of eigenvalues alone: cannot be), so that the arrays are not of one network, loss and sample; "indefinite" where A is no
    J J'; "undefined" where a number is not finite. Of the last three nothing follows for the theorem.
    """
    if error is not None and roundoff is not None:
        raise ValueError("`error` and `roundoff` both say what the numbers may be off by; give one of the two")
    narrowest = min(width(a) for a in (logits, grad_norm_sq, structure, eigenvalues) if a is not None)
    if narrowest < 4 and error is None and roundoff is None:
        raise ValueError("an array is in half precision, of which no usual error is known; state it: `error`, 0.05 for example")
    single = narrowest < 8
    optional = {
        name: None if value is None else inputs(value, name)
        for name, value in (("structure", structure), ("eigenvalues", eigenvalues), ("roundoff", roundoff))
    }
    rule = criterion(loss, smoothing, class_weights, ignore_label)
    arrays = _native.judge(
        inputs(logits, "logits"), answers(y), inputs(grad_norm_sq, "grad_norm_sq"), rule,
        weight=weights(weight), error=error, single=single, **optional,
    )
    if structure is not None:
        arrays["structure"] = numpy.array(optional["structure"])
    return Measurement(arrays, None, rule)
