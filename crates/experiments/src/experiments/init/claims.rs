//! What `init` claims.
//!
//! The paper's reading, "a small D(A) is why random starts train", is ill posed as a criterion: the head's part of
//! A is a multiple of the identity, so the most degenerate starts have the smallest D of all (zeros: D = 0). The
//! claim is therefore turned round: D does not separate starts that train from those that do not, and λ_min of B =
//! A less the head's part, on the sum-zero directions, does.

use fenchel_harness::{Claim, Condition, Criterion, Kind};

use crate::ingredients;

pub(super) const CLAIMS: &[Claim] = &[SANDWICH, DEGENERATE, UNTRAINED, STUCK, RANDOM, NOT_D, SEPARATES];

/// A start that trains: the test accuracy at the end is at least this.
const TRAINS: Criterion = Criterion::AtLeast(0.9);
/// A start that does not: at most this.
const STAYS: Criterion = Criterion::AtMost(0.4);

pub(super) const SANDWICH: Claim = Claim {
    id: "init.sandwich",
    kind: Kind::Theorem,
    theorems: &["T11"],
    statement: "From every start every sample's loss lies between its two bounds",
    conditions: ingredients::SANDWICH,
    figures: &["starts-*"],
    tables: &["cells"],
};

pub(super) const DEGENERATE: Claim = Claim {
    id: "init.degenerate",
    kind: Kind::Identity,
    theorems: &["T17"],
    statement: "Zeros and equal weights leave (nearly) nothing below the head",
    conditions: &[ZEROS_B, ZEROS_D, EQUAL_RANK, EQUAL_SUM_ZERO],
    figures: &["starts-*"],
    tables: &["cells"],
};
pub(super) const ZEROS_B: Condition = Condition::always("zeros: B = 0");
pub(super) const ZEROS_D: Condition = Condition::always("zeros: D(A) = 0");
pub(super) const EQUAL_RANK: Condition = Condition::always("equal weights: rank B ≤ 1");
pub(super) const EQUAL_SUM_ZERO: Condition =
    Condition::always("equal weights: B = 0 on the sum-zero directions");

pub(super) const UNTRAINED: Claim = Claim {
    id: "init.untrained",
    kind: Kind::Observation,
    theorems: &["T17"],
    statement: "Zeros and equal weights do not train",
    conditions: &[UNTRAINED_ACCURACY],
    figures: &["starts-*"],
    tables: &["cells"],
};
pub(super) const UNTRAINED_ACCURACY: Condition = Condition::groups("test accuracy at the end", STAYS);

/// The better criterion beside that of `init.untrained`: what exact arithmetic says of equal starts, asked where
/// the arithmetic kept their units equal.
pub(super) const STUCK: Claim = Claim {
    id: "init.stuck",
    kind: Kind::Observation,
    theorems: &["T17"],
    statement: "Equal weights do not train where the units stay equal",
    conditions: &[STUCK_ACCURACY, PARTED],
    figures: &["starts-*"],
    tables: &["cells"],
};
pub(super) const STUCK_ACCURACY: Condition =
    Condition::groups("test accuracy at the end, units equal to a millionth", STAYS);
pub(super) const PARTED: Condition = Condition::supposed(
    "cells in which round-off parted equal units, which exact arithmetic keeps equal",
    Criterion::AtMost(0.0),
);

pub(super) const RANDOM: Claim = Claim {
    id: "init.random",
    kind: Kind::Observation,
    theorems: &["T17"],
    statement: "Kaiming, Xavier, LeCun and orthogonal starts have full structure below the head, and train",
    conditions: &[FULL_RANK, RANDOM_ACCURACY],
    figures: &["starts-*"],
    tables: &["cells"],
};
pub(super) const FULL_RANK: Condition = Condition::always("rank B = m");
pub(super) const RANDOM_ACCURACY: Condition = Condition::groups("test accuracy at the end", TRAINS);

pub(super) const NOT_D: Claim = Claim {
    id: "init.not-d",
    kind: Kind::Observation,
    theorems: &[],
    statement: "The structural error D(A) at the start does not separate starts that train from those that do not",
    conditions: &[EQUAL_D, TINY_D, TINY_SHALLOW, TINY_DEEP],
    figures: &["starts-*"],
    tables: &["cells"],
};
pub(super) const EQUAL_D: Condition =
    Condition::groups("equal weights: mean D(A) over Kaiming's", Criterion::Below(1.0));
pub(super) const TINY_D: Condition =
    Condition::groups("Gaussian 10^{-4}: mean D(A) over Kaiming's", Criterion::Below(0.01));
pub(super) const TINY_SHALLOW: Condition =
    Condition::groups("Gaussian 10^{-4}, depth 1: test accuracy", TRAINS);
pub(super) const TINY_DEEP: Condition = Condition::groups("Gaussian 10^{-4}, depth 3: test accuracy", STAYS);

pub(super) const SEPARATES: Claim = Claim {
    id: "init.separates",
    kind: Kind::Observation,
    theorems: &[],
    statement: "λ_min of B on the sum-zero directions separates them, among starts no larger than Kaiming's",
    conditions: &[START_RANKS],
    figures: &["starts-*"],
    tables: &["cells"],
};
pub(super) const START_RANKS: Condition =
    Condition::groups("rank correlation over starts with the final risk", Criterion::AtMost(-0.6));
