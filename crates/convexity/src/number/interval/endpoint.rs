//! What an interval needs of the numbers at its ends: operations with a chosen direction of rounding.

use std::fmt::Debug;

/// The direction in which a result is rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Not above the exact value.
    Down,
    /// To a nearby value.
    Nearest,
    /// Not below the exact value.
    Up,
}

impl Direction {
    pub(crate) const fn opposite(self) -> Self {
        match self {
            Self::Down => Self::Up,
            Self::Nearest => Self::Nearest,
            Self::Up => Self::Down,
        }
    }
}

/// A number that can stand at the end of an interval: `f64` or [`Precise`](super::Precise).
///
/// Every operation returns a bound of the exact result on the side of the direction. Operands that are
/// infinite stand for limits, and an indeterminate limit is unbounded in the direction.
pub trait Endpoint: Clone + Debug + PartialEq + PartialOrd + Send + Sync + 'static {
    /// The number that equals `value`; NaN stands for an undefined end.
    fn from_f64(value: f64) -> Self;
    /// A bound as an `f64`.
    fn to_f64(&self, direction: Direction) -> f64;
    /// True for the undefined end.
    fn is_nan(&self) -> bool;
    /// False for infinite and undefined ends.
    fn is_finite(&self) -> bool;
    /// The exact negative.
    fn neg(&self) -> Self;
    /// The largest integer that is not above a finite number.
    fn floor(&self) -> Self;
    /// The sum.
    fn add(&self, other: &Self, direction: Direction) -> Self;
    /// The difference.
    fn sub(&self, other: &Self, direction: Direction) -> Self;
    /// The product.
    fn mul(&self, other: &Self, direction: Direction) -> Self;
    /// The quotient.
    fn div(&self, other: &Self, direction: Direction) -> Self;
    /// The square root of a non-negative number.
    fn sqrt(&self, direction: Direction) -> Self;
    /// e to the power of the number.
    fn exp(&self, direction: Direction) -> Self;
    /// e^x - 1.
    fn exp_m1(&self, direction: Direction) -> Self;
    /// The logarithm of a non-negative number.
    fn ln(&self, direction: Direction) -> Self;
    /// log(1 + x) of a number from -1 on.
    fn ln_1p(&self, direction: Direction) -> Self;
    /// The power of a non-negative number.
    fn powf(&self, exponent: f64, direction: Direction) -> Self;
    /// The sine.
    fn sin(&self, direction: Direction) -> Self;
    /// The cosine.
    fn cos(&self, direction: Direction) -> Self;
    /// The hyperbolic sine.
    fn sinh(&self, direction: Direction) -> Self;
    /// The hyperbolic cosine.
    fn cosh(&self, direction: Direction) -> Self;
    /// A bound of pi.
    fn pi(direction: Direction) -> Self;
}

/// `x` to a natural power by repeated squaring, every product rounded in the direction.
///
/// For a negative `x` the power is computed from -x, so that all products are of non-negative numbers and
/// every rounding moves the result the same way.
pub(super) fn natural_power<E: Endpoint>(x: &E, exponent: u32, direction: Direction) -> E {
    if *x < E::from_f64(0.0) {
        return if exponent.is_multiple_of(2) {
            natural_power(&x.neg(), exponent, direction)
        } else {
            natural_power(&x.neg(), exponent, direction.opposite()).neg()
        };
    }
    let mut result = E::from_f64(1.0);
    let mut square = x.clone();
    let mut rest = exponent;
    while rest > 0 {
        if rest % 2 == 1 {
            result = super::product(&result, &square, direction);
        }
        rest /= 2;
        if rest > 0 {
            square = super::product(&square, &square, direction);
        }
    }
    result
}
