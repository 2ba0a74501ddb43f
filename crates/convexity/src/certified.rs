//! Certified mode: constants that are *proved*, by branch and bound in interval arithmetic.
//!
//! For functions of one or two variables a search can do more than fail to find a counterexample: cover the
//! region by boxes, enclose the slack on each, and split the boxes on which the sign is open. The end is a
//! proof, or a point at which the claim fails, or an honest [`Proof::Open`].
//!
//! - [`prove_nonnegative`] and [`minimum`]: any formula of one or two variables on a box.
//! - [`prove_curvature`] and [`best_curvature`]: convexity and smoothness of exponent 2 in any norm. On a
//!   convex set they are statements about second derivatives, `d'H(x)d >= c ||d||^2` and `d'H(x)d <= C
//!   ||d||^2` for all x and d (for the definition integrate twice along the segment; for the converse let u
//!   tend to v), so no pairs are searched.
//! - [`prove_pairs`]: any exponent and offset, one variable, all pairs of an interval; [`prove_homogeneous`]:
//!   the same on the whole line, for a function that is homogeneous of the degree of the bound.
//! - [`cross_entropy`]: the two constants of the loss.
//!
//! - [`prove_polyak_lojasiewicz`]: the inequality of Polyak and Lojasiewicz in one variable, with the zero at
//!   the minimiser divided out.
//!
//! A constant that is attained inside the region cannot itself be proved in this way, as the slack touches
//! zero there; any constant that is weaker by a small fraction can. [`minimum`] and [`best_curvature`]
//! enclose the best constant from both sides.
//!
//! What a proof rests on: the enclosures of [`Interval`], and with them the platform's elementary functions
//! within the stated units in the last place; and the words with which the formula's `value` branches
//! ([`Number::select`](crate::number::Number::select), [`join`](crate::number::Number::join),
//! [`join_smooth`](crate::number::Number::join_smooth)). Derivatives are those of `value`: a `gradient` or
//! `bregman` written by hand, and `kinks`, may be wrong or missing without harm. Where a formula has a kink
//! no second derivative is known, and what needs one stays open.
//!
//! What a refutation rests on: 256 bits at one point. It is a point at which the function is certainly
//! negative, or a pair (u, v) that certainly breaks the definition, the function being differentiable at v.
//!
//! ```
//! use fenchel_convexity::certified::{best_curvature, Effort};
//! use fenchel_convexity::moduli::Side;
//! use fenchel_convexity::norms::Norm;
//! use fenchel_convexity::number::{Interval, Number};
//! use fenchel_convexity::objectives::Formula;
//!
//! /// log(e^x + e^y), 1-smooth in l_inf.
//! #[derive(Debug)]
//! struct LogSumExp;
//! impl Formula for LogSumExp {
//!     fn name(&self) -> String { "log-sum-exp".into() }
//!     fn dimension(&self) -> usize { 2 }
//!     fn value_in<N: Number>(&self, x: &[N]) -> N { (x[0].exp() + x[1].exp()).ln() }
//! }
//!
//! let square = [Interval::hull(-1.0, 1.0), Interval::hull(-1.0, 1.0)];
//! let best = best_curvature(&LogSumExp, Side::Smooth, &Norm::LINF, &square, 0.05, &Effort::default())?;
//! assert!(best.contains(1.0) && best.width() <= 0.05);
//! # Ok::<(), fenchel_convexity::ConvexityError>(())
//! ```

mod branch_and_bound;
pub mod cross_entropy;
mod curvature;
mod enclosed;
mod pairs;
mod polyak_lojasiewicz;

pub use branch_and_bound::{Effort, Minimum, Proof};
pub use curvature::{best_curvature, prove_curvature};
pub(crate) use curvature::{exponent_two, prove_constant};
pub use pairs::{prove_homogeneous, prove_pairs};
pub use polyak_lojasiewicz::prove_polyak_lojasiewicz;

use crate::ConvexityError;
use crate::error::{require_dimension, require_range};
use crate::number::Interval;
use crate::objectives::{Domain, Objective};
use enclosed::{FormulaOnBox, formula_of};

/// Proves that a formula is not negative anywhere on a box, or finds where it is negative.
///
/// The ends of the box may be infinite.
///
/// # Errors
///
/// If the formula has more than two variables, or the box is undefined or of another dimension, or leaves the
/// domain.
pub fn prove_nonnegative(
    formula: &dyn Objective,
    region: &[Interval],
    effort: &Effort,
) -> Result<Proof, ConvexityError> {
    check(formula, region)?;
    Ok(branch_and_bound::prove(&FormulaOnBox(formula_of(formula)?), vec![region.to_vec()], effort))
}

/// Encloses the minimum of a formula on a bounded box.
///
/// Ends when the enclosure is at most `tolerance` wide, or the effort is spent: the enclosure is valid in
/// either case.
///
/// # Errors
///
/// As [`prove_nonnegative`], and if the tolerance is negative or not finite.
pub fn minimum(
    formula: &dyn Objective,
    region: &[Interval],
    tolerance: f64,
    effort: &Effort,
) -> Result<Minimum, ConvexityError> {
    check(formula, region)?;
    require_range("tolerance", tolerance, tolerance >= 0.0, "finite and at least 0")?;
    Ok(branch_and_bound::minimise(
        &FormulaOnBox(formula_of(formula)?),
        vec![region.to_vec()],
        tolerance,
        effort,
    ))
}

/// Checks that the box is one of the formula's arguments.
pub(crate) fn check(formula: &dyn Objective, region: &[Interval]) -> Result<(), ConvexityError> {
    let m = formula.dimension();
    require_range("formula", m as f64, m == 1 || m == 2, "of one or two variables")?;
    require_dimension("region", region.len(), m)?;
    // Also where both ends are the same infinity there is no point.
    if region.iter().any(|x| x.is_undefined() || x.lo() == f64::INFINITY || x.hi() == f64::NEG_INFINITY) {
        return Err(ConvexityError::Incompatible {
            what: "the region",
            reason: "it has a side without a number".into(),
        });
    }
    let inside = match formula.domain() {
        Domain::Whole => true,
        Domain::Box { lower, upper } => {
            lower.len() == m
                && upper.len() == m
                && region
                    .iter()
                    .zip(lower.iter().zip(&upper))
                    .all(|(x, (lo, hi))| *lo <= x.lo() && x.hi() <= *hi)
        }
        // A box of positive size never lies in the simplex.
        Domain::Simplex => false,
    };
    if inside {
        Ok(())
    } else {
        let reason = "the box is no part of it; pass a smaller one, or a formula in other variables".into();
        Err(ConvexityError::OutsideDomain { argument: "region", reason })
    }
}

#[cfg(test)]
mod tests;
