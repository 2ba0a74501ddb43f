//! Both sides of theorem T8, step by step: what a step on one batch does to the loss of the others, and how smooth the loss was along it.

use std::sync::Arc;

use fenchel_convexity::losses::Loss;
use fenchel_tensor::{Engine, Real, Tape, TensorError};
use ndarray::{Array2, Axis};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::NnError;
use crate::losses::{BatchLoss, Targets};
use crate::optimisers::{GeneralisedSgd, require};
use crate::trainer::residuals_of;
use crate::training::{BatchView, Control, Moment, Observer, recall, remember};

/// What one step did, on a set of n samples with a batch of b: `s = x_k - x_{k+1}`, `g = grad l_B(x_k)`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct InterferenceRecord {
    /// The step, counted from 0.
    pub step: u64,
    /// n.
    pub samples: usize,
    /// b.
    pub batch: usize,
    /// The rate of the step.
    pub rate: f64,
    /// `R(x_k)`, the mean loss of all samples.
    pub risk_before: f64,
    /// `R(x_{k+1})`.
    pub risk_after: f64,
    /// `l_B(x_k)`, the mean loss of the batch.
    pub batch_before: f64,
    /// `l_B(x_{k+1})`.
    pub batch_after: f64,
    /// `l_C(x_{k+1}) - l_C(x_k)`, the change of the mean loss of the samples outside the batch; 0 if there are none.
    pub rest_change: f64,
    /// The interference `I_k = ((n-b)/n) [l_C(x_{k+1}) - l_C(x_k)]`.
    pub interference: f64,
    /// `<g, s>`.
    pub inner: f64,
    /// `‖g‖²`.
    pub squared_gradient_norm: f64,
    /// `‖s‖²`.
    pub squared_step_norm: f64,
    /// `d = l_B(x_{k+1}) - l_B(x_k) + <g, s>`: the divergence of the batch's loss along the step.
    pub divergence: f64,
    /// `C_k = 2 d / ‖s‖²`: the smallest C for which the loss is smooth at the step's end, in l2; none for a step of length 0.
    pub smoothness: Option<f64>,
    /// The largest of the same at a quarter, a half, three quarters and the whole of the step.
    pub smoothness_on_segment: Option<f64>,
    /// `Phi*(g)`, if a majorant was given.
    pub energy: Option<f64>,
}

/// Measures steps of a training on its whole set, in `f64` at the points of the training.
///
/// The batch of a step is looked up in the set by its indices, so the set must be the one that is trained on, in its order. Where batches are
/// varied at random, g is the gradient at the samples as they are in the set; the identity holds for any step.
///
/// Cost of a measured step: a forward pass over the whole set (two, unless the step before was measured), and over the batch four
/// forward passes and one backward pass. The sums of T8 over all steps need every step (`every = 1`); with other intervals the records are samples of
/// its terms.
#[derive(Debug)]
pub struct InterferenceLog {
    engine: Engine<f64>,
    loss: Arc<dyn Loss>,
    inputs: Array2<f64>,
    targets: Array2<f64>,
    every: u64,
    majorant: Option<GeneralisedSgd<f64>>,
    records: Vec<InterferenceRecord>,
    /// The point before the step under way, and the losses there.
    before: Option<(Vec<f64>, Vec<f64>)>,
    /// How many steps were taken when the newest losses were measured, and these.
    newest: Option<(u64, Vec<f64>)>,
}

impl InterferenceLog {
    /// A log on a set: `inputs` is `n x d`, `targets` `n x m`.
    ///
    /// # Errors
    /// If there is no sample, the rows differ in number, or `every` is 0.
    pub fn new(
        tape: Arc<Tape>,
        loss: Arc<dyn Loss>,
        inputs: Array2<f64>,
        targets: Array2<f64>,
        every: u64,
    ) -> Result<Self, NnError> {
        crate::trainer::same_rows(&inputs.view(), &targets.view())?;
        require("every", every as f64, every > 0, "at least 1")?;
        let engine = Engine::new(tape);
        let (majorant, records, before, newest) = (None, Vec::new(), None, None);
        Ok(Self { engine, loss, inputs, targets, every, majorant, records, before, newest })
    }

    /// With the gradient energy `Phi*(g)` of the majorant that this rule steps by.
    #[must_use]
    pub fn majorant(self, rule: GeneralisedSgd<f64>) -> Self {
        Self { majorant: Some(rule), ..self }
    }

    /// What was measured.
    #[must_use]
    pub fn records(&self) -> &[InterferenceRecord] {
        &self.records
    }

    /// The losses of all samples at a point.
    fn losses(&self, point: &[f64]) -> Result<Vec<f64>, NnError> {
        let outputs = self.engine.outputs(point, self.inputs.view())?;
        BatchLoss::from(self.loss.clone()).values(outputs.view(), Targets::Rows(self.targets.view()))
    }

