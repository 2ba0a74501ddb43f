//! The entmax losses, the Fenchel-Young losses of the negative Tsallis entropies on the simplex.
//!
//! `Omega(y) = sum_i (y_i^alpha - y_i) / (alpha (alpha - 1))` for alpha > 1: the squared norm at alpha = 2 (sparsemax),
//! the Shannon entropy in the limit alpha -> 1 (softmax). The prediction is
//! `p_i = [(alpha - 1)(f_i - tau)]_+^{1/(alpha-1)}`, with tau such that p sums to 1. With D the divergence of
//! `x^alpha / (alpha (alpha - 1))`, the loss is `sum_i D(y_i, p_i) + sum_{p_i = 0} y_i (tau - f_i)`, a sum of
//! non-negative terms, so nothing cancels.
//!
//! Accuracy: p, its residual and the loss are those of outputs whose differences are off by a few units in the last
//! place, up to a few units of 1 in p; and the loss of a one-hot target is accurate relative to its size.
//!
//! Bounds (ours; t = ||p - y||_2, m classes). Omega'' is `x^{alpha-2}`.
//! - Below: for alpha <= 2 it is at least 1 on [0, 1], so `l >= t^2/2`. For alpha > 2 the divergence of
//!   `x^alpha/(alpha(alpha-1))` between non-negative numbers is at least that of their difference from 0, so
//!   `l >= sum_i |e_i|^alpha / (alpha(alpha-1)) >= m^{1-alpha/2} t^alpha / (alpha(alpha-1))`.
//! - Above: while `tau_t = t sqrt((m-1)/m)` is less than every positive y_i, p_i > 0 there, and `l = sum_i D(y_i, p_i)`:
//!   at most `t^2/2` for alpha >= 2; for alpha < 2 at most `(y_min - tau_t)^{alpha-2} t^2/2` from the positive y_i plus
//!   `k^{1-alpha/2} t^alpha / alpha` from the k zero ones. Infinite beyond.
//!
//! Reference: Peters, Niculae, Martins, Sparse sequence-to-sequence models, ACL 2019; Blondel, Martins, Niculae,
//! JMLR 21, 2020.

mod prediction;

use super::bounds::{Bounds, WIDEN};
use super::series::power_divergence;
use super::simplex_target::{Masses, require_simplex, total};
use super::{FenchelYoung, Loss};
use crate::error::{ConvexityError, require_range};
use crate::moduli::{Modulus, Side};
use crate::norms::Norm;
use crate::simplex::sum;
use ndarray::ArrayRef1;
use prediction::Prediction;

/// The entmax loss of parameter alpha, for targets in the probability simplex.
///
/// ```
/// use fenchel_convexity::losses::{Entmax, Loss, Sparsemax};
/// use ndarray::array;
///
/// let (y, f) = (array![0.0, 1.0, 0.0], array![0.3, 0.1, -2.0]);
/// let two = Entmax::new(2.0)?.value(&y, &f)?;
/// assert!((two - Sparsemax.value(&y, &f)?).abs() < 1e-15);
/// # Ok::<(), fenchel_convexity::ConvexityError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Entmax {
    alpha: f64,
}

impl Entmax {
    /// The loss of parameter alpha > 1 (alpha = 1 is softmax).
    ///
    /// # Errors
    ///
    /// If alpha is not in [1.01, 100].
    pub fn new(alpha: f64) -> Result<Self, ConvexityError> {
        require_range("alpha", alpha, (1.01..=100.0).contains(&alpha), "in [1.01, 100]")?;
        Ok(Self { alpha })
    }

    /// Alpha = 2: sparsemax.
    pub(super) const fn two() -> Self {
        Self { alpha: 2.0 }
    }

    /// alpha.
    #[must_use]
    pub const fn alpha(&self) -> f64 {
        self.alpha
    }

    /// `(x^alpha - x) / (alpha (alpha - 1))`, the generator of one mass.
    fn entropy(&self, x: f64) -> f64 {
        let beta = self.alpha - 1.0;
        if x > 0.0 { x * (beta * x.ln()).exp_m1() / (self.alpha * beta) } else { 0.0 }
    }
}

impl Loss for Entmax {
    fn name(&self) -> String {
        format!("entmax({})", self.alpha)
    }

    fn require_target(&self, target: &ArrayRef1<f64>) -> Result<(), ConvexityError> {
        require_simplex(target)
    }

    fn evaluate(
        &self,
        target: &ArrayRef1<f64>,
        output: &ArrayRef1<f64>,
        mut residual: Option<&mut ArrayRef1<f64>>,
    ) -> f64 {
        let prediction = Prediction::new(self.alpha - 1.0, output);
        let total = total(target);
        let mut loss = 0.0;
        for (i, (&y, &f)) in target.iter().zip(output).enumerate() {
            let (y, p) = (y / total, prediction.masses[i]);
            let near_a_corner = i == prediction.top && y > 0.5;
            let e = if near_a_corner { (1.0 - y) - prediction.complement } else { p - y };
            loss += if p < 1e-290 && y > 1e20 * p {
                // The limit p -> 0, in which p^alpha vanishes and p^(alpha - 1) may not: it is left in tau - f.
                power_divergence(self.alpha, y, 0.0, -y) + y * prediction.below(f)
            } else if p > 0.0 {
                power_divergence(self.alpha, y, p, e)
            } else {
                0.0
            };
            if let Some(residual) = &mut residual {
                residual[i] = e;
            }
        }
        loss
    }

    fn bounds(&self, target: &ArrayRef1<f64>) -> Result<Bounds, ConvexityError> {
        require_simplex(target)?;
        let masses = Masses::of(target);
        if target.len() == 1 {
            return Ok(Bounds::zero());
        }
        let (alpha, m, share) = (self.alpha, masses.classes, masses.share());
        let lower = move |t: f64| {
            if alpha <= 2.0 {
                0.5 * t * t
            } else {
                m.powf(1.0 - alpha / 2.0) * t.powf(alpha) / (alpha * (alpha - 1.0))
            }
        };
        let upper = move |t: f64| {
            let room = masses.smallest - t * share;
            if room <= 0.0 {
                f64::INFINITY
            } else if alpha >= 2.0 {
                0.5 * t * t
            } else {
                // t last: room^(alpha - 2) may be as large as t^2 is small.
                0.5 * (room.powf(alpha - 2.0) * t) * t
                    + masses.zeros.powf(1.0 - alpha / 2.0) * t.powf(alpha) / alpha
            }
        };
        Ok(Bounds::new(lower, upper))
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
        Ok(vec![Modulus::new(Side::Smooth, convex.potential().conjugate()?, 0.0)?])
    }
}

impl FenchelYoung for Entmax {
    fn generator_of(&self, target: &ArrayRef1<f64>) -> f64 {
        let total = total(target);
        target.iter().fold(0.0, |sum, y| sum + self.entropy(y / total))
    }

    fn conjugate_of(&self, output: &ArrayRef1<f64>) -> f64 {
        let prediction = Prediction::new(self.alpha - 1.0, output);
        let max = output[prediction.top];
        // <p, f> - Omega(p) with the largest output taken out: p sums to 1.
        let terms = prediction.masses.iter().zip(output).filter(|&(&p, _)| p > 0.0);
        max + sum(terms.map(|(&p, f)| p * (f - max) - self.entropy(p)))
    }

    fn prediction_of(&self, output: &ArrayRef1<f64>, prediction: &mut ArrayRef1<f64>) {
        let masses = Prediction::new(self.alpha - 1.0, output).masses;
        prediction.iter_mut().zip(masses).for_each(|(to, p)| *to = p);
    }
}
