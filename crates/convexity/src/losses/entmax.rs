//! The entmax losses, the Fenchel-Young losses of the negative Tsallis entropies on the simplex.
//!
//! `Omega(y) = sum_i (y_i^alpha - y_i) / (alpha (alpha - 1))` for alpha > 1: the squared norm at alpha = 2 (sparsemax), the Shannon entropy in the
//! limit alpha -> 1 (softmax). The prediction is `p_i = [(alpha - 1)(f_i - tau)]_+^{1/(alpha-1)}`, with tau such that p sums to 1.
//!
//! Bounds (ours; t = ||p - y||_2, m classes). Omega'' is `x^{alpha-2}`.
//! - Below: for alpha <= 2 it is at least 1 on [0, 1], so `l >= t^2/2`. For alpha > 2 the divergence of `x^alpha/(alpha(alpha-1))` between non-negative numbers is at
//!   least that of their difference from 0, so `l >= sum_i |e_i|^alpha / (alpha(alpha-1)) >= m^{1-alpha/2} t^alpha / (alpha(alpha-1))`.
//! - Above: while `tau_t = t sqrt((m-1)/m)` is less than every positive y_i, p_i > 0 there, and `l = sum_i D(y_i, p_i)`: at most `t^2/2` for
//!   alpha >= 2; for alpha < 2 at most `(y_min - tau_t)^{alpha-2} t^2/2` from the positive y_i plus `k^{1-alpha/2} t^alpha / alpha` from the k zero ones. Infinite beyond.
//!
//! Reference: Peters, Niculae, Martins, Sparse sequence-to-sequence models, ACL 2019; Blondel, Martins, Niculae, JMLR 21, 2020.

use super::series::power_gap;
use super::simplex_prediction::Threshold;
use super::target::{
    WIDEN, finite_loss, require_output, require_prediction, simplex_target, smallest_mass, zero_if,
};
use super::{FenchelYoung, Loss};
use crate::error::{ConvexityError, require_finite, require_range};
use crate::moduli::Modulus;
use crate::norms::Norm;
use ndarray::{ArrayView1, ArrayViewMut1};

/// The entmax loss of parameter alpha, for targets in the probability simplex.
///
/// ```
/// use fenchel_convexity::losses::{Entmax, Loss, Sparsemax};
/// use ndarray::array;
///
/// let (y, f) = (array![0.0, 1.0, 0.0], array![0.3, 0.1, -2.0]);
/// let two = Entmax::new(2.0)?.value(y.view(), f.view())?;
/// assert!((two - Sparsemax.value(y.view(), f.view())?).abs() < 1e-15);
/// # Ok::<(), fenchel_convexity::ConvexityError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Entmax {
    alpha: f64,
}

impl Entmax {
    /// The loss of parameter alpha > 1 (below about 1.05 the powers `1/(alpha - 1)` cost accuracy; alpha = 1 is softmax).
    ///
    /// # Errors
    ///
    /// If alpha is not in [1.01, 100].
    pub fn new(alpha: f64) -> Result<Self, ConvexityError> {
        require_range("alpha", alpha, (1.01..=100.0).contains(&alpha), "in [1.01, 100]")?;
        Ok(Self { alpha })
    }

    /// alpha.
    #[must_use]
    pub const fn alpha(&self) -> f64 {
        self.alpha
    }

    /// p for an output that is `above` beyond the threshold.
    fn probability(&self, above: f64) -> f64 {
        if above <= 0.0 { 0.0 } else { ((self.alpha - 1.0) * above).powf(1.0 / (self.alpha - 1.0)) }
    }

    /// The threshold: the root of the decreasing function `sum_i p_i(tau) - 1`, by bisection to the last bit.
    fn threshold(&self, output: ArrayView1<f64>) -> Threshold {
        let max = output.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum = |tau: f64| output.iter().fold(0.0, |sum, f| sum + self.probability((f - max) - tau));
        // At the left end the largest output alone has p = 1; at the right end none has more than 1/m.
        let m = output.len() as f64;
        let scale = 1.0 / (self.alpha - 1.0);
        let (mut left, mut right) = (-scale, -scale * m.powf(1.0 - self.alpha));
        loop {
            let middle = 0.5 * (left + right);
            if middle <= left || middle >= right {
                return Threshold { max, tau: left };
            }
            if sum(middle) >= 1.0 { left = middle } else { right = middle }
        }
    }
}

/// D(y, 0).
fn from_zero(alpha: f64, y: f64) -> f64 {
    y.powf(alpha) / (alpha * (alpha - 1.0))
}

impl Loss for Entmax {
    fn name(&self) -> String {
        format!("entmax({})", self.alpha)
    }

