//! The rectifier.

use super::function::Function;
use crate::Real;

/// `max(x, 0)`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Relu;

impl Function for Relu {
    const NAME: &'static str = "relu";
    const TYPE: &'static str = "relu";
    const PYTORCH: &'static str = "ReLU";

    fn blank() -> Self {
        Self
    }

    #[inline(always)]
    fn value<T: Real>(self, x: T) -> T {
        // Written so that a NaN stays one and is not hidden.
        if x < T::zero() { T::zero() } else { x }
    }

    #[inline(always)]
    fn derivative<T: Real>(self, x: T) -> T {
        if x > T::zero() { T::one() } else { T::zero() }
    }

    fn steepest(self) -> f64 {
        1.0
    }

    fn kinks(self) -> &'static [f64] {
        &[0.0]
    }

    fn curvature(self) -> f64 {
        0.0
    }
}
