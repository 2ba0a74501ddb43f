//! `f64` as a [`Number`]: the arithmetic of search.

use super::{Number, Sign};

impl Number for f64 {
    fn from_f64(value: f64) -> Self {
        value
    }

    fn to_f64(&self) -> f64 {
        *self
    }

    fn sign(&self) -> Sign {
        if *self < 0.0 {
            Sign::Negative
        } else if *self > 0.0 {
            Sign::Positive
        } else if *self == 0.0 {
            Sign::Zero
        } else {
            Sign::Undecided
        }
    }

    fn is_finite(&self) -> bool {
        f64::is_finite(*self)
    }

    fn exp(&self) -> Self {
        f64::exp(*self)
    }

    fn exp_m1(&self) -> Self {
        f64::exp_m1(*self)
    }

    fn ln(&self) -> Self {
        f64::ln(*self)
    }

    fn ln_1p(&self) -> Self {
        f64::ln_1p(*self)
    }

    fn sqrt(&self) -> Self {
        f64::sqrt(*self)
    }

    // Nor must it vanish in a zeroth power.
    fn powi(&self, exponent: i32) -> Self {
        if self.is_nan() { f64::NAN } else { f64::powi(*self, exponent) }
    }

    fn powf(&self, exponent: f64) -> Self {
        if self.is_nan() { f64::NAN } else { f64::powf(*self, exponent) }
    }

    fn abs(&self) -> Self {
        f64::abs(*self)
    }

    fn sin(&self) -> Self {
        f64::sin(*self)
    }

    fn cos(&self) -> Self {
        f64::cos(*self)
    }

    fn sinh(&self) -> Self {
        f64::sinh(*self)
    }

    fn cosh(&self) -> Self {
        f64::cosh(*self)
    }

    // A NaN must not vanish in a maximum, as it does in `f64::max`.
    fn max(&self, other: &Self) -> Self {
        if self.is_nan() || other.is_nan() { f64::NAN } else { f64::max(*self, *other) }
    }

    fn min(&self, other: &Self) -> Self {
        if self.is_nan() || other.is_nan() { f64::NAN } else { f64::min(*self, *other) }
    }

    fn select(&self, negative: impl FnOnce() -> Self, otherwise: impl FnOnce() -> Self) -> Self {
        if self.is_nan() {
            f64::NAN
        } else if *self < 0.0 {
            negative()
        } else {
            otherwise()
        }
    }

    fn between(&self, negative: Self, otherwise: Self) -> Self {
        if self.is_nan() { f64::NAN } else { 0.5 * negative + 0.5 * otherwise }
    }

    fn unknown() -> Self {
        f64::NAN
    }

    fn signum(&self) -> Self {
        if *self == 0.0 { 0.0 } else { f64::signum(*self) }
    }

    fn square(&self) -> Self {
        self * self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn not_a_number_is_never_swallowed() {
        let nan = f64::NAN;
        assert!(Number::max(&nan, &1.0).is_nan() && Number::max(&1.0, &nan).is_nan());
        assert!(Number::min(&nan, &1.0).is_nan() && Number::min(&1.0, &nan).is_nan());
        assert!(nan.select(|| 1.0, || 2.0).is_nan());
        assert_eq!(nan.sign(), Sign::Undecided);
    }

    #[test]
    fn the_sign_has_a_subgradient_of_zero_at_the_kink() {
        assert_eq!(Number::signum(&0.0), 0.0);
        assert_eq!(Number::signum(&-0.0), 0.0);
        assert_eq!(Number::signum(&-3.0), -1.0);
        assert_eq!(Number::signum(&2.0), 1.0);
    }
}