    /// The samples of a batch, each in the set and named once.
    fn check_batch<T>(&self, batch: &BatchView<'_, T>) -> Result<(), NnError> {
        let mut seen = vec![false; self.inputs.nrows()];
        let fresh = |&&i: &&usize| i >= seen.len() || std::mem::replace(&mut seen[i], true);
        match batch.indices.iter().find({
            let mut fresh = fresh;
            move |i| fresh(i)
        }) {
            None => Ok(()),
            Some(&index) => Err(TensorError::Argument {
                argument: "indices",
                got: vec![index],
                needs: format!(
                    "each below {} and once in a batch: the log's set must be the training set",
                    self.inputs.nrows()
                ),
            }
            .into()),
        }
    }

    fn record<T: Real>(&mut self, moment: &Moment<'_, T>, batch: &BatchView<'_, T>) -> Result<(), NnError> {
        let Some((from, before)) = self.before.take() else { return Ok(()) };
        let to: Vec<f64> = moment.trainer.parameters().iter().map(|p| p.as_f64()).collect();
        let after = self.losses(&to)?;
        let (n, b) = (before.len(), batch.indices.len());
        let mut in_batch = vec![false; n];
        batch.indices.iter().for_each(|&i| in_batch[i] = true);
        let sum = |losses: &[f64], which: bool| -> f64 {
            losses.iter().zip(&in_batch).filter(|(_, inside)| **inside == which).map(|(loss, _)| loss).sum()
        };
        let mean = |losses: &[f64]| losses.iter().sum::<f64>() / n as f64;
        let rest_change =
            if n > b { (sum(&after, false) - sum(&before, false)) / (n - b) as f64 } else { 0.0 };
        let (batch_before, batch_after) = (sum(&before, true) / b as f64, sum(&after, true) / b as f64);

        let inputs = self.inputs.select(Axis(0), batch.indices);
        let targets = self.targets.select(Axis(0), batch.indices);
        let mut gradient = vec![0.0; from.len()];
        let share = 1.0 / b as f64;
        self.engine.gradient_sum::<NnError>(&from, inputs.view(), &mut gradient, |rows, outputs, into| {
            let targets = targets.slice(ndarray::s![rows, ..]);
            residuals_of(&*self.loss, outputs, targets, into, share).map(|_| ())
        })?;
        let step: Vec<f64> = from.iter().zip(&to).map(|(a, b)| a - b).collect();
        let dot = |u: &[f64], v: &[f64]| u.iter().zip(v).map(|(u, v)| u * v).sum::<f64>();
        let (inner, squared_step_norm) = (dot(&gradient, &step), dot(&step, &step));
        let smoothness =
            |t: f64, loss: f64| 2.0 * (loss - batch_before + t * inner) / (t * t * squared_step_norm);
        let mut on_segment = smoothness(1.0, batch_after);
        let loss = BatchLoss::from(self.loss.clone());
        for t in [0.25, 0.5, 0.75] {
            let point: Vec<f64> = from.iter().zip(&step).map(|(x, s)| x - t * s).collect();
            let outputs = self.engine.outputs(&point, inputs.view())?;
            let value = loss.mean(outputs.view(), Targets::Rows(targets.view()))?;
            on_segment = on_segment.max(smoothness(t, value));
        }
        let moved = squared_step_norm > 0.0;
        self.records.push(InterferenceRecord {
            step: moment.trainer.steps() - 1,
            samples: n,
            batch: b,
            rate: moment.rate,
            risk_before: mean(&before),
            risk_after: mean(&after),
            batch_before,
            batch_after,
            rest_change,
            interference: (n - b) as f64 / n as f64 * rest_change,
            inner,
            squared_gradient_norm: dot(&gradient, &gradient),
            squared_step_norm,
            divergence: batch_after - batch_before + inner,
            smoothness: moved.then(|| smoothness(1.0, batch_after)),
            smoothness_on_segment: moved.then_some(on_segment),
            energy: self.majorant.as_ref().map(|rule| rule.energy(&gradient)),
        });
        self.newest = Some((moment.trainer.steps(), after));
        Ok(())
    }
}

impl<T: Real> Observer<T> for InterferenceLog {
    fn name(&self) -> String {
        "interference".to_owned()
    }

    fn before_step(&mut self, moment: &Moment<'_, T>) -> Result<(), NnError> {
        let step = moment.trainer.steps();
        let Some(batch) = moment.batch.filter(|_| step.is_multiple_of(self.every)) else { return Ok(()) };
        self.check_batch(&batch)?;
        let point: Vec<f64> = moment.trainer.parameters().iter().map(|p| p.as_f64()).collect();
        let losses = match self.newest.take() {
            Some((at, losses)) if at == step => losses,
            _ => self.losses(&point)?,
        };
        self.before = Some((point, losses));
        Ok(())
    }

    fn after_step(&mut self, moment: &Moment<'_, T>) -> Result<Control, NnError> {
        if let Some(batch) = &moment.batch {
            self.record(moment, batch)?;
        }
        Ok(Control::Continue)
    }

    fn memory(&self) -> Result<Value, NnError> {
        remember("the interference log", &self.records)
    }

    fn restore(&mut self, memory: &Value) -> Result<(), NnError> {
        self.records = recall("the interference log", memory)?;
        (self.before, self.newest) = (None, None);
        Ok(())
    }
}
