//! The sparsemax loss, the Fenchel-Young loss of `Omega = 1/2 ||.||_2^2` on the simplex: entmax at alpha = 2.
//!
//! The prediction is the Euclidean projection of f onto the simplex; with tau its threshold,
//! `l = 1/2 ||p - y||^2 + sum_{p_i = 0} y_i (tau - f_i)`. The two generators differ by the constant 1/2.
//!
//! Bounds: `l >= t^2/2`, with equality while p_i > 0 wherever y_i > 0. No entry of p - y is below
//! `-t sqrt((m-1)/m)`, so `t sqrt((m-1)/m) < min y_i` (over y_i > 0) is enough for that, and then `l <= t^2/2`;
//! beyond, the loss has no bound. For one-hot targets the condition is `t^2 < m/(m-1)`, and the pair is tight.
//!
//! Reference: Martins, Astudillo, From softmax to sparsemax, ICML 2016; bounds: theory, section 4.

use super::{Bounds, Entmax, FenchelYoung, Loss};
use crate::error::ConvexityError;
use crate::moduli::Modulus;
use ndarray::ArrayRef1;

/// The sparsemax loss, for targets in the probability simplex.
///
/// ```
/// use fenchel_convexity::losses::{Loss, Sparsemax};
/// use ndarray::array;
///
/// // A margin of 1 is enough for a loss of exactly 0.
/// let loss = Sparsemax.value(&array![1.0, 0.0], &array![7.0, 6.0])?;
/// assert_eq!(loss, 0.0);
/// # Ok::<(), fenchel_convexity::ConvexityError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sparsemax;

const ENTMAX: Entmax = Entmax::two();

impl Loss for Sparsemax {
    fn name(&self) -> String {
        "sparsemax".into()
    }

    fn require_target(&self, target: &ArrayRef1<f64>) -> Result<(), ConvexityError> {
        ENTMAX.require_target(target)
    }

    fn evaluate(
        &self,
        target: &ArrayRef1<f64>,
        output: &ArrayRef1<f64>,
        residual: Option<&mut ArrayRef1<f64>>,
    ) -> f64 {
        ENTMAX.evaluate(target, output, residual)
    }

    fn bounds(&self, target: &ArrayRef1<f64>) -> Result<Bounds, ConvexityError> {
        ENTMAX.bounds(target)
    }

    fn residual_sums_to_zero(&self) -> bool {
        true
    }

    fn moduli(&self, dimension: usize) -> Result<Vec<Modulus>, ConvexityError> {
        ENTMAX.moduli(dimension)
    }
}

impl FenchelYoung for Sparsemax {
    fn generator_of(&self, target: &ArrayRef1<f64>) -> f64 {
        ENTMAX.generator_of(target) + 0.5
    }

    fn conjugate_of(&self, output: &ArrayRef1<f64>) -> f64 {
        ENTMAX.conjugate_of(output) - 0.5
    }

    fn prediction_of(&self, output: &ArrayRef1<f64>, prediction: &mut ArrayRef1<f64>) {
        ENTMAX.prediction_of(output, prediction);
    }
}
