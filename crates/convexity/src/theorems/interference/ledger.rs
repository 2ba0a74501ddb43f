//! Energies and interferences of a run, step by step.

use crate::error::ConvexityError;
use crate::objectives::Objective;
use crate::trajectory::{BatchRun, FiniteSum, GeneralisedDescent};

/// What one step did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LedgerRow {
    /// `Phi*(grad l_B(x_k))`.
    pub energy: f64,
    /// `l_C(x_{k+1}) - l_C(x_k)`; 0 if the batch holds all samples.
    pub rest: f64,
    /// `I_k`, the share (n-b)/n of it.
    pub interference: f64,
}

/// Energies and interferences of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Ledger {
    batch_size: usize,
    rows: Vec<LedgerRow>,
}

impl Ledger {
    /// Evaluates a run.
    ///
    /// # Errors
    ///
    /// If the run has no step, its batches differ in size or do not fit the sum, or a value leaves f64.
    pub fn of(sum: &FiniteSum, run: &BatchRun, method: &GeneralisedDescent) -> Result<Self, ConvexityError> {
        let batch_size = batch_size(run)?;
        let states = run.trajectory().states();
        let mut rows = Vec::with_capacity(run.steps().len());
        for (step, pair) in run.steps().iter().zip(states.windows(2)) {
            let gradient = sum.batch(&step.batch)?.gradient(&pair[0].point)?;
            let energy = method.dual().value_of(&gradient.to_vec());
            let rest = match sum.complement(&step.batch)? {
                Some(rest) => rest.value(&pair[1].point)? - rest.value(&pair[0].point)?,
                None => 0.0,
            };
            let share = (sum.len() - batch_size) as f64 / sum.len() as f64;
            rows.push(LedgerRow { energy, rest, interference: share * rest });
        }
        Ok(Self { batch_size, rows })
    }

    /// b.
    #[must_use]
    pub const fn batch_size(&self) -> usize {
        self.batch_size
    }

    /// The steps.
    #[must_use]
    pub fn rows(&self) -> &[LedgerRow] {
        &self.rows
    }

    /// GCS's gradient correlation factor `M = max_k [l_C(x_{k+1}) - l_C(x_k)]`, known only after the run.
    #[must_use]
    pub fn correlation(&self) -> f64 {
        self.rows.iter().map(|row| row.rest).fold(f64::NEG_INFINITY, f64::max)
    }

    /// The mean of the I_k.
    #[must_use]
    pub fn mean_interference(&self) -> f64 {
        self.rows.iter().map(|row| row.interference).sum::<f64>() / self.rows.len() as f64
    }
}

/// The one size of a run's batches.
pub(super) fn batch_size(run: &BatchRun) -> Result<usize, ConvexityError> {
    let Some(first) = run.steps().first() else { return Err(ConvexityError::Empty { argument: "run" }) };
    let size = first.batch.len();
    if run.steps().iter().any(|step| step.batch.len() != size) {
        return Err(ConvexityError::Incompatible {
            what: "the batches of a run",
            reason: "they differ in size, and T8 is about one size".into(),
        });
    }
    Ok(size)
}
