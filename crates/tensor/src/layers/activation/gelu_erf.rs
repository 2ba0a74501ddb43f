//! GELU by the normal distribution function.

use super::function::Function;
use crate::Real;

/// `x Phi(x)`, `Phi` the distribution function of the standard normal variable (Hendrycks, Gimpel, 2016).
///
/// Both precisions are computed in double.
#[derive(Clone, Copy, Debug)]
pub(super) struct GeluErf;

impl Function for GeluErf {
    const NAME: &'static str = "exact gelu";
    const TYPE: &'static str = "gelu";
    const PYTORCH: &'static str = "GELU";

    fn blank() -> Self {
        Self
    }

    #[inline(always)]
    fn value<T: Real>(self, x: T) -> T {
        let x = x.as_f64();
        T::of(x * distribution(x))
    }

    #[inline(always)]
    fn derivative<T: Real>(self, x: T) -> T {
        let x = x.as_f64();
        T::of(distribution(x) + x * density(x))
    }

    fn steepest(self) -> f64 {
        // At sqrt 2: 1.12891.
        1.129
    }

    fn kinks(self) -> &'static [f64] {
        &[]
    }

    fn curvature(self) -> f64 {
        // `(2 - x^2) phi(x)`, at 0.
        2.0 * DENSITY_AT_0
    }
}

/// `1 / sqrt(2 pi)`.
const DENSITY_AT_0: f64 = 0.398_942_280_401_432_7;

/// What `1 / sqrt 2` is beyond `f64`.
const FRAC_1_SQRT_2_REST: f64 = -4.833_646_656_726_457e-17;

/// From here on the distribution function is 0 or 1 in `f64`.
const FAR: f64 = 40.0;

/// `Phi(x) = erfc(-x / sqrt 2) / 2`, to a few units however far out.
///
/// There `erfc` has the condition `2 t^2` in its argument `t`, which a rounded `t` would show: `t` is carried with what
/// its rounding left out, `d`, and `erfc(t + d) = erfc(t) (1 - 2 t d)` up to `d (1/t + ...)`.
fn distribution(x: f64) -> f64 {
    if x.abs() > FAR {
        return f64::from(u8::from(x > 0.0));
    }
    let t = -x * std::f64::consts::FRAC_1_SQRT_2;
    if x >= 0.0 {
        return 0.5 * libm::erfc(t);
    }
    let d = (-x).mul_add(std::f64::consts::FRAC_1_SQRT_2, -t) - x * FRAC_1_SQRT_2_REST;
    0.5 * libm::erfc(t) * (1.0 - 2.0 * t * d)
}

/// `phi(x) = exp(-x^2 / 2) / sqrt(2 pi)`, the square carried with what its rounding left out.
fn density(x: f64) -> f64 {
    if x.abs() > FAR {
        return 0.0;
    }
    let square = x * x;
    let rest = x.mul_add(x, -square);
    DENSITY_AT_0 * (-0.5 * square).exp() * (1.0 - 0.5 * rest)
}
