//! A loss times a weight `w >= 0` of its sample: class weights, and samples that do not count.
//!
//! Residual, infimum and moduli are w times those of the loss. Its residual has the norm t exactly where the loss's
//! own has t/w, so its bounds are `w lo(t/w)` and `w hi(t/w)`, as sharp as those of the loss. For w = 0 all are 0.

use std::sync::Arc;

use super::Loss;
use super::bounds::{Bounds, WIDEN};
use crate::error::{ConvexityError, require_range};
use crate::moduli::{Modulus, Side, calculus};
use ndarray::ArrayRef1;

/// `w l(y, f)`, for a weight w >= 0.
///
/// ```
/// use std::sync::Arc;
/// use fenchel_convexity::losses::{Loss, SquaredError, Weighted};
/// use ndarray::array;
///
/// let loss = Weighted::new(3.0, Arc::new(SquaredError))?;
/// assert_eq!(loss.value(&array![0.0], &array![2.0])?, 6.0);
/// // e = 6, and e²/(2 w) = 6: both bounds meet the loss.
/// let bounds = loss.bounds(&array![0.0])?;
/// assert!(bounds.lower(6.0) <= 6.0 && 6.0 <= bounds.upper(6.0) && bounds.upper(6.0) < 6.0 + 1e-13);
/// # Ok::<(), fenchel_convexity::ConvexityError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Weighted {
    weight: f64,
    loss: Arc<dyn Loss>,
}

impl Weighted {
    /// The loss `weight * loss`.
    ///
    /// # Errors
    ///
    /// If the weight is negative, not finite, or a positive number below 2^-1022.
    pub fn new(weight: f64, loss: Arc<dyn Loss>) -> Result<Self, ConvexityError> {
        let admitted = weight == 0.0 || (weight.is_normal() && weight > 0.0);
        require_range("weight", weight, admitted, "0, or positive, finite and at least 2^-1022")?;
        Ok(Self { weight, loss })
    }

    /// The bounds of the weighted loss from those of the loss: the norm and the result are scaled, each by one rounding,
    /// inside what [`Bounds`] rounds outward anew.
    fn scaled(&self, own: Bounds) -> Bounds {
        let w = self.weight;
        if w == 0.0 {
            return Bounds::zero();
        }
        // A quotient beyond f64 bounds nothing from above, and from below what the largest number bounds.
        let own = Arc::new(own);
        let lower = Arc::clone(&own);
        Bounds::new(move |t| w * lower.lower((t / w).min(f64::MAX)), move |t| w * own.upper(t / w))
    }
}

impl Loss for Weighted {
    fn name(&self) -> String {
        format!("{} {}", self.weight, self.loss.name())
    }

    fn require_target(&self, target: &ArrayRef1<f64>) -> Result<(), ConvexityError> {
        self.loss.require_target(target)
    }

    fn evaluate(
        &self,
        target: &ArrayRef1<f64>,
        output: &ArrayRef1<f64>,
        residual: Option<&mut ArrayRef1<f64>>,
    ) -> f64 {
        if self.weight == 0.0 {
            // What the loss would be does not count, be it beyond f64.
            if let Some(residual) = residual {
                residual.fill(0.0);
            }
            return 0.0;
        }
        let Some(residual) = residual else {
            return self.weight * self.loss.evaluate(target, output, None);
        };
        let value = self.loss.evaluate(target, output, Some(&mut *residual));
        residual.mapv_inplace(|e| self.weight * e);
        self.weight * value
    }

    fn bounds(&self, target: &ArrayRef1<f64>) -> Result<Bounds, ConvexityError> {
        Ok(self.scaled(self.loss.bounds(target)?))
    }

    fn bounds_in(&self, p: f64, target: &ArrayRef1<f64>) -> Result<Bounds, ConvexityError> {
        Ok(self.scaled(self.loss.bounds_in(p, target)?))
    }

    fn infimum(&self, target: &ArrayRef1<f64>) -> f64 {
        self.weight * self.loss.infimum(target)
    }

    fn residual_sums_to_zero(&self) -> bool {
        self.loss.residual_sums_to_zero()
    }

    fn moduli(&self, dimension: usize) -> Result<Vec<Modulus>, ConvexityError> {
        if self.weight == 0.0 {
            return Ok(Vec::new());
        }
        let outward = |modulus: Modulus| {
            let widen = match modulus.side() {
                Side::Convex => 1.0 - WIDEN,
                Side::Smooth => 1.0 + WIDEN,
            };
            calculus::scale(self.weight * widen, &modulus)
        };
        self.loss.moduli(dimension)?.into_iter().map(outward).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::losses::{Logistic, SoftmaxCrossEntropy};
    use ndarray::{Array1, array};

    #[test]
    fn what_does_not_count_is_zero_everywhere() {
        let loss = Weighted::new(0.0, Arc::new(SoftmaxCrossEntropy)).unwrap();
        let mut e = Array1::from_elem(2, 7.0);
        let value = loss.value_and_residual(&array![1.0, 0.0], &array![-1e300, 1e300], &mut e).unwrap();
        assert_eq!((value, e.sum()), (0.0, 0.0));
        let bounds = loss.bounds(&array![1.0, 0.0]).unwrap();
        assert_eq!((bounds.lower(1.0), bounds.upper(0.0)), (0.0, 0.0));
        assert!(loss.value(&array![0.5, 0.6], &array![0.0, 0.0]).is_err(), "the target is still examined");
    }

    #[test]
    fn weights_that_are_none_are_refused() {
        for weight in [-1.0, f64::NAN, f64::INFINITY, f64::from_bits(1)] {
            assert!(Weighted::new(weight, Arc::new(Logistic)).is_err(), "{weight}");
        }
    }

    #[test]
    fn bounds_stay_bounds_at_the_ends_of_f64() {
        for weight in [1e-300, 1e-20, 0.3, 7.0, 1e20, 1e300] {
            let loss = Weighted::new(weight, Arc::new(Logistic)).unwrap();
            for f in [-1e10, -700.0, -30.0, -0.1, 0.0, 0.1, 30.0, 700.0] {
                let mut e = Array1::zeros(1);
                let Ok(value) = loss.value_and_residual(&array![1.0], &array![f], &mut e) else {
                    assert!(weight * -f > f64::MAX, "{weight} {f}");
                    continue;
                };
                let bounds = loss.bounds(&array![1.0]).unwrap();
                // The residual carries two roundings of its own.
                let (lower, upper) =
                    (bounds.lower(e[0].abs() * (1.0 - 1e-15)), bounds.upper(e[0].abs() * (1.0 + 1e-15)));
                assert!(
                    lower <= value * (1.0 + 1e-15) && value <= upper,
                    "{weight} {f}: {lower} {value} {upper}"
                );
            }
        }
    }
}
