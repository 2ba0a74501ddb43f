//! A power of a smoothed norm: quasar-convex with a known best constant.

use super::{StarConvex, quasar_convex};
use crate::error::{ConvexityError, require_finite, require_positive, require_range};
use crate::number::Number;
use crate::objectives::Formula;
use ndarray::ArrayView1;
use std::sync::Arc;

/// `((||w - w*||^2 + e)^{p/2} - e^{p/2}) / p`, 0 < p <= 2: tau = p is the best constant.
#[derive(Clone, Debug, PartialEq)]
pub struct RootPower {
    minimiser: Vec<f64>,
    p: f64,
    e: f64,
}

impl RootPower {
    /// The function about w* with exponent p and smoothing e.
    ///
    /// # Errors
    ///
    /// If w* is empty, p is not in (0, 2], e is not positive, or a number is not finite.
    pub fn new(minimiser: Vec<f64>, p: f64, e: f64) -> Result<Self, ConvexityError> {
        require_finite("minimiser", &ArrayView1::from(&minimiser))?;
        require_range("p", p, p > 0.0 && p <= 2.0, "in (0, 2]")?;
        require_positive("e", e)?;
        Ok(Self { minimiser, p, e })
    }

    /// The instance with tau = p and `L2 = 2 e^{p/2-1} / p`.
    ///
    /// # Errors
    ///
    /// If L2 leaves f64.
    pub fn instance(&self) -> Result<StarConvex, ConvexityError> {
        let smoothness = 2.0 / self.p * self.e.powf(0.5 * self.p - 1.0);
        require_positive("smoothness", smoothness)?;
        let proxy = quasar_convex(Arc::new(self.clone()), self.p)?;
        Ok(StarConvex { proxy, minimiser: self.minimiser.clone(), smoothness })
    }

    /// `||w - w*||^2 / e`.
    fn relative_square<N: Number>(&self, w: &[N]) -> N {
        let square = w.iter().zip(&self.minimiser);
        square.fold(N::zero(), |sum, (w, m)| sum + (w.clone() - *m).square()) / self.e
    }
}

impl Formula for RootPower {
    fn name(&self) -> String {
        format!("((r^2 + {})^({}/2) - min) / {}", self.e, self.p, self.p)
    }

    fn dimension(&self) -> usize {
        self.minimiser.len()
    }

    /// Through exp_m1 and ln_1p, so that nothing cancels near the minimum.
    fn value_in<N: Number>(&self, w: &[N]) -> N {
        let grown = (self.relative_square(w).ln_1p() * (0.5 * self.p)).exp_m1();
        grown * N::from_f64(self.e).powf(0.5 * self.p) / self.p
    }

    fn gradient_in<N: Number>(&self, w: &[N], gradient: &mut [N]) {
        let s = self.relative_square(w) * self.e + self.e;
        let factor = s.powf(0.5 * self.p - 1.0);
        for ((to, w), m) in gradient.iter_mut().zip(w).zip(&self.minimiser) {
            *to = (w.clone() - *m) * &factor;
        }
    }
}
