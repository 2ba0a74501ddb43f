//! What is kept of a measured probe set, and of a measured sample: one entry a log of a training.

use fenchel_nn::measurement::{ExtremeEigenvalues, ProbeMeasurement, SampleMeasurement, Sandwich};
use serde::{Deserialize, Serialize};

use crate::statistics::{geometric_mean, median};

/// Statistics over the probe set; bounds are the sharper ones where the loss allows them (sum-zero directions).
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct ProbeLog {
    /// Mean excess loss.
    pub risk: f64,
    /// Median excess loss.
    pub risk_median: f64,
    /// Geometric mean of the excess losses.
    pub risk_geometric: f64,
    /// Mean lower bound.
    pub lower: f64,
    /// Median lower bound.
    pub lower_median: f64,
    /// Geometric mean of the lower bounds.
    pub lower_geometric: f64,
    /// Mean upper bound: infinite as soon as one is.
    pub upper: f64,
    /// Median upper bound.
    pub upper_median: f64,
    /// The share of samples whose upper bound is finite.
    pub upper_finite: f64,
    /// The coarse uniform lower bound: the energies against the largest eigenvalue of all samples.
    pub lower_uniform: f64,
    /// The local gradient norm: the mean of ‖∇l‖² (the energy).
    pub energy: f64,
    /// ‖mean ∇l‖².
    pub mean_gradient: f64,
    /// Mean of U = −log λ_min, whole matrix, natural logarithm.
    pub u: f64,
    /// Mean of L = −log λ_max.
    pub l: f64,
    /// Mean of D = log cond.
    pub d: f64,
    /// Mean of D on the sum-zero directions, NaN where the loss does not live there.
    pub d_sum_zero: f64,
    /// The least λ_min of a sample.
    pub lambda_min: f64,
    /// The largest λ_max of a sample.
    pub lambda_max: f64,
}

/// One sample.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct SampleLog {
    /// The excess loss.
    pub excess: f64,
    /// ‖∇l‖².
    pub energy: f64,
    /// λ_min of the whole structural matrix.
    pub lambda_min: f64,
    /// λ_max of the whole structural matrix.
    pub lambda_max: f64,
    /// The sharper lower bound.
    pub lower: f64,
    /// The sharper upper bound.
    pub upper: f64,
}

/// The sharper of a sample's sandwiches.
fn sharp(sample: &SampleMeasurement) -> Sandwich {
    sample.sum_zero_sandwich.unwrap_or(sample.sandwich)
}

impl SampleLog {
    /// What is kept of a measured sample.
    #[must_use]
    pub fn of(sample: &SampleMeasurement) -> Self {
        let ExtremeEigenvalues { min, max } = sample.eigenvalues;
        Self {
            excess: sample.excess,
            energy: sample.squared_gradient_norm,
            lambda_min: min,
            lambda_max: max,
            lower: sharp(sample).lower,
            upper: sharp(sample).upper,
        }
    }

    /// The paper's constant-free lower bound log ‖∇l‖² − log λ_max.
    #[must_use]
    pub fn constant_free_lower(&self) -> f64 {
        self.energy.ln() - self.lambda_max.ln()
    }

    /// The paper's constant-free upper bound log ‖∇l‖² − log λ_min.
    #[must_use]
    pub fn constant_free_upper(&self) -> f64 {
        self.energy.ln() - self.lambda_min.ln()
    }
}

impl ProbeLog {
    /// Condenses a measured probe set; `lower_uniform` bounds the risk by the largest eigenvalue of all samples.
    ///
    /// # Errors
    /// If a measurement is NaN.
    pub fn of(
        measured: &ProbeMeasurement,
        lower_uniform: impl Fn(f64, f64) -> f64,
    ) -> crate::error::Result<Self> {
        let samples = &measured.samples;
        let every =
            |quantity: &dyn Fn(&SampleMeasurement) -> f64| samples.iter().map(quantity).collect::<Vec<_>>();
        let risks = every(&|s| s.excess);
        let lowers = every(&|s| sharp(s).lower);
        let uppers = every(&|s| sharp(s).upper);
        let lambda_max = samples.iter().map(|s| s.eigenvalues.max).fold(0.0, f64::max);
        let d_sum_zero =
            |s: &SampleMeasurement| s.sum_zero_eigenvalues.map_or(f64::NAN, |e| e.structural_error().d);
        Ok(Self {
            risk: measured.risk(),
            risk_median: median(&risks)?,
            risk_geometric: geometric_mean(&risks)?,
            lower: measured.mean(|s| sharp(s).lower),
            lower_median: median(&lowers)?,
            lower_geometric: geometric_mean(&lowers)?,
            upper: measured.mean(|s| sharp(s).upper),
            upper_median: median(&uppers)?,
            upper_finite: uppers.iter().filter(|upper| upper.is_finite()).count() as f64
                / uppers.len() as f64,
            lower_uniform: measured.mean(|s| lower_uniform(s.squared_gradient_norm, lambda_max)),
            energy: measured.local_gradient_norm(),
            mean_gradient: measured.squared_mean_gradient_norm,
            u: measured.mean(|s| s.eigenvalues.structural_error().u),
            l: measured.mean(|s| s.eigenvalues.structural_error().l),
            d: measured.mean(|s| s.eigenvalues.structural_error().d),
            d_sum_zero: measured.mean(d_sum_zero),
            lambda_min: samples.iter().map(|s| s.eigenvalues.min).fold(f64::INFINITY, f64::min),
            lambda_max,
        })
    }
}
