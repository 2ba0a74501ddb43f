//! What an activation function says of itself.

use crate::Real;
use crate::layer::Misfit;
use crate::layers::described::Keys;

/// A function of one number, with its slope.
pub(super) trait Function: Copy {
    /// Its usual name.
    const NAME: &'static str;
    /// Its type in a model description.
    const TYPE: &'static str;
    /// What PyTorch calls it.
    const PYTORCH: &'static str;

    /// The function before its keys are read.
    fn blank() -> Self;

    /// The value at `x`; a NaN stays one.
    fn value<T: Real>(self, x: T) -> T;

    /// The derivative at `x`, at a kink that of the left side.
    fn derivative<T: Real>(self, x: T) -> T;

    /// A bound on the size of the derivative.
    fn steepest(self) -> f64;

    /// Where the derivative jumps, in ascending order.
    fn kinks(self) -> &'static [f64];

    /// A bound on the size of the second derivative, on both sides of every kink.
    fn curvature(self) -> f64;

    /// Goes through its keys.
    fn keys<K: Keys>(&mut self, _keys: &mut K) -> Result<(), K::Error> {
        Ok(())
    }

    /// Refuses settings that make no sense.
    fn check(self) -> Result<(), Misfit> {
        Ok(())
    }

    /// Its type with its settings.
    fn summary(self) -> String {
        Self::TYPE.to_owned()
    }
}
