//! Premises that a theorem needs for all points: searched for counterexamples.

use crate::claims::Claim;
use crate::error::ConvexityError;
use crate::moduli::Modulus;
use crate::objectives::Objective;
use crate::search::SearchConfig;
use crate::verdict::{Hypothesis, Verdict};

/// Whether a function has a modulus on its domain: not met with a counterexample, and else searched.
pub(super) fn premise(
    function: &dyn Objective,
    modulus: &Modulus,
    config: &SearchConfig,
) -> Result<Hypothesis, ConvexityError> {
    let claim = Claim::new(function, modulus.clone())?;
    let name = claim.to_string();
    Ok(match claim.falsify(config)?.verdict {
        Verdict::Holds { margin, evaluations, .. } => Hypothesis::searched(name, evaluations, margin),
        Verdict::Violated { slack, .. } => Hypothesis::measured(name, -slack, 0.0),
        Verdict::Undecided { reason } => Hypothesis::assumed(format!("{name} ({reason})")),
    })
}
