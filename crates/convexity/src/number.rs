//! The number types over which formulas are written once and evaluated in several arithmetics.
//!
//! A function written over [`Number`] runs in four arithmetics, and with that its checker has four voices:
//!
//! | type | role | error |
//! |---|---|---|
//! | `f64` | search | about 1e-16 relative for each operation |
//! | [`Interval`] | proof over boxes and at points | none: the result encloses the exact value |
//! | [`Precise`] | reference in 256 bits | 2^-256 relative for each operation |
//! | [`PreciseInterval`] | proof at points, where `f64` intervals are too wide | none: an enclosure, 256 bits wide |
//!
//! [`Dual`] adds a derivative to any of them. [`Expression`] computes nothing: it writes the formula down, for a proof assistant.
//!
//! Two habits keep generic code honest over intervals. Branch with [`Number::select`], [`Number::max`] or
//! [`Number::abs`], never by converting to `f64`: an interval that straddles the condition then yields the hull of
//! both branches. And write `x.square()` rather than `x.clone() * x`: an interval product does not know that its
//! two factors are the same.

/// The operators with the right operand by value and as a constant, from those with it by reference.
macro_rules! operators {
    (impl[$($generics:tt)*] for $type:ty) => {
        operators!(@ [$($generics)*] $type, Add add);
        operators!(@ [$($generics)*] $type, Sub sub);
        operators!(@ [$($generics)*] $type, Mul mul);
        operators!(@ [$($generics)*] $type, Div div);
    };
    (@ [$($generics:tt)*] $type:ty, $operator:ident $method:ident) => {
        impl<$($generics)*> $operator for $type {
            type Output = Self;
            fn $method(self, other: Self) -> Self {
                $operator::$method(self, &other)
            }
        }
        impl<$($generics)*> $operator<f64> for $type {
            type Output = Self;
            fn $method(self, other: f64) -> Self {
                $operator::$method(self, &<Self as Number>::from_f64(other))
            }
        }
    };
}

mod dual;
mod expression;
mod float;
mod interval;
mod precise;

pub use dual::Dual;
pub use expression::Expression;
pub(crate) use expression::{Binding, Branch, Function, Term, recording};
pub use interval::{Direction, Endpoint, Interval, PreciseInterval};
pub use precise::Precise;

use std::fmt::Debug;
use std::ops::{Add, Div, Mul, Neg, Sub};

/// What is known about the sign of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// Certainly below zero.
    Negative,
    /// Certainly zero.
    Zero,
    /// Certainly above zero.
    Positive,
    /// Not determined: an interval that contains zero together with other numbers, or an undefined value.
    Undecided,
}

