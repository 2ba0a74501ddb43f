//! One training step, and a data set's risk and accuracy.

use std::sync::{Arc, Mutex, PoisonError};

use fenchel_convexity::ConvexityError;
use fenchel_convexity::losses::Loss;
use fenchel_tensor::{Engine, Real, Tape, TensorError};
use ndarray::{ArrayView2, ArrayViewMut1, ArrayViewMut2, Zip};

use crate::NnError;
use crate::losses::{BatchLoss, Targets, argmax};
use crate::optimisers::Optimiser;
use crate::training::Divergence;

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
    loss: BatchLoss,
    optimiser: Box<dyn Optimiser<T>>,
    steps: u64,
    last_loss: Option<f64>,
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
        loss: impl Into<BatchLoss>,
        optimiser: Box<dyn Optimiser<T>>,
    ) -> Self {
        assert_eq!(parameters.len(), tape.parameters().len(), "one number for every parameter of the tape");
        let gradient = vec![T::zero(); parameters.len()];
        let (engine, loss) = (Engine::new(tape), loss.into());
        Self { engine, parameters, gradient, loss, optimiser, steps: 0, last_loss: None }
    }

    /// The flat parameter vector.
    #[must_use]
    pub fn parameters(&self) -> &[T] {
        &self.parameters
    }

    /// The gradient of the last batch's mean loss, at the parameters before the step; zeros before the first.
    #[must_use]
    pub fn gradient(&self) -> &[T] {
        &self.gradient
    }

    /// The engine, for measurements in the training precision.
    #[must_use]
    pub fn engine(&self) -> &Engine<T> {
        &self.engine
    }

    /// The loss.
    #[must_use]
    pub fn loss(&self) -> &BatchLoss {
        &self.loss
    }

    /// The optimiser.
    #[must_use]
    pub fn optimiser(&self) -> &dyn Optimiser<T> {
        &*self.optimiser
    }

    /// How many steps were taken.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// The mean loss of the last batch, before its step.
    #[must_use]
    pub fn last_loss(&self) -> Option<f64> {
        self.last_loss
    }

    /// Sets the rate of the next steps.
    ///
    /// # Errors
    /// Unless the rate is finite and not negative.
    pub fn set_rate(&mut self, rate: f64) -> Result<(), NnError> {
        self.optimiser.set_rate(rate)
    }

    /// One step on a batch: `inputs` is `B x d`, the targets are labels or rows `B x m`. Returns the batch's mean loss before the step.
    ///
    /// Beside the products of the network a step costs one look at every input, gradient and parameter, to see that it is finite.
    ///
    /// # Errors
    /// If a shape does not fit, a target is not admissible, or a number is not finite: then [`NnError::Diverged`] names the sample or the layer,
    /// and the likely cause. The parameters are as they were, unless it was the step itself that left the range of `T`.
    pub fn step<'a>(
        &mut self,
        inputs: ArrayView2<'_, T>,
        targets: impl Into<Targets<'a>>,
    ) -> Result<f64, NnError> {
        let targets = targets.into();
        same_samples(inputs.nrows(), targets)?;
        if let Some(divergence) = Divergence::of_inputs(self.steps, inputs) {
            return Err(NnError::Diverged(Box::new(divergence)));
        }
        let rows = inputs.nrows();
        let share = 1.0 / rows as f64;
        // Losses by row, so that their sum has one order whatever the shards.
        let losses = Mutex::new(vec![0.0; rows]);
        let loss = &self.loss;
        let swept = self.engine.gradient_sum::<NnError>(
            &self.parameters,
            inputs,
            &mut self.gradient,
            |rows, outputs, residuals| {
                let mut values = vec![0.0; rows.len()];
                loss.residuals(outputs, targets.slice(rows.clone()), residuals, share, &mut values)
                    .map_err(|error| in_batch(error, rows.start))?;
                losses.lock().unwrap_or_else(PoisonError::into_inner)[rows].copy_from_slice(&values);
                Ok(())
            },
        );
        match swept {
            Err(NnError::Sample {
                source: ConvexityError::NotFinite { argument: "output", .. } | ConvexityError::Overflow { .. },
                ..
            }) => return Err(self.diverged(inputs, None)),
            swept => swept?,
        }
        if !all_finite(&self.gradient) {
            return Err(self.diverged(inputs, Some(&self.gradient)));
        }
        let losses = losses.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mean = losses.iter().sum::<f64>() * share;
        self.optimiser.step(&mut self.parameters, &self.gradient);
        if !all_finite(&self.parameters) {
            return Err(self.diverged(inputs, None));
        }
        self.steps += 1;
        self.last_loss = Some(mean);
        Ok(mean)
    }

    /// Puts a stored training back: parameters, the optimiser's state, the number of steps and the last loss.
    ///
    /// # Errors
    /// If a vector has another length than the parameters, or the optimiser does not have it.
    pub fn restore(
        &mut self,
        parameters: Vec<T>,
        updates: u64,
        buffers: Vec<(String, Vec<T>)>,
        steps: u64,
        last_loss: Option<f64>,
    ) -> Result<(), NnError> {
        let needs = self.parameters.len();
        let lengths = buffers.iter().map(|(_, buffer)| buffer.len()).filter(|&len| len > 0);
        if let Some(len) = lengths.chain([parameters.len()]).find(|&len| len != needs) {
            let needs = format!("[{needs}]");
            return Err(TensorError::Argument { argument: "parameters", got: vec![len], needs }.into());
        }
        let state = self.optimiser.state_mut();
        for (name, values) in buffers {
            state.restore(&name, values)?;
        }
        state.updates = updates;
        (self.parameters, self.steps, self.last_loss) = (parameters, steps, last_loss);
        Ok(())
    }

    fn diverged(&self, inputs: ArrayView2<'_, T>, gradient: Option<&[T]>) -> NnError {
        let (rate, last_loss) = (self.optimiser.rate(), self.last_loss);
        let divergence = Divergence::diagnose(
            &self.engine,
            &self.parameters,
            gradient,
            inputs,
            self.steps,
            rate,
            last_loss,
        );
        NnError::Diverged(Box::new(divergence))
    }
}

