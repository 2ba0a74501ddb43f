//! Floats of 256 bits: the ends of [`PreciseInterval`](super::PreciseInterval), and a reference for `f64`
//! results.

mod rounded;

use super::interval::{Direction, Endpoint};
use super::{Number, Sign};
use dashu_float::Repr;
use std::cmp::Ordering;
use std::ops::{Add, Div, Mul, Neg, Sub};

/// A 256-bit floating-point number (about 77 decimal digits), or infinite, or undefined.
///
/// As a [`Number`] every operation is rounded to nearest, as an [`Endpoint`] in the chosen direction;
/// elementary functions of numbers below 2^-140 may miss the nearest result by one unit. The exponent's range
/// is so wide that nothing that an `f64` can hold overflows or underflows.
///
/// ```
/// use fenchel_convexity::number::{Number, Precise};
///
/// let third = Precise::from_f64(1.0) / 3.0;
/// let error = (third * 3.0 - 1.0).to_f64().abs();
/// assert!(error <= 2.0_f64.powi(-255));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Precise(Option<Repr<2>>);

impl Precise {
    const UNDEFINED: Self = Self(None);

    /// The number that equals `value`; NaN gives the undefined number.
    fn exact(value: f64) -> Self {
        Repr::try_from(value).map_or(Self::UNDEFINED, Self::from_repr)
    }

    // There is one zero here: signed zeros would make equal numbers differ.
    fn from_repr(repr: Repr<2>) -> Self {
        Self(Some(if repr.is_neg_zero() { Repr::zero() } else { repr }))
    }

    fn finite(&self) -> Option<&Repr<2>> {
        self.0.as_ref().filter(|repr| repr.is_finite())
    }

    fn infinity(negative: bool) -> Self {
        Self(Some(if negative { Repr::neg_infinity() } else { Repr::infinity() }))
    }

    fn is_zero(&self) -> bool {
        self.sign() == Sign::Zero
    }

    fn is_negative(&self) -> bool {
        self.sign() == Sign::Negative
    }
}

impl PartialOrd for Precise {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.0.as_ref()?.cmp(other.0.as_ref()?))
    }
}

impl Neg for Precise {
    type Output = Self;
    fn neg(self) -> Self {
        Self(self.0.map(|repr| match (repr.is_infinite(), repr.is_pos_zero() || repr.is_neg_zero()) {
            (true, _) if repr == Repr::infinity() => Repr::neg_infinity(),
            (true, _) => Repr::infinity(),
            (_, true) => Repr::zero(),
            _ => {
                let (significand, exponent) = repr.into_parts();
                Repr::new(-significand, exponent)
            }
        }))
    }
}

/// The operators, rounded to nearest.
macro_rules! nearest_operators {
    ($($operator:ident $method:ident)*) => {$(
        impl<'a> $operator<&'a Self> for Precise {
            type Output = Self;
            fn $method(self, other: &'a Self) -> Self {
                Endpoint::$method(&self, other, Direction::Nearest)
            }
        }
    )*};
}

nearest_operators!(Add add Sub sub Mul mul Div div);
operators!(impl[] for Precise);

/// Functions of one number, rounded to nearest.
macro_rules! nearest {
    ($($function:ident)*) => {$(
        fn $function(&self) -> Self {
            Endpoint::$function(self, Direction::Nearest)
        }
    )*};
}

impl Number for Precise {
    nearest!(exp exp_m1 ln ln_1p sqrt sin cos sinh cosh);

    fn from_f64(value: f64) -> Self {
        Self::exact(value)
    }

    fn to_f64(&self) -> f64 {
        Endpoint::to_f64(self, Direction::Nearest)
    }

    fn sign(&self) -> Sign {
        match self.0.as_ref().map(|repr| repr.cmp(&Repr::zero())) {
            None => Sign::Undecided,
            Some(Ordering::Less) => Sign::Negative,
            Some(Ordering::Equal) => Sign::Zero,
            Some(Ordering::Greater) => Sign::Positive,
        }
    }

    fn is_finite(&self) -> bool {
        self.finite().is_some()
    }

    fn powi(&self, exponent: i32) -> Self {
        Number::powf(self, f64::from(exponent))
    }

    fn powf(&self, exponent: f64) -> Self {
        let size = Endpoint::powf(&self.abs(), exponent, Direction::Nearest);
        match exponent % 2.0 {
            _ if !self.is_negative() => size,
            0.0 => size,
            1.0 | -1.0 => -size,
            _ => Self::UNDEFINED,
        }
    }

    fn abs(&self) -> Self {
        if self.is_negative() { -self.clone() } else { self.clone() }
    }

    fn max(&self, other: &Self) -> Self {
        match self.partial_cmp(other) {
            None => Self::UNDEFINED,
            Some(Ordering::Less) => other.clone(),
            Some(Ordering::Equal | Ordering::Greater) => self.clone(),
        }
    }

    fn min(&self, other: &Self) -> Self {
        -(-self.clone()).max(&-other.clone())
    }

    fn select(&self, negative: impl FnOnce() -> Self, otherwise: impl FnOnce() -> Self) -> Self {
        match self.sign() {
            Sign::Undecided => Self::UNDEFINED,
            Sign::Negative => negative(),
            Sign::Zero | Sign::Positive => otherwise(),
        }
    }

    fn between(&self, negative: Self, otherwise: Self) -> Self {
        self.select(|| Self::UNDEFINED, || (negative + otherwise) / 2.0)
    }

    fn unknown() -> Self {
        Self::UNDEFINED
    }

    fn signum(&self) -> Self {
        match self.sign() {
            Sign::Undecided => Self::UNDEFINED,
            Sign::Negative => Self::exact(-1.0),
            Sign::Zero => Self::exact(0.0),
            Sign::Positive => Self::exact(1.0),
        }
    }
}

#[cfg(test)]
mod tests;
