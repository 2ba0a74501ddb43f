//! What `bounds` claims.

use fenchel_harness::{Claim, Condition, Criterion, Kind};

use crate::ingredients;

pub(super) const CLAIMS: &[Claim] = &[SANDWICH, FOLLOWS, SET, SET_LEARNED, STRUCTURE];

pub(super) const SANDWICH: Claim = Claim {
    id: "bounds.sandwich",
    kind: Kind::Theorem,
    theorems: &["T11"],
    statement: "Every sample's loss lies between its two bounds at every step",
    conditions: ingredients::SANDWICH,
    figures: &["probe-*"],
    tables: &["cells"],
};

pub(super) const FOLLOWS: Claim = Claim {
    id: "bounds.follows",
    kind: Kind::Observation,
    theorems: &[],
    statement: "The risk of a fresh sample follows its constant-free bounds log ‖∇l‖² − log λ; another sample's do not",
    conditions: &[FRESH_LOWER, FRESH_UPPER, OTHER_LOWER, OTHER_UPPER],
    figures: &["fresh-*"],
    tables: &["correlations"],
};
pub(super) const FRESH_LOWER: Condition =
    Condition::groups("local correlation with the lower bound", Criterion::AtLeast(0.9));
pub(super) const FRESH_UPPER: Condition = Condition::groups("with the upper bound", Criterion::AtLeast(0.9));
// A control that runs against the bound is related to it, too.
pub(super) const OTHER_LOWER: Condition =
    Condition::groups("with another sample's lower bound", Criterion::Between(-0.4, 0.4));
pub(super) const OTHER_UPPER: Condition =
    Condition::groups("with another sample's upper bound", Criterion::Between(-0.4, 0.4));

pub(super) const SET: Claim = Claim {
    id: "bounds.set",
    kind: Kind::Observation,
    theorems: &[],
    statement: "The probe set's risk follows its bounds, in cells ending below risk 0.5: geometric means from below, medians from above",
    conditions: &[SET_LOWER, SET_UPPER_ENTROPY, SET_UPPER_SQUARED],
    figures: &["probe-*"],
    tables: &["correlations"],
};
pub(super) const SET_LEARNED: Claim = Claim {
    id: "bounds.set-learned",
    statement: "The probe set's risk follows its bounds, in cells whose risk falls to half of its start or less",
    ..SET
};
pub(super) const SET_LOWER: Condition =
    Condition::groups("local correlation of the geometric means of l and lo", Criterion::AtLeast(0.9));
pub(super) const SET_UPPER_ENTROPY: Condition =
    Condition::groups("of the medians of l and hi, cross-entropy", Criterion::AtLeast(0.9));
pub(super) const SET_UPPER_SQUARED: Condition =
    Condition::groups("of the medians of l and hi, squared error", Criterion::AtLeast(0.7));

pub(super) const STRUCTURE: Claim = Claim {
    id: "bounds.structure",
    kind: Kind::Observation,
    theorems: &[],
    statement: "Structure matters: the mean lower bound explains the risk better than the gradient energy alone",
    conditions: &[SMALLER, RATIO],
    figures: &["probe-*"],
    tables: &["cells"],
};
pub(super) const SMALLER: Condition = Condition::value(
    "share of cells in which the residual about the line on log mean lo is the smaller",
    Criterion::AtLeast(0.9),
);
pub(super) const RATIO: Condition =
    Condition::groups("ratio of the residuals, median over a seed's cells", Criterion::AtMost(0.7));
