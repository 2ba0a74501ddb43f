//! What `labels` claims.
//!
//! "A hundred times the energy" would be an ill-posed criterion: with the residual e of a right label and one near
//! 2 for a wrong one, the ratio is about 2 / mean ‖e‖², which measures the length of the training. The criteria
//! here are those of trainings of a few epochs.

use fenchel_harness::{Claim, Condition, Criterion, Kind};

use crate::ingredients;

pub(super) const CLAIMS: &[Claim] = &[SANDWICH, UNRELATED, OWN, ENERGY];

pub(super) const SANDWICH: Claim = Claim {
    id: "labels.sandwich",
    kind: Kind::Theorem,
    theorems: &["T11"],
    statement: "The bounds hold under wrong labels, too, sample by sample",
    conditions: ingredients::SANDWICH,
    figures: &["labels-*-ce"],
    tables: &["cells"],
};

pub(super) const UNRELATED: Claim = Claim {
    id: "labels.unrelated",
    kind: Kind::Observation,
    theorems: &[],
    statement: "The true risk does not follow the bounds of wrong labels",
    conditions: &[ACROSS],
    figures: &["labels-*-ce"],
    tables: &["cells"],
};
// A risk that runs against the bound is related to it, too.
pub(super) const ACROSS: Condition = Condition::groups(
    "local correlation of the true risk with the wrong labels' lower bound (set medians)",
    Criterion::Between(-0.3, 0.3),
);

/// Only cross-entropy: under the squared error the correlation is kept, which the table reports.
pub(super) const OWN: Claim = Claim {
    id: "labels.own",
    kind: Kind::Observation,
    theorems: &[],
    statement: "Under cross-entropy a wrong label's risk follows its own bound less than a right label's does",
    conditions: &[LOST],
    figures: &["labels-*-ce"],
    tables: &["cells"],
};
pub(super) const LOST: Condition = Condition::groups(
    "correlation of risk and lower bound, right less wrong labels, cells ending below 0.1",
    Criterion::AtLeast(0.3),
);

pub(super) const ENERGY: Claim = Claim {
    id: "labels.energy",
    kind: Kind::Observation,
    theorems: &[],
    statement: "Wrong labels raise the local gradient norm ‖∇l‖²",
    conditions: &[RATIO_ENTROPY, RATIO_SQUARED, LARGER],
    figures: &["labels-*-ce"],
    tables: &["cells"],
};
pub(super) const RATIO_ENTROPY: Condition = Condition::groups(
    "mean energy, wrong over right labels, last half, cross-entropy",
    Criterion::AtLeast(30.0),
);
pub(super) const RATIO_SQUARED: Condition = Condition::groups(
    "mean energy, wrong over right labels, last half, squared error",
    Criterion::AtLeast(5.0),
);
pub(super) const LARGER: Condition = Condition::groups(
    "share of samples with the larger energy under the wrong label",
    Criterion::AtLeast(0.9),
);
