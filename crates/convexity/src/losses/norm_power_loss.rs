//! Norm-power regression `l = N(c, r, l_2)(f - y) = (c/r) ||f - y||_2^r`.
//!
//! Not a Fenchel-Young loss unless c = 1 and r = 2. Since `||e|| = c ||f - y||^{r-1}`, both bounds are
//! `(1/r) c^{-(q-1)} t^q`, exactly.

use super::Loss;
use super::target::{WIDEN, finite_loss, require_pair, zero_if};
use crate::catalogue::{norm_power_convexity, norm_power_smoothness};
use crate::error::{ConvexityError, require_finite, require_range};
use crate::moduli::Modulus;
use crate::norms::Norm;
use crate::potentials::Potential;
use ndarray::{ArrayView1, ArrayViewMut1};

/// Norm-power regression `(c/r) ||f - y||_2^r`, r > 1.
///
/// ```
/// use fenchel_convexity::losses::{Loss, NormPowerLoss};
/// use ndarray::array;
///
/// let loss = NormPowerLoss::new(1.0, 3.0)?;
/// assert_eq!(loss.value(array![0.0].view(), array![3.0].view())?, 9.0);
/// # Ok::<(), fenchel_convexity::ConvexityError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct NormPowerLoss {
    c: f64,
    r: f64,
    potential: Potential,
    conjugate: Potential,
}

impl NormPowerLoss {
    /// The loss with constant c > 0 and exponent r > 1.
    ///
    /// # Errors
    ///
    /// As [`Potential::norm_power`], and if r is 1.
    pub fn new(c: f64, r: f64) -> Result<Self, ConvexityError> {
        require_range("r", r, r > 1.0, "greater than 1")?;
        let potential = Potential::norm_power(c, r, Norm::L2)?;
        let conjugate = potential.conjugate()?;
        Ok(Self { c, r, potential, conjugate })
    }

    /// The loss as a function of the norm of its residual: psi(grad psi*(e)) = (q - 1) psi*(e).
    fn of_residual(&self, t: f64) -> f64 {
        if t >= 0.0 { self.conjugate.value_of(&[t]) / (self.r - 1.0) } else { f64::NAN }
    }
}

impl Loss for NormPowerLoss {
    fn name(&self) -> String {
        format!("({}/{}) ||f - y||_2^{}", self.c, self.r, self.r)
    }

    fn evaluate(
        &self,
        target: ArrayView1<f64>,
        output: ArrayView1<f64>,
        residual: Option<ArrayViewMut1<f64>>,
    ) -> Result<f64, ConvexityError> {
        require_pair(target, output, residual.as_ref())?;
        let difference: Vec<f64> = output.iter().zip(target).map(|(f, y)| f - y).collect();
        if let Some(mut residual) = residual {
            let mut gradient = vec![0.0; difference.len()];
            self.potential.gradient_of(&difference, &mut gradient);
            residual.iter_mut().zip(gradient).for_each(|(to, from)| *to = from);
        }
        finite_loss(self.potential.value_of(&difference))
    }

    fn infimum(&self, target: ArrayView1<f64>) -> f64 {
        zero_if(require_finite("target", target))
    }

    fn lower(&self, target: ArrayView1<f64>, residual_norm: f64) -> f64 {
        self.infimum(target) + self.of_residual(residual_norm) * (1.0 - WIDEN)
    }

    fn upper(&self, target: ArrayView1<f64>, residual_norm: f64) -> f64 {
        self.infimum(target) + self.of_residual(residual_norm) * (1.0 + WIDEN)
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
