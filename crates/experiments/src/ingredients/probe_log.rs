//! What is kept of a measured probe set, and of a measured sample: one entry a log of a training.

use fenchel_harness::statistics::{geometric_mean, median};
use fenchel_nn::measurement::{ExtremeEigenvalues, ProbeMeasurement, SampleMeasurement, Sandwich};
use serde::{Deserialize, Serialize};

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
    ) -> fenchel_harness::error::Result<Self> {
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

#[cfg(test)]
impl ProbeLog {
    /// A log whose every number is `value`, for tests that care about a few of them.
    pub(crate) fn constant(value: f64) -> Self {
        Self {
            risk: value,
            risk_median: value,
            risk_geometric: value,
            lower: value,
            lower_median: value,
            lower_geometric: value,
            upper: value,
            upper_median: value,
            upper_finite: value,
            lower_uniform: value,
            energy: value,
            mean_gradient: value,
            u: value,
            l: value,
            d: value,
            d_sum_zero: value,
            lambda_min: value,
            lambda_max: value,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingredients::loss;
    use fenchel_nn::measurement::Probe;
    use fenchel_nn::models::Model;
    use fenchel_tensor::Shape;
    use ndarray::array;

    #[test]
    fn a_linear_model_is_condensed_as_by_hand() {
        // f = 0: e = -y, l = 1/2, A = (‖x‖² + 1) I, both bounds meet the loss.
        let tape = fenchel_nn::models::DenseChain::new(0, 0);
        let tape = tape.tape(Shape::vector(2), 2).unwrap();
        let probe = Probe::<f64>::new(tape, loss("squared").unwrap());
        let targets = array![[1.0, 0.0], [0.0, 2.0]];
        let measured =
            probe.measure(&[0.0; 6], array![[1.0, 0.0], [0.0, 2.0]].view(), targets.view()).unwrap();
        let log = ProbeLog::of(&measured, |energy, lambda_max| 0.5 * energy / lambda_max).unwrap();
        let near = |value: f64, expected: f64| (value - expected).abs() < 1e-12;
        // Excesses 1/2 and 2; energies ‖e‖² (‖x‖² + 1) = 2 and 20.
        assert!(near(log.risk, 1.25) && near(log.risk_median, 1.25) && near(log.risk_geometric, 1.0));
        assert!(near(log.lower, 1.25) && near(log.upper, 1.25) && log.upper_finite == 1.0);
        assert!(near(log.energy, 11.0) && near(log.lambda_min, 2.0) && near(log.lambda_max, 5.0));
        // Against λ = 5 for both: (2 + 20) / 2 / 5 / 2.
        assert!(near(log.lower_uniform, 1.1) && near(log.d, 0.0) && log.d_sum_zero.is_nan());
        assert!(near(log.u, -0.5 * 10.0_f64.ln()) && near(log.l, log.u));
        let sample = SampleLog::of(&measured.samples[1]);
        assert!(near(sample.excess, 2.0) && near(sample.constant_free_lower(), 4.0_f64.ln()));
    }
}
