//! T3: Duality of smoothness and convexity.
//!
//! **Statement.** For convex closed G: G is H(Phi)-smooth on R^m if and only if G* is H(Phi*)-convex on
//! its domain, for every choice of subgradients, offsets unchanged.
//!
//! **Assumptions.** G is closed and convex (its divergence is examined at the sampled pairs), G* is its
//! conjugate (Fenchel-Young's equality is examined at sampled points), and G has the modulus (searched).
//!
//! **What is computed.** The conjugate modulus, put to the falsifier on G*.
//!
//! **Reference.** GCS (arXiv 2608.09523), duality; the proof: `G*(s) >= sup_u <s,u> - G(v) - <t,u-v> -
//! Phi(u-v) = G*(t) + <s-t, v> + Phi*(s-t)`, t = grad G(v).
//!
//! **Cost.** The budget for the premise and for the conclusion, and a tenth of it for the other hypotheses.
//!
//! ```
//! use fenchel_convexity::catalogue::{LogSumExp, NegativeEntropy};
//! use fenchel_convexity::moduli::Modulus;
//! use fenchel_convexity::search::SearchConfig;
//! use fenchel_convexity::norms::Norm;
//! use fenchel_convexity::theorems::duality;
//!
//! // log-sum-exp is 1-smooth in l_inf, hence the entropy is 1-convex in l_1: Pinsker's inequality.
//! let smooth = Modulus::smooth(1.0, 2.0, Norm::LINF)?;
//! let config = SearchConfig::budget(4000);
//! let report = duality::check(&LogSumExp::new(3)?, &smooth, &NegativeEntropy::new(3)?, &config)?;
//! assert!(report.verdict().holds());
//! # Ok::<(), fenchel_convexity::ConvexityError>(())
//! ```

use super::implication;
use super::points::point;
use crate::error::{ConvexityError, require_dimension};
use crate::moduli::{Modulus, Side};
use crate::objectives::{Objective, slope};
use crate::search::SearchConfig;
use crate::verdict::{Hypothesis, Report};
use ndarray::Array1;

/// Round-off of Fenchel-Young's equality and of divergences, relative to their terms.
const TOLERANCE: f64 = 1e-10;

/// The modulus of G* that belongs to a modulus of G: the other side, the conjugate potential, the same
/// offset.
///
/// # Errors
///
/// If a constant of the conjugate potential is beyond f64.
pub fn dual_modulus(modulus: &Modulus) -> Result<Modulus, ConvexityError> {
    let side = match modulus.side() {
        Side::Convex => Side::Smooth,
        Side::Smooth => Side::Convex,
    };
    Modulus::new(side, modulus.potential().conjugate()?, modulus.offset())
}

/// Examines the dual modulus on the conjugate function.
///
/// # Errors
///
/// If dimensions do not fit or the budget is 0.
pub fn check(
    function: &dyn Objective,
    modulus: &Modulus,
    conjugate: &dyn Objective,
    config: &SearchConfig,
) -> Result<Report, ConvexityError> {
    require_dimension("conjugate", conjugate.dimension(), function.dimension())?;
    // The conjugate's constant is rounded; a hair on the weaker side keeps the conclusion true as it stands.
    let exact = dual_modulus(modulus)?;
    let hair = match exact.side() {
        Side::Convex => 1.0 - 1e-14,
        Side::Smooth => 1.0 + 1e-14,
    };
    let dual = Modulus::new(exact.side(), exact.potential().clone().scaled(hair)?, exact.offset())?;
    let hypotheses = vec![
        convexity(function, config),
        Hypothesis::measured(
            "the second function is the conjugate of the first",
            fenchel_young_residual(function, conjugate, config),
            TOLERANCE,
        ),
    ];
    implication::check("T3", hypotheses, &[(function, modulus)], (conjugate, &dual), config)
}

/// The largest relative amount by which a divergence is negative, over sampled pairs.
pub(super) fn convexity(function: &dyn Objective, config: &SearchConfig) -> Hypothesis {
    let (m, domain, kinks) = (function.dimension(), function.domain(), function.kinks());
    let mut residual = f64::NEG_INFINITY;
    for index in 0..config.budget.div_ceil(10) {
        let u = Array1::from(point(config.seed.derive("u"), index, m, &domain, &kinks));
        let v = Array1::from(point(config.seed.derive("v"), index / 3, m, &domain, &kinks));
        let (Ok(d), Ok(a), Ok(b), Ok(s)) =
            (function.bregman(&u, &v), function.value(&u), function.value(&v), slope(function, &v))
        else {
            continue;
        };
        let size = a.abs() + b.abs() + s.dot(&(&u - &v)).abs();
        residual = residual.max(-d / size.max(f64::MIN_POSITIVE));
    }
    Hypothesis::measured("the function is convex", residual, TOLERANCE)
}

