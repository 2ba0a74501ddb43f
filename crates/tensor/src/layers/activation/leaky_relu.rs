//! The rectifier with a slope on its negative side.

use super::function::Function;
use crate::Real;
use crate::layer::Misfit;
use crate::layers::described::{Keys, Usual};

/// `x` for `x > 0`, `slope * x` otherwise.
#[derive(Clone, Copy, Debug)]
pub(super) struct LeakyRelu {
    pub(super) slope: f64,
}

impl Function for LeakyRelu {
    const NAME: &'static str = "leaky relu";
    const TYPE: &'static str = "leaky_relu";
    const PYTORCH: &'static str = "LeakyReLU";

    fn blank() -> Self {
        Self { slope: 0.01 }
    }

    #[inline(always)]
    fn value<T: Real>(self, x: T) -> T {
        if x > T::zero() { x } else { T::of(self.slope) * x }
    }

    #[inline(always)]
    fn derivative<T: Real>(self, x: T) -> T {
        if x > T::zero() { T::one() } else { T::of(self.slope) }
    }

    fn steepest(self) -> f64 {
        self.slope.abs().max(1.0)
    }

    fn kinks(self) -> &'static [f64] {
        if self.slope == 1.0 { &[] } else { &[0.0] }
    }

    fn curvature(self) -> f64 {
        0.0
    }

    fn keys<K: Keys>(&mut self, keys: &mut K) -> Result<(), K::Error> {
        keys.number("slope", &mut self.slope, Usual::Is(0.01))
    }

    fn check(self) -> Result<(), Misfit> {
        if self.slope.is_finite() {
            return Ok(());
        }
        Err(Misfit::Setting("its slope must be a finite number".to_owned()))
    }

    fn summary(self) -> String {
        format!("{}, slope {}", Self::TYPE, self.slope)
    }
}
