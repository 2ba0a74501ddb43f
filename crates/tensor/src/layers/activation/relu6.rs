//! The rectifier that stops at 6.

use super::function::Function;
use crate::Real;

/// `min(max(x, 0), 6)`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Relu6;

impl Function for Relu6 {
    const NAME: &'static str = "relu6";
    const TYPE: &'static str = "relu6";
    const PYTORCH: &'static str = "ReLU6";

    fn blank() -> Self {
        Self
    }

    #[inline(always)]
    fn value<T: Real>(self, x: T) -> T {
        // Written so that a NaN stays one and is not hidden.
        if x < T::zero() {
            T::zero()
        } else if x > T::of(6.0) {
            T::of(6.0)
        } else {
            x
        }
    }

    #[inline(always)]
    fn derivative<T: Real>(self, x: T) -> T {
        if x > T::zero() && x <= T::of(6.0) { T::one() } else { T::zero() }
    }

    fn steepest(self) -> f64 {
        1.0
    }

    fn kinks(self) -> &'static [f64] {
        &[0.0, 6.0]
    }

    fn curvature(self) -> f64 {
        0.0
    }
}
