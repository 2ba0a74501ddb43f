//! Hypotheses and conclusion of P1, P2 and P3 on recorded runs, at every prefix T.
//!
//! [`LipschitzGuarantee::check`](super::LipschitzGuarantee::check),
//! [`SmoothGuarantee::check`](super::SmoothGuarantee::check) and
//! [`ProxyPlGuarantee::check`](super::ProxyPlGuarantee::check) share what is here. The numbers of a guarantee
//! that belong to a run (`||w_0 - v||`, h(v), f(w_0)) are compared with the run's, and bounds are made of the
//! run's: a foreign number is a hypothesis that is not met, and enters no bound. The hypotheses are examined
//! at every iterate of every run. The second moment of the stochastic gradients is not sampled: oracles
//! compute it.
//!
//! **Gradient descent.** One run is checked by itself. What an inequality between f64 numbers says is decided
//! by the rule of all inequalities of this crate, with a bound on the round-off: that which the oracle
//! states, or else the distance of the numbers from 256-bit enclosures, computed where an inequality seems to
//! fail. Numbers without either are taken as they are: then nothing is excused, and what seems violated is
//! `Undecided`.
//!
//! **SGD.** Several runs are checked in the mean, since the guarantees bound expectations: at every prefix
//! the mean over the runs has one-sided limits of 99 % confidence (Student's t, each prefix by itself). The
//! claim *holds* where the upper limit is below the bound; it is counted as violated where the lower limit is
//! above it. A statistical violation is no proof, so the report then says `Undecided` and
//! [`Checked::violations`] says how often.
//!
//! Student's t takes the mean over the runs for normal. Surrogates at least 0 are skewed to the right: then
//! the upper limit errs more often than it says and the lower one less often. For g the square of a normal
//! number at a single iterate and 20 runs it is 6 % above and below 0.1 % below; means over iterates are less
//! skewed, and more runs help.
//!
//! **The least of many means.** P3 bounds `min_{t<T} E g(w_t)`. The least of T upper limits is no upper limit
//! of it: each errs with probability 1 %, and the least is the one that errs most. Any one t fixed beforehand
//! gives a limit, as `min_{t<T} E g(w_t) <= E g(w_s)` for every s; the last, `s = T - 1`, is taken. Below
//! nothing needs to be corrected: the least of the lower limits is at most the one at the t where E g(w_t) is
//! least, which is not random.
//!
//! **Round-off.** A step is made up to `m = eta e + 2u (||w|| + eta ||s||)`, e the gradient's error, which
//! moves `||w_{t+1} - v||^2 / (2 eta)` by about `m ||w_{t+1} - v|| / eta`. The conclusions are granted the
//! mean of these and of all that was excused in the hypotheses, so that no theorem is refuted whose
//! hypotheses were met up to round-off.

mod conclusion;
mod hypotheses;

pub use conclusion::{Checked, Prefix};
pub(super) use conclusion::{Conclusion, Summary};
pub(super) use hypotheses::{
    above, at_most_one, below_limit, compared_alike, distance_above, proxy_excuse, proxy_inequality, stated,
    worst,
};

use super::{Run, Step};
use crate::error::{ConvexityError, require_range};
use crate::verdict::Hypothesis;

/// Checks a bound on the mean of E g over the first T iterates that is neither P1's nor P2's, with hypotheses
/// examined by the caller.
///
/// `granted` is what round-off at an iterate may add to the mean.
///
/// # Errors
///
/// If there is no run, gradient descent and SGD are mixed, or the runs differ in start, step, length or
/// comparator.
pub fn mean_surrogate(
    theorem: &'static str,
    runs: &[Run],
    hypotheses: Vec<Hypothesis>,
    bound: impl Fn(u64) -> f64,
    granted: impl Fn(&Run, &Step) -> f64,
) -> Result<Checked, ConvexityError> {
    require_alike(runs)?;
    let conclusion = Conclusion {
        theorem,
        summary: Summary::Mean,
        bound: &bound,
        excused: &|run, step| (0.0, granted(run, step)),
        granted: &|_, _, mean| mean,
    };
    Ok(conclusion.check(runs, hypotheses))
}

/// An inequality `left <= right` at every iterate of every run, as a hypothesis with its worst residual.
///
/// `sides` gives both sides at an iterate, and what round-off excuses.
#[must_use]
pub fn at_every_iterate(name: &str, runs: &[Run], sides: impl Fn(&Step) -> (f64, f64, f64)) -> Hypothesis {
    worst(name, runs, |_, step| {
        let (left, right, excused) = sides(step);
        (left - right, excused)
    })
}

/// The first of runs that belong together.
pub(super) fn require_alike(runs: &[Run]) -> Result<&Run, ConvexityError> {
    let Some(first) = runs.first() else {
        return Err(ConvexityError::Empty { argument: "runs" });
    };
    let alike = |run: &Run| {
        let (here, there) = (&run.steps[0], &first.steps[0]);
        run.step == first.step
            && run.steps.len() == first.steps.len()
            && run.cost == first.cost
            && run.stochastic == first.stochastic
            && (here.f, here.g, here.distance) == (there.f, there.g, there.distance)
    };
    if !runs.iter().all(alike) {
        return Err(ConvexityError::Incompatible {
            what: "the runs",
            reason: "they differ in method, start, step, length or comparator".into(),
        });
    }
    let enough = if first.stochastic { runs.len() >= 2 } else { runs.len() == 1 };
    let requirement = "1 for gradient descent and at least 2 for SGD, whose guarantees are about means";
    require_range("runs", runs.len() as f64, enough, requirement)?;
    Ok(first)
}
