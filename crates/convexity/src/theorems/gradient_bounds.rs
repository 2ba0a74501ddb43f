//! T4: Gradient bounds: the gradient energy bounds the gap from below and from above.
//!
//! **Statement.** G H(Phi)-smooth on R^m with infimum G_inf and offset c: `Phi*(grad G(v)) - c <= G(v) - G_inf`. G H(phi)-convex with offset c:
//! `G(v) - G_inf <= phi*(grad G(v)) + c`. The first generalises self-bounding, the second Polyak and Lojasiewicz.
//!
//! **Assumptions.** The modulus (searched for counterexamples); for the smooth side the whole space as domain; G_inf: for the smooth side a lower bound serves, for the convex
//! side it must be the infimum, so a minimiser is asked for.
//!
//! **What is computed.** Both sides at points of every size, the conjugate potential evaluated at the gradient. A violation counts beyond 1e-13 of the bound, which is
//! what the rounding of the conjugate's constant may explain.
//!
//! **Reference.** GCS (arXiv 2608.09523), gradient bounds; minimise both sides of the definition over u.
//!
//! **Cost.** The budget for the modulus; one value, gradient and conjugate for each point.
//!
//! ```
//! use fenchel_convexity::catalogue::{LogCosh, Separable};
//! use fenchel_convexity::moduli::Modulus;
//! use fenchel_convexity::search::SearchConfig;
//! use fenchel_convexity::norms::Norm;
//! use fenchel_convexity::theorems::gradient_bounds::{self, Infimum};
//!
//! // 1/2 ||tanh x||^2 <= sum log cosh x.
//! let function = Separable::new(LogCosh, 2)?;
//! let modulus = Modulus::smooth(1.0, 2.0, Norm::L2)?;
//! let config = SearchConfig::budget(4000);
//! let report = gradient_bounds::check(&function, &modulus, &Infimum::At(vec![0.0, 0.0]), &config)?;
//! assert!(report.verdict().holds());
//! # Ok::<(), fenchel_convexity::ConvexityError>(())
//! ```

use super::implication::premise;
use super::points::point;
use super::premise::lift_into;
use crate::error::{ConvexityError, require_range};
use crate::inequality::{Evidence, Observation, Tally};
use crate::moduli::{Modulus, Side};
use crate::number::{Number, PreciseInterval};
use crate::objectives::{Domain, Enclosable as Formulas, Evaluate, Objective};
use crate::potentials::Potential;
use crate::search::SearchConfig;
use crate::verdict::{Hypothesis, Report, Witness};
use ndarray::{Array1, ArrayView1};

/// What the rounding of a conjugate's constant and of G_inf may explain, relative to the terms.
const TOLERANCE: f64 = 1e-13;

/// What is known of the infimum of a function.
#[derive(Clone, Debug, PartialEq)]
pub enum Infimum {
    /// It is attained here.
    At(Vec<f64>),
    /// It is at least this number.
    AtLeast(f64),
}

/// Examines the gradient bound of a function with a modulus.
///
/// # Errors
///
/// If dimensions do not fit, the infimum is not finite, or the budget is 0.
pub fn check(
    function: &dyn Objective,
    modulus: &Modulus,
    infimum: &Infimum,
    config: &SearchConfig,
) -> Result<Report, ConvexityError> {
    require_range("budget", config.budget as f64, config.budget > 0, "at least 1")?;
    let (m, domain, kinks) = (function.dimension(), function.domain(), function.kinks());
    modulus.potential().require_dimension("modulus", m)?;
    let least = match infimum {
        Infimum::At(point) => function.value(ArrayView1::from(point))?,
        Infimum::AtLeast(value) => {
            require_range("infimum", *value, true, "finite")?;
            *value
        }
    };
    let dual = modulus.potential().conjugate()?;
    let mut tally = Tally::new("T4");
    let mut below = f64::NEG_INFINITY;
    for index in 0..config.budget {
        let v = point(config.seed.derive("v"), index, m, &domain, &kinks);
        let view = ArrayView1::from(&v);
        let mut gradient = Array1::zeros(m);
        let (Ok(value), Ok(())) = (function.value(view), function.gradient(view, gradient.view_mut())) else {
            continue;
        };
        below = below.max((least - value) / (least.abs() + value.abs()).max(f64::MIN_POSITIVE));
        let (gap, energy) = (value - least, dual.value_of(&gradient.to_vec()));
        let (measured, bound, slack) = match modulus.side() {
            Side::Smooth => (energy - modulus.offset(), gap, gap - (energy - modulus.offset())),
            Side::Convex => (gap, energy + modulus.offset(), energy + modulus.offset() - gap),
        };
        let size = energy.abs().min(f64::MAX) + value.abs() + least.abs() + modulus.offset();
        tally.observe(
            &Observation { measured, bound, slack, size },
            || Witness::default().with("v", &v),
            || match function.enclosable() {
                Some(formulas) => certify(formulas, &domain, modulus, &dual, least, &v, size),
                None => Evidence::Nothing,
            },
        );
    }
    let mut hypotheses = vec![
        premise(function, modulus, config)?,
        Hypothesis::measured("no sampled value lies below the infimum", below, TOLERANCE),
    ];
    match (modulus.side(), infimum) {
        (Side::Smooth, _) if domain == Domain::Whole => {
            hypotheses.push(Hypothesis::known("the function is defined on the whole space"));
        }
        (Side::Smooth, _) => hypotheses.push(Hypothesis::assumed("v - grad Phi*(s_v) lies in the domain")),
        (Side::Convex, Infimum::At(_)) => hypotheses.push(Hypothesis::known("the infimum is attained")),
        (Side::Convex, Infimum::AtLeast(_)) => {
            hypotheses.push(Hypothesis::assumed("the lower bound is the infimum"));
        }
    }
    Ok(tally.finish(hypotheses))
}

