//! Floats of 256 bits, correctly rounded: the reference against which `f64` results are judged.

use super::interval::Direction;
use super::{Number, Sign};
use dashu_float::round::mode;
use dashu_float::{ConstCache, Context, FBig, FpError, Repr};
use std::cell::RefCell;
use std::cmp::Ordering;
use std::ops::{Add, Div, Mul, Neg, Sub};

/// Significant bits of a [`Precise`] number.
const BITS: usize = 256;

/// Exponentials beyond this argument are treated as overflow or underflow: e^(2^30) has a billion-bit exponent.
const EXPONENTIAL_LIMIT: f64 = 1e9;

/// A 256-bit floating-point number (about 77 decimal digits), or infinite, or undefined.
///
/// Every operation is the correctly rounded exact result (to nearest as a [`Number`], in a chosen direction at the
/// ends of a [`PreciseInterval`](super::PreciseInterval)). The exponent's range is so wide that nothing that an
/// `f64` can hold overflows or underflows.
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

thread_local! {
    /// Digits of log 2 and pi, computed once for each thread.
    static CONSTANTS: RefCell<ConstCache> = const { RefCell::new(ConstCache::new()) };
}

/// Evaluates `$method` of the context rounding in the direction.
macro_rules! rounded {
    ($direction:expr, $method:ident($($argument:expr),*)) => {
        match $direction {
            Direction::Down => finish(Context::<mode::Down>::new(BITS).$method($($argument),*), $direction),
            Direction::Nearest => finish(Context::<mode::HalfEven>::new(BITS).$method($($argument),*), $direction),
            Direction::Up => finish(Context::<mode::Up>::new(BITS).$method($($argument),*), $direction),
        }
    };
}

/// The same for functions that use cached constants.
macro_rules! rounded_with_constants {
    ($direction:expr, $method:ident($($argument:expr),*)) => {
        CONSTANTS.with_borrow_mut(|constants| rounded!($direction, $method($($argument,)* Some(constants))))
    };
}

fn finish<R: dashu_float::round::Round>(
    result: dashu_float::math::FpResult<FBig<R, 2>>,
    direction: Direction,
) -> Precise {
    match result {
        Ok(rounded) => Precise::from_repr(rounded.value().into_repr()),
        Err(FpError::Overflow(sign)) => Precise::overflow(sign == dashu_base::Sign::Negative, direction),
        Err(FpError::Underflow(sign)) => Precise::underflow(sign == dashu_base::Sign::Negative, direction),
        Err(_) => Precise(None),
    }
}

impl Precise {
    /// The number that equals `value`; NaN gives the undefined number.
    #[must_use]
    pub(super) fn exact(value: f64) -> Self {
        Repr::try_from(value).map_or(Self(None), Self::from_repr)
    }

    // There is one zero here: signed zeros would make equal numbers differ.
    fn from_repr(repr: Repr<2>) -> Self {
        Self(Some(if repr.is_neg_zero() { Repr::zero() } else { repr }))
    }

    pub(super) fn is_undefined(&self) -> bool {
        self.0.is_none()
    }

    fn finite(&self) -> Option<&Repr<2>> {
        self.0.as_ref().filter(|repr| repr.is_finite())
    }

    fn infinity(negative: bool) -> Self {
        Self(Some(if negative { Repr::neg_infinity() } else { Repr::infinity() }))
    }

    /// A finite number larger than any that overflows here, for the inner side of a directed overflow.
    fn huge(negative: bool) -> Self {
        let significand = if negative { -1 } else { 1 };
        Self(Some(Repr::new(significand.into(), 1 << 30)))
    }

    fn overflow(negative: bool, direction: Direction) -> Self {
        match (direction, negative) {
            (Direction::Down, false) | (Direction::Up, true) => Self::huge(negative),
            _ => Self::infinity(negative),
        }
    }

    fn underflow(negative: bool, direction: Direction) -> Self {
        let tiny = |significand: i32| Self(Some(Repr::new(significand.into(), -(1 << 30))));
        match (direction, negative) {
            (Direction::Down, true) => tiny(-1),
            (Direction::Up, false) => tiny(1),
            _ => Self(Some(Repr::zero())),
        }
    }

    fn is_zero(&self) -> bool {
        self.sign() == Sign::Zero
    }

