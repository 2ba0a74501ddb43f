//! The sigmoid linear unit, or swish.

use super::function::Function;
use super::sigmoid::sigmoid;
use crate::Real;

/// `x s(x)` with the sigmoid `s` (Elfwing, Uchibe, Doya, 2018).
#[derive(Clone, Copy, Debug)]
pub(super) struct Silu;

impl Function for Silu {
    const NAME: &'static str = "silu";
    const TYPE: &'static str = "silu";
    const PYTORCH: &'static str = "SiLU";

    fn blank() -> Self {
        Self
    }

    #[inline(always)]
    fn value<T: Real>(self, x: T) -> T {
        x * sigmoid(x)
    }

    /// `s(x) + x s(x) s(-x)`, for negative x with the factor `exp(x)` that both terms share taken out.
    #[inline(always)]
    fn derivative<T: Real>(self, x: T) -> T {
        let (zero, one) = (T::zero(), T::one());
        let e = (-x.abs()).exp();
        if e == zero {
            return if x > zero { one } else { zero };
        }
        let sum = one + e;
        if x >= zero { (one + e * x / sum) / sum } else { e * (one + x / sum) / sum }
    }

    fn steepest(self) -> f64 {
        1.1
    }

    fn kinks(self) -> &'static [f64] {
        &[]
    }

    fn curvature(self) -> f64 {
        // `s' (2 + x (1 - 2 s))`, whose second factor is at most 2, at 0.
        0.5
    }
}
