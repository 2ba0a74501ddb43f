//! Softplus.

use super::function::Function;
use super::sigmoid::sigmoid;
use crate::Real;

/// `log(1 + exp(x))`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Softplus;

impl Function for Softplus {
    const NAME: &'static str = "softplus";
    const TYPE: &'static str = "softplus";
    const PYTORCH: &'static str = "Softplus";

    fn blank() -> Self {
        Self
    }

    #[inline(always)]
    fn value<T: Real>(self, x: T) -> T {
        // max(x, 0) + log(1 + exp(-|x|)) neither overflows nor loses the small values.
        (if x > T::zero() { x } else { T::zero() }) + (-x.abs()).exp().ln_1p()
    }

    #[inline(always)]
    fn derivative<T: Real>(self, x: T) -> T {
        sigmoid(x)
    }

    fn steepest(self) -> f64 {
        1.0
    }

    fn kinks(self) -> &'static [f64] {
        &[]
    }

    fn curvature(self) -> f64 {
        0.25
    }
}
