//! The sigmoid.

use super::function::Function;
use crate::Real;

/// `1 / (1 + exp(-x))`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sigmoid;

impl Function for Sigmoid {
    const NAME: &'static str = "sigmoid";
    const TYPE: &'static str = "sigmoid";
    const PYTORCH: &'static str = "Sigmoid";

    fn blank() -> Self {
        Self
    }

    #[inline(always)]
    fn value<T: Real>(self, x: T) -> T {
        sigmoid(x)
    }

    #[inline(always)]
    fn derivative<T: Real>(self, x: T) -> T {
        sigmoid_derivative(x)
    }

    fn steepest(self) -> f64 {
        0.25
    }

    fn kinks(self) -> &'static [f64] {
        &[]
    }

    fn curvature(self) -> f64 {
        // At `s = 1/2 +- sqrt(1/12)`: 1 / (6 sqrt 3).
        0.096_225_044_864_937_64
    }
}

/// `s(x) s(-x)`, an even function: `s (1 - s)` would cancel where `s` is close to 1.
pub(super) fn sigmoid_derivative<T: Real>(x: T) -> T {
    let e = (-x.abs()).exp();
    let sum = T::one() + e;
    e / (sum * sum)
}

pub(super) fn sigmoid<T: Real>(x: T) -> T {
    let one = T::one();
    if x >= T::zero() {
        one / (one + (-x).exp())
    } else {
        let e = x.exp();
        e / (one + e)
    }
}
