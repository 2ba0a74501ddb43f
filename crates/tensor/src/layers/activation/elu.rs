//! The exponential linear unit.

use super::function::Function;
use crate::Real;
use crate::layer::Misfit;
use crate::layers::described::{Keys, Usual};

/// `x` for `x > 0`, `alpha (exp(x) - 1)` otherwise (Clevert, Unterthiner, Hochreiter, 2016).
#[derive(Clone, Copy, Debug)]
pub(super) struct Elu {
    pub(super) alpha: f64,
}

impl Function for Elu {
    const NAME: &'static str = "elu";
    const TYPE: &'static str = "elu";
    const PYTORCH: &'static str = "ELU";

    fn blank() -> Self {
        Self { alpha: 1.0 }
    }

    #[inline(always)]
    fn value<T: Real>(self, x: T) -> T {
        if x > T::zero() { x } else { T::of(self.alpha) * x.exp_m1() }
    }

    #[inline(always)]
    fn derivative<T: Real>(self, x: T) -> T {
        if x > T::zero() { T::one() } else { T::of(self.alpha) * x.exp() }
    }

    fn steepest(self) -> f64 {
        self.alpha.abs().max(1.0)
    }

    fn kinks(self) -> &'static [f64] {
        if self.alpha == 1.0 { &[] } else { &[0.0] }
    }

    fn curvature(self) -> f64 {
        self.alpha.abs()
    }

    fn keys<K: Keys>(&mut self, keys: &mut K) -> Result<(), K::Error> {
        keys.number("alpha", &mut self.alpha, Usual::Is(1.0))
    }

    fn check(self) -> Result<(), Misfit> {
        if self.alpha.is_finite() {
            return Ok(());
        }
        Err(Misfit::Setting("its alpha must be a finite number".to_owned()))
    }

    fn summary(self) -> String {
        format!("{}, alpha {}", Self::TYPE, self.alpha)
    }
}
