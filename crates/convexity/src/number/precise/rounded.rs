//! 256 bits at the ends of an interval: every operation rounded in a chosen direction.

use super::Precise;
use crate::number::interval::{Direction, Endpoint, PreciseInterval};
use crate::number::{Number, Sign};
use dashu_float::round::{Round, mode};
use dashu_float::{ConstCache, Context, FBig, FpError, Repr};
use std::cell::RefCell;
use std::cmp::Ordering;

/// Significant bits of a [`Precise`] number.
const BITS: usize = 256;

/// Exponentials beyond this argument are treated as overflow or underflow: e^(2^30) has a billion-bit
/// exponent.
const EXPONENTIAL_LIMIT: f64 = 1e9;

/// 2^-140, below which three terms of a series are exact to 280 bits. The library's own way, ever more digits
/// until the rounding is beyond doubt, would need as many digits as the number has zeros.
const TINY: f64 = 7.174648137343064e-43;

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

fn finish<R: Round>(result: dashu_float::math::FpResult<FBig<R, 2>>, direction: Direction) -> Precise {
    match result {
        Ok(rounded) => Precise::from_repr(rounded.value().into_repr()),
        Err(FpError::Overflow(sign)) => overflow(sign == dashu_base::Sign::Negative, direction),
        Err(FpError::Underflow(sign)) => underflow(sign == dashu_base::Sign::Negative, direction),
        Err(_) => Precise::UNDEFINED,
    }
}

/// A bound of a number beyond 2^(2^30), which is below e^LIMIT.
fn overflow(negative: bool, direction: Direction) -> Precise {
    match (direction, negative) {
        (Direction::Down, false) => Precise(Some(Repr::new(1.into(), 1 << 30))),
        (Direction::Up, true) => Precise(Some(Repr::new((-1).into(), 1 << 30))),
        _ => Precise::infinity(negative),
    }
}

/// A bound of a number below 2^(-2^30).
fn underflow(negative: bool, direction: Direction) -> Precise {
    match (direction, negative) {
        (Direction::Down, true) => Precise(Some(Repr::new((-1).into(), -(1 << 30)))),
        (Direction::Up, false) => Precise(Some(Repr::new(1.into(), -(1 << 30)))),
        _ => Precise::exact(0.0),
    }
}

/// An indeterminate limit.
fn indeterminate(direction: Direction) -> Precise {
    match direction {
        Direction::Down => Precise::infinity(true),
        Direction::Nearest => Precise::UNDEFINED,
        Direction::Up => Precise::infinity(false),
    }
}

/// What the argument of an elementary function is.
enum Argument<'a> {
    Undefined,
    PlusInfinity,
    MinusInfinity,
    /// Above the exponential's limit.
    Large,
    /// Below minus the exponential's limit.
    MinusLarge,
    /// Not zero, and so small that a series is exact.
    Tiny,
    Ordinary(&'a Repr<2>),
}

