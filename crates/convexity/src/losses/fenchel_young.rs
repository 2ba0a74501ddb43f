//! What a Fenchel-Young loss offers beyond a loss: its generator Omega, the conjugate, the prediction.

use super::{Loss, within_f64};
use crate::error::{ConvexityError, require_finite};
use ndarray::{Array1, ArrayRef1};

/// A loss `l(y, f) = Omega(y) + Omega*(f) - <y, f>`.
///
/// The three terms cancel where the loss is small: [`Loss::value`] evaluates the same number by a formula that does
/// not. Implementations provide the three methods named `_of`, which are called with checked arguments.
///
/// Reference: Blondel, Martins, Niculae, Learning with Fenchel-Young losses, JMLR 21, 2020.
pub trait FenchelYoung: Loss {
    /// `Omega(y)`, for a target that has been checked.
    fn generator_of(&self, target: &ArrayRef1<f64>) -> f64;

    /// `Omega*(f)`, for an output that has been checked.
    fn conjugate_of(&self, output: &ArrayRef1<f64>) -> f64;

    /// Writes `grad Omega*(f)`, for an output that has been checked and a place of its length.
    fn prediction_of(&self, output: &ArrayRef1<f64>, prediction: &mut ArrayRef1<f64>);

    /// `Omega(y)`, for an admissible target.
    ///
    /// # Errors
    ///
    /// If the target is not admissible, or the value is beyond f64.
    fn generator(&self, target: &ArrayRef1<f64>) -> Result<f64, ConvexityError> {
        self.require_target(target)?;
        within_f64("Omega at `target`", self.generator_of(target))
    }

    /// `Omega*(f)`.
    ///
    /// # Errors
    ///
    /// If the output is empty or not finite, or the value is beyond f64.
    fn conjugate(&self, output: &ArrayRef1<f64>) -> Result<f64, ConvexityError> {
        require_finite("output", output)?;
        within_f64("Omega* at `output`", self.conjugate_of(output))
    }

    /// The prediction `p = grad Omega*(f)`.
    ///
    /// # Errors
    ///
    /// If the output is empty or not finite.
    fn prediction(&self, output: &ArrayRef1<f64>) -> Result<Array1<f64>, ConvexityError> {
        require_finite("output", output)?;
        let mut prediction = Array1::zeros(output.len());
        self.prediction_of(output, &mut prediction);
        Ok(prediction)
    }
}
