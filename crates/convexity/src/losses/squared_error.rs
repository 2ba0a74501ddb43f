//! The squared error `l = 1/2 ||f - y||_2^2`, the Fenchel-Young loss of `Omega = 1/2 ||.||_2^2`.
//!
//! Residual `f - y`; lower and upper bound are both `t^2 / 2`, exactly.

use super::{Bounds, FenchelYoung, Loss};
use crate::error::{ConvexityError, require_finite};
use crate::moduli::Modulus;
use crate::norms::Norm;
use ndarray::{ArrayRef1, Zip};

/// The squared error `1/2 ||f - y||_2^2`.
///
/// ```
/// use fenchel_convexity::losses::{Loss, SquaredError};
/// use ndarray::{array, Array1};
///
/// let mut residual = Array1::zeros(2);
/// let loss = SquaredError.value_and_residual(
///     &array![0.0, 1.0], &array![3.0, 5.0], &mut residual)?;
/// assert_eq!((loss, residual), (12.5, array![3.0, 4.0]));
/// # Ok::<(), fenchel_convexity::ConvexityError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SquaredError;

impl Loss for SquaredError {
    fn name(&self) -> String {
        "squared error".into()
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
            Zip::from(residual).and(target).and(output).for_each(|e, y, f| *e = f - y);
        }
        target.iter().zip(output).fold(0.0, |sum, (y, f)| sum + half_square(f - y))
    }

    fn bounds(&self, target: &ArrayRef1<f64>) -> Result<Bounds, ConvexityError> {
        require_finite("target", target)?;
        Ok(Bounds::new(half_square, half_square))
    }

    fn residual_sums_to_zero(&self) -> bool {
        false
    }

    fn moduli(&self, _dimension: usize) -> Result<Vec<Modulus>, ConvexityError> {
        Ok(vec![Modulus::convex(1.0, 2.0, Norm::L2)?, Modulus::smooth(1.0, 2.0, Norm::L2)?])
    }
}

impl FenchelYoung for SquaredError {
    fn generator_of(&self, target: &ArrayRef1<f64>) -> f64 {
        target.iter().fold(0.0, |sum, &y| sum + half_square(y))
    }

    fn conjugate_of(&self, output: &ArrayRef1<f64>) -> f64 {
        self.generator_of(output)
    }

    fn prediction_of(&self, output: &ArrayRef1<f64>, prediction: &mut ArrayRef1<f64>) {
        prediction.assign(output);
    }
}

/// `t^2/2`, where the square alone may be beyond f64.
fn half_square(t: f64) -> f64 {
    (0.5 * t) * t
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array1, array};

    #[test]
    fn both_bounds_are_the_loss() {
        let (y, f) = (array![0.3, -1.0, 2.0], array![1e3, 4.0, -0.1]);
        let mut e = Array1::zeros(3);
        let loss = SquaredError.value_and_residual(&y, &f, &mut e).unwrap();
        let (t, bounds) = (e.dot(&e).sqrt(), SquaredError.bounds(&y).unwrap());
        assert!(bounds.lower(t) <= loss && loss <= bounds.upper(t));
        assert!((bounds.upper(t) - loss) <= 1e-14 * loss);
    }

    #[test]
    fn bad_input_is_named() {
        let y = array![1.0, 2.0];
        let error = SquaredError.value(&y, &array![1.0]).unwrap_err();
        assert_eq!(error, ConvexityError::Dimension { argument: "output", expected: 2, got: 1 });
        assert!(SquaredError.value(&y, &array![1e200, 0.0]).is_err());
        assert!(SquaredError.infimum(&array![f64::NAN]).is_nan());
        assert!(SquaredError.bounds(&y).unwrap().lower(-1.0).is_nan());
    }
}
