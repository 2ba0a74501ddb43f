//! A counterexample on file.

use super::exact::{ExactFloat, exact, plain};
use super::{Claim, enclosed_value, slack_by_definition};
use crate::ConvexityError;
use crate::error::require_vector;
use crate::verdict::{Certificate, Method, Verdict};
use ndarray::ArrayView1;
use serde::{Deserialize, Serialize};

/// A pair that refutes a claim, with all that is needed to check it again.
///
/// The function itself cannot be written to a file; its name is, and [`Counterexample::verify`] takes the claim, function
/// included, and refuses one that does not match.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counterexample {
    /// The function's name.
    pub objective: String,
    /// The modulus claimed: side, potential with its constants, offset.
    pub modulus: String,
    /// The point u.
    pub u: Vec<ExactFloat>,
    /// The point v.
    pub v: Vec<ExactFloat>,
    /// The enclosure of the slack that the search found: both ends below zero.
    pub slack: (ExactFloat, ExactFloat),
}

impl Counterexample {
    /// The counterexample of a verdict, if it is a violation certified by enclosures.
    pub(in super::super) fn of_verdict(claim: &Claim<'_>, verdict: &Verdict) -> Option<Self> {
        let Verdict::Violated { point, certificate, .. } = verdict else { return None };
        if certificate.method() == Method::ForwardError {
            return None;
        }
        let (lower, upper) = certificate.enclosure();
        Some(Self {
            objective: claim.objective.name(),
            modulus: claim.modulus.to_string(),
            u: exact(point.get("u")?),
            v: exact(point.get("v")?),
            slack: (ExactFloat(lower), ExactFloat(upper)),
        })
    }

    /// Verifies that the pair refutes the claim: anew, from the definition, in 256-bit intervals.
    ///
    /// Values and gradient of the function are all that is used, not its own formula for the divergence, nothing of the
    /// search, and not the enclosure on file.
    ///
    /// # Errors
    ///
    /// If the claim is another one, the function has no formula, a point is outside the domain or the region, or the slack
    /// is not below zero beyond doubt.
    pub fn verify(&self, claim: &Claim<'_>) -> Result<Certificate, ConvexityError> {
        self.require_same(claim)?;
        let function = claim.objective.certified().ok_or_else(|| ConvexityError::Unsupported {
            name: claim.objective.name(),
            what: "certified evaluation",
        })?;
        let (u, v) = (plain(&self.u), plain(&self.v));
        for (argument, x) in [("u", &u), ("v", &v)] {
            require_vector(argument, ArrayView1::from(x), claim.objective.dimension())?;
            claim.objective.domain().require(argument, x)?;
        }
        if !claim.region.certainly_contains(|x| Some(enclosed_value(function, x)), &u, &v) {
            let reason = "the claim is restricted to a region that need not contain the pair".into();
            return Err(ConvexityError::OutsideDomain { argument: "u, v", reason });
        }
        let slack = slack_by_definition(claim, function, &u, &v).to_f64_interval();
        Certificate::new(Method::Precise, slack.lo(), slack.hi()).ok_or(ConvexityError::OutOfRange {
            argument: "slack",
            value: slack.hi(),
            requirement: "below zero beyond doubt",
        })
    }

    fn require_same(&self, claim: &Claim<'_>) -> Result<(), ConvexityError> {
        let same = [
            ("the function", self.objective == claim.objective.name()),
            ("the modulus", self.modulus == claim.modulus.to_string()),
        ];
        match same.iter().find(|(_, same)| !same) {
            None => Ok(()),
            Some((what, _)) => {
                let reason = format!("{what} differs; pass the claim that the counterexample was made for");
                Err(ConvexityError::Incompatible { what: "the counterexample and the claim", reason })
            }
        }
    }
}
