//! Estimation: which constant a claim could have, found by search.
//!
//! The question is turned around: not whether a constant holds, but which constant the worst pair asks for.
//!
//! Everything here is an *estimate*, from one side: the true smooth constant is at least the estimate, the true convex one at
//! most. There is a pair that asks for it, certified as a counterexample is: in 256-bit intervals, from values and gradients,
//! with slopes that are the function's; and nobody knows whether there is a worse one. To test an estimate falsify it from
//! another seed; to prove one see [`certified`](crate::certified).

use super::{Claim, claim::Statement};
use crate::ConvexityError;
use crate::error::require_range;
use crate::inequality::{Inequality, Pair, Points, Sense, Terms, certainly_contains};
use crate::number::{Number, PreciseInterval, Sign};
use crate::objectives::standing;
use crate::search::{Coverage, Found, Landscape, Measure, SearchConfig, search};
use crate::verdict::Witness;
use std::ops::ControlFlow;

/// Points farther out than this, and pairs nearer than this, are looked at once more: a constant that is still growing there
/// is none.
const FAR: f64 = 1e3;
const NEAR: f64 = 1e-3;
/// By how much they are brought nearer to usual sizes and distances.
const DECADE: f64 = 10.0;

/// An estimated number together with the pair that asks for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Estimate {
    /// The constant, or the offset.
    pub constant: f64,
    /// The points that attain it: the tightest that the search has met.
    pub pair: Witness,
    /// How far the estimate is from having settled, relative to it: the most it changed in the second half of the search, or
    /// over the last power of ten of distances where the pair is very near or very far.
    ///
    /// Far from zero where there is no finite constant (or none above zero): the search then runs away.
    pub drift: f64,
    /// Evaluations spent.
    pub evaluations: u64,
    /// Whether the pair is certified: its function has a formula, or states a bound on its round-off.
    pub certified: bool,
    /// What was looked at.
    pub coverage: Coverage,
}

impl Claim<'_> {
    /// Estimates the best constant of the claim, whatever constant it has; exponent, norm, offset and region are granted.
    ///
    /// The convex side of a modulus and weak convexity give the largest c of `(c/r) ||u - v||^r`, which is negative for a
    /// function that is not convex (rho is then -c, 0 if convex); the others the constant that their name says.
    ///
    /// # Errors
    ///
    /// If the modulus is no norm power, the budget is zero, or no pair could be evaluated.
    pub fn estimate(&self, config: &SearchConfig) -> Result<Estimate, ConvexityError> {
        let scale = match &self.statement {
            Statement::Modulus(modulus) => match modulus.as_norm_power() {
                Some((constant, ..)) => constant,
                None => {
                    let reason = "it has no constant; estimate its offset".into();
                    return Err(ConvexityError::Incompatible { what: "an estimate and a modulus", reason });
                }
            },
            Statement::PolyakLojasiewicz { .. } => 0.25,
            Statement::WeaklyConvex { .. }
            | Statement::LipschitzGradient { .. }
            | Statement::QuasarConvex { .. } => 1.0,
        };
        let inequalities = self.inequalities()?;
        let share = SearchConfig { budget: config.budget.div_ceil(inequalities.len() as u64), ..*config };
        let mut most: Option<Estimate> = None;
        let two_sided = inequalities.len() > 1;
        for inequality in &inequalities {
            let mut own = run(&**inequality, &self.landscape(&**inequality, Measure::Factor), &share)?;
            // The search climbs on minus the constant of a lower bound, which is also what a two-sided one asks.
            let turned = inequality.sense() == Sense::AtLeast && !two_sided;
            own.constant *= if turned { -scale } else { scale };
            most = Some(match most {
                Some(before) if before.constant >= own.constant => before,
                _ => own,
            });
        }
        let mut estimate = most.ok_or(ConvexityError::Empty { argument: "claim" })?;
        if let Statement::WeaklyConvex { .. } = &self.statement {
            estimate.constant = (-estimate.constant).max(0.0);
        }
        Ok(estimate)
    }

    /// Estimates the least offset with which the modulus holds, whatever offset it has.
    ///
    /// The offset is at least 0, as equal points ask for 0; the pair is then the least violating one.
    ///
    /// # Errors
    ///
    /// If the claim is no modulus, or as [`Claim::estimate`].
    pub fn estimate_offset(&self, config: &SearchConfig) -> Result<Estimate, ConvexityError> {
        if self.modulus().is_none() {
            let reason = "only a modulus has one".into();
            return Err(ConvexityError::Incompatible { what: "an offset and a claim", reason });
        }
        let inequalities = self.inequalities()?;
        let inequality = inequalities.first().ok_or(ConvexityError::Empty { argument: "claim" })?;
        let estimate = run(&**inequality, &self.landscape(&**inequality, Measure::Offset), config)?;
        Ok(Estimate { constant: estimate.constant.max(0.0), ..estimate })
    }

    pub(super) fn landscape<'b>(&self, inequality: &'b dyn Inequality, measure: Measure) -> Landscape<'b> {
        Landscape::new(inequality, self.region.clone(), measure)
    }
}

