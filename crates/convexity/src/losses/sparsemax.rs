//! The sparsemax loss, the Fenchel-Young loss of `Omega = 1/2 ||.||_2^2` on the simplex.
//!
//! The prediction is the Euclidean projection of f onto the simplex; with tau its threshold,
//! `l = 1/2 ||p - y||^2 + sum_{p_i = 0} y_i (tau - f_i)`.
//!
//! Bounds: `l >= t^2/2`, with equality while p_i > 0 wherever y_i > 0. No entry of p - y is below
//! `-t sqrt((m-1)/m)`, so `t sqrt((m-1)/m) < min y_i` (over y_i > 0) is enough for that, and then `l <= t^2/2`; beyond, the loss has no bound. For one-hot
//! targets the condition is `t^2 < m/(m-1)`, and the pair is tight.
//!
//! Reference: Martins, Astudillo, From softmax to sparsemax, ICML 2016; bounds: theory, section 4.

use super::simplex_prediction::Threshold;
use super::target::{
    WIDEN, finite_loss, require_output, require_prediction, simplex_target, smallest_mass, zero_if,
};
use super::{FenchelYoung, Loss};
use crate::error::{ConvexityError, require_finite};
use crate::moduli::Modulus;
use crate::norms::Norm;
use ndarray::{ArrayView1, ArrayViewMut1};

/// The sparsemax loss, for targets in the probability simplex.
///
/// ```
/// use fenchel_convexity::losses::{Loss, Sparsemax};
/// use ndarray::array;
///
/// // A margin of 1 is enough for a loss of exactly 0.
/// let loss = Sparsemax.value(array![1.0, 0.0].view(), array![7.0, 6.0].view())?;
/// assert_eq!(loss, 0.0);
/// # Ok::<(), fenchel_convexity::ConvexityError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sparsemax;

/// The threshold of the projection onto the simplex.
fn threshold(output: ArrayView1<f64>) -> Threshold {
    let max = output.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut sorted: Vec<f64> = output.iter().map(|f| f - max).collect();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let (mut sum, mut tau) = (0.0, -1.0);
    for (k, &f) in sorted.iter().enumerate() {
        sum += f;
        let candidate = (sum - 1.0) / (k + 1) as f64;
        if f <= candidate {
            break;
        }
        tau = candidate;
    }
    Threshold { max, tau }
}

impl Loss for Sparsemax {
    fn name(&self) -> String {
        "sparsemax".into()
    }

    fn evaluate(
        &self,
        target: ArrayView1<f64>,
        output: ArrayView1<f64>,
        mut residual: Option<ArrayViewMut1<f64>>,
    ) -> Result<f64, ConvexityError> {
        simplex_target(target)?;
        require_output(target, output, residual.as_ref())?;
        let threshold = threshold(output);
        let mut loss = 0.0;
        for (i, (&y, &f)) in target.iter().zip(output).enumerate() {
            let above = threshold.above(f);
            let e = above.max(0.0) - y;
            loss += 0.5 * e * e;
            if above < 0.0 && y > 0.0 {
                loss -= y * above;
            }
            if let Some(residual) = &mut residual {
                residual[i] = e;
            }
        }
        finite_loss(loss)
    }

    fn infimum(&self, target: ArrayView1<f64>) -> f64 {
        zero_if(simplex_target(target))
    }

    fn lower(&self, target: ArrayView1<f64>, residual_norm: f64) -> f64 {
        if residual_norm >= 0.0 {
            self.infimum(target) + 0.5 * residual_norm * residual_norm * (1.0 - WIDEN)
        } else {
            f64::NAN
        }
    }

    fn upper(&self, target: ArrayView1<f64>, residual_norm: f64) -> f64 {
        let t = residual_norm * (1.0 + WIDEN);
        if t.is_nan() || t < 0.0 || simplex_target(target).is_err() {
            return f64::NAN;
        }
        let m = target.len() as f64;
        if t * ((m - 1.0) / m).sqrt() < smallest_mass(target) { 0.5 * t * t } else { f64::INFINITY }
    }

    fn residual_sums_to_zero(&self) -> bool {
        true
    }

    fn moduli(&self, _dimension: usize) -> Result<Vec<Modulus>, ConvexityError> {
        Ok(vec![Modulus::smooth(1.0, 2.0, Norm::L2)?])
    }
}

impl FenchelYoung for Sparsemax {
    fn generator(&self, target: ArrayView1<f64>) -> Result<f64, ConvexityError> {
        simplex_target(target)?;
        Ok(0.5 * target.dot(&target))
    }

    fn conjugate(&self, output: ArrayView1<f64>) -> Result<f64, ConvexityError> {
        require_finite("output", output)?;
        let threshold = threshold(output);
        // <p, f> - 1/2 ||p||^2 with the largest output taken out: p sums to 1.
        let inner = output.iter().fold(0.0, |sum, &f| {
            let p = threshold.above(f).max(0.0);
            sum + p * ((f - threshold.max) - 0.5 * p)
        });
        Ok(threshold.max + inner)
    }

    fn prediction(
        &self,
        output: ArrayView1<f64>,
        mut prediction: ArrayViewMut1<f64>,
    ) -> Result<(), ConvexityError> {
        require_prediction(output, &prediction)?;
        let threshold = threshold(output);
        prediction.iter_mut().zip(output).for_each(|(p, &f)| *p = threshold.above(f).max(0.0));
        Ok(())
    }
}