/// The largest relative gap of `G(v) + G*(s_v) - <v, s_v>` over sampled points; infinite if none could be
/// evaluated.
fn fenchel_young_residual(function: &dyn Objective, conjugate: &dyn Objective, config: &SearchConfig) -> f64 {
    let (m, domain, kinks) = (function.dimension(), function.domain(), function.kinks());
    let dual_domain = conjugate.domain();
    let mut worst: Option<f64> = None;
    for index in 0..config.budget.div_ceil(10) {
        let v = Array1::from(point(config.seed.derive("w"), index, m, &domain, &kinks));
        let Ok(s) = slope(function, &v) else { continue };
        let mut snapped = s.to_vec();
        dual_domain.project(&mut snapped);
        let s = Array1::from(snapped);
        let (Ok(a), Ok(b)) = (function.value(&v), conjugate.value(&s)) else { continue };
        let inner = v.dot(&s);
        // Projecting s moves it by an ulp of 1, which moves the inner product by that times v.
        let moved = f64::EPSILON / TOLERANCE * v.mapv(f64::abs).sum();
        let size = a.abs() + b.abs() + inner.abs() + moved;
        let gap = (a + b - inner).abs() / size.max(f64::MIN_POSITIVE);
        worst = Some(worst.map_or(gap, |worst| worst.max(gap)));
    }
    worst.unwrap_or(f64::INFINITY)
}

#[cfg(test)]
mod by_hand;
#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{LogSumExp, NegativeEntropy, PotentialFunction};
    use crate::moduli::norm_power_smoothness;
    use crate::norms::Norm;
    use crate::potentials::Potential;

    const CONFIG: fn() -> SearchConfig = || SearchConfig::budget(3000);

    #[test]
    fn powers_turn_into_their_conjugates() {
        for r in [1.25, 1.5, 2.0] {
            let psi = Potential::norm_power(1.0, r, Norm::L2).unwrap();
            let dual = PotentialFunction::new(psi.conjugate().unwrap(), 2).unwrap();
            let function = PotentialFunction::new(psi, 2).unwrap();
            let smooth = Modulus::smooth(norm_power_smoothness(r).unwrap(), r, Norm::L2).unwrap();
            let report = check(&function, &smooth, &dual, &CONFIG()).unwrap();
            assert!(report.verdict().holds(), "{r}: {}", report.verdict());
            // A constant one per cent too good: the premise fails, and so does the conclusion.
            let better = Modulus::smooth(0.99 * norm_power_smoothness(r).unwrap(), r, Norm::L2).unwrap();
            let report = check(&function, &better, &dual, &CONFIG()).unwrap();
            assert!(report.inequality.is_violated() && report.verdict().is_undecided(), "{r}");
        }
    }

    #[test]
    fn a_stranger_is_no_conjugate() {
        let quadratic =
            PotentialFunction::new(Potential::norm_power(1.0, 2.0, Norm::L2).unwrap(), 2).unwrap();
        let smooth = Modulus::smooth(0.5, 2.0, Norm::L2).unwrap();
        let report = check(&LogSumExp::new(2).unwrap(), &smooth, &quadratic, &CONFIG()).unwrap();
        assert!(report.verdict().is_undecided());
        let report =
            check(&LogSumExp::new(2).unwrap(), &smooth, &NegativeEntropy::new(2).unwrap(), &CONFIG());
        let verdict = report.unwrap().verdict();
        assert!(verdict.holds(), "{verdict}");
    }

    #[test]
    fn without_a_point_nothing_is_known_of_a_pair() {
        let power = PotentialFunction::new(Potential::norm_power(1.0, 2.0, Norm::L2).unwrap(), 1).unwrap();
        let none = SearchConfig::budget(0);
        assert_eq!(fenchel_young_residual(&power, &power, &none), f64::INFINITY);
    }
}
