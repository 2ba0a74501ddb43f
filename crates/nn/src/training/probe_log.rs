//! The measurements of section 5 of the theory on a probe set, every k steps.

use fenchel_tensor::Real;
use ndarray::Array2;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::observer::{recall, remember};
use super::{Control, Moment, Observer};
use crate::NnError;
use crate::measurement::{ExtremeEigenvalues, Probe, ProbeMeasurement, SampleMeasurement};
use crate::optimisers::require;

/// What a probe set showed at one step; means are over its samples, logarithms natural.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProbeRecord {
    /// How many steps were taken.
    pub step: u64,
    /// The mean excess loss `l - l_inf`.
    pub risk: f64,
    /// The local gradient norm: the mean squared norm of the samples' gradients.
    pub local_gradient_norm: f64,
    /// The squared norm of the mean gradient.
    pub squared_mean_gradient_norm: f64,
    /// The mean of `U = -log lambda_min`; none while a matrix is singular.
    pub u: Option<f64>,
    /// The mean of `L = -log lambda_max`; none while a matrix is zero.
    pub l: Option<f64>,
    /// The mean of `D = U - L`; none while a matrix is singular and not zero.
    pub d: Option<f64>,
    /// The mean of U, L and D on the sum-zero directions, for losses whose residuals lie there and where they are finite.
    pub sum_zero: Option<[f64; 3]>,
    /// How many sandwiches of T11 were checked.
    pub checked: usize,
    /// How many are violated beyond round-off.
    pub violated: usize,
}

impl ProbeRecord {
    fn new(step: u64, measured: &ProbeMeasurement) -> Self {
        let (checked, violated) = measured.violations();
        let mean =
            |of: &dyn Fn(&SampleMeasurement) -> f64| Some(measured.mean(of)).filter(|mean| mean.is_finite());
        let errors = |of: fn(ExtremeEigenvalues) -> f64| mean(&|sample| of(sample.eigenvalues));
        let sum_zero = |of: fn(ExtremeEigenvalues) -> f64| {
            mean(&|sample| sample.sum_zero_eigenvalues.map_or(f64::NAN, of))
        };
        let u = |e: ExtremeEigenvalues| e.structural_error().u;
        let l = |e: ExtremeEigenvalues| e.structural_error().l;
        let d = |e: ExtremeEigenvalues| e.structural_error().d;
        Self {
            step,
            risk: measured.risk(),
            local_gradient_norm: measured.local_gradient_norm(),
            squared_mean_gradient_norm: measured.squared_mean_gradient_norm,
            u: errors(u),
            l: errors(l),
            d: errors(d),
            sum_zero: sum_zero(u).zip(sum_zero(l)).zip(sum_zero(d)).map(|((u, l), d)| [u, l, d]),
            checked,
            violated,
        }
    }
}

/// Measures a probe set before the first step and after every k-th, in `f64` at the parameters of the training.
///
/// Cost of a measurement: for every sample a forward pass, m + 1 backward passes, and the eigenvalues of an `m x m` matrix (two of them for
/// losses whose residuals sum to zero); one more gradient of the set.
#[derive(Debug)]
pub struct ProbeLog {
    probe: Probe<f64>,
    inputs: Array2<f64>,
    targets: Array2<f64>,
    every: u64,
    records: Vec<ProbeRecord>,
}

impl ProbeLog {
    /// A log of a probe on samples: `inputs` is `B x d`, `targets` `B x m`.
    ///
    /// # Errors
    /// If `every` is 0.
    pub fn new(
        probe: Probe<f64>,
        inputs: Array2<f64>,
        targets: Array2<f64>,
        every: u64,
    ) -> Result<Self, NnError> {
        require("every", every as f64, every > 0, "at least 1")?;
        Ok(Self { probe, inputs, targets, every, records: Vec::new() })
    }

    /// What was measured.
    #[must_use]
    pub fn records(&self) -> &[ProbeRecord] {
        &self.records
    }

    fn log<T: Real>(&mut self, moment: &Moment<'_, T>) -> Result<(), NnError> {
        let parameters: Vec<f64> = moment.trainer.parameters().iter().map(|p| p.as_f64()).collect();
        let measured = self.probe.measure(&parameters, self.inputs.view(), self.targets.view())?;
        self.records.push(ProbeRecord::new(moment.trainer.steps(), &measured));
        Ok(())
    }
}

impl<T: Real> Observer<T> for ProbeLog {
    fn name(&self) -> String {
        "probe".to_owned()
    }

    fn before_training(&mut self, moment: &Moment<'_, T>) -> Result<(), NnError> {
        self.log(moment)
    }

    fn after_step(&mut self, moment: &Moment<'_, T>) -> Result<Control, NnError> {
        if moment.trainer.steps().is_multiple_of(self.every) {
            self.log(moment)?;
        }
        Ok(Control::Continue)
    }

    fn memory(&self) -> Result<Value, NnError> {
        remember("the probe", &self.records)
    }

    fn restore(&mut self, memory: &Value) -> Result<(), NnError> {
        self.records = recall("the probe", memory)?;
        Ok(())
    }
}
