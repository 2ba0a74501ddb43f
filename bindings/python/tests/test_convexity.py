"""The definitions on functions of Python."""

import numpy
import pytest

from fenchel import convexity


def quadratic(x):
    return 1.5 * float(x @ x)


def test_a_constant_holds_and_a_better_one_is_doubted():
    slope = lambda x: 3.0 * x  # noqa: E731
    assert convexity.check_smooth(quadratic, slope, 3.0, dimension=2).holds
    doubt = convexity.check_smooth(quadratic, slope, 2.9, dimension=2)
    # Without an enclosure a counterexample is no proof, and is not called one.
    assert doubt.verdict == "undecided" and doubt.evaluations > 0, doubt
    assert convexity.check_convex(quadratic, slope, 3.0, dimension=2, domain=(-1, [2, 3])).holds
    assert not convexity.check_convex(quadratic, slope, 3.1, dimension=2).holds


def test_negative_entropy_is_one_convex_in_l1_on_the_simplex():
    # The search's threads each have an error state of their own.
    def log(x):
        with numpy.errstate(divide="ignore"):
            return numpy.log(x)

    entropy = lambda x: float(sum(a * b for a, b in zip(x, log(x)) if a > 0))  # noqa: E731
    found = convexity.check_convex(entropy, lambda x: log(x) + 1, 1.0, dimension=3, norm=1.0, domain="simplex")
    assert found.holds, found


def test_what_a_function_raises_is_raised():
    def fails(x):
        raise KeyError("inside")

    with pytest.raises(KeyError, match="inside"):
        convexity.check_smooth(fails, lambda x: x, 1.0, dimension=1)
    with pytest.raises(ValueError, match="3 entries"):
        convexity.check_smooth(quadratic, lambda x: [1, 2, 3], 1.0, dimension=2)
    with pytest.raises(ValueError, match="`domain`"):
        convexity.check_smooth(quadratic, lambda x: x, 1.0, dimension=2, domain="ball")
    with pytest.raises(ValueError):
        convexity.check_smooth(quadratic, lambda x: x, -1.0, dimension=2)


def test_the_catalogue_and_the_losses():
    rows = convexity.catalogue(1)
    assert any(row["function"].startswith("1/2") or row["tight"] for row in rows) and all(row["source"] for row in rows)
    value, residual = convexity.loss("ce", [0, 1, 0], [0.0, 0.0, 0.0])
    assert value == pytest.approx(numpy.log(3)) and residual == pytest.approx([1 / 3, -2 / 3, 1 / 3])
    low, high = convexity.loss_bounds("ce", [0, 1, 0], numpy.linalg.norm(residual))
    assert low <= value <= high
    with pytest.raises(ValueError, match="no loss `hinge`"):
        convexity.loss("hinge", [0, 1], [0, 0])
