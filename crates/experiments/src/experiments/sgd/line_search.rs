//! Backtracking on a batch: the step `1/C` of T8, with C large enough that the batch's loss is smooth along it.

use fenchel_nn::NnError;
use fenchel_nn::losses::{BatchLoss, Targets};
use fenchel_tensor::Engine;
use ndarray::{ArrayView2, s};

/// More doublings than the range between the first constant and the round-off of the parameters holds.
const DOUBLINGS: usize = 200;

/// What rounding may do to a loss, relative to it: a decrease smaller than this cannot be seen. The bound on the round-off of T8's sums is larger.
const ROUNDOFF: f64 = 256.0 * f64::EPSILON;

/// A batch and its loss.
pub(super) struct BatchRisk<'a> {
    pub(super) engine: &'a Engine<f64>,
    pub(super) loss: &'a BatchLoss,
    pub(super) inputs: ArrayView2<'a, f64>,
    pub(super) targets: ArrayView2<'a, f64>,
}

impl BatchRisk<'_> {
    /// The mean loss.
    fn value(&self, point: &[f64]) -> Result<f64, NnError> {
        let outputs = self.engine.outputs(point, self.inputs)?;
        self.loss.mean(outputs.view(), Targets::Rows(self.targets))
    }

    /// The gradient of the mean loss.
    fn gradient(&self, point: &[f64]) -> Result<Vec<f64>, NnError> {
        let share = 1.0 / self.inputs.nrows() as f64;
        let mut gradient = vec![0.0; point.len()];
        self.engine.gradient_sum::<NnError>(point, self.inputs, &mut gradient, |rows, outputs, into| {
            let mut values = vec![0.0; rows.len()];
            let targets = self.targets.slice(s![rows, ..]);
            self.loss.residuals(outputs, Targets::Rows(targets), into, share, &mut values)
        })?;
        Ok(gradient)
    }

    /// The first of `from, 2 from, 4 from, ...` for which `l_B(x − g/C) ≤ l_B(x) − ‖g‖²/(2C)`: with `s = g/C` this is `d ≤ (C/2) ‖s‖²`, the hypothesis
    /// of T8 at the step's end.
    ///
    /// # Errors
    /// If an output is not finite, or no constant will do: near a point where the loss cannot fall any more in `f64`.
    pub(super) fn constant(&self, point: &[f64], from: f64) -> Result<f64, NnError> {
        let (value, gradient) = (self.value(point)?, self.gradient(point)?);
        let square: f64 = gradient.iter().map(|g| g * g).sum();
        let mut constant = from;
        for _ in 0..DOUBLINGS {
            let trial: Vec<f64> = point.iter().zip(&gradient).map(|(x, g)| x - g / constant).collect();
            // A trial that leaves the range of f64 is a step that was too long.
            let target = value * (1.0 + ROUNDOFF) - square / (2.0 * constant);
            let low = matches!(self.value(&trial), Ok(after) if after <= target);
            if low {
                return Ok(constant);
            }
            constant *= 2.0;
        }
        Err(NnError::Outside {
            what: "backtracking".to_owned(),
            reason: format!("no step along the gradient (of norm {}) lowers the loss {value}", square.sqrt()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fenchel_convexity::losses::{Loss, SquaredError};
    use fenchel_nn::models::{DenseChain, Model};
    use fenchel_tensor::Shape;
    use ndarray::array;
    use std::sync::Arc;

    #[test]
    fn a_quadratic_gives_its_curvature() {
        // l = 1/2 (w x + b − y)² has curvature x² + 1 = 5 along its gradient; from 1 the first power of two above is 8.
        let engine = Engine::<f64>::new(DenseChain::new(0, 0).tape(Shape::vector(1), 1).unwrap());
        let loss: Arc<dyn Loss> = Arc::new(SquaredError);
        let loss = BatchLoss::from(loss);
        let (inputs, targets) = (array![[2.0]], array![[3.0]]);
        let risk = BatchRisk { engine: &engine, loss: &loss, inputs: inputs.view(), targets: targets.view() };
        assert_eq!(risk.constant(&[0.0, 0.0], 1.0).unwrap(), 8.0);
        assert_eq!(risk.constant(&[0.0, 0.0], 4.9).unwrap(), 9.8);
        assert_eq!(risk.constant(&[0.0, 0.0], 5.1).unwrap(), 5.1);
    }
}
