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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::norms::Norm;
    use crate::number::Number;
    use crate::objectives::Formula;
    use crate::verdict::Status;

    /// The square root of a number below zero, wherever it is.
    #[derive(Debug)]
    struct Nowhere;

    impl Formula for Nowhere {
        fn name(&self) -> String {
            "sqrt(-1 - x^2)".into()
        }

        fn dimension(&self) -> usize {
            1
        }

        fn value_in<N: Number>(&self, x: &[N]) -> N {
            (-x[0].square() - 1.0).sqrt()
        }
    }

    #[test]
    fn a_premise_about_nothing_that_can_be_evaluated_is_assumed() {
        let modulus = Modulus::smooth(1.0, 2.0, Norm::L2).unwrap();
        let found = premise(&Nowhere, &modulus, &SearchConfig::budget(300)).unwrap();
        assert!(found.status == Status::Assumed && found.obstacle().is_some(), "{found:?}");
    }
}
