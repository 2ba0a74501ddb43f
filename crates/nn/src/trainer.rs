//! One training step, and a data set's risk and accuracy.

use std::sync::{Arc, Mutex, PoisonError};

use fenchel_convexity::losses::Loss;
use fenchel_tensor::{Engine, Real, Tape, TensorError};
use ndarray::{ArrayView2, ArrayViewMut1, ArrayViewMut2, Axis, Zip};

use crate::NnError;
use crate::optimisers::Optimiser;

/// A model in training: its parameters, its loss and its optimiser.
///
/// ```
/// use std::sync::Arc;
/// use fenchel_convexity::losses::SquaredError;
/// use fenchel_nn::{Trainer, models::{DenseChain, Model}, optimisers::Sgd};
/// use fenchel_tensor::Shape;
/// use ndarray::array;
///
/// // Learns y = 2 x from two points with a linear model.
/// let tape = DenseChain::new(0, 0).tape(Shape::vector(1), 1)?;
/// let sgd = Box::new(Sgd::new(0.1, 0.9)?);
/// let mut trainer = Trainer::<f64>::new(tape, vec![0.0, 0.0], Arc::new(SquaredError), sgd);
/// let (inputs, targets) = (array![[1.0], [-1.0]], array![[2.0], [-2.0]]);
/// for _ in 0..400 {
///     trainer.step(inputs.view(), targets.view())?;
/// }
/// assert!((trainer.parameters()[0] - 2.0).abs() < 1e-6);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Trainer<T> {
    engine: Engine<T>,
    parameters: Vec<T>,
    gradient: Vec<T>,
    loss: Arc<dyn Loss>,
    optimiser: Box<dyn Optimiser<T>>,
    steps: u64,
}

impl<T: Real> Trainer<T> {
    /// A model with its starting parameters.
    ///
    /// # Panics
    /// If the number of parameters is not the tape's.
    #[must_use]
    pub fn new(
        tape: Arc<Tape>,
        parameters: Vec<T>,
        loss: Arc<dyn Loss>,
        optimiser: Box<dyn Optimiser<T>>,
    ) -> Self {
        assert_eq!(parameters.len(), tape.parameters().len(), "one number for every parameter of the tape");
        let gradient = vec![T::zero(); parameters.len()];
        Self { engine: Engine::new(tape), parameters, gradient, loss, optimiser, steps: 0 }
    }

    /// The flat parameter vector.
    #[must_use]
    pub fn parameters(&self) -> &[T] {
        &self.parameters
    }

    /// The engine, for measurements in the training precision.
    #[must_use]
    pub fn engine(&self) -> &Engine<T> {
        &self.engine
    }

    /// How many steps were taken.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// One step on a batch: `inputs` is `B x d`, `targets` `B x m`. Returns the batch's mean loss before the step.
    ///
    /// # Errors
    /// If a shape does not fit, or the outputs are no longer finite; then the parameters are as they were.
    pub fn step(&mut self, inputs: ArrayView2<'_, T>, targets: ArrayView2<'_, f64>) -> Result<f64, NnError> {
        same_rows(&inputs, &targets)?;
        let rows = inputs.nrows();
        let share = 1.0 / rows.max(1) as f64;
        // Losses by row, so that their sum has one order whatever the shards.
        let losses = Mutex::new(vec![0.0; rows]);
        let (loss, step) = (&*self.loss, self.steps);
        self.engine.gradient_sum::<NnError>(
            &self.parameters,
            inputs,
            &mut self.gradient,
            |rows, outputs, residuals| {
                let values = residuals_of(
                    loss,
                    outputs,
                    targets.slice_axis(Axis(0), rows.clone().into()),
                    residuals,
                    share,
                )
                .map_err(|error| diverged(step, error))?;
                losses.lock().unwrap_or_else(PoisonError::into_inner)[rows].copy_from_slice(&values);
                Ok(())
            },
        )?;
        self.optimiser.step(&mut self.parameters, &self.gradient);
        self.steps += 1;
        let losses = losses.into_inner().unwrap_or_else(PoisonError::into_inner);
        Ok(losses.iter().sum::<f64>() * share)
    }
}

