//! Falsification: a search for the pair that refutes a claim, and certificates that make a refutation a proof.
//!
//! [`falsify`] takes a [`Claim`] and a budget. It looks at pairs of every size and shape, climbs from the best of them on
//! the *relative violation* (how far the divergence is beyond the bound, divided by the bound), and answers with a
//! [`Verdict`]:
//!
//! - `Violated` only with a certificate: the slack at the counterexample, enclosed by interval arithmetic in f64 or, where
//!   that is too wide, in 256 bits, lies below zero. What looks like a violation in f64 but is none, is dropped.
//! - `Holds` if nothing was found; that is evidence and no proof (for a proof see
//!   [`certified`](crate::certified)).
//! - `Undecided` if something was found that the function gives no means to certify.
//!
//! A [`Counterexample`] can be written to a file and verified again by [`Counterexample::verify`], which shares no
//! code with the search.
//!
//! The same seed gives the same bits on any number of threads.
//!
//! ```
//! use fenchel_convexity::definitions::Modulus;
//! use fenchel_convexity::falsification::{falsify, Claim, SearchConfig};
//! use fenchel_convexity::norms::Norm;
//! use fenchel_convexity::number::Number;
//! use fenchel_convexity::objectives::Formula;
//!
//! /// log(1 + e^x), whose second derivative is at most 1/4.
//! #[derive(Debug)]
//! struct Softplus;
//! impl Formula for Softplus {
//!     fn name(&self) -> String { "softplus".into() }
//!     fn dimension(&self) -> usize { 1 }
//!     fn value<N: Number>(&self, x: &[N]) -> N {
//!         x[0].exp().ln_1p()
//!     }
//! }
//!
//! let config = SearchConfig::default();
//! let tight = Claim::new(&Softplus, Modulus::smooth(0.25, 2.0, Norm::L2)?)?;
//! assert!(falsify(&tight, &config)?.verdict.holds());
//!
//! let too_good = Claim::new(&Softplus, Modulus::smooth(0.2475, 2.0, Norm::L2)?)?;
//! let refuted = falsify(&too_good, &config)?;
//! assert!(refuted.verdict.is_violated());
//! let counterexample = refuted.counterexample.expect("a certified violation has one");
//! assert!(counterexample.verify(&too_good)?.enclosure().1 < 0.0);
//! # Ok::<(), fenchel_convexity::ConvexityError>(())
//! ```

mod ascent;
mod certificate;
mod claim;
mod low_discrepancy;
mod problem;
mod region;
mod search;
mod starts;

pub use certificate::{Counterexample, ExactFloat};
pub use claim::Claim;
pub use region::Region;

pub(crate) use problem::{Measure, Problem};
pub(crate) use search::{Found, search};

use crate::ConvexityError;
use crate::error::require_range;
use crate::verdict::{Reason, Verdict, Witness};
use certificate::Decision;
use fenchel_random::Seed;
use std::ops::ControlFlow;

/// How long and from where to search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SearchConfig {
    /// The seed of the start pairs.
    pub seed: Seed,
    /// Evaluations to spend: one is a divergence; a gradient of the violation counts as three.
    pub budget: u64,
}

impl Default for SearchConfig {
    fn default() -> Self {
        Self { seed: Seed::new(0), budget: 20_000 }
    }
}

/// How far a search has come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// Evaluations spent.
    pub evaluations: u64,
    /// Evaluations to spend.
    pub budget: u64,
    /// The height reached: the largest relative violation (below zero while the claim stands), or, in an estimate, the
    /// constant that the best pair asks for (with a minus sign on the convex side).
    pub best: f64,
}

/// What a search for a counterexample has found.
#[derive(Clone, Debug, PartialEq)]
pub struct Falsification {
    /// The answer.
    pub verdict: Verdict,
    /// Evaluations spent; a refutation ends the search early.
    pub evaluations: u64,
    /// The counterexample, if the claim is refuted by interval arithmetic.
    pub counterexample: Option<Counterexample>,
}

/// Searches for a counterexample to a claim.
///
/// # Errors
///
/// If the budget is zero.
pub fn falsify(claim: &Claim<'_>, config: &SearchConfig) -> Result<Falsification, ConvexityError> {
    falsify_with_progress(claim, config, &mut |_| {})
}

/// As [`falsify`]; `progress` is called after every round, from the calling thread.
///
/// # Errors
///
/// As [`falsify`].
pub fn falsify_with_progress(
    claim: &Claim<'_>,
    config: &SearchConfig,
    progress: &mut dyn FnMut(Progress),
) -> Result<Falsification, ConvexityError> {
    require_range("budget", config.budget as f64, config.budget > 0, "at least 1")?;
    let problem = Problem::of_claim(claim);
    let mut refuted = None;
    let mut open: Option<Reason> = None;
    let mut examine = |found: &mut Found| {
        if found.height.score <= 0.0 {
            return ControlFlow::Continue(true);
        }
        match certificate::decide(claim, &found.pair.u, &found.pair.v) {
            Decision::Refuted(certificate) => {
                refuted = Some(certificate);
                ControlFlow::Break(())
            }
            // The violation was round-off: the height is what the enclosure says.
            Decision::Fine(slack) => {
                found.height.score = -slack / (found.height.bound + claim.modulus.offset());
                ControlFlow::Continue(true)
            }
            Decision::Open(reason) => {
                open.get_or_insert(reason);
                ControlFlow::Continue(false)
            }
        }
    };
    let ended = search(&problem, config, progress, &mut examine);
    let evaluations = ended.evaluations;
    let verdict = match (&refuted, open, ended.best) {
        (Some(certificate), _, Some(found)) => {
            let (lower, upper) = certificate.enclosure();
            Verdict::Violated {
                point: Witness::pair(&found.pair.u, &found.pair.v),
                slack: 0.5 * (lower + upper),
                certificate: *certificate,
            }
        }
        (_, Some(reason), _) => Verdict::undecided(reason),
        (_, None, Some(found)) => Verdict::Holds {
            margin: -found.height.score,
            evaluations,
            worst_point: Witness::pair(&found.pair.u, &found.pair.v),
        },
        (_, None, None) => {
            Verdict::undecided(Reason::Overflow { what: "the divergence at every pair tried".into() })
        }
    };
    let counterexample = Counterexample::of_verdict(claim, &verdict);
    Ok(Falsification { verdict, evaluations, counterexample })
}

#[cfg(test)]
mod tests;
