//! Norm-power regression `l = N(c, r, l_2)(f - y) = (c/r) ||f - y||_2^r`.
//!
//! Not a Fenchel-Young loss unless c = 1 and r = 2. Since `||e|| = c ||f - y||^{r-1}`, both bounds are
//! `(1/r) c^{-(q-1)} t^q`, exactly.

use super::Loss;
use super::bounds::{Bounds, WIDEN};
use super::series::{rational_power, times_power};
use crate::error::{ConvexityError, require_finite, require_range};
use crate::moduli::{Modulus, norm_power_convexity, norm_power_smoothness};
use crate::norms::Norm;
use crate::potentials::Potential;
use ndarray::ArrayRef1;

/// Norm-power regression `(c/r) ||f - y||_2^r`, r > 1.
///
/// ```
/// use fenchel_convexity::losses::{Loss, NormPowerLoss};
/// use ndarray::array;
///
/// let loss = NormPowerLoss::new(1.0, 3.0)?;
/// assert_eq!(loss.value(&array![0.0], &array![3.0])?, 9.0);
/// # Ok::<(), fenchel_convexity::ConvexityError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NormPowerLoss {
    c: f64,
    r: f64,
}

impl NormPowerLoss {
    /// The loss with constant c > 0 and exponent r > 1.
    ///
    /// # Errors
    ///
    /// As [`Potential::norm_power`], and if r is 1 or c/r so small that f64 rounds it coarsely.
    pub fn new(c: f64, r: f64) -> Result<Self, ConvexityError> {
        require_range("r", r, r > 1.0, "greater than 1")?;
        Potential::norm_power(c, r, Norm::L2)?;
        require_range("c", c, (c / r).is_normal(), "at least 2^-1022 r")?;
        Ok(Self { c, r })
    }

    /// The loss as a function of the norm t of its residual, `(t/r) (t/c)^{1/(r-1)}`, given t/c.
    fn of_residual(self, t: f64, quotient: f64) -> f64 {
        let rest = self.r - 1.0;
        // A power below the first keeps numbers within f64, of which the quotient may not be.
        let power = if rest > 1.0 {
            rational_power(t, 1.0, rest) / rational_power(self.c, 1.0, rest)
        } else {
            rational_power(quotient, 1.0, rest)
        };
        t / self.r * power
    }
}

impl Loss for NormPowerLoss {
    fn name(&self) -> String {
        format!("({}/{}) ||f - y||_2^{}", self.c, self.r, self.r)
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
        let (c, r) = (self.c, self.r);
        // Taken relative to the largest difference, whose squares are within f64.
        let differences = target.iter().zip(output).map(|(y, f)| f - y);
        let largest = differences.clone().fold(0.0, |largest: f64, d| largest.max(d.abs()));
        let unit = if largest > 0.0 { largest } else { 1.0 };
        let length = differences.clone().fold(0.0, |sum, d| sum + (d / unit) * (d / unit)).sqrt();
        let norm = unit * length;
        if let Some(residual) = residual {
            let (slope, length) = (times_power(c, norm, r - 1.0), length.max(1.0));
            residual.iter_mut().zip(differences).for_each(|(e, d)| {
                let share = d / unit / length;
                // A share beneath the normal numbers is coarse, which a large slope would show.
                *e = if share.is_normal() || slope <= 1.0 { slope * share } else { slope * d / norm };
            });
        }
        times_power(c / r, norm, r)
    }

    fn bounds(&self, target: &ArrayRef1<f64>) -> Result<Bounds, ConvexityError> {
        require_finite("target", target)?;
        let loss = *self;
        let lower = move |t: f64| loss.of_residual(t, (t / loss.c).min(f64::MAX));
        Ok(Bounds::new(lower, move |t| loss.of_residual(t, t / loss.c)))
    }

    fn residual_sums_to_zero(&self) -> bool {
        false
    }

    fn moduli(&self, _dimension: usize) -> Result<Vec<Modulus>, ConvexityError> {
        let mut moduli = Vec::new();
        if self.r >= 2.0 {
            let c = self.c * norm_power_convexity(self.r)? * (1.0 - WIDEN);
            moduli.push(Modulus::convex(c, self.r, Norm::L2)?);
        }
        if self.r <= 2.0 {
            let c = self.c * norm_power_smoothness(self.r)? * (1.0 + WIDEN);
            moduli.push(Modulus::smooth(c, self.r, Norm::L2)?);
        }
        Ok(moduli)
    }
}
