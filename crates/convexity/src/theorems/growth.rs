//! T4, around a minimiser: a function grows between its moduli.
//!
//! **Statement.** Around a minimiser u* of G with the subgradient 0: `phi(v - u*) - c_phi <= G(v) - G_inf
//! <= Phi(v - u*) + c_Phi`, for G H(phi)-convex below and H(Phi)-smooth above.
//!
//! **Assumptions.** The modulus (searched for counterexamples), and that the chosen subgradient at u* is
//! 0 (measured): a minimum at an edge is not enough.
//!
//! **What is computed.** The gap `G(v) - G(u*)` against the bound, at points of every size around u*.
//!
//! **Reference.** GCS (arXiv 2608.09523), gradient bounds: the definition with v = u* and s = 0.
//!
//! **Cost.** The budget for the modulus, and one value for each point.
//!
//! ```
//! use fenchel_convexity::catalogue::{DoubleWell, Separable};
//! use fenchel_convexity::moduli::Modulus;
//! use fenchel_convexity::search::SearchConfig;
//! use fenchel_convexity::norms::Norm;
//! use fenchel_convexity::theorems::growth;
//! use ndarray::array;
//!
//! // (x^2 - 1)^2/4 is not convex, and yet it grows: at least (1/16) d^4 - 3 around x = 1.
//! let function = Separable::new(DoubleWell, 1)?;
//! let modulus = Modulus::convex(0.25, 4.0, Norm::L2)?.with_offset(3.0)?;
//! let config = SearchConfig::budget(4000);
//! assert!(growth::check(&function, &modulus, &array![1.0], &config)?.verdict().holds());
//! # Ok::<(), fenchel_convexity::ConvexityError>(())
//! ```

use super::condition::{difference, lift};
use super::infimum::stationary;
use super::points::point;
use super::premise::premise;
use crate::error::{ConvexityError, require_range, require_vector};
use crate::inequality::{Evidence, Observation, Tally};
use crate::moduli::Modulus;
use crate::number::PreciseInterval;
use crate::objectives::{Domain, Enclosure, Objective};
use crate::search::SearchConfig;
use crate::verdict::{Report, Witness};
use ndarray::{ArrayRef1, ArrayView1};

/// Examines the growth of a function around a minimiser.
///
/// # Errors
///
/// If the minimiser is not a point of the domain, the modulus is of another dimension, or the budget is 0.
pub fn check(
    function: &dyn Objective,
    modulus: &Modulus,
    minimiser: &ArrayRef1<f64>,
    config: &SearchConfig,
) -> Result<Report, ConvexityError> {
    require_range("budget", config.budget as f64, config.budget > 0, "at least 1")?;
    let (m, domain) = (function.dimension(), function.domain());
    require_vector("minimiser", minimiser, m)?;
    modulus.potential().require_dimension("modulus", m)?;
    let least = function.value(minimiser)?;
    let minimiser = &minimiser.to_vec();
    let mut tally = Tally::new("T4");
    for index in 0..config.budget {
        let mut v = point(config.seed.derive("v"), index, m, &Domain::Whole, &[]);
        v.iter_mut().zip(minimiser).for_each(|(v, u)| *v += u);
        domain.project(&mut v);
        let Ok(value) = function.value(&ArrayView1::from(&v)) else { continue };
        let displacement: Vec<f64> = v.iter().zip(minimiser).map(|(v, u)| v - u).collect();
        let (gap, bound) = (value - least, modulus.bound_of(&displacement));
        let slack = modulus.slack(gap, &displacement);
        let size = bound.abs() + value.abs() + least.abs() + modulus.offset();
        tally.observe(
            &Observation { measured: gap, bound, slack, size },
            || Witness::pair(&v, minimiser),
            || {
                if function.enclosable().is_none() {
                    return Evidence::Nothing;
                }
                let (v, u): (Vec<PreciseInterval>, Vec<_>) = (lift(function, &v), lift(function, minimiser));
                let gap = PreciseInterval::value(function, &v) - PreciseInterval::value(function, &u);
                Evidence::Enclosed(modulus.slack(gap, &difference(&v, &u)))
            },
        );
    }
    Ok(tally.finish(vec![premise(function, modulus, config)?, stationary(function, minimiser)]))
}

#[cfg(test)]
mod by_hand;
#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{Quadratic, entries};
    use crate::norms::Norm;
    use ndarray::array;

    const CONFIG: fn() -> SearchConfig = || SearchConfig::budget(1000);

    #[test]
    fn the_catalogue_grows_as_it_should() {
        for entry in entries(2).unwrap() {
            let Some((minimiser, _)) = entry.minimum() else { continue };
            for known in entry.constants() {
                let report = check(entry.objective(), &known.modulus, minimiser, &CONFIG()).unwrap();
                let verdict = report.verdict();
                assert!(verdict.holds(), "{}: {}: {verdict}", entry.objective().name(), known.modulus);
            }
        }
    }

    #[test]
    fn a_better_constant_is_refuted_and_another_point_is_refused() {
        let function = Quadratic::diagonal(&[1.0, 3.0]).unwrap();
        let better = Modulus::smooth(2.97, 2.0, Norm::L2).unwrap();
        let report = check(&function, &better, &array![0.0, 0.0], &CONFIG()).unwrap();
        assert!(report.inequality.is_violated() && report.verdict().is_undecided());
        let tight = Modulus::smooth(3.0, 2.0, Norm::L2).unwrap();
        assert!(check(&function, &tight, &array![1.0, 0.0], &CONFIG()).unwrap().verdict().is_undecided());
        assert!(check(&function, &tight, &array![0.0], &CONFIG()).is_err());
    }
}
