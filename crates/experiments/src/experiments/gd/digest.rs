//! What the claims and the figures of `gd` both take from its records.

use super::Run;

/// |1 − α c^{−1/(r−1)}|^r, by which F changes in a step.
pub(super) fn factor(run: &Run) -> f64 {
    (1.0 - run.alpha * (run.c / run.r).powf(-1.0 / (run.r - 1.0))).abs().powf(run.r)
}
