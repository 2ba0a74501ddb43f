//! T2: The calculus of constants.
//!
//! **Statement.** If G has a modulus (c, r, norm, offset), then `a G`, a > 0, has (a c, r, norm, a
//! offset); the sum of two functions with moduli of one side, exponent and norm has the sum of their
//! constants and offsets; and `G(A x + b)` has `C ||A||^r` above and `c m(A)^r` below, offset kept.
//!
//! **Assumptions.** The parts have the moduli claimed: searched for counterexamples, with the same budget
//! as the conclusion.
//!
//! **What is computed.** The modulus of [`crate::moduli::calculus`], put to the falsifier on the combined function.
//!
//! **Reference.** Theory, T2: the definitions added, scaled and composed.
//!
//! **Cost.** The budget, once for each part and once for the whole.
//!
//! ```
//! use fenchel_convexity::catalogue::{Separable, Softplus};
//! use fenchel_convexity::moduli::Modulus;
//! use fenchel_convexity::search::SearchConfig;
//! use fenchel_convexity::norms::Norm;
//! use fenchel_convexity::theorems::calculus;
//! use ndarray::array;
//!
//! let softplus = Separable::new(Softplus, 2)?;
//! let modulus = Modulus::smooth(0.25, 2.0, Norm::L2)?;
//! let map = array![[1.0, 2.0], [0.0, 1.0]];
//! let config = SearchConfig::budget(4000);
//! let report = calculus::check_precomposition(&softplus, &modulus, &map, &Norm::L2, &config)?;
//! assert!(report.verdict().holds());
//! # Ok::<(), fenchel_convexity::ConvexityError>(())
//! ```

use super::implication;
use crate::error::ConvexityError;
use crate::moduli::{Modulus, calculus};
use crate::norms::Norm;
use crate::objectives::{Formula, Precomposed, Scaled, Sum};
use crate::search::SearchConfig;
use crate::verdict::{Hypothesis, Report};
use ndarray::{Array1, Array2};

/// Examines the modulus of a multiple.
///
/// # Errors
///
/// If the factor is not positive, dimensions do not fit, or the budget is 0.
pub fn check_multiple<F: Formula + Clone>(
    factor: f64,
    function: &F,
    modulus: &Modulus,
    config: &SearchConfig,
) -> Result<Report, ConvexityError> {
    let whole = Scaled::new(factor, function.clone())?;
    let derived = calculus::scale(factor, modulus)?;
    let positive = vec![Hypothesis::known("the factor is positive")];
    implication::check("T2", positive, &[(function, modulus)], (&whole, &derived), config)
}

/// Examines the modulus of a sum.
///
/// # Errors
///
/// If the functions or the moduli do not fit, or the budget is 0.
pub fn check_sum<F: Formula + Clone, G: Formula + Clone>(
    first: (&F, &Modulus),
    second: (&G, &Modulus),
    config: &SearchConfig,
) -> Result<Report, ConvexityError> {
    let whole = Sum::new(first.0.clone(), second.0.clone())?;
    let derived = calculus::sum(first.1, second.1)?;
    let premises = [(first.0 as _, first.1), (second.0 as _, second.1)];
    implication::check("T2", Vec::new(), &premises, (&whole, &derived), config)
}

/// Examines the modulus of `G(A x)` in a norm for x.
///
/// # Errors
///
/// If shapes do not fit, nothing of a convexity constant is left, or the budget is 0.
pub fn check_precomposition<F: Formula + Clone>(
    function: &F,
    modulus: &Modulus,
    matrix: &Array2<f64>,
    norm: &Norm,
    config: &SearchConfig,
) -> Result<Report, ConvexityError> {
    let whole = Precomposed::new(function.clone(), matrix.clone(), Array1::zeros(matrix.nrows()))?;
    let derived = calculus::precompose(modulus, matrix, norm)?;
    implication::check("T2", Vec::new(), &[(function, modulus)], (&whole, &derived), config)
}

#[cfg(test)]
mod by_hand;
#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{AbsolutePower, AbsoluteValue, Quadratic, Separable};
    use ndarray::array;

    const CONFIG: fn() -> SearchConfig = || SearchConfig::budget(3000);

    #[test]
    fn derived_constants_hold_with_offsets() {
        let absolute = Separable::new(AbsoluteValue, 2).unwrap();
        let offset = Modulus::smooth(1.0, 2.0, Norm::L2).unwrap().with_offset(4.0).unwrap();
        assert!(check_multiple(3.0, &absolute, &offset, &CONFIG()).unwrap().verdict().holds());
        let quadratic = Quadratic::diagonal(&[1.0, 3.0]).unwrap();
        let smooth = Modulus::smooth(3.0, 2.0, Norm::L2).unwrap();
        let report = check_sum((&absolute, &offset), (&quadratic, &smooth), &CONFIG()).unwrap();
        assert!(report.verdict().holds(), "{}", report.verdict());
        let quartic = Separable::new(AbsolutePower { r: 4.0 }, 2).unwrap();
        let convex = Modulus::convex(1.0 / 3.0 - 1e-12, 4.0, Norm::lp(4.0).unwrap()).unwrap();
        let map = array![[2.0, 0.5], [0.0, 1.0]];
        let report = check_precomposition(&quartic, &convex, &map, &Norm::L2, &CONFIG()).unwrap();
        assert!(report.verdict().holds(), "{}", report.verdict());
    }

    #[test]
    fn a_false_premise_withholds_the_answer() {
        let quadratic = Quadratic::diagonal(&[1.0, 3.0]).unwrap();
        let false_smooth = Modulus::smooth(2.0, 2.0, Norm::L2).unwrap();
        let report = check_multiple(2.0, &quadratic, &false_smooth, &CONFIG()).unwrap();
        assert!(report.verdict().is_undecided() && report.inequality.is_violated());
    }
}
