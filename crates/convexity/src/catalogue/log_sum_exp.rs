//! `log sum_i exp x_i`, the conjugate of the negative entropy on the simplex.

use crate::error::{ConvexityError, require_range};
use crate::number::Number;
use crate::objectives::Formula;

/// `log sum_i exp x_i`. Gradient: softmax.
///
/// Known: 1/2-smooth in l_2 and 1-smooth in l_inf, both tight from two entries on (its Hessian at p is the covariance of a choice with
/// distribution p: the variance of a difference of two values within [-1, 1] is at most 1).
///
/// ```
/// use fenchel_convexity::catalogue::LogSumExp;
/// use fenchel_convexity::objectives::Objective;
/// use ndarray::array;
///
/// let lse = LogSumExp::new(2)?;
/// assert_eq!(lse.value(&array![1e4, -1e4])?, 1e4);
/// # Ok::<(), fenchel_convexity::ConvexityError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogSumExp {
    dimension: usize,
}

impl LogSumExp {
    /// The function on R^m.
    ///
    /// # Errors
    ///
    /// If m is 0.
    pub fn new(dimension: usize) -> Result<Self, ConvexityError> {
        require_range("dimension", dimension as f64, dimension > 0, "at least 1")?;
        Ok(Self { dimension })
    }
}

/// A constant near the largest entry: any constant gives the same exact function, one near the maximum no overflow.
fn shift<N: Number>(x: &[N]) -> f64 {
    let most = x.iter().map(N::to_f64).fold(f64::NEG_INFINITY, f64::max);
    if most.is_finite() { most } else { 0.0 }
}

impl Formula for LogSumExp {
    fn name(&self) -> String {
        "log-sum-exp".into()
    }

    fn dimension(&self) -> usize {
        self.dimension
    }

    fn value_in<N: Number>(&self, x: &[N]) -> N {
        // The largest exponential is left out of the sum and put back by log(1 + .), which keeps small rests.
        let shift = shift(x);
        let first = (0..x.len()).find(|&i| x[i].to_f64() == shift).unwrap_or(0);
        let lead = (x[first].clone() - shift).exp_m1();
        let rest = x.iter().enumerate().filter(|&(i, _)| i != first);
        let sum = rest.fold(lead, |sum, (_, x)| sum + (x.clone() - shift).exp());
        sum.ln_1p() + shift
    }

    fn gradient_in<N: Number>(&self, x: &[N], gradient: &mut [N]) {
        let shift = shift(x);
        for (p, x) in gradient.iter_mut().zip(x) {
            *p = (x.clone() - shift).exp();
        }
        let sum = N::sum(gradient.iter());
        for p in gradient {
            *p = p.clone() / &sum;
        }
    }
}
