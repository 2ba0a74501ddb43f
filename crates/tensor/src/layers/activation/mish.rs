//! Mish.

use super::function::Function;
use crate::Real;

/// `x tanh(log(1 + exp(x)))` (Misra, 2019).
#[derive(Clone, Copy, Debug)]
pub(super) struct Mish;

impl Function for Mish {
    const NAME: &'static str = "mish";
    const TYPE: &'static str = "mish";
    const PYTORCH: &'static str = "Mish";

    fn blank() -> Self {
        Self
    }

    #[inline(always)]
    fn value<T: Real>(self, x: T) -> T {
        x * gate(x)
    }

    /// `t + x t'`, both by `exp(-|x|)`, which nothing is taken from.
    #[inline(always)]
    fn derivative<T: Real>(self, x: T) -> T {
        let (zero, one, two) = (T::zero(), T::one(), T::of(2.0));
        let e = (-x.abs()).exp();
        if e == zero {
            return if x > zero { one } else { zero };
        }
        if x >= zero {
            let d = one + two * e * (one + e);
            gate(x) + x * T::of(4.0) * e * e * (one + e) / (d * d)
        } else {
            let d = e * (e + two) + two;
            e * ((e + two) / d + x * T::of(4.0) * (one + e) / (d * d))
        }
    }

    fn steepest(self) -> f64 {
        1.09
    }

    fn kinks(self) -> &'static [f64] {
        &[]
    }

    fn curvature(self) -> f64 {
        // 0.64421 at -0.088.
        0.6443
    }
}

/// `t = tanh(log(1 + exp(x)))`, a quotient of polynomials in `exp(-|x|)`.
fn gate<T: Real>(x: T) -> T {
    let (one, two) = (T::one(), T::of(2.0));
    let e = (-x.abs()).exp();
    if x >= T::zero() {
        (one + two * e) / (one + two * e * (one + e))
    } else {
        let w = e * (e + two);
        w / (w + two)
    }
}