/// A real number in some arithmetic: the type over which formulas are generic.
///
/// The supertraits give `+ - * /` with the right operand by value, by reference or as an `f64` constant, so that
/// a formula reads almost as on paper.
///
/// ```
/// use fenchel_convexity::number::{Interval, Number, Precise};
///
/// // log(1 + e^x), stable for either sign of x.
/// fn softplus<N: Number>(x: &N) -> N {
///     x.max(&N::zero()) + (-x.abs()).exp().ln_1p()
/// }
/// assert!((softplus(&0.0_f64) - 2.0_f64.ln()).abs() < 1e-15);
/// let enclosure = softplus(&Interval::hull(-1.0, 1.0));
/// assert!(enclosure.contains(softplus(&0.3_f64)));
/// let precise = softplus(&Precise::from_f64(0.3));
/// assert!((precise.to_f64() - softplus(&0.3_f64)).abs() < 1e-15);
/// ```
pub trait Number:
    Clone
    + Debug
    + Send
    + Sync
    + 'static
    + Neg<Output = Self>
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + for<'a> Add<&'a Self, Output = Self>
    + for<'a> Sub<&'a Self, Output = Self>
    + for<'a> Mul<&'a Self, Output = Self>
    + for<'a> Div<&'a Self, Output = Self>
    + Add<f64, Output = Self>
    + Sub<f64, Output = Self>
    + Mul<f64, Output = Self>
    + Div<f64, Output = Self>
{
    /// The number that equals `value` exactly.
    fn from_f64(value: f64) -> Self;

    /// A nearby `f64`: the number itself, its nearest `f64`, or the middle of an interval.
    ///
    /// For reports and search only; never branch on it in a formula.
    fn to_f64(&self) -> f64;

    /// What is known about the sign.
    fn sign(&self) -> Sign;

    /// False if the number is infinite, unbounded or undefined.
    fn is_finite(&self) -> bool;

    /// e to the power of the number.
    fn exp(&self) -> Self;

    /// e^x - 1, accurate near 0.
    fn exp_m1(&self) -> Self;

    /// e^x - 1 - x for |x| <= 1/2, without cancellation at 0.
    ///
    /// An arithmetic that records what it does must not record the series: it is cut off.
    fn exp_m1_less(&self) -> Self {
        // The 60th term is below 1e-95 of the first: below the round-off of 256 bits, which the intervals add at every
        // step.
        let tail = (3..60).rev().fold(Self::one(), |tail, k| tail * self / f64::from(k) + 1.0);
        self.square() / 2.0 * tail
    }

    /// The natural logarithm; undefined below 0.
    fn ln(&self) -> Self;

    /// log(1 + x), accurate near 0; undefined below -1.
    fn ln_1p(&self) -> Self;

    /// The square root; undefined below 0.
    fn sqrt(&self) -> Self;

    /// The power with an integer exponent.
    fn powi(&self, exponent: i32) -> Self;

    /// The power with a real exponent; undefined for a negative base unless the exponent is an integer.
    fn powf(&self, exponent: f64) -> Self;

    /// The absolute value.
    fn abs(&self) -> Self;

    /// The sine.
    fn sin(&self) -> Self;

    /// The cosine.
    fn cos(&self) -> Self;

    /// The hyperbolic sine.
    fn sinh(&self) -> Self;

    /// The hyperbolic cosine.
    fn cosh(&self) -> Self;

    /// The larger of two numbers.
    fn max(&self, other: &Self) -> Self;

    /// The smaller of two numbers.
    fn min(&self, other: &Self) -> Self;

    /// `negative()` if the number is below zero, otherwise `otherwise()`; the hull of both while undecided.
    ///
    /// Derivatives ([`Dual`]) are right only if the two branches meet where the number is zero; proofs by second
    /// derivatives also need their slopes to meet there. For a jump say [`Number::jump`].
    fn select(&self, negative: impl FnOnce() -> Self, otherwise: impl FnOnce() -> Self) -> Self;

    /// A number of which nothing is known.
    fn unknown() -> Self;

    /// As [`Number::select`] for branches that need not meet where the number is zero: a jump.
    ///
    /// While undecided nothing is known of the derivative.
    fn jump(&self, negative: Self, otherwise: Self) -> Self {
        self.select(|| negative, || otherwise)
    }

    /// Zero.
    fn zero() -> Self {
        Self::from_f64(0.0)
    }

    /// One.
    fn one() -> Self {
        Self::from_f64(1.0)
    }

    /// The square; tighter than a product over intervals.
    fn square(&self) -> Self {
        self.powi(2)
    }

    /// The reciprocal.
    fn recip(&self) -> Self {
        Self::one() / self
    }

    /// -1, 0 or 1 by the sign, the subgradient of the absolute value that is 0 at 0; undecided: [-1, 1].
    fn signum(&self) -> Self {
        match self.sign() {
            Sign::Zero => Self::zero(),
            Sign::Undecided => {
                // The hull from both sides, so that [0, 1] gives [0, 1], with the 0 at 0.
                let above = self.jump(-Self::one(), Self::one());
                let below = (-self.clone()).jump(Self::one(), -Self::one());
                (above + below) / 2.0
            }
            _ => self.jump(-Self::one(), Self::one()),
        }
    }

    /// The sum of the numbers, from left to right.
    fn sum<'a>(numbers: impl IntoIterator<Item = &'a Self>) -> Self
    where
        Self: 'a,
    {
        numbers.into_iter().fold(Self::zero(), |sum, x| sum + x)
    }

    /// The inner product of two equally long vectors, from left to right.
    fn dot(a: &[Self], b: &[Self]) -> Self {
        a.iter().zip(b).fold(Self::zero(), |sum, (x, y)| sum + x.clone() * y)
    }
}
