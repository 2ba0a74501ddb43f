//! What the claims and the figures of `labels` both take from its records.

use fenchel_harness::Result;
use fenchel_harness::statistics::{LocalCorrelation, local_pearson, median};

use super::{Log, Record};
use crate::ingredients::TrainingCase;

/// A finished cell with its correlations.
pub(super) struct Measured<'a> {
    pub case: &'a TrainingCase,
    pub record: &'a Record,
    pub digest: Digest,
}

/// The numbers of one cell that the claims and figures need; set medians, logarithms.
#[derive(Clone, Debug)]
pub(super) struct Digest {
    /// True risk and the wrong labels' lower bound.
    pub across: LocalCorrelation,
    /// True risk and its own lower bound.
    pub right: LocalCorrelation,
    /// The wrong labels' risk and their lower bound.
    pub wrong: LocalCorrelation,
    /// Mean energy under wrong labels over that under right ones, median of the last half.
    pub energy_ratio: f64,
    /// The share of samples whose energy is larger under the wrong label, median of the last half.
    pub larger: f64,
    /// The share of samples whose upper bound under the wrong label is infinite, mean over all logs.
    pub infinite: f64,
    /// The mean excess loss under right labels at the end.
    pub final_risk: f64,
}

impl Digest {
    pub(super) fn new(record: &Record, window: usize) -> Result<Self> {
        let logs = &record.logs;
        let series = |value: fn(&Log) -> f64| logs.iter().map(|log| value(log).ln()).collect::<Vec<f64>>();
        let local = |x: &[f64], y: &[f64]| local_pearson(x, y, window);
        let (risk, lower) = (series(|log| log.right.risk_median), series(|log| log.right.lower_median));
        let (wrong_risk, wrong_lower) =
            (series(|log| log.wrong.risk_median), series(|log| log.wrong.lower_median));
        let last_half = &logs[logs.len() / 2..];
        let late = |value: fn(&Log) -> f64| median(&last_half.iter().map(value).collect::<Vec<f64>>());
        Ok(Self {
            across: local(&risk, &wrong_lower)?,
            right: local(&risk, &lower)?,
            wrong: local(&wrong_risk, &wrong_lower)?,
            energy_ratio: late(|log| log.wrong.energy / log.right.energy)?,
            larger: late(|log| log.larger)?,
            infinite: logs.iter().map(|log| 1.0 - log.wrong.upper_finite).sum::<f64>() / logs.len() as f64,
            final_risk: logs.last().map_or(f64::NAN, |log| log.right.risk),
        })
    }

    /// By how much the right labels' correlation exceeds the wrong ones'; None where one has no window.
    pub(super) fn lost(&self) -> Option<f64> {
        Some(self.right.last_half_median()? - self.wrong.last_half_median()?)
    }
}
