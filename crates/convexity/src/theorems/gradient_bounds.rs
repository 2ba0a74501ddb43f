//! T4: Gradient bounds: the gradient energy bounds the gap from below and from above.
//!
//! **Statement.** G H(Phi)-smooth on R^m with infimum G_inf and offset c: `Phi*(grad G(v)) - c <= G(v) -
//! G_inf`. G H(phi)-convex with offset c: `G(v) - G_inf <= phi*(grad G(v)) + c`. The first generalises
//! self-bounding, the second Polyak and Lojasiewicz.
//!
//! **Assumptions.** The modulus (searched for counterexamples); for the smooth side the whole space as
//! domain; G_inf: for the smooth side a lower bound serves, for the convex side it must be the infimum,
//! so a minimiser is asked for. A minimiser that is named must be stationary (measured).
//!
//! **What is computed.** Both sides at points of every size, the conjugate potential evaluated at the
//! gradient; a negative slack again in 256 bits. The constants of a conjugate are rounded: what that may
//! explain is measured by the pair s and w = grad psi*(s), as `<s, w> - psi(w)` is at most the exact
//! psi*(s) and falls short of it by the square of the rounding only.
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
//! use ndarray::array;
//! // 1/2 ||tanh x||^2 <= sum log cosh x.
//! let function = Separable::new(LogCosh, 2)?;
//! let modulus = Modulus::smooth(1.0, 2.0, Norm::L2)?;
//! let config = SearchConfig::budget(4000);
//! let report = gradient_bounds::check(&function, &modulus, &Infimum::At(array![0.0, 0.0]), &config)?;
//! assert!(report.verdict().holds());
//! # Ok::<(), fenchel_convexity::ConvexityError>(())
//! ```

pub use super::infimum::Infimum;

use super::condition::{gradient, lift};
use super::infimum::stationary;
use super::points::point;
use super::premise::premise;
use crate::error::{ConvexityError, require_range};
use crate::inequality::{Evidence, Observation, Tally};
use crate::moduli::{Modulus, Side};
use crate::number::{Number, PreciseInterval};
use crate::objectives::{Domain, Enclosure, Objective, slope};
use crate::potentials::Potential;
use crate::search::SearchConfig;
use crate::verdict::{Hypothesis, Report, Witness};
use ndarray::ArrayView1;

