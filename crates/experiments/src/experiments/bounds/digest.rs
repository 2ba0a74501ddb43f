//! The numbers of one cell that the claims and figures need: correlations along training.

use fenchel_harness::statistics::{LocalCorrelation, local_pearson, slope};
use fenchel_random::Seed;

use super::Case;
use super::record::{Log, Record};

/// The correlations of one cell.
#[derive(Clone, Debug)]
pub(super) struct Digest {
    /// Fresh sample: log risk and the constant-free lower bound.
    pub fresh_lower: LocalCorrelation,
    /// Fresh sample: log risk and the constant-free upper bound.
    pub fresh_upper: LocalCorrelation,
    /// Control: log risk and the constant-free lower bound of another sample.
    pub other_lower: LocalCorrelation,
    /// Control: log risk and the constant-free upper bound of another sample.
    pub other_upper: LocalCorrelation,
    /// Control: log risk and the constant-free lower bound in shuffled time.
    pub shuffled: LocalCorrelation,
    /// For comparison: log risk and the log energy alone, without structure.
    pub fresh_energy: LocalCorrelation,
    /// Probe set: geometric means of risk and lower bound.
    pub set_lower: LocalCorrelation,
    /// Probe set: medians of risk and upper bound.
    pub set_upper: LocalCorrelation,
    /// Probe set: means of risk and lower bound.
    pub mean_lower: LocalCorrelation,
    /// Residual deviation of log risk about its line on log mean lower bound, over that on log energy; NaN where
    /// there is no such line.
    pub residual_ratio: f64,
    /// The mean excess loss over the probe set at the first log.
    pub first_risk: f64,
    /// The mean excess loss over the probe set at the end.
    pub final_risk: f64,
    /// The least share of finite upper bounds in a log of the last half.
    pub upper_finite: f64,
}

impl Digest {
    pub(super) fn new(record: &Record, window: usize) -> fenchel_harness::error::Result<Self> {
        let series = |value: &dyn Fn(&Log) -> f64| record.logs.iter().map(value).collect::<Vec<f64>>();
        let local = |x: &[f64], y: &[f64]| local_pearson(x, y, window);
        let fresh = series(&|log| log.fresh.excess.ln());
        let lower = series(&|log| log.fresh.constant_free_lower());
        let mut shuffled = lower.clone();
        Seed::new(0).derive("shuffled time").stream().shuffle(&mut shuffled);
        let risk = series(&|log| log.probe.risk.ln());
        let residual =
            |of: &dyn Fn(&Log) -> f64| slope(&series(of), &risk).map_or(f64::NAN, |line| line.residual);
        let last_half = &record.logs[record.logs.len() / 2..];
        Ok(Self {
            fresh_lower: local(&fresh, &lower)?,
            fresh_upper: local(&fresh, &series(&|log| log.fresh.constant_free_upper()))?,
            other_lower: local(&fresh, &series(&|log| log.other.constant_free_lower()))?,
            other_upper: local(&fresh, &series(&|log| log.other.constant_free_upper()))?,
            shuffled: local(&fresh, &shuffled)?,
            fresh_energy: local(&fresh, &series(&|log| log.fresh.energy.ln()))?,
            set_lower: local(
                &series(&|log| log.probe.risk_geometric.ln()),
                &series(&|log| log.probe.lower_geometric.ln()),
            )?,
            set_upper: local(
                &series(&|log| log.probe.risk_median.ln()),
                &series(&|log| log.probe.upper_median.ln()),
            )?,
            mean_lower: local(&risk, &series(&|log| log.probe.lower.ln()))?,
            residual_ratio: residual(&|log| log.probe.lower.ln()) / residual(&|log| log.probe.energy.ln()),
            first_risk: record.logs.first().map_or(f64::NAN, |log| log.probe.risk),
            final_risk: record.logs.last().map_or(f64::NAN, |log| log.probe.risk),
            upper_finite: last_half.iter().map(|log| log.probe.upper_finite).fold(1.0, f64::min),
        })
    }
}

/// A finished cell with its correlations.
pub(super) struct Measured<'a> {
    pub case: &'a Case,
    pub record: &'a Record,
    pub digest: Digest,
}
