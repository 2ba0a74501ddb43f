//! Convex functions of one variable with kinks in the first or the second derivative.

use crate::catalogue::Scalar;
use crate::number::Number;

/// `|x|`, with 0 as its chosen subgradient at 0.
///
/// D(u, v) <= 2 |u - v|, tight; hence D <= (C/2) |u - v|^2 + 2/C for every C > 0, the offset tight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AbsoluteValue;

impl Scalar for AbsoluteValue {
    fn name(&self) -> String {
        "|x|".into()
    }

    fn value<N: Number>(&self, x: &N) -> N {
        x.abs()
    }

    fn derivative<N: Number>(&self, x: &N) -> N {
        x.signum()
    }

    fn kinks(&self) -> Vec<f64> {
        vec![0.0]
    }
}

/// `max(x, 0)`, the rectifier, with 0 as its chosen subgradient at 0.
///
/// D(u, v) <= |u - v|, tight; hence D <= (C/2) |u - v|^2 + 1/(2C) for every C > 0, the offset tight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ramp;

impl Scalar for Ramp {
    fn name(&self) -> String {
        "max(x, 0)".into()
    }

    fn value<N: Number>(&self, x: &N) -> N {
        x.max(&N::zero())
    }

    fn derivative<N: Number>(&self, x: &N) -> N {
        // The sign of the positive part is 0 up to 0.
        x.max(&N::zero()).signum()
    }

    fn kinks(&self) -> Vec<f64> {
        vec![0.0]
    }
}

/// `max(x, 0)^2 / 2`; 1-smooth, tight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SquaredRamp;

impl Scalar for SquaredRamp {
    fn name(&self) -> String {
        "max(x, 0)^2/2".into()
    }

    fn value<N: Number>(&self, x: &N) -> N {
        x.max(&N::zero()).square() / 2.0
    }

    fn derivative<N: Number>(&self, x: &N) -> N {
        x.max(&N::zero())
    }

    fn kinks(&self) -> Vec<f64> {
        vec![0.0]
    }
}

/// Huber's function: `x^2/2` up to the width d, `d |x| - d^2/2` beyond; 1-smooth, tight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HuberFunction {
    /// The width, positive.
    pub width: f64,
}

impl Scalar for HuberFunction {
    fn name(&self) -> String {
        format!("Huber's function of width {}", self.width)
    }

    fn value<N: Number>(&self, x: &N) -> N {
        // With c = min(|x|, d) it is c (|x| - c/2): one formula for both pieces.
        let cut = x.abs().min(&N::from_f64(self.width));
        cut.clone() * (x.abs() - cut / 2.0)
    }

    fn derivative<N: Number>(&self, x: &N) -> N {
        let width = N::from_f64(self.width);
        x.min(&width).max(&-width)
    }

    fn kinks(&self) -> Vec<f64> {
        vec![-self.width, self.width]
    }
}
