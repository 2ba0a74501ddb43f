//! What the claims and the figures of `sgd` both take from its records.

use super::record::{Log, Step};
use super::{Case, Record, Rule};

/// A finished cell with the numbers that the claims need.
pub(super) struct Measured<'a> {
    pub case: &'a Case,
    pub record: &'a Record,
    /// The sum of the energies over the right side of T8, after all steps.
    pub share: f64,
    /// The mean energy of the sampled batches over the last half.
    pub late_energy: f64,
    /// The mean interference over the last half.
    pub late_interference: f64,
    /// Steps with `η C_k > 1`, where the form with `η/2` is not promised.
    pub long_steps: usize,
    /// Whether GCS's floor is above every energy that was seen: it promises a level that any step has.
    pub vacuous: bool,
}

impl<'a> Measured<'a> {
    pub(super) fn new(case: &'a Case, record: &'a Record) -> Self {
        let last = record.steps.last();
        let late = &record.steps[record.steps.len() / 2..];
        let mean = |of: fn(&Step) -> f64| late.iter().map(of).sum::<f64>() / late.len() as f64;
        let most = record.steps.iter().map(|step| step.energy).fold(f64::NEG_INFINITY, f64::max);
        Self {
            case,
            record,
            share: last.map_or(f64::NAN, |step| step.energies / step.right),
            late_energy: mean(|step| step.energy),
            late_interference: mean(|step| step.interference),
            long_steps: record.steps.iter().filter(|step| step.rate * step.smoothness > 1.0).count(),
            vacuous: record.floor >= most,
        }
    }

    /// `(b/n)` times the late energy.
    pub(super) fn scaled_energy(&self) -> f64 {
        self.record.batch as f64 / self.record.samples as f64 * self.late_energy
    }

    /// Risk and local gradient norm of the probe set at the start and at the end, unless the training diverged.
    pub(super) fn ends(&self) -> Option<[Log; 2]> {
        let logs = &self.record.logs;
        if self.record.diverged.is_some() { None } else { Some([*logs.first()?, *logs.last()?]) }
    }
}

/// The cells of the line search with batches smaller than the set, over which the floor is compared.
pub(super) fn line_searches<'a, 'b>(cells: &'b [Measured<'a>]) -> impl Iterator<Item = &'b Measured<'a>> {
    cells.iter().filter(|cell| cell.case.rule == Rule::LineSearch && cell.record.batch < cell.record.samples)
}
