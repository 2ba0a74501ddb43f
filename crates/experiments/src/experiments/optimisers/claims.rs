//! What `optimisers` claims; correlations are reported and claim nothing.

use fenchel_harness::{Claim, Condition, Criterion, Kind};

use crate::ingredients::{LOWER_BOUNDS, UPPER_BOUNDS};

pub(super) const CLAIMS: &[Claim] = &[SANDWICH];

/// Optimiser by optimiser, so that one that fails is named.
pub(super) const SANDWICH: Claim = Claim {
    id: "optimisers.sandwich",
    kind: Kind::Theorem,
    theorems: &["T11"],
    statement: "Under every optimiser and schedule every sample's loss lies between its bounds at every step",
    conditions: &[LOWER_BOUNDS, UPPER_BOUNDS, DIVERGED],
    figures: &["optimisers-*"],
    tables: &["cells"],
};
pub(super) const DIVERGED: Condition = Condition::supposed("trainings that diverged", Criterion::AtMost(0.0));
