//! GELU in its tanh form.

use super::function::Function;
use super::sigmoid::sigmoid;
use crate::Real;

/// `x Phi(x)` in its tanh form (Hendrycks, Gimpel, 2016).
#[derive(Clone, Copy, Debug)]
pub(super) struct Gelu;

impl Function for Gelu {
    const NAME: &'static str = "gelu";
    const TYPE: &'static str = "gelu_tanh";
    const PYTORCH: &'static str = "GELU(approximate=\"tanh\")";

    fn blank() -> Self {
        Self
    }

    // (1 + tanh z) / 2 is the sigmoid at 2 z; the sum would cancel for negative x.
    #[inline(always)]
    fn value<T: Real>(self, x: T) -> T {
        x * sigmoid(gelu_argument(x))
    }

    /// `|z|` units are lost far out, `z` the argument of the sigmoid: there the condition is as bad.
    #[inline(always)]
    fn derivative<T: Real>(self, x: T) -> T {
        gelu_derivative(x)
    }

    fn steepest(self) -> f64 {
        1.13
    }

    fn kinks(self) -> &'static [f64] {
        &[]
    }

    fn curvature(self) -> f64 {
        // At 0.
        SQRT_2_OVER_PI * (1.0 + f64::EPSILON)
    }
}

const SQRT_2_OVER_PI: f64 = 0.797_884_560_802_865_4;
const GELU_CUBIC: f64 = 0.044_715;

/// Twice the argument of GELU's hyperbolic tangent.
fn gelu_argument<T: Real>(x: T) -> T {
    x * (T::of(2.0 * SQRT_2_OVER_PI) + T::of(2.0 * SQRT_2_OVER_PI * GELU_CUBIC) * (x * x))
}

/// `s(z) + x s'(z) z'(x)`, for negative x with the factor `exp(z)` that both terms share taken out.
fn gelu_derivative<T: Real>(x: T) -> T {
    let (zero, one) = (T::zero(), T::one());
    let e = (-gelu_argument(x).abs()).exp();
    if e == zero {
        // Far out `z'` may overflow, and 0 times that is no number.
        return if x > zero { one } else { zero };
    }
    let growth = x * (T::of(2.0 * SQRT_2_OVER_PI) + T::of(6.0 * SQRT_2_OVER_PI * GELU_CUBIC) * (x * x));
    let sum = one + e;
    if x >= zero { (one + e * growth / sum) / sum } else { e * (one + growth / sum) / sum }
}