/// Whether every number is finite; without a branch by number, so that it runs at the speed of memory.
pub(crate) fn all_finite<T: Real>(values: &[T]) -> bool {
    // Fewer are not worth another thread.
    const PART: usize = 1 << 15;
    if values.len() <= PART || rayon::current_num_threads() == 1 {
        return values.iter().fold(true, |finite, value| finite & value.is_finite());
    }
    let (left, right) = values.split_at(values.len() / 2);
    let (left, right) = rayon::join(|| all_finite(left), || all_finite(right));
    left && right
}

/// The row of a shard as the row of the batch.
fn in_batch(error: NnError, start: usize) -> NnError {
    match error {
        NnError::Sample { row, source } => NnError::Sample { row: start + row, source },
        NnError::Label { sample, label, last } => NnError::Label { sample: start + sample, label, last },
        NnError::Smoothing { row, sum } => NnError::Smoothing { row: start + row, sum },
        other => other,
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
            match loss.value_and_residual(&target, &output, &mut residual) {
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
    let mut risk = 0.0;
    for (output, target) in outputs.rows().into_iter().zip(targets.rows()) {
        risk += loss.value(&target, &output)?;
    }
    Ok(Evaluation { risk: risk / outputs.nrows() as f64, accuracy: accuracy(&outputs, targets.into()) })
}

/// The same by a loss over batches, for targets given as labels or rows.
///
/// # Errors
/// As [`evaluate`].
pub fn evaluate_batch<T: Real>(
    engine: &Engine<T>,
    parameters: &[T],
    loss: &BatchLoss,
    inputs: ArrayView2<'_, T>,
    targets: Targets<'_>,
) -> Result<Evaluation, NnError> {
    same_samples(inputs.nrows(), targets)?;
    let outputs = engine.outputs(parameters, inputs)?;
    let risk = loss.mean(outputs.view(), targets)?;
    Ok(Evaluation { risk, accuracy: accuracy(&outputs, targets) })
}

/// The share of rows whose first largest output is the target's class.
fn accuracy<T: Real>(outputs: &ndarray::Array2<T>, targets: Targets<'_>) -> f64 {
    let classes = outputs.rows().into_iter().map(|row| argmax(row.iter().map(|f| f.as_f64())));
    let right = classes.enumerate().filter(|&(sample, class)| class == targets.class(sample)).count();
    right as f64 / outputs.nrows() as f64
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

/// The same for targets of either kind.
fn same_samples(rows: usize, targets: Targets<'_>) -> Result<(), NnError> {
    if rows != targets.len() {
        let (left_rows, right_rows) = (rows, targets.len());
        return Err(NnError::Rows { left: "inputs", left_rows, right: "targets", right_rows });
    }
    if rows == 0 {
        let needs = "at least one sample".to_owned();
        return Err(TensorError::Argument { argument: "inputs", got: vec![0], needs }.into());
    }
    Ok(())
}
