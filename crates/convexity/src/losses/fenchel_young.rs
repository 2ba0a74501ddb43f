//! What a Fenchel-Young loss offers beyond a loss: its generator Omega, the conjugate, the prediction.

use super::Loss;
use crate::error::ConvexityError;
use ndarray::{ArrayView1, ArrayViewMut1};

/// A loss `l(y, f) = Omega(y) + Omega*(f) - <y, f>`.
///
/// The three terms cancel where the loss is small: [`Loss::value`] evaluates the same number by a formula that does not.
///
/// Reference: Blondel, Martins, Niculae, Learning with Fenchel-Young losses, JMLR 21, 2020.
pub trait FenchelYoung: Loss {
    /// `Omega(y)`, for an admissible target.
    ///
    /// # Errors
    ///
    /// If the target is not admissible.
    fn generator(&self, target: ArrayView1<f64>) -> Result<f64, ConvexityError>;

    /// `Omega*(f)`.
    ///
    /// # Errors
    ///
    /// If the output is empty or not finite, or the value is beyond f64.
    fn conjugate(&self, output: ArrayView1<f64>) -> Result<f64, ConvexityError>;

    /// Writes the prediction `p = grad Omega*(f)`.
    ///
    /// # Errors
    ///
    /// If the output is empty or not finite, or the lengths differ.
    fn prediction(
        &self,
        output: ArrayView1<f64>,
        prediction: ArrayViewMut1<f64>,
    ) -> Result<(), ConvexityError>;
}
