//! The piecewise quadratic stand-in for the sigmoid linear unit.

use super::function::Function;
use crate::Real;

/// `x min(max(x + 3, 0), 6) / 6` (Howard and others, 2019).
#[derive(Clone, Copy, Debug)]
pub(super) struct Hardswish;

impl Function for Hardswish {
    const NAME: &'static str = "hardswish";
    const TYPE: &'static str = "hardswish";
    const PYTORCH: &'static str = "Hardswish";

    fn blank() -> Self {
        Self
    }

    #[inline(always)]
    fn value<T: Real>(self, x: T) -> T {
        let three = T::of(3.0);
        if x <= -three {
            T::zero()
        } else if x > three {
            x
        } else {
            x * ((x + three) / T::of(6.0))
        }
    }

    #[inline(always)]
    fn derivative<T: Real>(self, x: T) -> T {
        let three = T::of(3.0);
        if x <= -three {
            T::zero()
        } else if x > three {
            T::one()
        } else {
            (x + x + three) / T::of(6.0)
        }
    }

    fn steepest(self) -> f64 {
        1.5
    }

    fn kinks(self) -> &'static [f64] {
        &[-3.0, 3.0]
    }

    fn curvature(self) -> f64 {
        1.0 / 3.0
    }
}
