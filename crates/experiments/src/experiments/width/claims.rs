//! What `width` claims.

use fenchel_harness::{Claim, Condition, Criterion, Kind};

use crate::ingredients;

pub(super) const CLAIMS: &[Claim] = &[SANDWICH, FALLS, MODEL, HYPOTHESIS, EFFECTIVE, HIDDEN];

pub(super) const SANDWICH: Claim = Claim {
    id: "width.sandwich",
    kind: Kind::Theorem,
    theorems: &["T11"],
    statement: "Every sample's loss lies between its two bounds at every width",
    conditions: ingredients::SANDWICH,
    figures: &["width"],
    tables: &["networks"],
};

pub(super) const FALLS: Claim = Claim {
    id: "width.falls",
    kind: Kind::Observation,
    theorems: &[],
    statement: "The structural error D falls with the width of the hidden layer",
    conditions: &[RANKS],
    figures: &["width"],
    tables: &["networks"],
};
pub(super) const RANKS: Condition =
    Condition::groups("rank correlation of a seed's widths and median D", Criterion::AtMost(-0.9));

pub(super) const MODEL: Claim = Claim {
    id: "width.model",
    kind: Kind::Theorem,
    theorems: &["T15"],
    statement: "On rows drawn from its own model T15 holds",
    conditions: &[ON_EVENT, PROBABILITY],
    figures: &["rows"],
    tables: &["rows"],
};
pub(super) const ON_EVENT: Condition =
    Condition::always("bounds on λ_{min}, λ_{max} and D, every draw in T15's event");
pub(super) const PROBABILITY: Condition = Condition::groups(
    "share of draws in the event, less the promised probability, by dimension",
    Criterion::AtLeast(0.0),
);

pub(super) const HYPOTHESIS: Claim = Claim {
    id: "width.hypothesis",
    kind: Kind::Observation,
    theorems: &["T15"],
    statement: "The rows of a network's Jacobian are not independent: their angles are those of a space of far fewer dimensions, and D exceeds what T15 says of n",
    conditions: &[DIMENSIONS, ABOVE_MODEL, ABOVE_PRINTED],
    figures: &["width"],
    tables: &["networks"],
};
pub(super) const DIMENSIONS: Condition =
    Condition::value("n_{eff}/n, the median over samples, largest over all networks", Criterion::Below(0.01));
pub(super) const ABOVE_MODEL: Condition = Condition::always("median D above T15(n), every network");
pub(super) const ABOVE_PRINTED: Condition =
    Condition::always("median D above GCS's log(1 + ζ), every network");

pub(super) const EFFECTIVE: Claim = Claim {
    id: "width.effective",
    kind: Kind::Observation,
    theorems: &["T15"],
    statement: "D obeys T15 with the effective dimension in place of n, wherever that is not vacuous",
    conditions: &[BELOW_EFFECTIVE],
    figures: &["width"],
    tables: &["networks"],
};
pub(super) const BELOW_EFFECTIVE: Condition = Condition::always("D ≤ T15(n_{eff}), sample by sample");

pub(super) const HIDDEN: Claim = Claim {
    id: "width.hidden",
    kind: Kind::Observation,
    theorems: &["T15"],
    statement: "With a Gaussian head D obeys the bound for one hidden layer, which knows the factors that rows share",
    conditions: &[WITHIN],
    figures: &["width"],
    tables: &["hidden"],
};
pub(super) const WITHIN: Condition = Condition::groups(
    "share of samples within the bound of reach w, Kaiming, less the promised 1 − 2 exp(−w²/2)",
    Criterion::AtLeast(0.0),
);