    /// For interval ends: an indeterminate limit is unbounded in the direction.
    pub(super) fn or_limit(self, direction: Direction) -> Self {
        match direction {
            Direction::Down if self.is_undefined() => Self::infinity(true),
            Direction::Up if self.is_undefined() => Self::infinity(false),
            _ => self,
        }
    }

    /// The number as an `f64` bound.
    pub(super) fn rounded_to_f64(&self, direction: Direction) -> f64 {
        let Some(repr) = &self.0 else { return f64::NAN };
        let nearest = repr.to_f64().value();
        let back = Self::exact(nearest);
        match (direction, back.partial_cmp(self)) {
            (Direction::Down, Some(Ordering::Greater)) => nearest.next_down(),
            (Direction::Up, Some(Ordering::Less)) => nearest.next_up(),
            _ => nearest,
        }
    }

    pub(super) fn directed_add(&self, other: &Self, direction: Direction) -> Self {
        match (&self.0, &other.0) {
            (None, _) | (_, None) => Self(None),
            (Some(a), Some(b)) if a.is_finite() && b.is_finite() => rounded!(direction, add(a, b)),
            (Some(a), Some(b)) if a.is_infinite() && b.is_infinite() && a != b => Self(None),
            (Some(a), _) if a.is_infinite() => self.clone(),
            _ => other.clone(),
        }
    }

    pub(super) fn directed_sub(&self, other: &Self, direction: Direction) -> Self {
        self.directed_add(&-other.clone(), direction)
    }

    pub(super) fn directed_mul(&self, other: &Self, direction: Direction) -> Self {
        if let (Some(a), Some(b)) = (self.finite(), other.finite()) {
            return rounded!(direction, mul(a, b));
        }
        match (self.sign(), other.sign()) {
            (Sign::Undecided | Sign::Zero, _) | (_, Sign::Undecided | Sign::Zero) => Self(None),
            (a, b) => Self::infinity(a != b),
        }
    }

    pub(super) fn directed_div(&self, other: &Self, direction: Direction) -> Self {
        match (&self.0, &other.0) {
            (None, _) | (_, None) => Self(None),
            (Some(a), Some(b)) if a.is_finite() && b.is_finite() => {
                if !other.is_zero() {
                    rounded!(direction, div(a, b))
                } else if self.is_zero() {
                    Self(None)
                } else {
                    Self::infinity(self.sign() == Sign::Negative)
                }
            }
            (Some(a), Some(b)) if a.is_infinite() && b.is_infinite() => Self(None),
            (Some(a), _) if a.is_finite() => Self(Some(Repr::zero())),
            _ => Self::infinity((self.sign() == Sign::Negative) != (other.sign() == Sign::Negative)),
        }
    }

    pub(super) fn directed_sqrt(&self, direction: Direction) -> Self {
        match self.finite() {
            Some(repr) => rounded!(direction, sqrt(repr)),
            None => self.infinite_argument(Some(true), None),
        }
    }

    /// f at plus and minus infinity where it is infinite (`Some(true)`) or undefined (`None`).
    fn infinite_argument(&self, at_plus: Option<bool>, at_minus: Option<bool>) -> Self {
        let limit = match self.sign() {
            Sign::Positive => at_plus,
            Sign::Negative => at_minus,
            _ => None,
        };
        limit.map_or(Self(None), |plus| Self::infinity(!plus))
    }

    pub(super) fn directed_exp(&self, direction: Direction) -> Self {
        match self.finite() {
            Some(_) if *self > Self::exact(EXPONENTIAL_LIMIT) => Self::exp_overflow(direction),
            Some(_) if *self < Self::exact(-EXPONENTIAL_LIMIT) => Self::exp_underflow(direction),
            Some(repr) => rounded_with_constants!(direction, exp(repr)),
            None if self.sign() == Sign::Negative => Self::exact(0.0),
            None => self.infinite_argument(Some(true), None),
        }
    }

    /// A bound of e^x for x above the limit; the lower one is e^limit.
    fn exp_overflow(direction: Direction) -> Self {
        match direction {
            Direction::Down => Self::exact(EXPONENTIAL_LIMIT).directed_exp(direction),
            _ => Self::infinity(false),
        }
    }

    fn exp_underflow(direction: Direction) -> Self {
        match direction {
            Direction::Up => Self::exact(-EXPONENTIAL_LIMIT).directed_exp(direction),
            _ => Self::exact(0.0),
        }
    }

