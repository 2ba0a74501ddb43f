//! The number types over which formulas are written once and evaluated in several arithmetics.
//!
//! A function written over [`Number`] runs in four arithmetics, and with that its checker has four voices:
//!
//! | type | role | error |
//! |---|---|---|
//! | `f64` | search | about 1e-16 relative for each operation |
//! | [`Interval`] | proof over boxes and at points | none: the result encloses the exact value |
//! | [`Precise`] | reference in 256 bits | 2^-256 relative for each operation |
//! | [`PreciseInterval`] | proof at points, where `f64` intervals are too wide | none: it encloses |
//!
//! [`Dual`] adds a derivative to any of them. [`Expression`] computes nothing: it writes the formula down, for a proof assistant.
//!
//! Branches are a vocabulary of three words, each of which vouches for something:
//!
//! | word | the two branches | slope where the condition is open | second derivative there |
//! |---|---|---|---|
//! | [`Number::select`] | may jump | unknown | unknown |
//! | [`Number::join`] | meet where the condition is zero | hull of both; their mean at a zero | unknown |
//! | [`Number::join_smooth`] | meet, and their slopes too | hull of both | hull of both |
//!
//! [`Number::abs`], [`Number::max`] and [`Number::min`] are joins. Say the strongest word that is true: a
//! proof that needs a second derivative goes through no weaker one, and a word that is not true makes proofs
//! false.
//!
//! Traps of generic code:
//!
//! - Never branch by [`Number::to_f64`], nor by [`Number::sign`] where a word above will do: over an interval
//!   the sign may be open, and a `match` then takes one branch for all points of a box.
//! - Write `x.square()` rather than `x.clone() * x`: an interval product does not know that its two factors
//!   are the same.
//! - An operation that is undefined somewhere on its operand is undefined: a quotient by an interval that
//!   contains zero, at an end too. Write `x log x` or `sin x / x` so that no box needs the quotient at 0, or
//!   accept that nothing is proved there.
//! - At a tie the slopes of both sides count alike, so that kinks that cancel (`max(x, 0) +
//!   ln_1p(exp(-|x|))`) leave the right gradient. Ties inside ties do not: the slope of `|max(x, 0)| - max(x,
//!   0)` at 0 comes out as -1/2. Where the function is smooth, say so with `join_smooth`.

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
/// The supertraits give `+ - * /` with the right operand by value, by reference or as an `f64` constant, so
/// that a formula reads almost as on paper.
///
/// ```
/// use fenchel_convexity::number::{Dual, Interval, Number, Precise};
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
/// // Its kinks cancel, in the gradient too; that it has a second derivative at 0 only `join_smooth` can say.
/// let kinked = Dual::variable(Dual::variable(0.0));
/// assert_eq!(softplus(&kinked).derivative.value, 0.5);
/// assert!(softplus(&kinked).derivative.derivative.is_nan());
/// let smooth =
///     kinked.join_smooth(|| kinked.exp().ln_1p(), || kinked.clone() + (-kinked.clone()).exp().ln_1p());
/// assert_eq!((smooth.derivative.value, smooth.derivative.derivative), (0.5, 0.25));
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
    ///
    /// Of a [`Dual`], around the point: a zero that varies is undecided, as its neighbours have signs.
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

    /// The power with a real exponent; undefined for a negative base unless the exponent is an integer, of
    /// any size.
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
    /// The branches may jump, so nothing is known of a derivative where the number is zero or may be.
    fn select(&self, negative: impl FnOnce() -> Self, otherwise: impl FnOnce() -> Self) -> Self;

    /// As [`Number::select`], for branches that meet where the number is zero: the choice is continuous.
    ///
    /// The derivative is enclosed by both branches' while undecided, and is their mean at a decided zero.
    /// Nothing is known of a second derivative there. That they meet is the caller's word.
    fn join(&self, negative: impl FnOnce() -> Self, otherwise: impl FnOnce() -> Self) -> Self {
        self.select(negative, otherwise)
    }

    /// As [`Number::join`], for branches whose slopes meet too: the choice is continuously differentiable.
    ///
    /// The second derivative is enclosed by both branches' while undecided. That the slopes meet is the
    /// caller's word.
    fn join_smooth(&self, negative: impl FnOnce() -> Self, otherwise: impl FnOnce() -> Self) -> Self {
        self.select(negative, otherwise)
    }

    /// A slope between those of two branches that meet where this number is zero, asked for where it is zero
    /// or undecided.
    ///
    /// Their mean at a decided zero, so that neither side is preferred and cancelling kinks cancel; their
    /// hull while undecided. For the arithmetics; formulas say [`Number::join`].
    fn between(&self, negative: Self, otherwise: Self) -> Self;

    /// The undefined value, of which nothing is known and which every operation keeps.
    ///
    /// Not the whole line: zero times any real number is zero, but zero times what may be no number at all is
    /// not.
    fn unknown() -> Self;

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

    /// -1, 0 or 1 by the sign, the subgradient of the absolute value that is 0 at 0; undecided: [-1, 1], or
    /// what is left of it.
    fn signum(&self) -> Self;

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
