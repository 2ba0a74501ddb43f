//! The losses of a model's samples as functions of its parameters, for the checkers of `fenchel-convexity`.

use std::sync::{Arc, Mutex, PoisonError};

use fenchel_convexity::ConvexityError;
use fenchel_convexity::losses::Loss;
use fenchel_convexity::objectives::{Domain, Function, Kink, Objective};
use fenchel_convexity::trajectory::FiniteSum;
use fenchel_tensor::{Sweep, Tape};
use ndarray::{Array1, Array2, ArrayRef1, Axis};

use crate::NnError;

/// The mean loss of a model on a set, as the finite sum of its samples' losses: what `fenchel_convexity::theorems::interference` and its
/// neighbours take, for models and sets small enough to record whole trajectories.
///
/// # Errors
/// If there is no sample, or rows do not fit the model.
///
/// ```
/// use std::sync::Arc;
/// use fenchel_convexity::losses::SquaredError;
/// use fenchel_convexity::objectives::Objective;
/// use fenchel_nn::{measurement::finite_sum, models::{DenseChain, Model}};
/// use ndarray::array;
///
/// let tape = DenseChain::new(0, 0).tape(fenchel_tensor::Shape::vector(1), 1)?;
/// let risk = finite_sum(&tape, &(Arc::new(SquaredError) as _), &array![[1.0], [2.0]], &array![[0.0], [0.0]])?;
/// // The mean of 1/2 (w x + b)^2.
/// assert_eq!(risk.value(&array![1.0, 0.0])?, 1.25);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn finite_sum(
    tape: &Arc<Tape>,
    loss: &Arc<dyn Loss>,
    inputs: &Array2<f64>,
    targets: &Array2<f64>,
) -> Result<FiniteSum, NnError> {
    crate::trainer::same_rows(&inputs.view(), &targets.view())?;
    let samples =
        inputs.rows().into_iter().zip(targets.rows()).enumerate().map(|(index, (input, target))| {
            Arc::new(SampleLoss {
                index,
                loss: Arc::clone(loss),
                input: input.to_owned(),
                target: target.to_owned(),
                sweep: Mutex::new(Sweep::new(tape.clone())),
                parameters: tape.parameters().len(),
            }) as Arc<dyn Objective>
        });
    Ok(FiniteSum::new(samples.collect())?)
}

/// `theta -> l(y, f_theta(x))` for one sample.
#[derive(Debug)]
struct SampleLoss {
    index: usize,
    loss: Arc<dyn Loss>,
    input: Array1<f64>,
    target: Array1<f64>,
    sweep: Mutex<Sweep<f64>>,
    parameters: usize,
}

impl SampleLoss {
    /// The loss, and the gradient where it is wanted.
    fn evaluate(&self, x: &ArrayRef1<f64>, gradient: Option<&mut [f64]>) -> Result<f64, ConvexityError> {
        let (expected, got) = (self.parameters, x.len());
        if got != expected {
            return Err(ConvexityError::Dimension { argument: "x", expected, got });
        }
        if let Some((index, &value)) = x.iter().enumerate().find(|(_, value)| !value.is_finite()) {
            return Err(ConvexityError::NotFinite { argument: "x", index, value });
        }
        let point = x.to_vec();
        let mut sweep = self.sweep.lock().unwrap_or_else(PoisonError::into_inner);
        let misfit = |error: fenchel_tensor::TensorError| ConvexityError::Incompatible {
            what: "a model and a sample",
            reason: error.to_string(),
        };
        let input = self.input.view().insert_axis(Axis(0));
        let mut pass = sweep.forward(&point, input).map_err(misfit)?;
        let output = pass.outputs().row(0).to_owned();
        let mut residual = Array1::zeros(output.len());
        let value = self.loss.value_and_residual(&self.target, &output, &mut residual)?;
        if let Some(gradient) = gradient {
            pass.gradient_sum(residual.view().insert_axis(Axis(0)), gradient).map_err(misfit)?;
        }
        Ok(value)
    }
}

impl Function for SampleLoss {
    fn name(&self) -> String {
        format!("loss of sample {}", self.index)
    }

    fn dimension(&self) -> usize {
        self.parameters
    }

    fn domain(&self) -> Domain {
        Domain::Whole
    }

    fn kinks(&self) -> Vec<Kink> {
        // A network's kinks are many and not known in closed form.
        Vec::new()
    }
}

impl Objective for SampleLoss {
    fn value(&self, x: &ArrayRef1<f64>) -> Result<f64, ConvexityError> {
        self.evaluate(x, None)
    }

    fn gradient(&self, x: &ArrayRef1<f64>) -> Result<Array1<f64>, ConvexityError> {
        let mut gradient = vec![0.0; self.parameters];
        self.evaluate(x, Some(&mut gradient))?;
        Ok(gradient.into())
    }
}
