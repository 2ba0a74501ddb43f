//! What `sgd` claims.

use fenchel_harness::{Claim, Condition, Criterion, Kind};

use crate::ingredients;

pub(super) const CLAIMS: &[Claim] =
    &[SANDWICH, IDENTITY, ENERGY, FILLS, PLAIN, MOMENTUM, FLOOR, FOLLOWS, FALLS];

pub(super) const SANDWICH: Claim = Claim {
    id: "sgd.sandwich",
    kind: Kind::Theorem,
    theorems: &["T11"],
    statement: "Every sample's loss lies between its two bounds along every training",
    conditions: ingredients::SANDWICH,
    figures: &["local-norm"],
    tables: &["norms"],
};

/// g cancels on both sides: it holds for any points and any "gradient".
pub(super) const IDENTITY: Claim = Claim {
    id: "sgd.identity",
    kind: Kind::Identity,
    theorems: &["T8"],
    statement: "Under any rule (b/n) Σ [⟨g_{k}, s_{k}⟩ − d_{k}] is R_{0} − R_{T} + Σ I_{k}",
    conditions: &[SIDES_AGREE],
    figures: &["prefixes"],
    tables: &["sums"],
};
pub(super) const SIDES_AGREE: Condition =
    Condition::always("both sides agree to rounding, every prefix of every training");

pub(super) const ENERGY: Claim = Claim {
    id: "sgd.energy",
    kind: Kind::Theorem,
    theorems: &["T8"],
    statement: "With T8's own step 1/C_{k} the gradient energy is bounded by the risk's decrease and the interference",
    conditions: &[ENERGY_BOUNDED],
    figures: &["prefixes"],
    tables: &["sums"],
};
pub(super) const ENERGY_BOUNDED: Condition =
    Condition::always("(b/n) Σ ‖g‖²/(2C) ≤ R_{0} − R_{T} + Σ I, every prefix");

pub(super) const FILLS: Claim = Claim {
    id: "sgd.energy-share",
    kind: Kind::Observation,
    theorems: &["T8"],
    statement: "With T8's own step the gradient energy fills at least half of its bound, which so says something",
    conditions: &[HALF],
    figures: &["prefixes"],
    tables: &["sums"],
};
pub(super) const HALF: Condition =
    Condition::groups("left side over right side after all steps", Criterion::AtLeast(0.5));

/// C_k is measured at the step's end, which makes the inequality an equality.
pub(super) const PLAIN: Claim = Claim {
    id: "sgd.plain",
    kind: Kind::Identity,
    theorems: &["T8"],
    statement: "Under plain SGD the same holds with the energy η (1 − η C_{k}/2) ‖g_{k}‖², with equality",
    conditions: &[PLAIN_BOUNDED, PLAIN_EQUAL],
    figures: &["prefixes"],
    tables: &["sums"],
};
pub(super) const PLAIN_BOUNDED: Condition =
    Condition::always("(b/n) Σ η (1 − η C_{k}/2) ‖g‖² ≤ R_{0} − R_{T} + Σ I, every prefix");
pub(super) const PLAIN_EQUAL: Condition = Condition::always("both sides agree to rounding, every prefix");

/// The energy of plain steps is another sum than the right side as soon as there is a velocity.
pub(super) const MOMENTUM: Claim = Claim {
    id: "sgd.momentum",
    kind: Kind::Identity,
    theorems: &["T8"],
    statement: "Under momentum the form for plain SGD is false, only the identity holds",
    conditions: &[DIFFERS],
    figures: &["prefixes"],
    tables: &["sums"],
};
pub(super) const DIFFERS: Condition = Condition::always(
    "η (1 − η C_{k}/2) ‖g‖² summed differs from the right side beyond rounding, every training",
);

pub(super) const FLOOR: Claim = Claim {
    id: "sgd.floor",
    kind: Kind::Observation,
    theorems: &["T8"],
    statement: "The floor of the energy is set by the interference: (b/n) times the late energy follows the late mean of I",
    conditions: &[FLOOR_RANKS],
    figures: &["floor"],
    tables: &["sums"],
};
pub(super) const FLOOR_RANKS: Condition =
    Condition::groups("rank correlation over a seed's line searches, b < n", Criterion::AtLeast(0.8));

pub(super) const FOLLOWS: Claim = Claim {
    id: "sgd.follows",
    kind: Kind::Observation,
    theorems: &[],
    statement: "The local gradient norm at the end follows the risk at the end",
    conditions: &[END_RANKS],
    figures: &["local-norm"],
    tables: &["norms"],
};
pub(super) const END_RANKS: Condition =
    Condition::groups("rank correlation over a seed's trainings", Criterion::AtLeast(0.9));

pub(super) const FALLS: Claim = Claim {
    id: "sgd.falls",
    kind: Kind::Observation,
    theorems: &[],
    statement: "Where the risk ends below a hundredth of its start, the local gradient norm ends at a tenth of its own or below",
    conditions: &[TENTH],
    figures: &["local-norm"],
    tables: &["norms"],
};
pub(super) const TENTH: Condition =
    Condition::groups("local norm at the end over that at the start, such trainings", Criterion::AtMost(0.1));