/// Searches the highest landscape point whose height is certified.
pub(super) fn run(
    inequality: &dyn Inequality,
    landscape: &Landscape<'_>,
    config: &SearchConfig,
) -> Result<Estimate, ConvexityError> {
    require_range("budget", config.budget as f64, config.budget > 0, "at least 1")?;
    let mut halfway = f64::NAN;
    let mut certify = |found: &mut Found| {
        if !certifiable(inequality, &found.pair) {
            return ControlFlow::Continue(true);
        }
        if !certainly_contains(inequality, &landscape.region, &landscape.domain, &found.pair) {
            return ControlFlow::Continue(false);
        }
        let height = certified_height(inequality, landscape, &found.pair);
        found.height.score = height;
        ControlFlow::Continue(height.is_finite())
    };
    let ended = search(
        landscape,
        config,
        &mut |progress| {
            if halfway.is_nan() || 2 * progress.evaluations <= progress.budget {
                halfway = progress.best;
            }
        },
        &mut certify,
    );
    let found = ended.best.ok_or(ConvexityError::Overflow { what: "the divergence at every pair tried" })?;
    let constant = found.height.score;
    let settled = halfway.min(nearer(inequality, landscape, &found.pair).unwrap_or(constant));
    Ok(Estimate {
        constant,
        drift: (constant - settled).abs() / constant.abs().max(f64::MIN_POSITIVE),
        evaluations: ended.evaluations,
        certified: certifiable(inequality, &found.pair),
        coverage: ended.coverage,
        pair: inequality.witness(&found.pair),
    })
}

fn certifiable(inequality: &dyn Inequality, pair: &Pair) -> bool {
    inequality.functions().iter().all(|f| standing(*f, &pair.u).is_some() && standing(*f, &pair.v).is_some())
}

/// The height that a pair has beyond doubt: the least of those by the function's own formula, by the definition, and with
/// slopes that difference quotients allow.
fn certified_height(inequality: &dyn Inequality, landscape: &Landscape<'_>, pair: &Pair) -> f64 {
    let lift = |x: &[f64]| landscape.region.lift::<PreciseInterval>(&landscape.domain, x);
    let (u, v) = (lift(&pair.u), lift(&pair.v));
    let defined = inequality.by_definition(&u, &v);
    let mut least = lower(inequality, landscape.measure, inequality.fine(&u, &v));
    least = least.min(lower(inequality, landscape.measure, defined.clone()));
    let slopes: Vec<PreciseInterval> =
        inequality.slopes(&u, &v).iter().map(|slope| slope.judged().0).collect();
    let measured = inequality.with_slopes(&u, &v, &slopes);
    least.min(lower(inequality, landscape.measure, Terms { measured, ..defined }))
}

/// The lower end of what a pair asks for; minus infinity where nothing is known.
fn lower(inequality: &dyn Inequality, measure: Measure, terms: Terms<PreciseInterval>) -> f64 {
    let Terms { measured, unit, .. } = terms;
    if measure == Measure::Factor && unit.sign() != Sign::Positive {
        return f64::NEG_INFINITY;
    }
    let (constant, offset) = (inequality.constant(), inequality.offset());
    let asked = match (measure, inequality.sense()) {
        (Measure::Offset | Measure::Violation, Sense::AtMost) => measured - unit * constant,
        (Measure::Offset | Measure::Violation, Sense::AtLeast) => unit * constant - measured,
        (Measure::Factor, Sense::AtMost) => (measured - offset) / unit,
        (Measure::Factor, Sense::AtLeast) => -((measured + offset) / unit),
    };
    let lower = asked.to_f64_interval().lo();
    if lower.is_nan() { f64::NEG_INFINITY } else { lower }
}

/// What the pair asks for if it is brought nearer to usual sizes and distances, where it is far from them.
fn nearer(inequality: &dyn Inequality, landscape: &Landscape<'_>, pair: &Pair) -> Option<f64> {
    if landscape.measure == Measure::Offset || landscape.distance.is_some() {
        return None;
    }
    let length = |a: &[f64], b: &[f64]| a.iter().zip(b).fold(0.0_f64, |length, (a, b)| length.hypot(a - b));
    let towards = |centre: &[f64], x: &[f64], factor: f64| -> Vec<f64> {
        centre.iter().zip(x).map(|(c, x)| c + factor * (x - c)).collect()
    };
    let (middle, _) = landscape.region.middle(&landscape.domain, landscape.dimension());
    let far = length(&pair.u, &middle).max(length(&pair.v, &middle)) > FAR;
    let near = inequality.points() == Points::Two && length(&pair.u, &pair.v) < NEAR;
    let mut moved = pair.clone();
    if far {
        moved.u = towards(&middle, &pair.u, 1.0 / DECADE);
        moved.v = towards(&middle, &pair.v, 1.0 / DECADE);
    } else if near {
        moved.u = towards(&pair.v, &pair.u, DECADE);
    } else {
        return None;
    }
    landscape.admit(&mut moved);
    let height = certified_height(inequality, landscape, &moved);
    height.is_finite().then_some(height)
}
