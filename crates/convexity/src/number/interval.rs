//! Intervals with outward rounding: every result encloses the exact value for every choice inside the
//! operands.

mod endpoint;
mod float;
mod trigonometry;

pub use endpoint::{Direction, Endpoint};

use super::{Number, Precise, Sign};
use Direction::{Down, Up};
use std::ops::{Add, Div, Mul, Neg, Sub};

/// A closed interval, possibly unbounded, of real numbers; or the undefined value.
///
/// An operation that is undefined somewhere on its operands (the logarithm of an interval that reaches below
/// 0, a quotient by one that contains 0 or ends there) gives the undefined value, which every further
/// operation keeps and no comparison decides: a proof over a box then fails there instead of quietly skipping
/// the points where the formula has no value, and no mean-value theorem is applied across a pole. Only the
/// logarithm has a limit at the end of its domain, minus infinity at 0; its slope there is undefined.
///
/// With `f64` ends the four operations and the square root are rounded outward by at most one unit in the
/// last place (not at all where they are exact), and the elementary functions by
/// [`Interval::ELEMENTARY_ULPS`] units.
///
/// ```
/// use fenchel_convexity::number::{Interval, Number};
///
/// let x = Interval::hull(-1.0, 2.0);
/// assert_eq!((x.square().lo(), x.square().hi()), (0.0, 4.0));
/// // A third has no f64, so its enclosure has two ends; ten times it still contains 10/3.
/// let third = Interval::point(1.0) / 3.0;
/// assert!(third.lo() < third.hi() && (third * 10.0).contains(10.0 / 3.0));
/// assert!(x.ln().is_undefined());
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval<E = f64> {
    lo: E,
    hi: E,
}

/// Up to this exponent powers are products; beyond, the rounding of so many would show.
const PRODUCTS: u32 = 64;

/// An interval with ends of 256 bits: for signs that `f64` intervals cannot decide.
pub type PreciseInterval = Interval<Precise>;

impl Interval {
    /// How many units in the last place the platform's elementary functions are trusted to be accurate to.
    ///
    /// The GNU C library documents at most 2 for the functions used here, other platforms' libraries stay
    /// below 1 or 2; twice the larger is assumed, and the tests check it against 256 bits on the platform at
    /// hand.
    pub const ELEMENTARY_ULPS: u32 = 4;

    /// The interval that contains one number only.
    ///
    /// NaN gives the undefined value.
    #[must_use]
    pub fn point(value: f64) -> Self {
        Self::from_f64(value)
    }

    /// The smallest interval that contains both numbers.
    #[must_use]
    pub fn hull(a: f64, b: f64) -> Self {
        Self::point(a).union(&Self::point(b))
    }

    /// All real numbers.
    #[must_use]
    pub fn whole() -> Self {
        Self::all()
    }

    /// The undefined value.
    #[must_use]
    pub fn undefined() -> Self {
        Self::none()
    }

    /// The lower end.
    #[must_use]
    pub const fn lo(&self) -> f64 {
        self.lo
    }

    /// The upper end.
    #[must_use]
    pub const fn hi(&self) -> f64 {
        self.hi
    }

    /// True if `x` lies in the interval.
    #[must_use]
    pub fn contains(&self, x: f64) -> bool {
        self.lo <= x && x <= self.hi
    }

    /// The length, rounded upward.
    #[must_use]
    pub fn width(&self) -> f64 {
        Endpoint::sub(&self.hi, &self.lo, Up)
    }

    /// A point inside a bounded interval, near its middle.
    #[must_use]
    pub fn midpoint(&self) -> f64 {
        let middle = 0.5 * self.lo + 0.5 * self.hi;
        middle.max(self.lo).min(self.hi)
    }

    /// The two halves of a bounded interval, which share the midpoint.
    #[must_use]
    pub fn bisect(&self) -> (Self, Self) {
        let middle = self.midpoint();
        (Self { lo: self.lo, hi: middle }, Self { lo: middle, hi: self.hi })
    }
}

impl<E: Endpoint> Interval<E> {
    fn all() -> Self {
        Self { lo: E::from_f64(f64::NEG_INFINITY), hi: E::from_f64(f64::INFINITY) }
    }

    fn none() -> Self {
        Self { lo: E::from_f64(f64::NAN), hi: E::from_f64(f64::NAN) }
    }

    /// True for the undefined value.
    #[must_use]
    pub fn is_undefined(&self) -> bool {
        self.lo.is_nan() || self.hi.is_nan()
    }

    /// The two ends.
    #[must_use]
    pub fn ends(&self) -> (&E, &E) {
        (&self.lo, &self.hi)
    }