impl Precise {
    fn argument(&self) -> Argument<'_> {
        match (self.finite(), self.sign()) {
            (None, Sign::Positive) => Argument::PlusInfinity,
            (None, Sign::Negative) => Argument::MinusInfinity,
            (None, Sign::Zero | Sign::Undecided) => Argument::Undefined,
            (Some(_), _) if *self > Self::exact(EXPONENTIAL_LIMIT) => Argument::Large,
            (Some(_), _) if *self < Self::exact(-EXPONENTIAL_LIMIT) => Argument::MinusLarge,
            (Some(_), Sign::Positive | Sign::Negative) if self.abs() < Self::exact(TINY) => Argument::Tiny,
            (Some(repr), _) => Argument::Ordinary(repr),
        }
    }

    /// A bound of constant + a x + b x^2 + k x^3, for a and b as given and some k in the range.
    fn series(&self, constant: f64, terms: [f64; 2], third: (f64, f64), direction: Direction) -> Self {
        let x = PreciseInterval::from_end(self);
        let k = PreciseInterval::from_f64(third.0).union(&PreciseInterval::from_f64(third.1));
        let tail = x.square() * terms[1] + x.powi(3) * k;
        let sum = x * terms[0] + tail + constant;
        match direction {
            Direction::Down | Direction::Nearest => sum.ends().0.clone(),
            Direction::Up => sum.ends().1.clone(),
        }
    }

    /// x^(a/2^j) where the 2^j-th root of x is exact, as 9^1.5 = 27.
    ///
    /// The library rounds by computing ever more digits until the rounding is beyond doubt, and never ends
    /// where the result is exact. An f64 exponent is a/2^j with a odd; the power of a binary fraction x is
    /// one only if the root of x is one too (unique factorisation), and then j square roots are exact.
    fn exact_root_power(&self, exponent: f64, direction: Direction) -> Option<Self> {
        let (mut root, mut odd) = (self.clone(), exponent);
        while odd != odd.trunc() {
            let (below, above) =
                (Endpoint::sqrt(&root, Direction::Down), Endpoint::sqrt(&root, Direction::Up));
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
}

impl Endpoint for Precise {
    fn from_f64(value: f64) -> Self {
        Self::exact(value)
    }

    fn to_f64(&self, direction: Direction) -> f64 {
        let Some(repr) = &self.0 else { return f64::NAN };
        let nearest = repr.to_f64().value();
        match (direction, Self::exact(nearest).partial_cmp(self)) {
            (Direction::Down, Some(Ordering::Greater)) => nearest.next_down(),
            (Direction::Up, Some(Ordering::Less)) => nearest.next_up(),
            _ => nearest,
        }
    }

    fn is_nan(&self) -> bool {
        self.0.is_none()
    }

    fn is_finite(&self) -> bool {
        self.finite().is_some()
    }

    fn neg(&self) -> Self {
        -self.clone()
    }

    fn floor(&self) -> Self {
        let floor = |repr: &Repr<2>| FBig::from_repr(repr.clone(), Context::<mode::Zero>::new(BITS)).floor();
        self.finite().map_or_else(|| self.clone(), |repr| Self::from_repr(floor(repr).into_repr()))
    }

    fn add(&self, other: &Self, direction: Direction) -> Self {
        let (Some(a), Some(b)) = (&self.0, &other.0) else { return Self::UNDEFINED };
        match (a.is_infinite(), b.is_infinite()) {
            (false, false) => rounded!(direction, add(a, b)),
            (true, true) if a != b => indeterminate(direction),
            (true, _) => self.clone(),
            (false, true) => other.clone(),
        }
    }

    fn sub(&self, other: &Self, direction: Direction) -> Self {
        Endpoint::add(self, &Endpoint::neg(other), direction)
    }

    fn mul(&self, other: &Self, direction: Direction) -> Self {
        let (Some(a), Some(b)) = (&self.0, &other.0) else { return Self::UNDEFINED };
        if a.is_finite() && b.is_finite() {
            rounded!(direction, mul(a, b))
        } else if self.is_zero() || other.is_zero() {
            indeterminate(direction)
        } else {
            Self::infinity(self.is_negative() != other.is_negative())
        }
    }

    fn div(&self, other: &Self, direction: Direction) -> Self {
        let (Some(a), Some(b)) = (&self.0, &other.0) else { return Self::UNDEFINED };
        let negative = self.is_negative() != other.is_negative();
        match (a.is_infinite(), b.is_infinite()) {
            (false, false) if !other.is_zero() => rounded!(direction, div(a, b)),
            (false, false) if self.is_zero() => indeterminate(direction),
            (true, true) => indeterminate(direction),
            (false, true) => Self::exact(0.0),
            (_, false) => Self::infinity(negative),
        }
    }

    fn sqrt(&self, direction: Direction) -> Self {
        match self.argument() {
            Argument::PlusInfinity => self.clone(),
            Argument::Undefined | Argument::MinusInfinity | Argument::MinusLarge => Self::UNDEFINED,
            Argument::Large | Argument::Tiny | Argument::Ordinary(_) => {
                self.finite().map_or(Self::UNDEFINED, |repr| rounded!(direction, sqrt(repr)))
            }
        }
    }

    fn exp(&self, direction: Direction) -> Self {
        match self.argument() {
            Argument::Undefined => Self::UNDEFINED,
            Argument::PlusInfinity => self.clone(),
            Argument::MinusInfinity => Self::exact(0.0),
            Argument::Large => overflow(false, direction),
            Argument::MinusLarge => underflow(false, direction),
            Argument::Tiny => self.series(1.0, [1.0, 0.5], (0.0, 1.0), direction),
            Argument::Ordinary(repr) => rounded_with_constants!(direction, exp(repr)),
        }
    }

    fn exp_m1(&self, direction: Direction) -> Self {
        match self.argument() {
            Argument::Undefined => Self::UNDEFINED,
            Argument::PlusInfinity => self.clone(),
            Argument::MinusInfinity => Self::exact(-1.0),
            Argument::Large => overflow(false, direction),
            Argument::MinusLarge => {
                Endpoint::add(&Self::exact(-1.0), &underflow(false, direction), direction)
            }
            // (e^x - 1 - x - x^2/2) / x^3 is e^(some number between 0 and x) / 6.
            Argument::Tiny => self.series(0.0, [1.0, 0.5], (0.0, 1.0), direction),
            Argument::Ordinary(repr) => rounded_with_constants!(direction, exp_m1(repr)),
        }
    }

    fn ln(&self, direction: Direction) -> Self {
        match self.finite() {
            Some(_) if self.is_zero() => Self::infinity(true),
            Some(repr) => rounded_with_constants!(direction, ln(repr)),
            None if self.is_negative() => Self::UNDEFINED,
            None => self.clone(),
        }
    }

    fn ln_1p(&self, direction: Direction) -> Self {
        match self.argument() {
            Argument::Undefined | Argument::MinusInfinity | Argument::MinusLarge => Self::UNDEFINED,
            Argument::PlusInfinity => self.clone(),
            Argument::Large => {
                let one_more = Endpoint::add(self, &Self::exact(1.0), direction);
                Endpoint::ln(&one_more, direction)
            }
            // (log(1+x) - x + x^2/2) / x^3 is 1 / (3 (1 + some number between 0 and x)^3).
            Argument::Tiny => self.series(0.0, [1.0, -0.5], (0.0, 1.0), direction),
            Argument::Ordinary(_) if *self == Self::exact(-1.0) => Self::infinity(true),
            Argument::Ordinary(repr) => rounded_with_constants!(direction, ln_1p(repr)),
        }
    }

    fn powf(&self, exponent: f64, direction: Direction) -> Self {
        let Ok(power) = Repr::<2>::try_from(exponent) else { return Self::UNDEFINED };
        if self.is_nan() || self.is_negative() || power.is_infinite() {
            return Self::UNDEFINED;
        }
        if exponent == 0.0 {
            return Self::exact(1.0);
        }
        let Some(repr) = self.finite().filter(|_| !self.is_zero()) else {
            // Zero and infinity.
            return if self.is_zero() == (exponent > 0.0) { Self::exact(0.0) } else { Self::infinity(false) };
        };
        let size = Endpoint::to_f64(&Endpoint::ln(self, Direction::Nearest), Direction::Nearest) * exponent;
        if size > EXPONENTIAL_LIMIT {
            overflow(false, direction)
        } else if size < -EXPONENTIAL_LIMIT {
            underflow(false, direction)
        } else {
            self.exact_root_power(exponent, direction)
                .unwrap_or_else(|| rounded_with_constants!(direction, powf(repr, &power)))
        }
    }

    fn sin(&self, direction: Direction) -> Self {
        match self.argument() {
            Argument::Undefined | Argument::PlusInfinity | Argument::MinusInfinity => Self::UNDEFINED,
            // (sin x - x) / x^3 is -cos(some number between 0 and x) / 6.
            Argument::Tiny => self.series(0.0, [1.0, 0.0], (-1.0, 0.0), direction),
            Argument::Large | Argument::MinusLarge | Argument::Ordinary(_) => {
                self.finite().map_or(Self::UNDEFINED, |repr| rounded_with_constants!(direction, sin(repr)))
            }
        }
    }

    fn cos(&self, direction: Direction) -> Self {
        match self.argument() {
            Argument::Undefined | Argument::PlusInfinity | Argument::MinusInfinity => Self::UNDEFINED,
            // (cos x - 1 + x^2/2) / x^3 is sin(some number between 0 and x) / 6.
            Argument::Tiny => self.series(1.0, [0.0, -0.5], (-1.0, 1.0), direction),
            Argument::Large | Argument::MinusLarge | Argument::Ordinary(_) => {
                self.finite().map_or(Self::UNDEFINED, |repr| rounded_with_constants!(direction, cos(repr)))
            }
        }
    }

    fn sinh(&self, direction: Direction) -> Self {
        match self.argument() {
            Argument::Undefined => Self::UNDEFINED,
            Argument::PlusInfinity | Argument::MinusInfinity => self.clone(),
            Argument::Large => overflow(false, direction),
            Argument::MinusLarge => overflow(true, direction),
            Argument::Tiny => self.series(0.0, [1.0, 0.0], (0.0, 1.0), direction),
            Argument::Ordinary(repr) => rounded_with_constants!(direction, sinh(repr)),
        }
    }

    fn cosh(&self, direction: Direction) -> Self {
        match self.argument() {
            Argument::Undefined => Self::UNDEFINED,
            Argument::PlusInfinity | Argument::MinusInfinity => Self::infinity(false),
            Argument::Large | Argument::MinusLarge => overflow(false, direction),
            Argument::Tiny => self.series(1.0, [0.0, 0.5], (-1.0, 1.0), direction),
            Argument::Ordinary(repr) => rounded_with_constants!(direction, cosh(repr)),
        }
    }

    fn pi(direction: Direction) -> Self {
        CONSTANTS.with_borrow_mut(|constants| {
            Self(Some(match direction {
                Direction::Down => constants.pi::<2, mode::Down>(BITS).value().into_repr(),
                Direction::Nearest => constants.pi::<2, mode::HalfEven>(BITS).value().into_repr(),
                Direction::Up => constants.pi::<2, mode::Up>(BITS).value().into_repr(),
            }))
        })
    }
}