    pub(super) fn directed_exp_m1(&self, direction: Direction) -> Self {
        match self.finite() {
            Some(_) if *self > Self::exact(EXPONENTIAL_LIMIT) => Self::exp_overflow(direction),
            Some(_) if *self < Self::exact(-EXPONENTIAL_LIMIT) => {
                Self::exact(-1.0).directed_add(&Self::exp_underflow(direction), direction)
            }
            Some(repr) => rounded_with_constants!(direction, exp_m1(repr)),
            None if self.sign() == Sign::Negative => Self::exact(-1.0),
            None => self.infinite_argument(Some(true), None),
        }
    }

    pub(super) fn directed_ln(&self, direction: Direction) -> Self {
        match self.finite() {
            Some(_) if self.is_zero() => Self::infinity(true),
            Some(repr) => rounded_with_constants!(direction, ln(repr)),
            None => self.infinite_argument(Some(true), None),
        }
    }

    pub(super) fn directed_ln_1p(&self, direction: Direction) -> Self {
        match self.finite() {
            Some(_) if *self == Self::exact(-1.0) => Self::infinity(true),
            Some(repr) => rounded_with_constants!(direction, ln_1p(repr)),
            None => self.infinite_argument(Some(true), None),
        }
    }

    pub(super) fn directed_powf(&self, exponent: f64, direction: Direction) -> Self {
        let Ok(power) = Repr::<2>::try_from(exponent) else { return Self(None) };
        match self.finite() {
            _ if exponent == 0.0 => Self::exact(1.0),
            Some(_) if self.is_zero() => {
                if exponent > 0.0 {
                    Self::exact(0.0)
                } else {
                    Self::infinity(false)
                }
            }
            Some(repr) if power.is_finite() => self
                .exact_root_power(exponent, direction)
                .unwrap_or_else(|| rounded_with_constants!(direction, powf(repr, &power))),
            None if self.sign() == Sign::Positive && exponent < 0.0 => Self::exact(0.0),
            None => self.infinite_argument(Some(true), None),
            Some(_) => Self(None),
        }
    }

    /// x^(a/2^j) where the 2^j-th root of x is exact, as 9^1.5 = 27.
    ///
    /// The library rounds by computing ever more digits until the rounding is beyond doubt, and never ends where the
    /// result is exact. An f64 exponent is a/2^j with a odd; the power of a binary fraction x is one only if the root of x
    /// is one too (unique factorisation), and then j square roots are exact.
    fn exact_root_power(&self, exponent: f64, direction: Direction) -> Option<Self> {
        let (mut root, mut odd) = (self.clone(), exponent);
        while odd != odd.trunc() {
            let (below, above) = (root.directed_sqrt(Direction::Down), root.directed_sqrt(Direction::Up));
            if below != above {
                return None;
            }
            (root, odd) = (below, 2.0 * odd);
        }
        if root == Self::exact(1.0) {
            return Some(root);
        }
        // Beyond this range x would have to be a 2^22-th power or more: only powers of two that overflow are.
        let odd = (odd.abs() < 2.0_f64.powi(31)).then_some(odd as i32)?;
        let repr = root.finite()?;
        Some(rounded!(direction, powi(repr, odd.into())))
    }

    pub(super) fn directed_sin(&self, direction: Direction) -> Self {
        self.finite().map_or(Self(None), |repr| rounded_with_constants!(direction, sin(repr)))
    }

    pub(super) fn directed_cos(&self, direction: Direction) -> Self {
        self.finite().map_or(Self(None), |repr| rounded_with_constants!(direction, cos(repr)))
    }

    pub(super) fn directed_sinh(&self, direction: Direction) -> Self {
        match self.finite() {
            Some(_) if *self > Self::exact(EXPONENTIAL_LIMIT) => Self::overflow(false, direction),
            Some(_) if *self < Self::exact(-EXPONENTIAL_LIMIT) => Self::overflow(true, direction),
            Some(repr) => rounded_with_constants!(direction, sinh(repr)),
            None => self.infinite_argument(Some(true), Some(false)),
        }
    }

