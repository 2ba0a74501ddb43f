//! Dual numbers: a value together with its derivative in one direction (forward-mode differentiation).

use super::{Number, Sign};
use std::ops::{Add, Div, Mul, Neg, Sub};

/// A number and its derivative with respect to one parameter.
///
/// Over intervals the derivative of `abs`, `max`, `min` and `select` at an undecided branch is the hull of both
/// branches', which encloses every derivative and, where the function is continuous, every slope between two
/// points. At a decided kink (`abs` at 0) the derivative is that of [`Number::signum`].
///
/// ```
/// use fenchel_convexity::number::{Dual, Number};
///
/// let x = Dual::variable(2.0_f64);
/// let y = x.powi(3) + x.clone() * 5.0;
/// assert_eq!((y.value, y.derivative), (18.0, 17.0));
/// // Nested once more: the second derivative of x^3 at 2.
/// let xx = Dual::variable(Dual::variable(2.0_f64));
/// assert_eq!(xx.powi(3).derivative.derivative, 12.0);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dual<N> {
    /// The value.
    pub value: N,
    /// The derivative.
    pub derivative: N,
}

impl<N: Number> Dual<N> {
    /// A number that does not depend on the parameter.
    pub fn constant(value: N) -> Self {
        Self { value, derivative: N::zero() }
    }

    /// The parameter itself.
    pub fn variable(value: N) -> Self {
        Self { value, derivative: N::one() }
    }

    /// f(self) from the value f(x) and the slope f'(x): the chain rule.
    fn chain(&self, value: N, slope: N) -> Self {
        Self { value, derivative: slope * &self.derivative }
    }

    /// Chooses a branch by the sign of `condition`, value and derivative alike.
    fn choose(condition: &N, negative: impl FnOnce() -> Self, otherwise: impl FnOnce() -> Self) -> Self {
        match condition.sign() {
            Sign::Negative => negative(),
            Sign::Zero | Sign::Positive => otherwise(),
            Sign::Undecided => {
                let (a, b) = (negative(), otherwise());
                Self {
                    value: condition.select(|| a.value, || b.value),
                    derivative: condition.select(|| a.derivative, || b.derivative),
                }
            }
        }
    }
}

impl<N: Number> Neg for Dual<N> {
    type Output = Self;
    fn neg(self) -> Self {
        Self { value: -self.value, derivative: -self.derivative }
    }
}

impl<'a, N: Number> Add<&'a Self> for Dual<N> {
    type Output = Self;
    fn add(self, other: &'a Self) -> Self {
        Self { value: self.value + &other.value, derivative: self.derivative + &other.derivative }
    }
}

impl<'a, N: Number> Sub<&'a Self> for Dual<N> {
    type Output = Self;
    fn sub(self, other: &'a Self) -> Self {
        Self { value: self.value - &other.value, derivative: self.derivative - &other.derivative }
    }
}

impl<'a, N: Number> Mul<&'a Self> for Dual<N> {
    type Output = Self;
    fn mul(self, other: &'a Self) -> Self {
        let derivative = self.derivative * &other.value + self.value.clone() * &other.derivative;
        Self { value: self.value * &other.value, derivative }
    }
}

impl<'a, N: Number> Div<&'a Self> for Dual<N> {
    type Output = Self;
    fn div(self, other: &'a Self) -> Self {
        let value = self.value / &other.value;
        let derivative = (self.derivative - value.clone() * &other.derivative) / &other.value;
        Self { value, derivative }
    }
}

operators!(impl[N: Number] for Dual<N>);

impl<N: Number> Number for Dual<N> {
    fn from_f64(value: f64) -> Self {
        Self::constant(N::from_f64(value))
    }

    fn to_f64(&self) -> f64 {
        self.value.to_f64()
    }

    fn sign(&self) -> Sign {
        self.value.sign()
    }

    fn is_finite(&self) -> bool {
        self.value.is_finite() && self.derivative.is_finite()
    }

    fn exp(&self) -> Self {
        let value = self.value.exp();
        self.chain(value.clone(), value)
    }

    fn exp_m1(&self) -> Self {
        self.chain(self.value.exp_m1(), self.value.exp())
    }

    fn exp_m1_less(&self) -> Self {
        self.chain(self.value.exp_m1_less(), self.value.exp_m1())
    }

    fn ln(&self) -> Self {
        self.chain(self.value.ln(), self.value.recip())
    }

    fn ln_1p(&self) -> Self {
        self.chain(self.value.ln_1p(), (self.value.clone() + 1.0).recip())
    }

    fn sqrt(&self) -> Self {
        let value = self.value.sqrt();
        self.chain(value.clone(), (value * 2.0).recip())
    }

    fn powi(&self, exponent: i32) -> Self {
        match exponent {
            0 => Self::one(),
            1 => self.clone(),
            _ => self.chain(self.value.powi(exponent), self.value.powi(exponent - 1) * f64::from(exponent)),
        }
    }

    fn powf(&self, exponent: f64) -> Self {
        if exponent == 0.0 {
            return Self::one();
        }
        // The exponent less one may round; x^(r-1) is then taken as x^r / x, except at 0 where that is undefined.
        let less = exponent - 1.0;
        let slope = if less + 1.0 == exponent && (exponent - less) == 1.0 {
            self.value.powf(less)
        } else {
            self.value.powf(exponent) / &self.value
        };
        self.chain(self.value.powf(exponent), slope * exponent)
    }

