//! Power regression `l = ||f - y||_k^k`, k >= 2.
//!
//! The residual is `k sign(d_i) |d_i|^{k-1}`, so `sum_i |e_i|^q = k^q l` with q = k/(k-1) <= 2, and
//! `||e||_2 <= ||e||_q <= m^{1/q - 1/2} ||e||_2` gives `k^{-q} t^q <= l <= k^{-q} m^{1-q/2} t^q`; tight at a coordinate vector and at equal
//! coordinates.

use super::Loss;
use super::target::{WIDEN, finite_loss, require_pair, zero_if};
use crate::catalogue::norm_power_convexity;
use crate::error::{ConvexityError, require_finite, require_range};
use crate::moduli::Modulus;
use crate::norms::Norm;
use ndarray::{ArrayView1, ArrayViewMut1, Zip};

/// Power regression `||f - y||_k^k`, k >= 2.
///
/// ```
/// use fenchel_convexity::losses::{Loss, PowerRegression};
/// use ndarray::array;
///
/// let loss = PowerRegression::new(4.0)?;
/// assert_eq!(loss.value(array![0.0, 1.0].view(), array![2.0, 2.0].view())?, 17.0);
/// # Ok::<(), fenchel_convexity::ConvexityError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PowerRegression {
    k: f64,
}

impl PowerRegression {
    /// The loss with exponent k >= 2.
    ///
    /// # Errors
    ///
    /// If k is not finite or less than 2.
    pub fn new(k: f64) -> Result<Self, ConvexityError> {
        require_range("k", k, k >= 2.0, "finite and at least 2")?;
        Ok(Self { k })
    }

    fn q(&self) -> f64 {
        self.k / (self.k - 1.0)
    }

    fn of_residual(&self, t: f64) -> f64 {
        if t >= 0.0 { (t / self.k).powf(self.q()) } else { f64::NAN }
    }
}

impl Loss for PowerRegression {
    fn name(&self) -> String {
        format!("||f - y||_{0}^{0}", self.k)
    }

    fn evaluate(
        &self,
        target: ArrayView1<f64>,
        output: ArrayView1<f64>,
        residual: Option<ArrayViewMut1<f64>>,
    ) -> Result<f64, ConvexityError> {
        require_pair(target, output, residual.as_ref())?;
        if let Some(mut residual) = residual {
            Zip::from(&mut residual).and(target).and(output).for_each(|e, y, f| {
                let d: f64 = f - y;
                *e = self.k * d.abs().powf(self.k - 1.0) * d.signum();
            });
        }
        finite_loss(target.iter().zip(output).fold(0.0, |sum, (y, f)| sum + (f - y).abs().powf(self.k)))
    }

    fn infimum(&self, target: ArrayView1<f64>) -> f64 {
        zero_if(require_finite("target", target))
    }

    fn lower(&self, target: ArrayView1<f64>, residual_norm: f64) -> f64 {
        self.infimum(target) + self.of_residual(residual_norm) * (1.0 - WIDEN)
    }

    fn upper(&self, target: ArrayView1<f64>, residual_norm: f64) -> f64 {
        let spread = (target.len() as f64).powf(1.0 - self.q() / 2.0);
        self.infimum(target) + spread * self.of_residual(residual_norm) * (1.0 + WIDEN)
    }

    fn residual_sums_to_zero(&self) -> bool {
        false
    }

    fn moduli(&self, _dimension: usize) -> Result<Vec<Modulus>, ConvexityError> {
        let c = self.k * norm_power_convexity(self.k)? * (1.0 - WIDEN);
        Ok(vec![Modulus::convex(c, self.k, Norm::lp(self.k)?)?])
    }
}
