//! What `skip` claims.

use fenchel_harness::{Claim, Condition, Criterion, Kind};

use crate::ingredients;

pub(super) const CLAIMS: &[Claim] =
    &[SANDWICH, VANISHING, KAIMING, PRESERVED, CONDITIONING, FLOOR, TRAINING, DEPTH_FREE];

/// log₂(1/6): a layer's weights have variance 1/(3 width), and half of the units are on.
pub(super) const FALL: f64 = -2.584_962_500_721_156;

pub(super) const SANDWICH: Claim = Claim {
    id: "skip.sandwich",
    kind: Kind::Theorem,
    theorems: &["T11"],
    statement: "Every sample's loss lies between its two bounds at every depth, before and after training",
    conditions: ingredients::SANDWICH,
    figures: &["whole"],
    tables: &["structures"],
};

pub(super) const VANISHING: Claim = Claim {
    id: "skip.vanishing",
    kind: Kind::Observation,
    theorems: &["T13"],
    statement: "Without skip connections the first layer's term A₁ vanishes with depth under every start; its largest eigenvalue by a factor 1/6 a layer \
        at the default start",
    conditions: &[PLAIN_MIN, PLAIN_MAX_DEFAULT],
    figures: &["first-layer"],
    tables: &["slopes"],
};
pub(super) const PLAIN_MIN: Condition =
    Condition::groups("slope of log₂ λ_{min}(A₁), bits a layer", Criterion::Below(0.0));
pub(super) const PLAIN_MAX_DEFAULT: Condition = Condition::groups(
    "slope of log₂ λ_{max}(A₁) at the default start",
    Criterion::Between(FALL - 0.1, FALL + 0.1),
);

/// Kaiming's variance 2/fan_in preserves the squared norm in the mean.
pub(super) const KAIMING: Claim = Claim {
    id: "skip.kaiming",
    kind: Kind::Observation,
    theorems: &["T13"],
    statement: "At Kaiming's norm-preserving start the largest eigenvalue of a plain chain's A₁ stays as it is",
    conditions: &[PLAIN_MAX_KAIMING],
    figures: &["first-layer"],
    tables: &["slopes"],
};
pub(super) const PLAIN_MAX_KAIMING: Condition =
    Condition::groups("slope of log₂ λ_{max}(A₁), bits a layer", Criterion::Between(-0.1, 0.1));

pub(super) const PRESERVED: Claim = Claim {
    id: "skip.preserved",
    kind: Kind::Observation,
    theorems: &["T16"],
    statement: "With skip connections the first layer's term does not vanish, whatever the block and the start",
    conditions: &[SKIP_MIN, SKIP_MAX],
    figures: &["first-layer"],
    tables: &["slopes"],
};
pub(super) const SKIP_MIN: Condition = Condition::groups(
    "slope of log₂ λ_{min}(A₁), bits a layer, −∞ with a singular chain",
    Criterion::AtLeast(-0.05),
);
pub(super) const SKIP_MAX: Condition =
    Condition::groups("slope of log₂ λ_{max}(A₁), −∞ with a dead chain", Criterion::AtLeast(-0.05));

pub(super) const CONDITIONING: Claim = Claim {
    id: "skip.conditioning",
    kind: Kind::Observation,
    theorems: &["T16"],
    statement: "The condition of the first layer's term worsens with depth in plain chains, and little with scaled or normalised blocks",
    conditions: &[PLAIN_D, TAMED_D],
    figures: &["first-layer"],
    tables: &["slopes"],
};
pub(super) const PLAIN_D: Condition =
    Condition::groups("slope of D(A₁), plain, bits a layer", Criterion::Above(0.3));
pub(super) const TAMED_D: Condition =
    Condition::groups("slope of D(A₁), scaled and normalised blocks", Criterion::Below(0.2));

pub(super) const FLOOR: Claim = Claim {
    id: "skip.floor",
    kind: Kind::Theorem,
    theorems: &["T12"],
    statement: "The whole matrix never falls below the head's term, which hides the decay beneath",
    conditions: &[ABOVE_HEAD],
    figures: &["whole"],
    tables: &["structures"],
};
pub(super) const ABOVE_HEAD: Condition =
    Condition::always("λ_{min}(A) ≥ ‖h‖² + 1 (‖h‖² without biases), sample by sample");

pub(super) const STEPS: Condition = Condition::supposed("steps of a training", Criterion::AtLeast(800.0));

pub(super) const TRAINING: Claim = Claim {
    id: "skip.training",
    kind: Kind::Observation,
    theorems: &["T16"],
    statement: "Deep plain chains stay at chance; scaled blocks, and normalised ones with a LayerNorm before the head, train at every depth",
    conditions: &[PLAIN_RISK, TAMED_RISK, STEPS],
    figures: &["trained"],
    tables: &["trainings"],
};
/// Chance is ln 10 = 2.303, and a training wanders about it; one that overflows is not at chance.
pub(super) const PLAIN_RISK: Condition = Condition::groups(
    "risk of plain chains from depth 16 on, ∞ after an overflow",
    Criterion::Between(2.29, 2.33),
);
pub(super) const TAMED_RISK: Condition = Condition::groups(
    "risk with x + F/√depth, and with x + F(LayerNorm x) and a LayerNorm before the head, ∞ after an overflow",
    Criterion::AtMost(0.5),
);

/// The better criterion beside the absolute one: what one layer reaches in these steps depends on the data (0.55
/// on Fashion-MNIST).
pub(super) const DEPTH_FREE: Claim = Claim {
    id: "skip.depth-free",
    kind: Kind::Observation,
    theorems: &["T16"],
    statement: "Scaled blocks, and normalised ones with a LayerNorm before the head, train at every depth as the shallowest chain does",
    conditions: &[RELATIVE_RISK, STEPS],
    figures: &["trained"],
    tables: &["trainings"],
};
pub(super) const RELATIVE_RISK: Condition =
    Condition::groups("risk over that of the shallowest trained chain", Criterion::AtMost(1.1));
