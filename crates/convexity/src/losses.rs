//! Losses of one sample: value, residual, infimum, and the output-gradient bounds that the sandwich T11 needs.
//!
//! A loss `l(y, f)` takes a target `y` and a model's output `f`, both in R^m. Its *residual* is
//! `e = grad_f l(y, f)`. Most losses here are *Fenchel-Young losses* of a convex function Omega,
//! `l(y, f) = Omega(y) + Omega*(f) - <y, f>`, whose residual is prediction minus target and whose infimum is 0
//! for every target in the domain of Omega.
//!
//! Each loss knows two non-decreasing functions with `lower(||e||_2) <= l - l_inf <= upper(||e||_2)` for every
//! output f: rigorous, and as sharp as is known for the target at hand. They are rounded outward by a few units in
//! the last place, so that they stay on their side of the exact bounds.

mod entmax;
mod fenchel_young;
mod logistic;
mod norm_power_loss;
mod power_regression;
mod series;
mod simplex_prediction;
mod softmax_cross_entropy;
mod sparsemax;
mod squared_error;
mod target;

pub use entmax::Entmax;
pub use fenchel_young::FenchelYoung;
pub use logistic::Logistic;
pub use norm_power_loss::NormPowerLoss;
pub use power_regression::PowerRegression;
pub use softmax_cross_entropy::SoftmaxCrossEntropy;
pub use sparsemax::Sparsemax;
pub use squared_error::SquaredError;

use crate::error::ConvexityError;
use crate::moduli::Modulus;
use ndarray::{ArrayView1, ArrayViewMut1};

/// A loss of one sample, as a function of the model's output.
///
/// Numbers are f64: the bounds below are compared with losses as small as 1e-300.
pub trait Loss: Send + Sync + std::fmt::Debug {
    /// The name of the loss, with its parameters.
    fn name(&self) -> String;

    /// Returns `l(y, f)`, and writes the residual where a place for it is given.
    ///
    /// What an implementation provides; [`Loss::value`] and [`Loss::value_and_residual`] are how it is called.
    ///
    /// # Errors
    ///
    /// If the target is not admissible, the output not finite, a length differs, or the loss is beyond f64.
    fn evaluate(
        &self,
        target: ArrayView1<f64>,
        output: ArrayView1<f64>,
        residual: Option<ArrayViewMut1<f64>>,
    ) -> Result<f64, ConvexityError>;

    /// `l(y, f)`.
    ///
    /// # Errors
    ///
    /// If the target is not admissible, the output not finite, or their lengths differ.
    fn value(&self, target: ArrayView1<f64>, output: ArrayView1<f64>) -> Result<f64, ConvexityError> {
        self.evaluate(target, output, None)
    }

    /// Writes the residual `e = grad_f l(y, f)` and returns `l(y, f)`.
    ///
    /// The two are evaluated together, so that both are accurate relative to their size even where the loss is
    /// tiny.
    ///
    /// # Errors
    ///
    /// As [`Loss::value`], and if `residual` has another length.
    fn value_and_residual(
        &self,
        target: ArrayView1<f64>,
        output: ArrayView1<f64>,
        residual: ArrayViewMut1<f64>,
    ) -> Result<f64, ConvexityError> {
        self.evaluate(target, output, Some(residual))
    }

    /// `inf_f l(y, f)`; NaN for a target that is not admissible.
    fn infimum(&self, target: ArrayView1<f64>) -> f64;

    /// `lo(t)`: `l - l_inf >= lo(||e||_2)` for every output, non-decreasing in t >= 0.
    ///
    /// NaN if t is negative or NaN, or the target is not admissible.
    fn lower(&self, target: ArrayView1<f64>, residual_norm: f64) -> f64;

    /// `hi(t)`: `l - l_inf <= hi(||e||_2)` for every output, non-decreasing in t >= 0; may be infinite.
    ///
    /// NaN if t is negative or NaN, or the target is not admissible.
    fn upper(&self, target: ArrayView1<f64>, residual_norm: f64) -> f64;

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

#[cfg(test)]
mod tests;
