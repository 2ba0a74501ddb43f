//! `f64` at the ends of an interval.
//!
//! The four operations and the square root are correctly rounded to nearest by IEEE 754; the sign of the
//! rounding error, which is itself computed without error (two-sum, fused multiply-add), tells whether one
//! step outward is needed. Elementary functions are widened by a fixed number of units in the last place.

use super::{Direction, Endpoint, Interval};
use Direction::{Down, Nearest, Up};

/// Below this size an error term of a product may underflow, so its sign cannot be trusted.
const ERROR_TERM_SAFE: f64 = 1e-290;

/// `value` moved one step in the direction unless `error`, the sign of exact minus rounded, says that it
/// already is a bound. An overflow to infinity is taken back to the largest finite number on the inner side.
fn outward(value: f64, error: f64, direction: Direction) -> f64 {
    match direction {
        Nearest => value,
        Down if value == f64::INFINITY => f64::MAX,
        Up if value == f64::NEG_INFINITY => f64::MIN,
        Down if error < 0.0 || error.is_nan() => value.next_down(),
        Up if error > 0.0 || error.is_nan() => value.next_up(),
        _ => value,
    }
}

/// A step outward from an underflow must not cross zero when the sign of the exact value is known.
fn of_known_sign(negative: bool, value: f64) -> f64 {
    if negative { value.min(0.0) } else { value.max(0.0) }
}

/// The result of an elementary function moved outward by the trusted number of units in the last place.
fn widened(value: f64, direction: Direction) -> f64 {
    let mut end = value;
    if value.is_nan() {
        return value;
    }
    for _ in 0..Interval::ELEMENTARY_ULPS {
        end = outward(end, f64::NAN, direction);
    }
    end
}

impl Endpoint for f64 {
    fn from_f64(value: f64) -> Self {
        value
    }

    fn to_f64(&self, _: Direction) -> f64 {
        *self
    }

    fn is_nan(&self) -> bool {
        f64::is_nan(*self)
    }

    fn is_finite(&self) -> bool {
        f64::is_finite(*self)
    }

    fn neg(&self) -> Self {
        -*self
    }

    fn floor(&self) -> Self {
        f64::floor(*self)
    }

    fn add(&self, other: &Self, direction: Direction) -> Self {
        let (a, b) = (*self, *other);
        if !a.is_finite() || !b.is_finite() {
            return limit(a + b, direction);
        }
        let sum = a + b;
        // Knuth's two-sum: the exact rounding error.
        let b_part = sum - a;
        let error = (a - (sum - b_part)) + (b - b_part);
        outward(sum, error, direction)
    }

    fn sub(&self, other: &Self, direction: Direction) -> Self {
        Endpoint::add(self, &-*other, direction)
    }

    fn mul(&self, other: &Self, direction: Direction) -> Self {
        let (a, b) = (*self, *other);
        let product = a * b;
        if !a.is_finite() || !b.is_finite() {
            return limit(product, direction);
        }
        if a == 0.0 || b == 0.0 {
            return 0.0;
        }
        let error = if product.abs() < ERROR_TERM_SAFE { f64::NAN } else { a.mul_add(b, -product) };
        of_known_sign((a < 0.0) != (b < 0.0), outward(product, error, direction))
    }

    fn div(&self, other: &Self, direction: Direction) -> Self {
        let (a, b) = (*self, *other);
        let quotient = a / b;
        if !a.is_finite() || !b.is_finite() {
            return limit(quotient, direction);
        }
        if a == 0.0 {
            return 0.0;
        }
        let error = if quotient.abs() < ERROR_TERM_SAFE || a.abs() < ERROR_TERM_SAFE {
            f64::NAN
        } else {
            // a - q b is exact, and the error of the quotient is that over b.
            (-quotient).mul_add(b, a) * b.signum()
        };
        of_known_sign((a < 0.0) != (b < 0.0), outward(quotient, error, direction))
    }

    fn sqrt(&self, direction: Direction) -> Self {
        let root = f64::sqrt(*self);
        if *self == 0.0 || !root.is_finite() {
            return root;
        }
        let error = if *self < ERROR_TERM_SAFE { f64::NAN } else { (-root).mul_add(root, *self) };
        outward(root, error, direction).max(0.0)
    }

    fn exp(&self, direction: Direction) -> Self {
        match *self {
            0.0 => 1.0,
            f64::NEG_INFINITY => 0.0,
            f64::INFINITY => f64::INFINITY,
            x => widened(x.exp(), direction).max(0.0),
        }
    }

    fn exp_m1(&self, direction: Direction) -> Self {
        match *self {
            0.0 => 0.0,
            f64::NEG_INFINITY => -1.0,
            f64::INFINITY => f64::INFINITY,
            x => widened(x.exp_m1(), direction).max(-1.0),
        }
    }

    fn ln(&self, direction: Direction) -> Self {
        match *self {
            1.0 => 0.0,
            0.0 => f64::NEG_INFINITY,
            f64::INFINITY => f64::INFINITY,
            x => widened(x.ln(), direction),
        }
    }

    fn ln_1p(&self, direction: Direction) -> Self {
        match *self {
            0.0 => 0.0,
            -1.0 => f64::NEG_INFINITY,
            f64::INFINITY => f64::INFINITY,
            x => widened(x.ln_1p(), direction),
        }
    }

    fn powf(&self, exponent: f64, direction: Direction) -> Self {
        match *self {
            0.0 | 1.0 | f64::INFINITY => f64::powf(*self, exponent),
            x => widened(x.powf(exponent), direction).max(0.0),
        }
    }

    fn sin(&self, direction: Direction) -> Self {
        if *self == 0.0 { 0.0 } else { widened(f64::sin(*self), direction).clamp(-1.0, 1.0) }
    }

    fn cos(&self, direction: Direction) -> Self {
        if *self == 0.0 { 1.0 } else { widened(f64::cos(*self), direction).clamp(-1.0, 1.0) }
    }

    fn sinh(&self, direction: Direction) -> Self {
        match *self {
            0.0 => 0.0,
            x if !x.is_finite() => x,
            x => widened(x.sinh(), direction),
        }
    }

    fn cosh(&self, direction: Direction) -> Self {
        match *self {
            0.0 => 1.0,
            x if !x.is_finite() => x.abs(),
            x => widened(x.cosh(), direction).max(1.0),
        }
    }

    fn pi(direction: Direction) -> Self {
        // The f64 nearest to pi lies below it.
        match direction {
            Up => std::f64::consts::PI.next_up(),
            _ => std::f64::consts::PI,
        }
    }
}

/// The value of an operation with an infinite operand; an indeterminate one is unbounded in the direction.
fn limit(value: f64, direction: Direction) -> f64 {
    match direction {
        Down if value.is_nan() => f64::NEG_INFINITY,
        Up if value.is_nan() => f64::INFINITY,
        _ => value,
    }
}
