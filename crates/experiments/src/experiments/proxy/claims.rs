//! What `proxy` claims.

use fenchel_harness::{Claim, Condition, Criterion, Kind};

pub(super) const CLAIMS: &[Claim] = &[
    HYPOTHESES,
    GRADIENT_DESCENT,
    STOCHASTIC,
    NEAR_MISSES,
    SEPARABLE,
    ERRORS,
    IMAGES,
    TANGENT,
    TANGENT_BOUND,
];

pub(super) const HYPOTHESES: Claim = Claim {
    id: "proxy.hypotheses",
    kind: Kind::Observation,
    theorems: &["P1", "P2", "P3"],
    statement: "The hypotheses of P1, P2, P3 and E3's own guarantee are met along every run (P3 on E3: where descent is measured)",
    conditions: &[MET],
    figures: &[],
    tables: &["slack"],
};
pub(super) const MET: Condition = Condition::always("hypotheses met at every iterate");

/// Guarantee by guarantee, where the hypotheses are met.
pub(super) const GRADIENT_DESCENT: Claim = Claim {
    id: "proxy.gradient-descent",
    kind: Kind::Theorem,
    theorems: &["P2", "P3"],
    statement: "Gradient descent keeps the guarantee of every instance at every prefix",
    conditions: &[KEPT],
    figures: &["guarantees", "networks"],
    tables: &["slack"],
};
pub(super) const KEPT: Condition =
    Condition::always("P2, P3, E3: measured ≤ bound at every prefix, where the hypotheses are met");

pub(super) const STOCHASTIC: Claim = Claim {
    id: "proxy.sgd",
    kind: Kind::Theorem,
    theorems: &["P1", "P2", "P3"],
    statement: "SGD keeps the guarantee of every instance in expectation",
    conditions: &[NOT_REFUTED, CONFIRMED],
    figures: &["guarantees", "networks"],
    tables: &["slack"],
};
pub(super) const NOT_REFUTED: Condition =
    Condition::always("P1, P2, P3, E3: no lower 99 % limit above the bound, where the hypotheses are met");
/// The prefixes of a run depend on each other: the limits are those of as many that do not, and never wider.
pub(super) const CONFIRMED: Condition = Condition::groups(
    "share of an instance's prefixes with the upper 99 % limit below the bound",
    Criterion::AtLeast(0.95),
);

pub(super) const NEAR_MISSES: Claim = Claim {
    id: "proxy.near-misses",
    kind: Kind::Theorem,
    theorems: &["P1", "P2", "P3"],
    statement: "A claim that is not quite true is refuted, or the hypothesis that fails is named",
    conditions: &[SEEN],
    figures: &[],
    tables: &["near-misses"],
};
pub(super) const SEEN: Condition = Condition::always("near miss seen");

/// Formulas in the data's margin and the number of steps.
pub(super) const SEPARABLE: Claim = Claim {
    id: "proxy.separable",
    kind: Kind::Identity,
    theorems: &[],
    statement: "E3 bounds g below 1/2 on separable data with slope 0.5 after 2,000 steps; with 10 % flipped labels it is vacuous",
    conditions: &[INFORMATIVE, VACUOUS, STEPS],
    figures: &["networks"],
    tables: &["separable"],
};
pub(super) const INFORMATIVE: Condition =
    Condition::value("largest bound on g, γ = 0.5", Criterion::Below(0.5));
pub(super) const VACUOUS: Condition =
    Condition::value("least bound on g, γ = 0.5 and 10 % flipped", Criterion::AtLeast(0.5));
pub(super) const STEPS: Condition =
    Condition::supposed("steps of gradient descent on E3", Criterion::AtLeast(2000.0));

/// σ(−z) ≥ 1/2 where z ≤ 0, sample by sample.
pub(super) const ERRORS: Claim = Claim {
    id: "proxy.errors",
    kind: Kind::Identity,
    theorems: &[],
    statement: "On two classes of images the share of errors is at most 2g",
    conditions: &[TRAIN_ERRORS, TEST_ERRORS],
    figures: &["images"],
    tables: &["separable"],
};
pub(super) const TRAIN_ERRORS: Condition = Condition::always("training errors ≤ 2 g(W_{t})");
pub(super) const TEST_ERRORS: Condition = Condition::always("test errors ≤ 2 g on the test samples");

pub(super) const IMAGES: Claim = Claim {
    id: "proxy.images",
    kind: Kind::Theorem,
    theorems: &["P3"],
    statement: "On two classes of images g keeps its guarantee",
    conditions: &[IMAGES_KEPT],
    figures: &["images"],
    tables: &["separable"],
};
pub(super) const IMAGES_KEPT: Condition = Condition::always("guarantees of E3 and P3, every prefix");

pub(super) const TANGENT: Claim = Claim {
    id: "proxy.tangent",
    kind: Kind::Observation,
    theorems: &[],
    statement: "E4's nonlinearity e over a ball falls with the width",
    conditions: &[SLOPES, RANDOM_PAIRS],
    figures: &["widths"],
    tables: &["widths"],
};
pub(super) const SLOPES: Condition =
    Condition::groups("log-log slope over a seed's widths", Criterion::Below(0.0));
pub(super) const RANDOM_PAIRS: Condition = Condition::always("random pairs below the pair found");

pub(super) const TANGENT_BOUND: Claim = Claim {
    id: "proxy.tangent-bound",
    kind: Kind::Theorem,
    theorems: &[],
    statement: "E4's nonlinearity over a ball lies below its bound",
    conditions: &[BELOW_BOUND],
    figures: &["widths"],
    tables: &["widths"],
};
pub(super) const BELOW_BOUND: Condition = Condition::always("e found ≤ the bound over the ball");
