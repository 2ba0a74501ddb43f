//! What `gd` claims.

use fenchel_harness::{Claim, Condition, Criterion, Kind};

pub(super) const CLAIMS: &[Claim] =
    &[DECREASE, BEST_STEP, RATES, GEOMETRIC, EXPONENT, FOURTH_ERRATUM, FIFTH_ERRATUM];

pub(super) const DECREASE: Claim = Claim {
    id: "gd.decrease",
    kind: Kind::Theorem,
    theorems: &["T6"],
    statement: "Each step lowers G by at least [qα − (q−1)α^{r}] Φ*(∇G)",
    conditions: &[PROMISE],
    figures: &["first-step"],
    tables: &["runs", "catalogue"],
};
pub(super) const PROMISE: Condition =
    Condition::always("G(x) − G(x⁺) ≥ the promise, every valid majorant, every step");

/// A fact about qα − (q−1)α^r, whatever the function.
pub(super) const BEST_STEP: Claim = Claim {
    id: "gd.best-step",
    kind: Kind::Identity,
    theorems: &["T6"],
    statement: "The guaranteed decrease is largest at α = 1",
    conditions: &[AT_ONE],
    figures: &["first-step"],
    tables: &["runs"],
};
pub(super) const AT_ONE: Condition = Condition::always("promise at α ≤ promise at 1, every run");

pub(super) const RATES: Claim = Claim {
    id: "gd.rates",
    kind: Kind::Theorem,
    theorems: &["T7"],
    statement: "At α = 1 the rates of T7 hold at every prefix",
    conditions: &[LEAST_ENERGY, CONVEX, LINEAR],
    figures: &[],
    tables: &["catalogue"],
};
pub(super) const LEAST_ENERGY: Condition = Condition::always("(i) least energy ≤ D_{0}/T");
pub(super) const CONVEX: Condition = Condition::always("(ii) convex rate");
pub(super) const LINEAR: Condition = Condition::always("(iii) linear rate under domination");

/// The closed form of the iteration.
pub(super) const GEOMETRIC: Claim = Claim {
    id: "gd.geometric",
    kind: Kind::Identity,
    theorems: &["T6"],
    statement: "On ‖x‖^{r} the decay is geometric, with factor |1 − α c^{−1/(r−1)}|^{r} a step",
    conditions: &[FACTOR],
    figures: &["decay"],
    tables: &["runs"],
};
pub(super) const FACTOR: Condition = Condition::always("measured factor = formula, every step");

pub(super) const EXPONENT: Claim = Claim {
    id: "gd.exponent",
    kind: Kind::Theorem,
    theorems: &["T7"],
    statement: "The exponent of T7(iv) is attained on |x|^{p}/p",
    conditions: &[FITTED, FLAT_BOUND],
    figures: &["exponents"],
    tables: &["exponents"],
};
pub(super) const FITTED: Condition =
    Condition::groups("fitted exponent over the theoretical one", Criterion::Between(0.95, 1.05));
pub(super) const FLAT_BOUND: Condition = Condition::always("bound of T7(iv), every prefix");

pub(super) const FOURTH_ERRATUM: Claim = Claim {
    id: "gd.erratum-4",
    kind: Kind::Theorem,
    theorems: &["T6"],
    statement: "c = 1 on ‖x‖^{r}, r < 2, shows the printed figure and is no majorant",
    conditions: &[ONE_STEP, STILL, GROWTH, BROKEN, KEPT_BELOW],
    figures: &["decay", "first-step"],
    tables: &["runs"],
};
pub(super) const ONE_STEP: Condition = Condition::always("one step at α = 1");
pub(super) const STILL: Condition = Condition::always("no motion at α = 2");
pub(super) const GROWTH: Condition = Condition::always("growth at α = 3");
pub(super) const BROKEN: Condition = Condition::always("T6 broken at α = 2 and 3");
pub(super) const KEPT_BELOW: Condition = Condition::always("T6 kept for α ≤ 1.5");

pub(super) const FIFTH_ERRATUM: Claim = Claim {
    id: "gd.erratum-5",
    kind: Kind::Theorem,
    theorems: &["T6"],
    statement: "\"The best step is exactly 1\" is about the promise: with c = 2^{2−r} the step 2^{(2−r)/(r−1)} is better",
    conditions: &[BETTER_STEP, KEPT_BEYOND],
    figures: &["first-step"],
    tables: &["runs"],
};
pub(super) const BETTER_STEP: Condition = Condition::always("one step at α = 2^{(2−r)/(r−1)}");
pub(super) const KEPT_BEYOND: Condition = Condition::always("T6 kept there too");
