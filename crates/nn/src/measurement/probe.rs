//! A probe: measures samples of a model, again and again, in buffers of its own.

use std::sync::Arc;

use fenchel_convexity::losses::Loss;
use fenchel_tensor::spectrum::sum_zero_basis;
use fenchel_tensor::{BackwardRoundoff, Engine, Real, Tape, TensorError};
use ndarray::{Array2, ArrayView2, s};

use super::structural_error::{extremes, restricted_extremes};
use super::{ExtremeEigenvalues, MeasuredSample, SampleBounds, Sandwich};
use crate::NnError;
use crate::trainer::{residuals_of, same_rows};

/// What is measured of one sample.
#[derive(Clone, Debug, PartialEq)]
pub struct SampleMeasurement {
    /// The excess loss `l - l_inf`.
    pub excess: f64,
    /// `‖e‖²`, the squared norm of the residual.
    pub squared_residual_norm: f64,
    /// `‖grad_theta l‖²`, from a backward pass of its own.
    pub squared_gradient_norm: f64,
    /// What the squared gradient norm and the eigenvalues may be off by; see [`SampleBounds`].
    pub roundoff: BackwardRoundoff,
    /// The extreme eigenvalues of the structural matrix `A_x`.
    pub eigenvalues: ExtremeEigenvalues,
    /// Those of its restriction to the directions that sum to zero, where the loss's residuals always lie there.
    pub sum_zero_eigenvalues: Option<ExtremeEigenvalues>,
    /// The sandwich with the eigenvalues of the whole matrix.
    pub sandwich: Sandwich,
    /// The sharper sandwich on the sum-zero directions, where the loss allows it.
    pub sum_zero_sandwich: Option<Sandwich>,
}

/// What is measured of the whole probe.
#[derive(Clone, Debug, PartialEq)]
pub struct ProbeMeasurement {
    /// Sample by sample.
    pub samples: Vec<SampleMeasurement>,
    /// `‖mean grad_theta l‖²`: the squared norm of the mean gradient, which is not the local gradient norm.
    pub squared_mean_gradient_norm: f64,
}

impl ProbeMeasurement {
    /// The empirical risk over the probe, less the losses' infima: the mean excess.
    #[must_use]
    pub fn risk(&self) -> f64 {
        self.mean(|sample| sample.excess)
    }

    /// The local gradient norm: the mean of the per-sample squared norms.
    #[must_use]
    pub fn local_gradient_norm(&self) -> f64 {
        self.mean(|sample| sample.squared_gradient_norm)
    }

    /// The mean of a quantity over the samples.
    #[must_use]
    pub fn mean(&self, quantity: impl Fn(&SampleMeasurement) -> f64) -> f64 {
        self.samples.iter().map(quantity).sum::<f64>() / self.samples.len() as f64
    }

    /// How many sandwiches were checked, the sharper ones included, and how many of them are violated.
    #[must_use]
    pub fn violations(&self) -> (usize, usize) {
        let sandwiches = self.samples.iter().flat_map(|s| [Some(s.sandwich), s.sum_zero_sandwich]).flatten();
        sandwiches.fold((0, 0), |(checked, violated), s| {
            (checked + 1, violated + usize::from(s.violation().is_some()))
        })
    }
}

/// Measures samples of one model under one loss.
///
/// The precision `T` is that of the measurement, whatever the training's: with `f64` the parameters of an `f32` model are taken
/// as exact and measured to about twelve digits.
///
/// ```
/// use std::sync::Arc;
/// use fenchel_convexity::losses::SquaredError;
/// use fenchel_nn::{measurement::Probe, models::{DenseChain, Model}};
/// use fenchel_tensor::Shape;
/// use ndarray::array;
///
/// // f(x) = W x + b has A_x = (‖x‖² + 1) I: both bounds meet the loss 1/2 ‖e‖².
/// let tape = DenseChain::new(0, 0).tape(Shape::vector(2), 2)?;
/// let probe = Probe::<f64>::new(tape, Arc::new(SquaredError));
/// let measured = probe.measure(&[0.0; 6], array![[1.0, 2.0]].view(), array![[1.0, 0.0]].view())?;
/// let sample = &measured.samples[0];
/// assert_eq!(sample.excess, 0.5);
/// assert_eq!(sample.squared_gradient_norm, 6.0);
/// // The bounds are moved outwards by their round-off.
/// assert!(sample.sandwich.lower <= 0.5 && 0.5 <= sample.sandwich.upper);
/// assert!(sample.sandwich.upper - sample.sandwich.lower < 1e-11);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Probe<T> {
    engine: Engine<T>,
    loss: Arc<dyn Loss>,
    /// The basis of the sum-zero directions, if the loss's residuals lie there.
    basis: Option<Array2<f64>>,
}