/// The slack in 256 bits, with the tolerance granted.
fn certify(
    formulas: &dyn Formulas,
    domain: &Domain,
    modulus: &Modulus,
    dual: &Potential,
    least: f64,
    v: &[f64],
    size: f64,
) -> Evidence {
    let point = lift_into(domain, v);
    let mut gradient = vec![PreciseInterval::zero(); v.len()];
    Evaluate::<PreciseInterval>::gradient_of(formulas, &point, &mut gradient);
    let gap = Evaluate::<PreciseInterval>::value_of(formulas, &point) - least;
    let energy = dual.value_of(&gradient);
    let slack = match modulus.side() {
        Side::Smooth => gap - energy,
        Side::Convex => energy - gap,
    };
    Evidence::Enclosed(slack + modulus.offset() + TOLERANCE * size)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{Cosine, Quadratic, Separable, entries};
    use crate::norms::Norm;

    const CONFIG: fn() -> SearchConfig = || SearchConfig::budget(1500);

    #[test]
    fn every_row_of_the_catalogue_with_a_minimum_obeys() {
        for entry in entries(2).unwrap() {
            let Some((minimiser, _)) = entry.minimum() else { continue };
            for known in entry.constants() {
                let infimum = Infimum::At(minimiser.to_vec());
                let report = check(entry.objective(), &known.modulus, &infimum, &CONFIG()).unwrap();
                assert!(
                    report.verdict().holds(),
                    "{}: {}: {}",
                    entry.objective().name(),
                    known.modulus,
                    report.verdict()
                );
            }
        }
    }

    #[test]
    fn the_bounds_are_attained_by_parabolas_and_break_one_per_cent_further() {
        let function = Quadratic::diagonal(&[1.0, 3.0]).unwrap();
        let infimum = Infimum::At(vec![0.0, 0.0]);
        for (side, tight, better) in [(Side::Smooth, 3.0, 2.97), (Side::Convex, 1.0, 1.01)] {
            let modulus = |c| match side {
                Side::Smooth => Modulus::smooth(c, 2.0, Norm::L2).unwrap(),
                Side::Convex => Modulus::convex(c, 2.0, Norm::L2).unwrap(),
            };
            let report = check(&function, &modulus(tight), &infimum, &CONFIG()).unwrap();
            let Verdict::Holds { margin, .. } = report.verdict() else { panic!("{}", report.verdict()) };
            assert!(margin.abs() < 1e-12, "{margin}");
            // The claim is refuted, and the verdict says why nothing follows: the hypothesis fails too.
            let report = check(&function, &modulus(better), &infimum, &CONFIG()).unwrap();
            assert!(report.claim.is_violated() && report.verdict().is_undecided());
        }
    }

    #[test]
    fn the_convex_side_asks_for_the_infimum_itself() {
        let function = Quadratic::diagonal(&[1.0]).unwrap();
        let convex = Modulus::convex(1.0, 2.0, Norm::L2).unwrap();
        let report = check(&function, &convex, &Infimum::AtLeast(-1.0), &CONFIG()).unwrap();
        assert!(report.verdict().is_undecided());
        let cosine = Separable::new(Cosine, 1).unwrap();
        let smooth = Modulus::smooth(1.0, 2.0, Norm::L2).unwrap();
        assert!(check(&cosine, &smooth, &Infimum::AtLeast(-1.0), &CONFIG()).unwrap().verdict().holds());
        // A number above the infimum is noticed.
        let report = check(&cosine, &smooth, &Infimum::AtLeast(-0.5), &CONFIG()).unwrap();
        assert!(report.verdict().is_undecided());
        assert!(check(&cosine, &smooth, &Infimum::AtLeast(f64::NAN), &CONFIG()).is_err());
    }

    use crate::verdict::Verdict;
}
