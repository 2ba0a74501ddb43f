//! The search for a counterexample to a claim.

use super::{Claim, Counterexample};
use crate::ConvexityError;
use crate::error::require_range;
use crate::inequality::{Decision, Inequality, examine, slack};
use crate::number::PreciseInterval;
use crate::objectives::Region;
use crate::search::{Coverage, Found, Landscape, Measure, Progress, SearchConfig, search};
use crate::verdict::{Reason, Verdict};
use std::fmt;
use std::ops::ControlFlow;

/// With fewer settled climbs than this a search has not looked around.
const SETTLED: u64 = 3;

/// What a search for a counterexample has found.
#[derive(Clone, Debug, PartialEq)]
pub struct Falsification {
    /// The answer.
    pub verdict: Verdict,
    /// Evaluations spent; a refutation ends the search early.
    pub evaluations: u64,
    /// The counterexample, if the claim is refuted in 256 bits.
    pub counterexample: Option<Counterexample>,
    /// What was looked at.
    pub coverage: Coverage,
}

impl fmt::Display for Falsification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.verdict, self.coverage)
    }
}

impl Claim<'_> {
    /// Searches for a counterexample.
    ///
    /// `Violated` comes with a proof. `Holds` means that nothing was found although three climbs at least settled, from at least as many
    /// evaluated start pairs as there are dimensions.
    /// `Undecided` means that something was found that cannot be certified, that the function contradicts itself, or that the
    /// budget was too small for the dimension.
    ///
    /// # Errors
    ///
    /// If the budget is zero.
    pub fn falsify(&self, config: &SearchConfig) -> Result<Falsification, ConvexityError> {
        self.falsify_with_progress(config, &mut |_| {})
    }

    /// As [`Claim::falsify`]; `progress` is called after every round, from the calling thread.
    ///
    /// # Errors
    ///
    /// As [`Claim::falsify`].
    pub fn falsify_with_progress(
        &self,
        config: &SearchConfig,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Falsification, ConvexityError> {
        let inequalities = self.inequalities()?;
        let share = config.budget.div_ceil(inequalities.len() as u64);
        let mut all: Option<Falsification> = None;
        for inequality in &inequalities {
            let config = SearchConfig { budget: share, ..*config };
            let (verdict, evaluations, coverage) = refute(&**inequality, &self.region, &config, progress)?;
            let counterexample = Counterexample::of_verdict(self, &verdict);
            let own = Falsification { verdict, evaluations, counterexample, coverage };
            all = Some(match all {
                None => own,
                Some(before) => before.and(own),
            });
            if all.as_ref().is_some_and(|all| all.verdict.is_violated()) {
                break;
            }
        }
        all.ok_or(ConvexityError::Empty { argument: "claim" })
    }
}

impl Falsification {
    /// Both of two inequalities: the first violation, else the first that is open, else the smaller margin.
    fn and(self, other: Self) -> Self {
        let evaluations = self.evaluations + other.evaluations;
        let rank = |verdict: &Verdict| match verdict {
            Verdict::Violated { .. } => (0, 0.0),
            Verdict::Undecided { .. } => (1, 0.0),
            Verdict::Holds { margin, .. } => (2, *margin),
        };
        let (a, b) = (rank(&self.verdict), rank(&other.verdict));
        let mut worse = if b.0 < a.0 || (b.0 == a.0 && b.1 < a.1) { other } else { self };
        worse.evaluations = evaluations;
        worse
    }
}

/// Searches a region for a pair that breaks an inequality: the answer, the evaluations spent, and what was looked at.
pub(crate) fn refute(
    inequality: &dyn Inequality,
    region: &Region,
    config: &SearchConfig,
    progress: &mut dyn FnMut(Progress),
) -> Result<(Verdict, u64, Coverage), ConvexityError> {
    require_range("budget", config.budget as f64, config.budget > 0, "at least 1")?;
    let landscape = Landscape::new(inequality, region.clone(), Measure::Violation);
    let mut refuted = None;
    let mut open: Option<Reason> = None;
    let mut look = |found: &mut Found| {
        if found.height.score <= 0.0 && !found.height.is_drowned() {
            return ControlFlow::Continue(true);
        }
        match examine(inequality, region, &landscape.domain, &found.pair) {
            Decision::Violated(certificate) => {
                refuted = Some((found.pair.clone(), certificate));
                ControlFlow::Break(())
            }
            // The violation was round-off: the height is what the enclosure says.
            Decision::Holds(slack) => {
                let whole = inequality.terms(&found.pair).map_or(f64::NAN, |terms| inequality.whole(&terms));
                found.height.score = -slack / whole;
                ControlFlow::Continue(found.height.score.is_finite())
            }
            Decision::RoundOff => {
                found.height.score = 0.0;
                ControlFlow::Continue(true)
            }
            // What no enclosure tells from an equality, because it drowns in the values, is no sign of a violation.
            Decision::Open(
                Reason::WithinRoundOff { .. } | Reason::NoCertificate { .. } | Reason::OutsideRegion,
            ) if found.height.score <= 0.0 => ControlFlow::Continue(false),
            Decision::Open(reason) => {
                open.get_or_insert(reason);
                ControlFlow::Continue(false)
            }
        }
    };
    let ended = search(&landscape, config, progress, &mut look);
    let (evaluations, coverage) = (ended.evaluations, ended.coverage);
    let verdict = match (refuted, open, ended.best) {
        (Some((pair, certificate)), _, _) => {
            let (lower, upper) = certificate.enclosure();
            let point = inequality.witness(&pair);
            Verdict::Violated { point, slack: 0.5 * (lower + upper), certificate }
        }
        (None, Some(reason), _) => Verdict::undecided(reason),
        (None, None, None) => {
            Verdict::undecided(Reason::Overflow { what: "the divergence at every pair tried".into() })
        }
        (None, None, Some(found)) => {
            let contradiction = contradiction(inequality, &landscape, &found);
            if let Some(reason) = contradiction {
                Verdict::undecided(reason)
            } else if coverage.settled < SETTLED
                || coverage.evaluated < inequality.ground().dimension() as u64
            {
                Verdict::undecided(Reason::Budget { evaluations })
            } else {
                let worst_point = inequality.witness(&found.pair);
                Verdict::Holds { margin: -found.height.score, evaluations, worst_point }
            }
        }
    };
    Ok((verdict, evaluations, coverage))
}

/// Whether the function's own formula for its divergence gives another slack than its value and gradient do, at the worst pair.
fn contradiction(inequality: &dyn Inequality, landscape: &Landscape<'_>, found: &Found) -> Option<Reason> {
    inequality.ground().enclosable()?;
    let lift = |x: &[f64]| landscape.region.lift::<PreciseInterval>(&landscape.domain, x);
    let (u, v) = (lift(&found.pair.u), lift(&found.pair.v));
    let own = inequality.fine(&u, &v);
    let size = own.size;
    let own = slack(inequality, own);
    let defined = slack(inequality, inequality.by_definition(&u, &v));
    let apart = crate::number::Number::abs(&(own - defined)).to_f64_interval().lo();
    // Constants of a formula may be rounded to f64; a formula that is another function is off by more than that.
    (apart > 1e-9 * size).then_some(Reason::Inconsistent {
        what: "the function's own formula for its divergence does not agree with its value and gradient",
    })
}
