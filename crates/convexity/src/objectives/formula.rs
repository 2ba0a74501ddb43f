//! Formulas: functions written once, over any number type.

use super::{Domain, Kink};
use crate::number::{Dual, Number};
use std::fmt::Debug;

/// A function on a domain in R^m, written over any [`Number`].
///
/// To bring one's own function, `name`, `dimension` and `value_in` are enough; the gradient then comes from forward-mode
/// differentiation, at the cost of m evaluations with dual numbers. Branch with [`Number::select`], [`Number::join`],
/// [`Number::join_smooth`], [`Number::abs`] and [`Number::max`] only, as [`crate::number`] says: then interval
/// evaluations enclose. Its traps are told there.
///
/// ```
/// use fenchel_convexity::number::Number;
/// use fenchel_convexity::objectives::{Formula, Objective};
/// use ndarray::{Array1, array};
///
/// /// log(1 + x^2) + |y|
/// #[derive(Debug)]
/// struct Mine;
///
/// impl Formula for Mine {
///     fn name(&self) -> String { "log(1 + x^2) + |y|".into() }
///     fn dimension(&self) -> usize { 2 }
///     fn value_in<N: Number>(&self, x: &[N]) -> N { x[0].square().ln_1p() + x[1].abs() }
/// }
///
/// let x = array![1.0, -3.0];
/// assert_eq!(Mine.value(&x)?, 2.0_f64.ln() + 3.0);
/// assert_eq!(Mine.gradient(&x)?, array![1.0, -1.0]);
/// # Ok::<(), fenchel_convexity::ConvexityError>(())
/// ```
pub trait Formula: Send + Sync + Debug {
    /// The name, with parameters.
    fn name(&self) -> String;

    /// The dimension m.
    fn dimension(&self) -> usize;

    /// G(x), for x of length m in the domain.
    fn value_in<N: Number>(&self, x: &[N]) -> N;

    /// Writes the gradient at x, or the chosen subgradient at a kink (documented by each function).
    ///
    /// By default from dual numbers: m evaluations.
    fn gradient_in<N: Number>(&self, x: &[N], gradient: &mut [N]) {
        let mut point: Vec<Dual<N>> = x.iter().cloned().map(Dual::constant).collect();
        for i in 0..x.len() {
            point[i].derivative = N::one();
            gradient[i] = self.value_in(&point).derivative;
            point[i].derivative = N::zero();
        }
    }

    /// The Bregman divergence `D_G(u, v) = G(u) - G(v) - <s_v, u - v>`.
    ///
    /// Functions whose divergence has a formula without cancellation say so here; it must be the same function.
    fn bregman_in<N: Number>(&self, u: &[N], v: &[N]) -> N {
        let mut gradient = vec![N::zero(); v.len()];
        self.gradient_in(v, &mut gradient);
        let mut divergence = self.value_in(u) - self.value_in(v);
        for ((u, v), s) in u.iter().zip(v).zip(gradient) {
            divergence = divergence - s * (u.clone() - v);
        }
        divergence
    }

    /// Where the function is defined; the whole space by default.
    fn domain(&self) -> Domain {
        Domain::Whole
    }

    /// Where the gradient jumps; nowhere by default.
    fn kinks(&self) -> Vec<Kink> {
        Vec::new()
    }
}
