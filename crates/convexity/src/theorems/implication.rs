//! Theorems of the form "if these functions have these moduli, then that one has that modulus".

use super::premise::premise;
use crate::claims::Claim;
use crate::error::ConvexityError;
use crate::moduli::Modulus;
use crate::objectives::Objective;
use crate::search::SearchConfig;
use crate::verdict::{Hypothesis, Report, Verdict};
use ndarray::aview1;

/// Searches counterexamples to the premises and to the conclusion, with the same budget each.
pub(super) fn check(
    theorem: &'static str,
    mut hypotheses: Vec<Hypothesis>,
    premises: &[(&dyn Objective, &Modulus)],
    conclusion: (&dyn Objective, &Modulus),
    config: &SearchConfig,
) -> Result<Report, ConvexityError> {
    for &(objective, modulus) in premises {
        hypotheses.push(premise(objective, modulus, config)?);
    }
    let (objective, modulus) = conclusion;
    let claim = Claim::new(objective, modulus.clone())?.falsify(config)?.verdict;
    let (measured, bound, slack) = sides(objective, modulus, &claim);
    Ok(Report { theorem, hypotheses, measured, bound, slack, inequality: claim })
}

/// Divergence, bound and slack at the verdict's point.
fn sides(objective: &dyn Objective, modulus: &Modulus, verdict: &Verdict) -> (f64, f64, f64) {
    let point = match verdict {
        Verdict::Holds { worst_point, .. } => worst_point,
        Verdict::Violated { point, .. } => point,
        Verdict::Undecided { .. } => return (f64::NAN, f64::NAN, f64::NAN),
    };
    let (Some(u), Some(v)) = (point.get("u"), point.get("v")) else { return (f64::NAN, f64::NAN, f64::NAN) };
    let displacement: Vec<f64> = u.iter().zip(v).map(|(u, v)| u - v).collect();
    let divergence = objective.bregman(&aview1(u), &aview1(v)).unwrap_or(f64::NAN);
    (divergence, modulus.bound_of(&displacement), modulus.slack(divergence, &displacement))
}