/// Writes each row's residual `e = grad_f l`, times `share`, and returns the losses.
///
/// The loss is evaluated in `f64` on the outputs as they are: a loss of `1e-9` is far below the round-off of `f32` logits'
/// exponentials, yet it decides whether the lower bound holds.
pub(crate) fn residuals_of<T: Real>(
    loss: &dyn Loss,
    outputs: ArrayView2<'_, T>,
    targets: ArrayView2<'_, f64>,
    mut residuals: ArrayViewMut2<'_, T>,
    share: f64,
) -> Result<Vec<f64>, NnError> {
    let mut output = ndarray::Array1::zeros(outputs.ncols());
    let mut residual = ndarray::Array1::zeros(outputs.ncols());
    let mut losses = Vec::with_capacity(outputs.nrows());
    Zip::from(outputs.rows())
        .and(targets.rows())
        .and(residuals.rows_mut())
        .fold_while(Ok(()), |_, row, target, mut into: ArrayViewMut1<'_, T>| {
            output.zip_mut_with(&row, |o: &mut f64, &v| *o = v.as_f64());
            match loss.value_and_residual(target, output.view(), residual.view_mut()) {
                Ok(value) => {
                    losses.push(value);
                    into.zip_mut_with(&residual, |i, &r| *i = T::of(share * r));
                    ndarray::FoldWhile::Continue(Ok(()))
                }
                Err(error) => ndarray::FoldWhile::Done(Err(error)),
            }
        })
        .into_inner()?;
    Ok(losses)
}

/// The mean loss over a set of samples, and the share whose largest output is the target's largest entry.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Evaluation {
    /// The mean loss.
    pub risk: f64,
    /// The share of samples that are classified rightly.
    pub accuracy: f64,
}

/// Evaluates a model on samples; `inputs` is `B x d`, `targets` `B x m`.
///
/// # Errors
/// If a shape does not fit, there is no sample, or an output is not finite.
pub fn evaluate<T: Real>(
    engine: &Engine<T>,
    parameters: &[T],
    loss: &dyn Loss,
    inputs: ArrayView2<'_, T>,
    targets: ArrayView2<'_, f64>,
) -> Result<Evaluation, NnError> {
    same_rows(&inputs, &targets)?;
    let outputs = engine.outputs(parameters, inputs)?.mapv(T::as_f64);
    let (mut risk, mut right) = (0.0, 0_usize);
    for (output, target) in outputs.rows().into_iter().zip(targets.rows()) {
        risk += loss.value(target, output)?;
        right += usize::from(argmax(output.iter()) == argmax(target.iter()));
    }
    let count = outputs.nrows().max(1) as f64;
    Ok(Evaluation { risk: risk / count, accuracy: right as f64 / count })
}

/// The index of the first largest entry.
fn argmax<'a>(values: impl Iterator<Item = &'a f64>) -> usize {
    let first = (0, f64::NEG_INFINITY);
    values.enumerate().fold(first, |best, (i, &v)| if v > best.1 { (i, v) } else { best }).0
}

/// Refuses inputs and targets that are not the same samples, or no samples at all: a mean over nothing is no number.
pub(crate) fn same_rows<T>(inputs: &ArrayView2<'_, T>, targets: &ArrayView2<'_, f64>) -> Result<(), NnError> {
    if inputs.nrows() == targets.nrows() {
        if inputs.nrows() > 0 {
            return Ok(());
        }
        return Err(NnError::Tensor(TensorError::Argument {
            argument: "inputs",
            got: inputs.shape().to_vec(),
            needs: "at least one sample".to_owned(),
        }));
    }
    Err(NnError::Rows {
        left: "inputs",
        left_rows: inputs.nrows(),
        right: "targets",
        right_rows: targets.nrows(),
    })
}

/// A loss that refuses an output during training means that the outputs are no longer finite.
fn diverged(step: u64, error: NnError) -> NnError {
    match error {
        NnError::Convexity(source @ fenchel_convexity::ConvexityError::NotFinite { .. }) => {
            NnError::Diverged { step, source }
        }
        other => other,
    }
}
