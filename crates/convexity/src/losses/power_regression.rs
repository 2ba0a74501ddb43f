//! Power regression `l = ||f - y||_k^k`, k >= 2.
//!
//! The residual is `k sign(d_i) |d_i|^{k-1}`, so `sum_i |e_i|^q = k^q l` with q = k/(k-1) <= 2, and
//! `||e||_2 <= ||e||_q <= m^{1/q - 1/2} ||e||_2` gives `k^{-q} t^q <= l <= k^{-q} m^{1-q/2} t^q`; tight at a
//! coordinate vector and at equal coordinates.

use super::Loss;
use super::bounds::{Bounds, WIDEN, compared_with_euclidean};
use super::series::{rational_power, times_power};
use crate::error::{ConvexityError, require_finite, require_range};
use crate::exponent::Exponent;
use crate::moduli::{Modulus, norm_power_convexity};
use crate::norms::Norm;
use ndarray::{ArrayRef1, Zip};

/// Power regression `||f - y||_k^k`, k >= 2.
///
/// ```
/// use fenchel_convexity::losses::{Loss, PowerRegression};
/// use ndarray::array;
///
/// let loss = PowerRegression::new(4.0)?;
/// assert_eq!(loss.value(&array![0.0, 1.0], &array![2.0, 2.0])?, 17.0);
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
}

impl Loss for PowerRegression {
    fn name(&self) -> String {
        format!("||f - y||_{0}^{0}", self.k)
    }

    fn require_target(&self, target: &ArrayRef1<f64>) -> Result<(), ConvexityError> {
        require_finite("target", target)
    }

    fn evaluate(
        &self,
        target: &ArrayRef1<f64>,
        output: &ArrayRef1<f64>,
        residual: Option<&mut ArrayRef1<f64>>,
    ) -> f64 {
        if let Some(residual) = residual {
            Zip::from(residual).and(target).and(output).for_each(|e, y, f| {
                let d: f64 = f - y;
                *e = times_power(self.k, d.abs(), self.k - 1.0) * d.signum();
            });
        }
        target.iter().zip(output).fold(0.0, |sum, (y, f)| sum + (f - y).abs().powf(self.k))
    }

    fn bounds(&self, target: &ArrayRef1<f64>) -> Result<Bounds, ConvexityError> {
        require_finite("target", target)?;
        let k = self.k;
        let spread = rational_power(target.len() as f64, k - 2.0, 2.0 * (k - 1.0));
        let least = move |t: f64| rational_power(t / k, k, k - 1.0);
        Ok(Bounds::new(least, move |t| spread * least(t)))
    }

    fn bounds_in(&self, p: f64, target: &ArrayRef1<f64>) -> Result<Bounds, ConvexityError> {
        let p = Exponent::new(p)?;
        let own = self.bounds(target)?;
        let k = self.k;
        // Exact in l_q with q = k/(k-1), which f64 has to a unit; the norms of the two differ by less than WIDEN.
        if (p.get() * (k - 1.0) / k - 1.0).abs() <= f64::EPSILON {
            let equal = move |t: f64| rational_power(t / k, k, k - 1.0);
            return Ok(Bounds::new(move |t| equal(t * (1.0 - WIDEN)), move |t| equal(t * (1.0 + WIDEN))));
        }
        Ok(compared_with_euclidean(own, p, target.len()))
    }

    fn residual_sums_to_zero(&self) -> bool {
        false
    }

    fn moduli(&self, _dimension: usize) -> Result<Vec<Modulus>, ConvexityError> {
        let c = self.k * norm_power_convexity(self.k)? * (1.0 - WIDEN);
        Ok(vec![Modulus::convex(c, self.k, Norm::lp(self.k)?)?])
    }
}