    fn abs(&self) -> Self {
        self.chain(self.value.abs(), self.value.signum())
    }

    fn sin(&self) -> Self {
        self.chain(self.value.sin(), self.value.cos())
    }

    fn cos(&self) -> Self {
        self.chain(self.value.cos(), -self.value.sin())
    }

    fn sinh(&self) -> Self {
        self.chain(self.value.sinh(), self.value.cosh())
    }

    fn cosh(&self) -> Self {
        self.chain(self.value.cosh(), self.value.sinh())
    }

    fn max(&self, other: &Self) -> Self {
        let difference = self.value.clone() - &other.value;
        let derivative = difference.jump(other.derivative.clone(), self.derivative.clone());
        Self { value: self.value.max(&other.value), derivative }
    }

    fn min(&self, other: &Self) -> Self {
        let difference = self.value.clone() - &other.value;
        let derivative = difference.jump(self.derivative.clone(), other.derivative.clone());
        Self { value: self.value.min(&other.value), derivative }
    }

    fn unknown() -> Self {
        Self { value: N::unknown(), derivative: N::unknown() }
    }

    fn jump(&self, negative: Self, otherwise: Self) -> Self {
        match self.value.sign() {
            Sign::Undecided => {
                Self { value: self.value.jump(negative.value, otherwise.value), derivative: N::unknown() }
            }
            Sign::Negative => negative,
            Sign::Zero | Sign::Positive => otherwise,
        }
    }

    fn select(&self, negative: impl FnOnce() -> Self, otherwise: impl FnOnce() -> Self) -> Self {
        Self::choose(&self.value, negative, otherwise)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Interval, Precise};
    use super::*;
    use proptest::prelude::*;

    /// Every operation of the trait in one formula, defined for x in (0.2, 3) without kinks at the drawn points.
    fn formula<N: Number>(x: &N) -> N {
        let a = (x.exp() * x.ln() + x.sqrt()) / (x.cosh() + 1.0);
        let b = x.sin() * x.powf(1.7) - x.cos() + x.powi(-3);
        let c = (x.clone() - 1.5).abs() + x.max(&N::from_f64(0.7)) * x.min(&N::from_f64(2.3));
        let d = (x.clone() - 1.1).select(|| x.square(), || x.recip());
        a + b * x.ln_1p() - c * x.exp_m1() + d + x.sinh()
    }

    proptest! {
        #[test]
        fn derivatives_agree_with_differences_in_256_bits(x in 0.2..3.0_f64) {
            let step = 1e-25;
            prop_assume!([1.5, 0.7, 2.3, 1.1].iter().all(|kink: &f64| (x - kink).abs() > 1e-9));
            let at = |h: f64| formula(&(Precise::from_f64(x) + h));
            let difference = ((at(step) - at(-step)) / (2.0 * step)).to_f64();
            let derivative = formula(&Dual::variable(x)).derivative;
            prop_assert!((difference - derivative).abs() <= 1e-12 * (1.0 + difference.abs()));
        }

        /// Both ends on one side of 1.1: the jump of `select` has no slope.
        #[test]
        fn interval_derivatives_enclose_slopes(
            (x, y) in prop_oneof![(0.2..1.1_f64, 0.2..1.1_f64), (1.1..3.0_f64, 1.1..3.0_f64)]
        ) {
            let (lo, hi) = (x.min(y), x.max(y));
            prop_assume!(hi - lo > 1e-9 && (hi < 1.1 || lo > 1.1));
            let slope = (formula(&Precise::from_f64(hi)) - formula(&Precise::from_f64(lo)))
                / (Precise::from_f64(hi) - lo);
            let enclosure = formula(&Dual::variable(Interval::hull(lo, hi))).derivative;
            prop_assert!(enclosure.is_undefined() || enclosure.contains(slope.to_f64()));
        }
    }

    /// |x|, max and min have no second derivative on an interval that contains the kink, and none may be claimed.
    #[test]
    fn a_kink_inside_leaves_the_second_derivative_unknown() {
        let around = |x: f64| Dual::variable(Dual::variable(Interval::hull(x - 0.5, x + 0.5)));
        for second in [
            around(0.0).abs().derivative.derivative,
            around(0.0).max(&Dual::zero()).derivative.derivative,
            around(0.0).min(&Dual::zero()).derivative.derivative,
        ] {
            assert!(!second.is_finite());
        }
        assert_eq!(around(0.0).abs().derivative.value, Interval::hull(-1.0, 1.0));
        assert_eq!(around(2.0).abs().derivative.derivative, Interval::point(0.0));
        assert_eq!(around(0.0).square().derivative.derivative, Interval::point(2.0));
    }

    #[test]
    fn the_second_derivative_by_nesting() {
        let x = Dual::variable(Dual::variable(0.7_f64));
        assert!((x.exp().derivative.derivative - 0.7_f64.exp()).abs() < 1e-15);
        assert!((x.ln().derivative.derivative + 1.0 / 0.49).abs() < 1e-14);
        assert!((x.powf(1.5).derivative.derivative - 0.75 / 0.7_f64.sqrt()).abs() < 1e-15);
    }
}
