//! Losses of one sample: value, residual, infimum, and the output-gradient bounds that the sandwich T11 needs.
//!
//! A loss `l(y, f)` takes a target `y` and a model's output `f`, both in R^m. Its *residual* is
//! `e = grad_f l(y, f)`. Most losses here are *Fenchel-Young losses* of a convex function Omega,
//! `l(y, f) = Omega(y) + Omega*(f) - <y, f>`, whose residual is prediction minus target and whose infimum is 0
//! for every target in the domain of Omega.
//!
//! Each loss knows two non-decreasing functions with `lower(||e||_2) <= l - l_inf <= upper(||e||_2)` for every
//! output f: rigorous, as sharp as is known for the target at hand, and rounded outward (see [`Bounds`]).
//!
//! Where f64 ends: losses and residuals below its smallest numbers are rounded to multiples of 2^-1074, 0 among
//! them; those beyond its largest are refused by an error, and so is an output for which a difference that counts
//! (two logits, or output and target) is beyond f64. With one class the losses on the simplex are 0 for every
//! output, with residual 0 and both bounds 0.

mod bounds;
mod entmax;
mod fenchel_young;
mod logistic;
mod norm_power_loss;
mod power_regression;
mod series;
mod simplex_target;
mod softmax_cross_entropy;
mod sparsemax;
mod squared_error;
mod weighted;

pub use bounds::Bounds;
pub use entmax::Entmax;
pub use fenchel_young::FenchelYoung;
pub use logistic::Logistic;
pub use norm_power_loss::NormPowerLoss;
pub use power_regression::PowerRegression;
pub use softmax_cross_entropy::SoftmaxCrossEntropy;
pub use sparsemax::Sparsemax;
pub use squared_error::SquaredError;
pub use weighted::Weighted;

use crate::error::{ConvexityError, require_dimension, require_finite};
use crate::exponent::Exponent;
use crate::moduli::Modulus;
use ndarray::ArrayRef1;

/// A loss of one sample, as a function of the model's output.
///
/// Numbers are f64: the bounds are compared with losses as small as 1e-300.
pub trait Loss: Send + Sync + std::fmt::Debug {
    /// The name of the loss, with its parameters.
    fn name(&self) -> String;

    /// Checks that a target is admissible.
    ///
    /// # Errors
    ///
    /// If it is empty, not finite, or outside the set for which the loss is defined; the error names `target`.
    fn require_target(&self, target: &ArrayRef1<f64>) -> Result<(), ConvexityError>;

    /// `l(y, f)` with the residual written where a place for it is given: what an implementation provides.
    ///
    /// [`Loss::value`] and [`Loss::value_and_residual`] are how it is called: with an admissible target, a finite
    /// output and a residual of the same length. Where a number is beyond f64 the implementation lets it be
    /// infinite or NaN, and the caller gets an error.
    fn evaluate(
        &self,
        target: &ArrayRef1<f64>,
        output: &ArrayRef1<f64>,
        residual: Option<&mut ArrayRef1<f64>>,
    ) -> f64;

    /// The bounds on `l - l_inf` by the residual's norm, for a target that is examined once.
    ///
    /// # Errors
    ///
    /// If the target is not admissible.
    fn bounds(&self, target: &ArrayRef1<f64>) -> Result<Bounds, ConvexityError>;

    /// The bounds on `l - l_inf` by the residual's norm in l_p (T21).
    ///
    /// By default those of l_2, through the comparison of the norms.
    ///
    /// # Errors
    ///
    /// If the target is not admissible, or p is not in [1, inf].
    ///
    /// ```
    /// use fenchel_convexity::losses::{Loss, SoftmaxCrossEntropy};
    /// use ndarray::array;
    ///
    /// // Of a one-hot target the residual is twice 1 - p_y long in l_1, whatever the other classes share: here 1.
    /// let bounds = SoftmaxCrossEntropy.bounds_in(1.0, &array![0.0, 1.0, 0.0])?;
    /// assert!(bounds.lower(1.0) <= 2_f64.ln() && 2_f64.ln() <= bounds.upper(1.0));
    /// assert!(bounds.upper(1.0) - bounds.lower(1.0) < 1e-14);
    /// # Ok::<(), fenchel_convexity::ConvexityError>(())
    /// ```
    fn bounds_in(&self, p: f64, target: &ArrayRef1<f64>) -> Result<Bounds, ConvexityError> {
        Ok(bounds::compared_with_euclidean(self.bounds(target)?, Exponent::new(p)?, target.len()))
    }

    /// `l(y, f)`.
    ///
    /// # Errors
    ///
    /// If the target is not admissible, the output not finite, a length differs, or the loss is beyond f64.
    fn value(&self, target: &ArrayRef1<f64>, output: &ArrayRef1<f64>) -> Result<f64, ConvexityError> {
        self.require_target(target)?;
        require_dimension("output", output.len(), target.len())?;
        require_finite("output", output)?;
        within_f64("the loss of `output`", self.evaluate(target, output, None))
    }

    /// Writes the residual `e = grad_f l(y, f)` and returns `l(y, f)`.
    ///
    /// The two are evaluated together, so that both are accurate relative to their size even where the loss is
    /// tiny.
    ///
    /// # Errors
    ///
    /// As [`Loss::value`], and if `residual` has another length or is beyond f64.
    fn value_and_residual(
        &self,
        target: &ArrayRef1<f64>,
        output: &ArrayRef1<f64>,
        residual: &mut ArrayRef1<f64>,
    ) -> Result<f64, ConvexityError> {
        self.require_target(target)?;
        require_dimension("output", output.len(), target.len())?;
        require_finite("output", output)?;
        require_dimension("residual", residual.len(), target.len())?;
        let loss = self.evaluate(target, output, Some(&mut *residual));
        let wrong = residual.iter().copied().find(|e| !e.is_finite());
        within_f64("the residual at `output`", wrong.unwrap_or(0.0))?;
        within_f64("the loss of `output`", loss)
    }

    /// `inf_f l(y, f)`; NaN for a target that is not admissible.
    fn infimum(&self, target: &ArrayRef1<f64>) -> f64 {
        if self.require_target(target).is_ok() { 0.0 } else { f64::NAN }
    }

    /// Whether the residual sums to zero for every output.
    ///
    /// Then T10 may restrict the structural matrix to the sum-zero subspace.
    fn residual_sums_to_zero(&self) -> bool;

    /// What is known of the convexity and smoothness of `f -> l(y, f)` on R^m, for every target.
    ///
    /// # Errors
    ///
    /// If a constant is beyond f64 in this dimension.
    fn moduli(&self, dimension: usize) -> Result<Vec<Modulus>, ConvexityError>;
}

/// A number, if it is within f64.
fn within_f64(what: &'static str, number: f64) -> Result<f64, ConvexityError> {
    if number.is_finite() { Ok(number) } else { Err(ConvexityError::Overflow { what }) }
}

#[cfg(test)]
mod tests;
