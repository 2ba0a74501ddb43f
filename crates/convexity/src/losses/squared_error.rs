//! The squared error `l = 1/2 ||f - y||_2^2`, the Fenchel-Young loss of `Omega = 1/2 ||.||_2^2`.
//!
//! Residual `f - y`; lower and upper bound are both `t^2 / 2`, exactly.

use super::target::{WIDEN, require_pair, require_prediction, zero_if};
use super::{FenchelYoung, Loss};
use crate::error::{ConvexityError, require_finite};
use crate::moduli::Modulus;
use crate::norms::Norm;
use ndarray::{ArrayView1, ArrayViewMut1, Zip};

/// The squared error `1/2 ||f - y||_2^2`.
///
/// ```
/// use fenchel_convexity::losses::{Loss, SquaredError};
/// use ndarray::{array, Array1};
///
/// let mut residual = Array1::zeros(2);
/// let loss = SquaredError.value_and_residual(
///     array![0.0, 1.0].view(), array![3.0, 5.0].view(), residual.view_mut())?;
/// assert_eq!((loss, residual), (12.5, array![3.0, 4.0]));
/// # Ok::<(), fenchel_convexity::ConvexityError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SquaredError;

impl Loss for SquaredError {
    fn name(&self) -> String {
        "squared error".into()
    }

    fn evaluate(
        &self,
        target: ArrayView1<f64>,
        output: ArrayView1<f64>,
        residual: Option<ArrayViewMut1<f64>>,
    ) -> Result<f64, ConvexityError> {
        require_pair(target, output, residual.as_ref())?;
        let squares = target.iter().zip(output).fold(0.0, |sum, (y, f)| sum + (f - y) * (f - y));
        if let Some(mut residual) = residual {
            Zip::from(&mut residual).and(target).and(output).for_each(|e, y, f| *e = f - y);
        }
        finite(0.5 * squares)
    }

    fn infimum(&self, target: ArrayView1<f64>) -> f64 {
        zero_if(require_finite("target", target))
    }

    fn lower(&self, target: ArrayView1<f64>, residual_norm: f64) -> f64 {
        (1.0 - WIDEN) * half_square(residual_norm) + self.infimum(target)
    }

    fn upper(&self, target: ArrayView1<f64>, residual_norm: f64) -> f64 {
        (1.0 + WIDEN) * half_square(residual_norm) + self.infimum(target)
    }

    fn residual_sums_to_zero(&self) -> bool {
        false
    }

    fn moduli(&self, _dimension: usize) -> Result<Vec<Modulus>, ConvexityError> {
        Ok(vec![Modulus::convex(1.0, 2.0, Norm::L2)?, Modulus::smooth(1.0, 2.0, Norm::L2)?])
    }
}

impl FenchelYoung for SquaredError {
    fn generator(&self, target: ArrayView1<f64>) -> Result<f64, ConvexityError> {
        require_finite("target", target)?;
        finite(0.5 * target.dot(&target))
    }

    fn conjugate(&self, output: ArrayView1<f64>) -> Result<f64, ConvexityError> {
        require_finite("output", output)?;
        finite(0.5 * output.dot(&output))
    }

    fn prediction(
        &self,
        output: ArrayView1<f64>,
        mut prediction: ArrayViewMut1<f64>,
    ) -> Result<(), ConvexityError> {
        require_prediction(output, &prediction)?;
        prediction.assign(&output);
        Ok(())
    }
}

fn half_square(t: f64) -> f64 {
    if t >= 0.0 { 0.5 * t * t } else { f64::NAN }
}

fn finite(loss: f64) -> Result<f64, ConvexityError> {
    if loss.is_finite() { Ok(loss) } else { Err(ConvexityError::Overflow { what: "the squared error" }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array1, array};

    #[test]
    fn both_bounds_are_the_loss() {
        let (y, f) = (array![0.3, -1.0, 2.0], array![1e3, 4.0, -0.1]);
        let mut e = Array1::zeros(3);
        let loss = SquaredError.value_and_residual(y.view(), f.view(), e.view_mut()).unwrap();
        let t = e.dot(&e).sqrt();
        assert!(SquaredError.lower(y.view(), t) <= loss && loss <= SquaredError.upper(y.view(), t));
        assert!((SquaredError.upper(y.view(), t) - loss) <= 1e-14 * loss);
    }

    #[test]
    fn bad_input_is_named() {
        let y = array![1.0, 2.0];
        let error = SquaredError.value(y.view(), array![1.0].view()).unwrap_err();
        assert_eq!(error, ConvexityError::Dimension { argument: "output", expected: 2, got: 1 });
        assert!(SquaredError.value(y.view(), array![1e200, 0.0].view()).is_err());
        assert!(SquaredError.infimum(array![f64::NAN].view()).is_nan());
        assert!(SquaredError.lower(y.view(), -1.0).is_nan());
    }
}