    /// The smallest interval that contains both intervals.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        if self.is_undefined() || other.is_undefined() {
            return Self::none();
        }
        Self { lo: smaller(&self.lo, &other.lo), hi: larger(&self.hi, &other.hi) }
    }

    /// The bounds as `f64`, rounded outward.
    #[must_use]
    pub fn to_f64_interval(&self) -> Interval {
        Interval { lo: self.lo.to_f64(Down), hi: self.hi.to_f64(Up) }
    }

    /// The interval that contains one number only.
    pub(super) fn from_end(end: &E) -> Self {
        Self::new(end.clone(), end.clone())
    }

    fn new(lo: E, hi: E) -> Self {
        if lo.is_nan() || hi.is_nan() { Self::none() } else { Self { lo, hi } }
    }

    fn zero_end() -> E {
        E::from_f64(0.0)
    }

    fn is_nonnegative(&self) -> bool {
        self.lo >= Self::zero_end()
    }

    fn is_nonpositive(&self) -> bool {
        self.hi <= Self::zero_end()
    }

    /// Applies a non-decreasing function, given by its directed evaluations.
    fn increasing(&self, f: impl Fn(&E, Direction) -> E) -> Self {
        if self.is_undefined() { Self::none() } else { Self::new(f(&self.lo, Down), f(&self.hi, Up)) }
    }
}

fn smaller<E: Endpoint>(a: &E, b: &E) -> E {
    if a <= b { a.clone() } else { b.clone() }
}

fn larger<E: Endpoint>(a: &E, b: &E) -> E {
    if a >= b { a.clone() } else { b.clone() }
}

/// A product of two ends, where 0 times infinity is 0: an unbounded end is a limit, never a value.
fn product<E: Endpoint>(a: &E, b: &E, direction: Direction) -> E {
    let zero = E::from_f64(0.0);
    if *a == zero || *b == zero { zero } else { a.mul(b, direction) }
}

impl<E: Endpoint> Neg for Interval<E> {
    type Output = Self;
    fn neg(self) -> Self {
        Self { lo: self.hi.neg(), hi: self.lo.neg() }
    }
}

impl<'a, E: Endpoint> Add<&'a Self> for Interval<E> {
    type Output = Self;
    fn add(self, other: &'a Self) -> Self {
        if self.is_undefined() || other.is_undefined() {
            return Self::none();
        }
        Self::new(self.lo.add(&other.lo, Down), self.hi.add(&other.hi, Up))
    }
}

impl<'a, E: Endpoint> Sub<&'a Self> for Interval<E> {
    type Output = Self;
    fn sub(self, other: &'a Self) -> Self {
        if self.is_undefined() || other.is_undefined() {
            return Self::none();
        }
        Self::new(self.lo.sub(&other.hi, Down), self.hi.sub(&other.lo, Up))
    }
}

impl<'a, E: Endpoint> Mul<&'a Self> for Interval<E> {
    type Output = Self;
    fn mul(self, other: &'a Self) -> Self {
        let (a, b) = (&self, other);
        if a.is_undefined() || b.is_undefined() {
            return Self::none();
        }
        let ends = |l: (&E, &E), h: (&E, &E)| Self::new(product(l.0, l.1, Down), product(h.0, h.1, Up));
        match (a.is_nonnegative(), a.is_nonpositive(), b.is_nonnegative(), b.is_nonpositive()) {
            (true, _, true, _) => ends((&a.lo, &b.lo), (&a.hi, &b.hi)),
            (true, _, _, true) => ends((&a.hi, &b.lo), (&a.lo, &b.hi)),
            (_, true, true, _) => ends((&a.lo, &b.hi), (&a.hi, &b.lo)),
            (_, true, _, true) => ends((&a.hi, &b.hi), (&a.lo, &b.lo)),
            (true, ..) => ends((&a.hi, &b.lo), (&a.hi, &b.hi)),
            (_, true, ..) => ends((&a.lo, &b.hi), (&a.lo, &b.lo)),
            (_, _, true, _) => ends((&a.lo, &b.hi), (&a.hi, &b.hi)),
            (_, _, _, true) => ends((&a.hi, &b.lo), (&a.lo, &b.lo)),
            _ => Self::new(
                smaller(&product(&a.lo, &b.hi, Down), &product(&a.hi, &b.lo, Down)),
                larger(&product(&a.lo, &b.lo, Up), &product(&a.hi, &b.hi, Up)),
            ),
        }
    }
}

impl<'a, E: Endpoint> Div<&'a Self> for Interval<E> {
    type Output = Self;
    fn div(self, other: &'a Self) -> Self {
        let (a, b) = (&self, other);
        if a.is_undefined() || b.is_undefined() {
            return Self::none();
        }
        let zero = Self::zero_end();
        if b.hi < zero {
            return -(self / &-other.clone());
        }
        if b.lo <= zero {
            return Self::none();
        }
        let quotient = |x: &E, y: &E, direction: Direction| {
            if *x == zero {
                zero.clone()
            } else if !y.is_finite() && !x.is_finite() {
                // Infinity over infinity as a limit: anything from 0 on; take the looser end.
                match (direction, *x > zero) {
                    (Down, true) | (Up, false) => zero.clone(),
                    _ => x.clone(),
                }
            } else {
                x.div(y, direction)
            }
        };
        let lo = if a.lo >= zero { quotient(&a.lo, &b.hi, Down) } else { quotient(&a.lo, &b.lo, Down) };
        let hi = if a.hi >= zero { quotient(&a.hi, &b.lo, Up) } else { quotient(&a.hi, &b.hi, Up) };
        Self::new(lo, hi)
    }
}