impl<T: Real> Probe<T> {
    /// A probe for a model and a loss.
    #[must_use]
    pub fn new(tape: Arc<Tape>, loss: Arc<dyn Loss>) -> Self {
        let outputs = tape.outputs();
        let basis = (loss.residual_sums_to_zero() && outputs > 1).then(|| sum_zero_basis(outputs));
        Self { engine: Engine::new(tape), loss, basis }
    }

    /// Measures every sample: `inputs` is `B x d`, `targets` `B x m`. The bounds hold for any targets, wrong labels too.
    ///
    /// # Errors
    /// If a shape does not fit, there is no sample, or an output is not finite.
    pub fn measure(
        &self,
        parameters: &[T],
        inputs: ArrayView2<'_, T>,
        targets: ArrayView2<'_, f64>,
    ) -> Result<ProbeMeasurement, NnError> {
        self.check(&inputs, &targets)?;
        let roundoff = self.engine.tape().backward_roundoff::<T>();
        let samples = self.engine.map_chunks::<_, NnError, _>(inputs.nrows(), |sweep, rows| {
            let inputs = inputs.slice(s![rows.clone(), ..]);
            let targets = targets.slice(s![rows, ..]);
            let mut pass = sweep.forward(parameters, inputs)?;
            let mut residuals = Array2::zeros(pass.outputs().dim());
            let losses = residuals_of(&*self.loss, pass.outputs(), targets, residuals.view_mut(), 1.0)?;
            let norms = pass.squared_gradient_norms(residuals.view())?;
            let structure = pass.structure().mapv(T::as_f64);
            let whole = extremes(structure.view())?;
            let sum_zero =
                self.basis.as_ref().map(|q| restricted_extremes(structure.view(), q)).transpose()?;
            let measured =
                losses.into_iter().enumerate().map(|(b, loss)| {
                    let target = targets.row(b);
                    let measured = MeasuredSample {
                        residual: residuals.row(b),
                        excess: loss - self.loss.infimum(&target),
                        squared_gradient_norm: norms[b].as_f64(),
                        ends: whole[b],
                        sum_zero_ends: sum_zero.as_ref().map(|ends| ends[b]),
                    };
                    let own = self.loss.bounds(&target)?;
                    let bounds = SampleBounds::new(&pass, b, &own, &measured, roundoff)?;
                    let SampleBounds {
                        roundoff,
                        eigenvalues,
                        sum_zero_eigenvalues,
                        sandwich,
                        sum_zero_sandwich,
                    } = bounds;
                    Ok(SampleMeasurement {
                        excess: measured.excess,
                        squared_residual_norm: measured.residual.iter().map(|e| e.as_f64().powi(2)).sum(),
                        squared_gradient_norm: measured.squared_gradient_norm,
                        roundoff,
                        eigenvalues,
                        sum_zero_eigenvalues,
                        sandwich,
                        sum_zero_sandwich,
                    })
                });
            measured.collect::<Result<Vec<_>, NnError>>()
        })?;
        let mut gradient = vec![T::zero(); parameters.len()];
        let share = 1.0 / inputs.nrows() as f64;
        self.engine.gradient_sum::<NnError>(parameters, inputs, &mut gradient, |rows, outputs, into| {
            residuals_of(&*self.loss, outputs, targets.slice(s![rows, ..]), into, share).map(|_| ())
        })?;
        let squared_mean_gradient_norm = gradient.iter().map(|g| g.as_f64().powi(2)).sum();
        Ok(ProbeMeasurement { samples: samples.concat(), squared_mean_gradient_norm })
    }

    fn check(&self, inputs: &ArrayView2<'_, T>, targets: &ArrayView2<'_, f64>) -> Result<(), NnError> {
        same_rows(inputs, targets)?;
        let outputs = self.engine.tape().outputs();
        if targets.ncols() != outputs || inputs.nrows() == 0 {
            return Err(NnError::Tensor(TensorError::Argument {
                argument: "targets",
                got: targets.shape().to_vec(),
                needs: format!("[samples, {outputs}] with at least one sample"),
            }));
        }
        Ok(())
    }
}