    fn evaluate(
        &self,
        target: ArrayView1<f64>,
        output: ArrayView1<f64>,
        mut residual: Option<ArrayViewMut1<f64>>,
    ) -> Result<f64, ConvexityError> {
        simplex_target(target)?;
        require_output(target, output, residual.as_ref())?;
        let threshold = self.threshold(output);
        // What bisection leaves of the sum is divided out, so that the residual sums to zero.
        let total = output.iter().fold(0.0, |sum, &f| sum + self.probability(threshold.above(f)));
        let alpha = self.alpha;
        let mut loss = 0.0;
        for (i, (&y, &f)) in target.iter().zip(output).enumerate() {
            let above = threshold.above(f);
            let p = self.probability(above) / total;
            loss += if p > 0.0 {
                // D(y, p) = p^alpha ((y/p)^alpha - 1 - alpha (y/p - 1)) / (alpha (alpha - 1)).
                let ratio = (y - p) / p;
                if ratio.is_finite() { p.powf(alpha) * power_gap(alpha, ratio) } else { from_zero(alpha, y) }
            } else {
                from_zero(alpha, y)
            };
            if above < 0.0 && y > 0.0 {
                loss -= y * above;
            }
            if let Some(residual) = &mut residual {
                residual[i] = p - y;
            }
        }
        finite_loss(loss)
    }

    fn infimum(&self, target: ArrayView1<f64>) -> f64 {
        zero_if(simplex_target(target))
    }

    fn lower(&self, target: ArrayView1<f64>, residual_norm: f64) -> f64 {
        if residual_norm.is_nan() || residual_norm < 0.0 {
            return f64::NAN;
        }
        let (alpha, m) = (self.alpha, target.len() as f64);
        let bound = if alpha <= 2.0 {
            0.5 * residual_norm * residual_norm
        } else {
            m.powf(1.0 - alpha / 2.0) * residual_norm.powf(alpha) / (alpha * (alpha - 1.0))
        };
        self.infimum(target) + bound * (1.0 - WIDEN)
    }

    fn upper(&self, target: ArrayView1<f64>, residual_norm: f64) -> f64 {
        let t = residual_norm * (1.0 + WIDEN);
        if t.is_nan() || t < 0.0 || simplex_target(target).is_err() {
            return f64::NAN;
        }
        let m = target.len() as f64;
        let room = smallest_mass(target) - t * ((m - 1.0) / m).sqrt();
        if room <= 0.0 {
            return f64::INFINITY;
        }
        let half_square = 0.5 * t * t;
        let bound = if self.alpha >= 2.0 {
            half_square
        } else {
            let zeros = target.iter().filter(|&&y| y == 0.0).count() as f64;
            room.powf(self.alpha - 2.0) * half_square
                + zeros.powf(1.0 - self.alpha / 2.0) * t.powf(self.alpha) / self.alpha
        };
        bound * (1.0 + WIDEN)
    }

    fn residual_sums_to_zero(&self) -> bool {
        true
    }

    fn moduli(&self, dimension: usize) -> Result<Vec<Modulus>, ConvexityError> {
        // Omega is H(N(c, r, l_2))-convex on the simplex, and T3 turns it over.
        let (c, r) = if self.alpha <= 2.0 {
            (1.0, 2.0)
        } else {
            ((dimension as f64).powf(1.0 - self.alpha / 2.0) / (self.alpha - 1.0) * (1.0 - WIDEN), self.alpha)
        };
        let convex = Modulus::convex(c, r, Norm::L2)?;
        let smooth = convex.potential().conjugate()?;
        Ok(vec![Modulus::new(crate::moduli::Side::Smooth, smooth, 0.0)?])
    }
}

impl FenchelYoung for Entmax {
    fn generator(&self, target: ArrayView1<f64>) -> Result<f64, ConvexityError> {
        simplex_target(target)?;
        let sum = target.iter().fold(0.0, |sum, y| sum + (y.powf(self.alpha) - y));
        Ok(sum / (self.alpha * (self.alpha - 1.0)))
    }

    fn conjugate(&self, output: ArrayView1<f64>) -> Result<f64, ConvexityError> {
        require_finite("output", output)?;
        let threshold = self.threshold(output);
        let (alpha, mut inner) = (self.alpha, 0.0);
        for &f in output {
            let p = self.probability(threshold.above(f));
            inner += p * (f - threshold.max) - (p.powf(alpha) - p) / (alpha * (alpha - 1.0));
        }
        Ok(threshold.max + inner)
    }

    fn prediction(
        &self,
        output: ArrayView1<f64>,
        mut prediction: ArrayViewMut1<f64>,
    ) -> Result<(), ConvexityError> {
        require_prediction(output, &prediction)?;
        let threshold = self.threshold(output);
        let total = output.iter().fold(0.0, |sum, &f| sum + self.probability(threshold.above(f)));
        prediction
            .iter_mut()
            .zip(output)
            .for_each(|(p, &f)| *p = self.probability(threshold.above(f)) / total);
        Ok(())
    }
}
