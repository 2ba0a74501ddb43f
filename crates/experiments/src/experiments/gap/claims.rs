//! What `gap` claims.
//!
//! "The parts sum to the gap" alone would be a telescope that cannot fail; the claim asks with it that every part
//! is at least 0, which is T10 and the loss's own bounds, sample by sample.

use fenchel_harness::{Claim, Condition, Criterion, Kind};

use crate::ingredients;

pub(super) const CLAIMS: &[Claim] = &[SANDWICH, PARTS, SQUARED, ENTROPY];

pub(super) const SANDWICH: Claim = Claim {
    id: "gap.sandwich",
    kind: Kind::Theorem,
    theorems: &["T11"],
    statement: "Every sample's loss lies between its two bounds at every step",
    conditions: ingredients::SANDWICH,
    figures: &["gap-*-ce"],
    tables: &["cells"],
};

pub(super) const PARTS: Claim = Claim {
    id: "gap.parts",
    kind: Kind::Theorem,
    theorems: &["T10"],
    statement: "The gap is the structure's part and the loss's own, above and below, and nothing else",
    conditions: &[SUM, ORDERED],
    figures: &["gap-*-ce"],
    tables: &["cells"],
};
pub(super) const SUM: Condition = Condition::always("the four parts sum to log hi − log lo");
pub(super) const ORDERED: Condition = Condition::always("no part is negative");

pub(super) const SQUARED: Claim = Claim {
    id: "gap.squared",
    kind: Kind::Identity,
    theorems: &["T11"],
    statement: "For the squared error the gap is the structural error: log(hi / lo) = D",
    conditions: &[IS_D],
    figures: &["gap-*-squared"],
    tables: &["cells"],
};
pub(super) const IS_D: Condition = Condition::always("log hi − log lo = D, sample by sample, to rounding");

pub(super) const ENTROPY: Claim = Claim {
    id: "gap.ce",
    kind: Kind::Observation,
    theorems: &["T11"],
    statement: "For cross-entropy near the labels log(hi / lo) is D/2 + ½ log(2(m−1)/m), D on the sum-zero directions",
    conditions: &[REMAINDER],
    figures: &["gap-*-ce"],
    tables: &["cells"],
};
pub(super) const REMAINDER: Condition = Condition::groups(
    "|mean log(hi / lo) − D/2 − ½ log(2(m−1)/m)| at the end (nats), samples with finite hi, cells ending below 0.1",
    Criterion::AtMost(0.1),
);