/// How far a sampled value may lie below the infimum, relative to both: round-off of two values.
const TOLERANCE: f64 = 1e-13;

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
    let least = infimum.value(function)?;
    let dual = modulus.potential().conjugate()?;
    let mut tally = Tally::new("T4");
    let mut below = f64::NEG_INFINITY;
    for index in 0..config.budget {
        let v = point(config.seed.derive("v"), index, m, &domain, &kinks);
        let view = ArrayView1::from(&v);
        let (Ok(value), Ok(s)) = (function.value(&view), slope(function, &view)) else {
            continue;
        };
        below = below.max((least - value) / (least.abs() + value.abs()).max(f64::MIN_POSITIVE));
        let (gap, energy) = (value - least, dual.value_of(&s.to_vec()));
        let (measured, bound, slack) = match modulus.side() {
            Side::Smooth => (energy - modulus.offset(), gap, gap - (energy - modulus.offset())),
            Side::Convex => (gap, energy + modulus.offset(), energy + modulus.offset() - gap),
        };
        let size = energy.abs().min(f64::MAX) + value.abs() + least.abs() + modulus.offset();
        tally.observe(
            &Observation { measured, bound, slack, size },
            || Witness::default().with("v", &v),
            || match function.enclosable() {
                Some(_) => {
                    let x = lift::<PreciseInterval>(function, &v);
                    let gap = PreciseInterval::value(function, &x) - infimum.enclosed(function);
                    Evidence::Enclosed(exact(modulus, &dual, gap, [gradient(function, &x)]))
                }
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
        (Side::Convex, Infimum::At(_)) => {}
        (Side::Convex, Infimum::AtLeast(_)) => {
            hypotheses.push(Hypothesis::assumed("the lower bound is the infimum"));
        }
    }
    if let Infimum::At(point) = infimum {
        hypotheses.push(stationary(function, &point.to_vec()));
    }
    Ok(tally.finish(hypotheses))
}

/// The slack of a gap in 256 bits against the mean energy of some gradients, with what the rounding of
/// the conjugate explains.
pub(super) fn exact(
    modulus: &Modulus,
    dual: &Potential,
    gap: PreciseInterval,
    gradients: impl IntoIterator<Item = Vec<PreciseInterval>>,
) -> PreciseInterval {
    let (mut sum, mut count) = (PreciseInterval::zero(), 0.0);
    for s in gradients {
        count += 1.0;
        sum = sum
            + match modulus.side() {
                Side::Smooth => Number::min(&dual.value_of(&s), &by_maximiser(modulus.potential(), dual, &s)),
                Side::Convex => conjugate_from_above(modulus.potential(), dual, &s),
            };
    }
    let energy = sum / count;
    let slack = match modulus.side() {
        Side::Smooth => gap - energy,
        Side::Convex => energy - gap,
    };
    slack + modulus.offset()
}

/// A number that is at least psi*(s) and no further above it than the rounding of the conjugate explains: what a
/// conclusion may be held against.
fn conjugate_from_above<N: Number>(psi: &Potential, dual: &Potential, s: &[N]) -> N {
    let near = Number::max(&dual.value_of(s), &by_maximiser(psi, dual, s));
    near.clone() + near * SQUARE_OF_ROUNDING
}

/// psi*(s) of a norm power, or more by [`SQUARE_OF_ROUNDING`] of it at most: what a hypothesis may be held against. The
/// rounded conjugate would not do, since a premise that fails by a unit refutes what is concluded from it.
///
/// The constants of a conjugate are off by some units, and so is w = grad psi*(s), at which `<s, .> - psi` has its
/// maximum: there it falls short by the square.
pub(super) fn conjugate_of_power<N: Number>(psi: &Potential, dual: &Potential, s: &[N]) -> N {
    let near = by_maximiser(psi, dual, s);
    near.clone() + near * SQUARE_OF_ROUNDING
}

/// Some 45 units, squared.
pub(super) const SQUARE_OF_ROUNDING: f64 = 1e-28;

/// `<s, w> - psi(w)` at w = grad psi*(s): never above psi*(s), whatever is rounded in w.
pub(super) fn by_maximiser<N: Number>(psi: &Potential, dual: &Potential, s: &[N]) -> N {
    let mut w = vec![N::zero(); s.len()];
    dual.gradient_of(s, &mut w);
    N::dot(s, &w) - psi.value_of(&w)
}

#[cfg(test)]
mod by_hand;
#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{Cosine, NegativeEntropy, Quadratic, Separable, entries};
    use crate::norms::Norm;
    use crate::verdict::Status;
    use ndarray::array;

    const CONFIG: fn() -> SearchConfig = || SearchConfig::budget(4000);

    #[test]
    fn every_row_of_the_catalogue_with_a_minimum_obeys() {
        for entry in entries(2).unwrap() {
            let Some((minimiser, _)) = entry.minimum() else { continue };
            for known in entry.constants() {
                let infimum = Infimum::At(minimiser.clone());
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
        let infimum = Infimum::At(array![0.0, 0.0]);
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
            assert!(report.inequality.is_violated() && report.verdict().is_undecided());
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

    #[test]
    fn on_a_part_of_the_space_the_smooth_side_assumes_that_its_steps_stay_there() {
        let entropy = NegativeEntropy::new(2).unwrap();
        let smooth = Modulus::smooth(9.0, 2.0, Norm::L2).unwrap();
        let report = check(&entropy, &smooth, &Infimum::AtLeast(-1.0), &SearchConfig::budget(500)).unwrap();
        let assumed = |hypothesis: &&Hypothesis| hypothesis.name.contains("lies in the domain");
        let found = report.hypotheses.iter().find(assumed).unwrap();
        assert!(found.status == Status::Assumed && !report.verdict().holds());
    }

    /// sqrt(1 + x^2) + 1e12: f64 resolves the gap to 1e-4.
    #[derive(Debug)]
    struct Drowned;

    impl crate::objectives::Formula for Drowned {
        fn name(&self) -> String {
            "sqrt(1 + x^2) + 1e12".into()
        }

        fn dimension(&self) -> usize {
            1
        }

        fn value_in<N: Number>(&self, x: &[N]) -> N {
            (x[0].square() + 1.0).sqrt() + 1e12
        }
    }

    #[test]
    fn values_far_above_their_gaps_hide_no_wrong_constant() {
        let infimum = Infimum::At(array![0.0]);
        for (c, holds) in [(1.0, true), (0.9, false), (0.99, false)] {
            let modulus = Modulus::smooth(c, 2.0, Norm::L2).unwrap();
            let report = check(&Drowned, &modulus, &infimum, &SearchConfig::budget(4000)).unwrap();
            assert_eq!(report.inequality.holds(), holds, "{c}: {}", report.inequality);
            assert_eq!(report.inequality.is_violated(), !holds, "{c}: {}", report.inequality);
            let report =
                super::super::growth::check(&Drowned, &modulus, &array![0.0], &SearchConfig::budget(4000))
                    .unwrap();
            assert_eq!(report.inequality.is_violated(), !holds, "{c}: {}", report.inequality);
        }
    }

    #[test]
    fn the_rounding_of_a_conjugate_is_granted_and_no_more() {
        // At c u^r/r the bound is an equation, whatever the rounding of c^{-(q-1)} and q; one part in
        // 1e12 more is refuted.
        for (c, r) in [(0.7, 1.3), (1.9, 3.0), (2.3e5, 1.5), (1e-7, 4.0), (3.1, 17.0)] {
            let power = Potential::norm_power(c, r, Norm::L2).unwrap();
            let modulus = Modulus::new(Side::Smooth, power.clone(), 0.0).unwrap();
            let convex = Modulus::new(Side::Convex, power.clone(), 0.0).unwrap();
            let dual = power.conjugate().unwrap();
            for u in [1e-4, 0.3, 7.0, 1e3] {
                let u = [PreciseInterval::from_f64(u)];
                let mut s = [PreciseInterval::zero()];
                power.gradient_of(&u, &mut s);
                // psi*(psi'(u)) = u psi'(u) - psi(u).
                let energy = PreciseInterval::dot(&u, &s) - power.value_of(&u);
                let slack = |modulus: &Modulus, share: f64| {
                    let gap = energy.clone() * share;
                    (exact(modulus, &dual, gap, [s.to_vec()]) / &energy).to_f64()
                };
                assert!(slack(&modulus, 1.0) >= 0.0 && slack(&convex, 1.0) >= 0.0, "{c} {r}");
                assert!(slack(&modulus, 1.0 - 1e-12) < 0.0 && slack(&convex, 1.0 + 1e-12) < 0.0, "{c} {r}");
            }
        }
    }

    use crate::verdict::Verdict;
}