    pub(super) fn directed_cosh(&self, direction: Direction) -> Self {
        match self.finite() {
            Some(_) if Number::abs(self) > Self::exact(EXPONENTIAL_LIMIT) => Self::overflow(false, direction),
            Some(repr) => rounded_with_constants!(direction, cosh(repr)),
            None => self.infinite_argument(Some(true), Some(true)),
        }
    }

    pub(super) fn directed_pi(direction: Direction) -> Self {
        CONSTANTS.with_borrow_mut(|constants| {
            Self(Some(match direction {
                Direction::Down => constants.pi::<2, mode::Down>(BITS).value().into_repr(),
                Direction::Nearest => constants.pi::<2, mode::HalfEven>(BITS).value().into_repr(),
                Direction::Up => constants.pi::<2, mode::Up>(BITS).value().into_repr(),
            }))
        })
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

impl<'a> Add<&'a Self> for Precise {
    type Output = Self;
    fn add(self, other: &'a Self) -> Self {
        self.directed_add(other, Direction::Nearest)
    }
}

impl<'a> Sub<&'a Self> for Precise {
    type Output = Self;
    fn sub(self, other: &'a Self) -> Self {
        self.directed_sub(other, Direction::Nearest)
    }
}

impl<'a> Mul<&'a Self> for Precise {
    type Output = Self;
    fn mul(self, other: &'a Self) -> Self {
        self.directed_mul(other, Direction::Nearest)
    }
}

impl<'a> Div<&'a Self> for Precise {
    type Output = Self;
    fn div(self, other: &'a Self) -> Self {
        self.directed_div(other, Direction::Nearest)
    }
}

operators!(impl[] for Precise);

impl Number for Precise {
    fn from_f64(value: f64) -> Self {
        Self::exact(value)
    }

    fn to_f64(&self) -> f64 {
        self.rounded_to_f64(Direction::Nearest)
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

    fn exp(&self) -> Self {
        self.directed_exp(Direction::Nearest)
    }

    fn exp_m1(&self) -> Self {
        self.directed_exp_m1(Direction::Nearest)
    }

    fn ln(&self) -> Self {
        self.directed_ln(Direction::Nearest)
    }

    fn ln_1p(&self) -> Self {
        self.directed_ln_1p(Direction::Nearest)
    }

    fn sqrt(&self) -> Self {
        self.directed_sqrt(Direction::Nearest)
    }

    fn powi(&self, exponent: i32) -> Self {
        match self.finite() {
            Some(_) if self.is_zero() && exponent < 0 => Self::infinity(false),
            Some(repr) => rounded!(Direction::Nearest, powi(repr, exponent.into())),
            None if exponent == 0 => Self::exact(1.0),
            None if exponent < 0 && !self.is_undefined() => Self::exact(0.0),
            None => self.infinite_argument(Some(true), Some(exponent % 2 == 0)),
        }
    }

    fn powf(&self, exponent: f64) -> Self {
        if exponent == exponent.trunc() && exponent.abs() <= 64.0 {
            self.powi(exponent as i32)
        } else {
            self.directed_powf(exponent, Direction::Nearest)
        }
    }

    fn abs(&self) -> Self {
        if self.sign() == Sign::Negative { -self.clone() } else { self.clone() }
    }

    fn sin(&self) -> Self {
        self.directed_sin(Direction::Nearest)
    }

    fn cos(&self) -> Self {
        self.directed_cos(Direction::Nearest)
    }

    fn sinh(&self) -> Self {
        self.directed_sinh(Direction::Nearest)
    }

    fn cosh(&self) -> Self {
        self.directed_cosh(Direction::Nearest)
    }

    fn max(&self, other: &Self) -> Self {
        match self.partial_cmp(other) {
            None => Self(None),
            Some(Ordering::Less) => other.clone(),
            Some(_) => self.clone(),
        }
    }

    fn min(&self, other: &Self) -> Self {
        match self.partial_cmp(other) {
            None => Self(None),
            Some(Ordering::Greater) => other.clone(),
            Some(_) => self.clone(),
        }
    }

    fn unknown() -> Self {
        Self(None)
    }

    fn select(&self, negative: impl FnOnce() -> Self, otherwise: impl FnOnce() -> Self) -> Self {
        match self.sign() {
            Sign::Undecided => Self(None),
            Sign::Negative => negative(),
            Sign::Zero | Sign::Positive => otherwise(),
        }
    }
}

#[cfg(test)]
mod tests;
