//! A counterexample on file.

use super::exact_float::{ExactFloat, exact, plain};
use super::{Claim, claim::Statement};
use crate::ConvexityError;
use crate::inequality::{Decision, Pair, examine};
use crate::number::{Number, PreciseInterval};
use crate::objectives::{Enclosure, lift};
use crate::verdict::{Certificate, Method, Verdict};
use serde::{Deserialize, Serialize};

/// A point or a pair that refutes a claim, with all that is needed to check it again.
///
/// The function itself cannot be written to a file; its name is, and its values at the points. [`Counterexample::verify`] takes
/// the claim, function included, and refuses one that does not match.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counterexample {
    /// The function's name.
    pub objective: String,
    /// What was claimed, with its constants.
    pub statement: String,
    /// The point u, or w.
    pub u: Vec<ExactFloat>,
    /// The point v; that of u again where the claim mentions one point only.
    pub v: Vec<ExactFloat>,
    /// The function's values at u and v.
    pub values: (ExactFloat, ExactFloat),
    /// The enclosure of the slack that the search found: both ends below zero.
    pub slack: (ExactFloat, ExactFloat),
}

impl Counterexample {
    /// The counterexample of a verdict, if it is a violation certified by enclosures of a formula.
    pub(super) fn of_verdict(claim: &Claim<'_>, verdict: &Verdict) -> Option<Self> {
        let Verdict::Violated { point, certificate, .. } = verdict else { return None };
        if certificate.method() == Method::ForwardError {
            return None;
        }
        let named = |first: &str, other: &str| point.get(first).or_else(|| point.get(other));
        let u = named("u", "w")?;
        let v = point.get("v").unwrap_or(u);
        let (lower, upper) = certificate.enclosure();
        let value = |x: &[f64]| ExactFloat(value(claim, x));
        Some(Self {
            objective: claim.objective.name(),
            statement: claim.statement.to_string(),
            u: exact(u),
            v: exact(v),
            values: (value(u), value(v)),
            slack: (ExactFloat(lower), ExactFloat(upper)),
        })
    }

    /// Verifies that the points refute the claim: anew, from the definition, in 256-bit intervals.
    ///
    /// Values and gradient of the function are all that decides, not its own formula for the divergence, nothing of the
    /// search, and not the enclosure on file.
    ///
    /// # Errors
    ///
    /// If the claim is another one, the function has no formula, a point is outside the domain or the region, or the slack
    /// is not below zero beyond doubt.
    pub fn verify(&self, claim: &Claim<'_>) -> Result<Certificate, ConvexityError> {
        let pair = Pair { u: plain(&self.u), v: plain(&self.v) };
        claim.require("u", &pair.u)?;
        claim.require("v", &pair.v)?;
        self.require_same(claim, &pair)?;
        if claim.objective.enclosable().is_none() {
            let what = "evaluation in 256-bit intervals";
            return Err(ConvexityError::Unsupported { name: claim.objective.name(), what });
        }
        let domain = claim.objective.domain();
        let mut reason = String::from("the claim says nothing of these points");
        for inequality in claim.inequalities()? {
            match examine(&*inequality, &claim.region, &domain, &pair) {
                Decision::Violated(certificate) => return Ok(certificate),
                Decision::Holds(slack) => reason = format!("the slack is {slack:e}, not below zero"),
                Decision::RoundOff => reason = "the slack is zero up to round-off".into(),
                Decision::Open(open) => reason = open.to_string(),
            }
        }
        Err(ConvexityError::OutsideDomain { argument: "u, v", reason })
    }

    fn require_same(&self, claim: &Claim<'_>, pair: &Pair) -> Result<(), ConvexityError> {
        let statement: &Statement = &claim.statement;
        let same_value = |x: &[f64], filed: f64| value(claim, x) == filed;
        let same = [
            ("the function", self.objective == claim.objective.name()),
            ("the statement", self.statement == statement.to_string()),
            ("the function's value at u", same_value(&pair.u, self.values.0.0)),
            ("the function's value at v", same_value(&pair.v, self.values.1.0)),
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

/// G(x), rounded from 256 bits: the same for the same function on every platform.
fn value(claim: &Claim<'_>, x: &[f64]) -> f64 {
    PreciseInterval::value(claim.objective, &lift::<PreciseInterval>(x)).to_f64()
}
