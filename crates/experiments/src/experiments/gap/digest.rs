//! What the claims and the figures of `gap` both take from its records.

use super::Log;

/// What is left of log(hi / lo) without D/2 and ½ log(2(m−1)/m), at one log.
pub(super) fn remainder(log: &Log, classes: usize) -> f64 {
    let m = classes as f64;
    log.logarithmic.sum() - 0.5 * log.d - 0.5 * (2.0 * (m - 1.0) / m).ln()
}
