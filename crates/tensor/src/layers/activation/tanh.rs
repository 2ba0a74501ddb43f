//! The hyperbolic tangent.

use super::function::Function;
use super::sigmoid::sigmoid_derivative;
use crate::Real;

/// The hyperbolic tangent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tanh;

impl Function for Tanh {
    const NAME: &'static str = "tanh";
    const TYPE: &'static str = "tanh";
    const PYTORCH: &'static str = "Tanh";

    fn blank() -> Self {
        Self
    }

    #[inline(always)]
    fn value<T: Real>(self, x: T) -> T {
        x.tanh()
    }

    #[inline(always)]
    fn derivative<T: Real>(self, x: T) -> T {
        T::of(4.0) * sigmoid_derivative(x + x)
    }

    fn steepest(self) -> f64 {
        1.0
    }

    fn kinks(self) -> &'static [f64] {
        &[]
    }

    fn curvature(self) -> f64 {
        // At `tanh^2 = 1/3`: 4 / (3 sqrt 3).
        0.769_800_358_919_501
    }
}
