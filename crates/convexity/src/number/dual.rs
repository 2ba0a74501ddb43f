//! Dual numbers: a value together with its derivative in one direction (forward-mode differentiation).

use super::{Number, Sign};
use std::ops::{Add, Div, Mul, Neg, Sub};

/// A number and its derivative with respect to one parameter.
///
/// At an undecided branch the derivative of a [`join`](Number::join), and so of `abs`, `max` and `min`, is
/// the hull of both branches', which encloses every slope between two points; at a decided tie their mean. Of
/// a [`select`](Number::select) it is unknown in both cases. The derivative means something only where the
/// value is defined.
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

    /// The branch that the condition's value decides, or the two from which `both` makes the answer.
    fn branch(
        condition: &N,
        negative: impl FnOnce() -> Self,
        otherwise: impl FnOnce() -> Self,
        both: impl FnOnce(Self, Self) -> Self,
    ) -> Self {
        match condition.sign() {
            Sign::Negative => negative(),
            Sign::Positive => otherwise(),
            Sign::Zero | Sign::Undecided => both(negative(), otherwise()),
        }
    }

    /// Zero if the number is known to vary continuously, else unknown: branches meet only where their
    /// condition cannot jump over 0.
    fn continuity(&self) -> N {
        self.derivative.clone() * 0.0
    }

    /// A value with one slope where the margin is negative, the other where it is positive, and between them
    /// at a tie.
    fn sloped(value: N, margin: &N, negative: &N, positive: &N) -> Self {
        let derivative = match margin.sign() {
            Sign::Negative => negative.clone(),
            Sign::Positive => positive.clone(),
            Sign::Zero | Sign::Undecided => margin.between(negative.clone(), positive.clone()),
        };
        Self { value, derivative }
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
        match (self.value.sign(), self.derivative.sign()) {
            (Sign::Zero, Sign::Negative | Sign::Positive | Sign::Undecided) => Sign::Undecided,
            (sign, _) => sign,
        }
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
        let value = self.value.powi(exponent);
        match exponent {
            // Not `one()`: what is undefined stays so.
            0 => Self::constant(value),
            1 => self.clone(),
            i32::MIN => self.powf(f64::from(exponent)),
            _ => self.chain(value, self.value.powi(exponent - 1) * f64::from(exponent)),
        }
    }

    fn powf(&self, exponent: f64) -> Self {
        if exponent == 0.0 {
            return self.powi(0);
        }
        // The exponent less one may round; x^(r-1) is then taken as x^r / x, except at 0 where that is
        // undefined.
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
        let margin = self.value.clone() - &other.value;
        Self::sloped(self.value.max(&other.value), &margin, &other.derivative, &self.derivative)
    }

    fn min(&self, other: &Self) -> Self {
        let margin = self.value.clone() - &other.value;
        Self::sloped(self.value.min(&other.value), &margin, &self.derivative, &other.derivative)
    }

    fn select(&self, negative: impl FnOnce() -> Self, otherwise: impl FnOnce() -> Self) -> Self {
        Self::branch(&self.value, negative, otherwise, |a, b| Self {
            value: self.value.select(|| a.value, || b.value),
            derivative: N::unknown(),
        })
    }

    fn join(&self, negative: impl FnOnce() -> Self, otherwise: impl FnOnce() -> Self) -> Self {
        Self::branch(&self.value, negative, otherwise, |a, b| Self {
            value: self.value.join(|| a.value, || b.value),
            derivative: self.value.between(a.derivative, b.derivative) + self.continuity(),
        })
    }

    fn join_smooth(&self, negative: impl FnOnce() -> Self, otherwise: impl FnOnce() -> Self) -> Self {
        Self::branch(&self.value, negative, otherwise, |a, b| Self {
            value: self.value.join_smooth(|| a.value, || b.value),
            derivative: self.value.join(|| a.derivative, || b.derivative) + self.continuity(),
        })
    }

    fn between(&self, negative: Self, otherwise: Self) -> Self {
        Self { value: self.value.between(negative.value, otherwise.value), derivative: N::unknown() }
    }

    fn unknown() -> Self {
        Self { value: N::unknown(), derivative: N::unknown() }
    }

    fn signum(&self) -> Self {
        let value = self.value.signum();
        match self.value.sign() {
            Sign::Negative | Sign::Positive => Self::constant(value),
            Sign::Zero | Sign::Undecided => Self { value, derivative: N::unknown() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Interval, Precise, PreciseInterval};
    use super::*;
    use proptest::prelude::*;

    /// Every operation of the trait in one formula, defined for x in (0.2, 3) without kinks at the drawn
    /// points.
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

    /// The gradients of three formulas whose kinks cancel: BCE with logits, log-add-exp, and minus the
    /// log-sigmoid.
    fn cancelling<N: Number>(lift: impl Fn(f64) -> N) -> [N; 4] {
        let logits = |x: &Dual<N>, z: f64| x.max(&Dual::zero()) - x.clone() * z + (-x.abs()).exp().ln_1p();
        let add_exp = |x: Dual<N>, y: Dual<N>| x.max(&y) + (-(x - &y).abs()).exp().ln_1p();
        let at = |x: f64| Dual::constant(lift(x));
        let along = |x: f64| Dual::variable(lift(x));
        [
            logits(&along(0.0), 0.0).derivative,
            logits(&along(0.0), 0.25).derivative,
            add_exp(along(0.7), at(0.7)).derivative,
            logits(&-along(0.0), 0.0).derivative,
        ]
    }

    /// pytorch#2195, jax#2107, jax#2140: both sides of a tie count alike.
    #[test]
    fn kinks_that_cancel_leave_the_right_gradient() {
        let gradients = [0.5, 0.25, 0.5, -0.5];
        assert_eq!(cancelling(|x| x), gradients);
        assert_eq!(cancelling(Precise::from_f64), gradients.map(Precise::from_f64));
        assert_eq!(cancelling(Interval::point), gradients.map(Interval::point));
        assert_eq!(cancelling(PreciseInterval::from_f64), gradients.map(PreciseInterval::from_f64));
    }

    /// Value, slope and second derivative of x at 0, with the word and the branches a x and b x^2 + c x.
    fn branches<N: Number>(x: N, word: &str, [a, b, c]: [f64; 3]) -> [N; 3] {
        let x = Dual::variable(Dual::variable(x));
        let left = || x.clone() * a;
        let right = || x.square() * b + x.clone() * c;
        let y = match word {
            "select" => x.select(left, right),
            "join" => x.join(left, right),
            _ => x.join_smooth(left, right),
        };
        [y.value.value, y.derivative.value, y.derivative.derivative]
    }

    #[test]
    fn each_word_says_what_it_vouches_for() {
        let wide = Interval::hull(-1.0, 1.0);
        let half = Interval::hull(0.0, 1.0);
        for x in [wide, half, -half, Interval::point(0.0)] {
            let [_, slope, second] = branches(x, "select", [1.0, 1.0, 3.0]);
            assert!(slope.is_undefined() && second.is_undefined());
            let [_, slope, second] = branches(x, "join", [1.0, 1.0, 3.0]);
            assert!(slope.contains(2.0) && second.is_undefined(), "{x:?} {slope:?}");
            assert!(x == Interval::point(0.0) || (slope.contains(1.0) && slope.contains(3.0)));
            let [_, slope, second] = branches(x, "join_smooth", [3.0, 1.0, 3.0]);
            assert!(slope.contains(3.0) && second.contains(1.0));
            assert!(x == Interval::point(0.0) || (second.contains(0.0) && second.contains(2.0)));
        }
        let [value, slope, second] = branches(0.0, "select", [1.0, 1.0, 3.0]);
        assert!(value == 0.0 && slope.is_nan() && second.is_nan());
        let [_, slope, second] = branches(0.0, "join", [1.0, 1.0, 3.0]);
        assert!(slope == 2.0 && second.is_nan());
        assert_eq!(branches(0.0, "join_smooth", [3.0, 1.0, 3.0]), [0.0, 3.0, 1.0]);
        // A condition that jumps over zero never is zero, and its branches need not meet.
        let x = Dual::variable(wide);
        let jump = x.select(|| -Dual::one(), Dual::one);
        assert!(jump.join(Dual::zero, Dual::one).derivative.is_undefined());
        assert!(jump.join_smooth(Dual::zero, Dual::one).derivative.is_undefined());
    }

    /// At a kink no second derivative is known, neither 0 nor that of one side; nor is it lost by a factor of
    /// 0.
    #[test]
    fn a_decided_kink_leaves_the_second_derivative_unknown() {
        fn seconds<N: Number>() -> [N; 5] {
            let x = Dual::variable(Dual::variable(N::zero()));
            [x.abs(), x.abs().powf(1.5), x.abs().square(), x.max(&Dual::zero()), x.signum() * &x]
                .map(|y| y.derivative.derivative)
        }
        assert!(seconds::<Interval>().iter().all(Interval::is_undefined));
        assert!(seconds::<PreciseInterval>().iter().all(PreciseInterval::is_undefined));
        assert!(seconds::<f64>().iter().all(|second| second.is_nan()));
    }

    /// A branch by `sign` on 0 that varies is not taken: x log x has no derivative at 0.
    #[test]
    fn a_zero_that_varies_has_no_sign() {
        fn term<N: Number>(p: &N) -> N {
            if p.sign() == Sign::Zero { N::zero() } else { p.clone() * p.ln() }
        }
        assert_eq!((term(&0.0), term(&Dual::constant(0.0)).derivative), (0.0, 0.0));
        assert!(!term(&Dual::variable(0.0)).derivative.is_finite());
        assert!(term(&Dual::variable(Interval::point(0.0))).derivative.is_undefined());
        assert!(term(&Dual::variable(PreciseInterval::zero())).derivative.is_undefined());
    }

    #[test]
    fn powers_at_the_ends_of_their_exponents() {
        let x = Dual::variable(2.0);
        assert_eq!(x.powi(i32::MIN).value, 0.0);
        assert_eq!((x.powi(0).derivative, x.powi(1).derivative), (0.0, 1.0));
        let undefined = Dual::variable(Interval::point(-1.0)).ln();
        assert!(undefined.powi(0).value.is_undefined() && undefined.powf(0.0).value.is_undefined());
        assert_eq!(Dual::variable(-1.0).powf(67.0).derivative, 67.0);
    }

    #[test]
    fn the_second_derivative_by_nesting() {
        let x = Dual::variable(Dual::variable(0.7_f64));
        assert!((x.exp().derivative.derivative - 0.7_f64.exp()).abs() < 1e-15);
        assert!((x.ln().derivative.derivative + 1.0 / 0.49).abs() < 1e-14);
        assert!((x.powf(1.5).derivative.derivative - 0.75 / 0.7_f64.sqrt()).abs() < 1e-15);
    }
}
