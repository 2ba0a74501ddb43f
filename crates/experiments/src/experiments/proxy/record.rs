//! What the cells of `proxy` measure.

use fenchel_convexity::proxy::check::Checked;
use fenchel_convexity::verdict::Hypothesis;
use serde::{Deserialize, Serialize};

/// Points of a curve that are kept.
const KEPT: usize = 60;

/// What a cell of `proxy` measures.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Record {
    /// Random problems of an instance.
    Problems(Vec<Problem>),
    /// The nonlinearity of E4 at a width.
    Width(Width),
    /// E3 on images.
    Images(Images),
}

/// One random problem.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Problem {
    /// The guarantees checked.
    pub checks: Vec<Check>,
    /// The near misses tried.
    pub near_misses: Vec<NearMiss>,
    /// The least ratio g / 2f along gradient descent, where g counts active samples only (ReLU); else none.
    pub spread: Option<f64>,
}

/// A guarantee on one problem.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Check {
    /// "P1", "P2", "P3" or "E3".
    pub theorem: String,
    /// Whether the steps were stochastic.
    pub stochastic: bool,
    /// How many hypotheses were examined.
    pub hypotheses: usize,
    /// Those not met, with their residuals.
    pub unmet: Vec<String>,
    /// Prefixes at which the conclusion is violated.
    pub violations: usize,
    /// Prefixes at which it is confirmed.
    pub confirmed: usize,
    /// Prefixes.
    pub prefixes: usize,
    /// The curve at about sixty prefixes, the last among them.
    pub curve: Vec<Point>,
}

/// Both sides of a guarantee at a prefix.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Point {
    /// T.
    pub steps: u64,
    /// The measured side.
    pub measured: f64,
    /// Its lower confidence limit.
    pub lower: f64,
    /// Its upper confidence limit.
    pub upper: f64,
    /// The bound.
    pub bound: f64,
}

/// A claim that is not quite true, and whether the checkers saw it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NearMiss {
    /// What is wrong with it.
    pub name: String,
    /// Whether it was refuted or a hypothesis was found not to be met.
    pub seen: bool,
    /// How: the verdict in words.
    pub verdict: String,
}

/// E4's nonlinearity at a width.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Width {
    /// The largest e(W, V) found.
    pub e: f64,
    /// The error of the linearisation at that pair.
    pub linearisation: f64,
    /// The bound over the ball.
    pub bound: f64,
    /// The largest e(W, V) of random pairs.
    pub random: f64,
}

/// E3 on images.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Images {
    /// The margin of the direction found.
    pub margin: f64,
    /// The largest norm of an input.
    pub radius: f64,
    /// xi.
    pub xi: f64,
    /// (c) for gradient descent and for SGD, and P3 for gradient descent.
    pub checks: Vec<Check>,
    /// Errors and surrogates along gradient descent.
    pub errors: Vec<ErrorLog>,
}

/// Errors and surrogates at one iterate.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct ErrorLog {
    /// t.
    pub step: usize,
    /// The share of wrong answers on the training samples.
    pub train_error: f64,
    /// g on the training samples.
    pub train_surrogate: f64,
    /// The share of wrong answers on test samples.
    pub test_error: f64,
    /// g on test samples.
    pub test_surrogate: f64,
}

impl Check {
    /// The digest of a checked guarantee.
    pub(super) fn of(checked: &Checked, stochastic: bool) -> Self {
        let unmet = |hypothesis: &Hypothesis| hypothesis.obstacle().map(|reason| reason.to_string());
        let all = &checked.prefixes;
        let mut kept: Vec<usize> = (0..KEPT)
            .map(|k| (all.len() as f64).powf(k as f64 / (KEPT - 1) as f64).round() as usize - 1)
            .collect();
        kept.dedup();
        Self {
            theorem: checked.report.theorem.into(),
            stochastic,
            hypotheses: checked.report.hypotheses.len(),
            unmet: checked.report.hypotheses.iter().filter_map(unmet).collect(),
            violations: checked.violations,
            confirmed: checked.confirmed,
            prefixes: all.len(),
            curve: kept
                .into_iter()
                .map(|at| Point {
                    steps: all[at].steps,
                    measured: all[at].measured,
                    lower: all[at].lower,
                    upper: all[at].upper,
                    bound: all[at].bound,
                })
                .collect(),
        }
    }

    /// Whether every hypothesis was met.
    pub(super) fn applies(&self) -> bool {
        self.unmet.is_empty()
    }

    /// The last prefix.
    pub(super) fn last(&self) -> Option<&Point> {
        self.curve.last()
    }

    /// bound / measured at the last prefix.
    pub(super) fn ratio(&self) -> f64 {
        self.last().map_or(f64::NAN, |point| point.bound / point.measured)
    }

    /// "P2, GD" and the like.
    pub(super) fn name(&self) -> String {
        format!("{}, {}", self.theorem, if self.stochastic { "SGD" } else { "GD" })
    }
}
