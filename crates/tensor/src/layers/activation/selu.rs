//! The exponential linear unit that normalises itself.

use super::function::Function;
use crate::Real;

/// `l x` for `x > 0`, `l a (exp(x) - 1)` otherwise (Klambauer, Unterthiner, Mayr, Hochreiter, 2017).
#[derive(Clone, Copy, Debug)]
pub(super) struct Selu;

impl Function for Selu {
    const NAME: &'static str = "selu";
    const TYPE: &'static str = "selu";
    const PYTORCH: &'static str = "SELU";

    fn blank() -> Self {
        Self
    }

    #[inline(always)]
    fn value<T: Real>(self, x: T) -> T {
        if x > T::zero() { T::of(SCALE) * x } else { T::of(SCALE_ALPHA) * x.exp_m1() }
    }

    #[inline(always)]
    fn derivative<T: Real>(self, x: T) -> T {
        if x > T::zero() { T::of(SCALE) } else { T::of(SCALE_ALPHA) * x.exp() }
    }

    fn steepest(self) -> f64 {
        1.76
    }

    fn kinks(self) -> &'static [f64] {
        &[0.0]
    }

    fn curvature(self) -> f64 {
        SCALE_ALPHA
    }
}

/// `l`, with which a standard normal variable keeps mean 0 and variance 1.
const SCALE: f64 = 1.050_700_987_355_480_5;
/// `l a` for the `a` that belongs to it, 1.673263...
const SCALE_ALPHA: f64 = 1.758_099_340_847_376_8;
