//! Polynomials of even monomials: star-convex about their minimiser, in general not convex.

use super::{StarConvex, quasar_convex};
use crate::error::{ConvexityError, require_dimension, require_finite, require_positive, require_range};
use crate::number::Number;
use crate::objectives::Formula;
use ndarray::ArrayView1;
use std::sync::Arc;

/// `sum_k c_k prod_i (w_i - w*_i)^{2 a_ki}` with c_k > 0.
///
/// ```
/// use fenchel_convexity::objectives::Objective;
/// use fenchel_convexity::proxy::star_convex::EvenPolynomial;
/// use ndarray::array;
///
/// // x² + y² + 4 x² y²: not convex, yet quasar-convex with tau = 2.
/// let f = EvenPolynomial::new(vec![0.0, 0.0], vec![(1.0, vec![1, 0]), (1.0, vec![0, 1]), (4.0, vec![1, 1])])?;
/// assert_eq!(f.tau(), 2.0);
/// assert_eq!(f.value(&array![1.0, 2.0])?, 21.0);
/// # Ok::<(), fenchel_convexity::ConvexityError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct EvenPolynomial {
    minimiser: Vec<f64>,
    terms: Vec<(f64, Vec<i32>)>,
}

impl EvenPolynomial {
    /// The polynomial about w* with the terms (c_k, a_k).
    ///
    /// # Errors
    ///
    /// If w* or the terms are empty, a c_k is not positive, an a_k has the wrong length, a negative entry, or
    /// none above 0.
    pub fn new(minimiser: Vec<f64>, terms: Vec<(f64, Vec<i32>)>) -> Result<Self, ConvexityError> {
        require_finite("minimiser", &ArrayView1::from(&minimiser))?;
        if terms.is_empty() {
            return Err(ConvexityError::Empty { argument: "terms" });
        }
        for (c, a) in &terms {
            require_positive("c", *c)?;
            require_dimension("a", a.len(), minimiser.len())?;
            let least = a.iter().copied().min().unwrap_or(0);
            let sum: i32 = a.iter().sum();
            require_range("a", f64::from(least), least >= 0 && sum > 0, "at least 0, with one above 0")?;
        }
        Ok(Self { minimiser, terms })
    }

    /// The least degree: the best constant tau.
    #[must_use]
    pub fn tau(&self) -> f64 {
        self.terms.iter().map(|(_, a)| degree(a)).fold(f64::INFINITY, f64::min)
    }

    /// The instance with tau the least degree and L2 for the ball of radius R about w*.
    ///
    /// # Errors
    ///
    /// If the radius is not positive, or L2 leaves f64.
    pub fn instance(&self, radius: f64) -> Result<StarConvex, ConvexityError> {
        require_positive("radius", radius)?;
        let factor = |(c, a): &(f64, Vec<i32>)| {
            let squares: i32 = a.iter().map(|a| a * a).sum();
            4.0 * c * f64::from(squares) * radius.powf(degree(a) - 2.0)
        };
        let largest = self.terms.iter().map(factor).fold(0.0, f64::max);
        let smoothness = self.terms.len() as f64 * largest / self.tau();
        require_positive("smoothness", smoothness)?;
        let proxy = quasar_convex(Arc::new(self.clone()), self.tau())?;
        Ok(StarConvex { proxy, minimiser: self.minimiser.clone(), smoothness })
    }

    fn differences<N: Number>(&self, w: &[N]) -> Vec<N> {
        w.iter().zip(&self.minimiser).map(|(w, m)| w.clone() - *m).collect()
    }
}

fn degree(a: &[i32]) -> f64 {
    2.0 * f64::from(a.iter().sum::<i32>())
}

impl Formula for EvenPolynomial {
    fn name(&self) -> String {
        format!("even polynomial of {} terms", self.terms.len())
    }

    fn dimension(&self) -> usize {
        self.minimiser.len()
    }

    fn value_in<N: Number>(&self, w: &[N]) -> N {
        let x = self.differences(w);
        self.terms.iter().fold(N::zero(), |sum, (c, a)| {
            sum + x.iter().zip(a).fold(N::from_f64(*c), |term, (x, a)| term * x.powi(2 * a))
        })
    }

    fn gradient_in<N: Number>(&self, w: &[N], gradient: &mut [N]) {
        let x = self.differences(w);
        gradient.iter_mut().for_each(|s| *s = N::zero());
        for (c, a) in &self.terms {
            for i in (0..x.len()).filter(|&i| a[i] > 0) {
                let slope = N::from_f64(2.0 * f64::from(a[i]) * c) * x[i].powi(2 * a[i] - 1);
                let rest = (0..x.len()).filter(|&j| j != i);
                gradient[i] = gradient[i].clone() + rest.fold(slope, |term, j| term * x[j].powi(2 * a[j]));
            }
        }
    }
}
