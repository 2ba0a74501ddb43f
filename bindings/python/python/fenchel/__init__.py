"""Structural matrices, gradient norms, and the bounds between which a network's loss lies.

    import fenchel
    m = fenchel.measure(model, x, y, loss="ce")     # a torch module in evaluation mode, arrays or tensors
    m.D, m.lower, m.loss, m.upper                   # numpy arrays, a number for each sample
    m.report("out.html")

For a sample x with Jacobian J of the outputs in the parameters, A = J J' is the structural matrix. The loss lies between
lo(|grad| / sqrt(lambda_max(A))) and hi(|grad| / sqrt(lambda_min(A))), |grad| the norm of the gradient of the sample's loss (theorem T11 of
docs/theory.md).
"""

from . import convexity
from ._judge import judge
from ._measure import (
    Measurement,
    extreme_eigenvalues,
    gradient_norms,
    layer_parts,
    mean_gradient,
    measure,
    tangent_kernel,
)
from ._native import Criterion, Network, __version__
from ._watch import Watcher

__all__ = [
    "Criterion",
    "Measurement",
    "Network",
    "Watcher",
    "__version__",
    "convexity",
    "extreme_eigenvalues",
    "gradient_norms",
    "judge",
    "layer_parts",
    "mean_gradient",
    "measure",
    "tangent_kernel",
]