operators!(impl[E: Endpoint] for Interval<E>);

impl<E: Endpoint> Number for Interval<E> {
    fn from_f64(value: f64) -> Self {
        Self { lo: E::from_f64(value), hi: E::from_f64(value) }
    }

    fn to_f64(&self) -> f64 {
        let outer = self.to_f64_interval();
        0.5 * outer.lo + 0.5 * outer.hi
    }

    fn sign(&self) -> Sign {
        let zero = Self::zero_end();
        if self.hi < zero {
            Sign::Negative
        } else if self.lo > zero {
            Sign::Positive
        } else if self.lo == zero && self.hi == zero {
            Sign::Zero
        } else {
            Sign::Undecided
        }
    }

    fn is_finite(&self) -> bool {
        self.lo.is_finite() && self.hi.is_finite()
    }

    fn exp(&self) -> Self {
        self.increasing(E::exp)
    }

    fn exp_m1(&self) -> Self {
        self.increasing(E::exp_m1)
    }

    fn ln(&self) -> Self {
        if self.is_nonnegative() { self.increasing(E::ln) } else { Self::none() }
    }

    fn ln_1p(&self) -> Self {
        if self.lo >= E::from_f64(-1.0) { self.increasing(E::ln_1p) } else { Self::none() }
    }

    fn sqrt(&self) -> Self {
        if self.is_nonnegative() { self.increasing(E::sqrt) } else { Self::none() }
    }

    fn powi(&self, exponent: i32) -> Self {
        if exponent.unsigned_abs() > PRODUCTS {
            return self.powf(f64::from(exponent));
        }
        if exponent < 0 {
            return self.recip().powi(-exponent);
        }
        let power = |x: &E, direction| endpoint::natural_power(x, exponent.unsigned_abs(), direction);
        if exponent % 2 == 1 { self.increasing(power) } else { self.abs().increasing(power) }
    }

    fn powf(&self, exponent: f64) -> Self {
        let integer = exponent == exponent.trunc();
        if integer && exponent.abs() <= f64::from(PRODUCTS) {
            return self.powi(exponent as i32);
        }
        let zero = Self::zero_end();
        if self.is_undefined()
            || !exponent.is_finite()
            || (exponent < 0.0 && self.lo <= zero && self.hi >= zero)
        {
            return Self::none();
        }
        if self.is_nonnegative() {
            return if exponent > 0.0 {
                self.increasing(|x, direction| x.powf(exponent, direction))
            } else {
                Self::new(self.hi.powf(exponent, Down), self.lo.powf(exponent, Up))
            };
        }
        match (integer, exponent % 2.0 == 0.0) {
            (false, _) => Self::none(),
            (true, true) => self.abs().powf(exponent),
            (true, false) if self.is_nonpositive() => -(-self.clone()).powf(exponent),
            (true, false) => Self::new(self.lo.neg().powf(exponent, Up).neg(), self.hi.powf(exponent, Up)),
        }
    }

    fn abs(&self) -> Self {
        if self.is_undefined() || self.is_nonnegative() {
            self.clone()
        } else if self.is_nonpositive() {
            -self.clone()
        } else {
            Self { lo: Self::zero_end(), hi: larger(&self.hi, &self.lo.neg()) }
        }
    }

    fn sin(&self) -> Self {
        trigonometry::sin(self)
    }

    fn cos(&self) -> Self {
        trigonometry::cos(self)
    }

    fn sinh(&self) -> Self {
        self.increasing(E::sinh)
    }

    fn cosh(&self) -> Self {
        self.abs().increasing(E::cosh)
    }

    fn max(&self, other: &Self) -> Self {
        if self.is_undefined() || other.is_undefined() {
            return Self::none();
        }
        Self { lo: larger(&self.lo, &other.lo), hi: larger(&self.hi, &other.hi) }
    }

    fn min(&self, other: &Self) -> Self {
        if self.is_undefined() || other.is_undefined() {
            return Self::none();
        }
        Self { lo: smaller(&self.lo, &other.lo), hi: smaller(&self.hi, &other.hi) }
    }

    fn between(&self, negative: Self, otherwise: Self) -> Self {
        if self.is_undefined() {
            Self::none()
        } else if self.sign() == Sign::Zero {
            (negative + otherwise) / 2.0
        } else {
            negative.union(&otherwise)
        }
    }

    fn unknown() -> Self {
        Self::none()
    }

    fn signum(&self) -> Self {
        let sign = |x: &E, _| {
            let zero = Self::zero_end();
            E::from_f64(if *x > zero {
                1.0
            } else if *x == zero {
                0.0
            } else {
                -1.0
            })
        };
        self.increasing(sign)
    }

    fn select(&self, negative: impl FnOnce() -> Self, otherwise: impl FnOnce() -> Self) -> Self {
        if self.is_undefined() {
            Self::none()
        } else if self.hi < Self::zero_end() {
            negative()
        } else if self.is_nonnegative() {
            otherwise()
        } else {
            negative().union(&otherwise())
        }
    }
}

#[cfg(test)]
mod tests;
