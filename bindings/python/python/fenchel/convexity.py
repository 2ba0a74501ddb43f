"""The definitions on functions of Python: H(phi)-convexity and H(Phi)-smoothness by norm powers, the catalogue, losses and bounds.

A function of Python has no enclosure, so what a search finds against a statement is a doubt with the points that raise it, never a
proof; and "holds" is evidence at the points that were looked at. Proofs are made in Rust, of formulas (docs/guide.md).
"""

from dataclasses import dataclass

import numpy

from . import _native


@dataclass(frozen=True)
class Found:
    """What a search found."""

    #: "holds", or "undecided": something was found that no enclosure confirms, or too little could be looked at.
    verdict: str
    #: The same in words, with the points and what was looked at.
    text: str
    #: How many evaluations were spent.
    evaluations: int

    @property
    def holds(self):
        return self.verdict == "holds"

    def __repr__(self):
        return self.text


def check_smooth(f, gradient, constant, *, dimension, exponent=2.0, norm=2.0, domain=None, budget=20_000, seed=0):
    """Searches for w, v with f(v) - f(w) - <gradient(w), v - w> above (constant / exponent) ||v - w||_norm ** exponent.

    f: a point (an array of `dimension` numbers) to a number. gradient: a point to an array.
    domain: None for all of R^m, "simplex", or a pair of arrays, the lower and the upper ends of a box.
    """
    return _check("smooth", f, gradient, constant, dimension, exponent, norm, domain, budget, seed)


def check_convex(f, gradient, constant, *, dimension, exponent=2.0, norm=2.0, domain=None, budget=20_000, seed=0):
    """Searches for w, v with f(v) - f(w) - <gradient(w), v - w> below (constant / exponent) ||v - w||_norm ** exponent."""
    return _check("convex", f, gradient, constant, dimension, exponent, norm, domain, budget, seed)


def _check(side, f, gradient, constant, dimension, exponent, norm, domain, budget, seed):
    lower = upper = None
    if domain is not None and not isinstance(domain, str):
        lower, upper = ([float(end) for end in numpy.broadcast_to(ends, dimension)] for ends in domain)
    elif domain not in (None, "simplex"):
        raise ValueError(f'`domain` is {domain!r}, but must be None, "simplex" or the ends of a box')
    found = _native.check(
        side, f, lambda x: numpy.asarray(gradient(x), dtype=numpy.float64).reshape(-1), dimension, constant, exponent, norm, lower, upper,
        domain == "simplex", budget, seed,
    )
    return Found(**found)


def catalogue(dimension):
    """Functions with known constants, a dict for each constant: function, side, statement, constant, exponent, tight, source."""
    return _native.catalogue(dimension)


def loss(name, y, f):
    """The loss of outputs f at a target y (both m numbers), and its residual; `name` as in `fenchel.measure`."""
    return _native.loss(name, _vector(y), _vector(f))


def loss_bounds(name, y, t):
    """lo(t) and hi(t): between them lies the excess loss of all outputs whose residual has the norm t."""
    return _native.loss_bounds(name, _vector(y), float(t))


def _vector(values):
    return numpy.ascontiguousarray(values, dtype=numpy.float64).reshape(-1)
