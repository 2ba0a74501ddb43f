//! Why a number is no longer finite: which step, which sample or layer, and the likely cause.

use std::fmt;
use std::ops::Range;

use fenchel_tensor::{Engine, Real, Tape};
use ndarray::ArrayView2;

use crate::trainer::all_finite;

/// Where the first number is that is not finite.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Place {
    /// In the data.
    Input {
        /// The row of the batch.
        row: usize,
        /// The sample's place in its set, if that is known.
        sample: Option<usize>,
        /// The feature.
        feature: usize,
        /// What stands there.
        value: f64,
    },
    /// In the parameters of a layer.
    Parameters {
        /// The first such layer, from the input on.
        layer: String,
    },
    /// In the output of a layer.
    Output {
        /// The first such layer, from the input on.
        layer: String,
    },
    /// In the loss, though the outputs are finite.
    Loss,
    /// In the gradient of a layer, though the outputs are finite.
    Gradient {
        /// The first such layer as the backward pass meets them, from the output on.
        layer: String,
    },
}

/// What probably led there.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Cause {
    /// The data are at fault.
    Data,
    /// Nothing was learned yet: the starting parameters, or inputs that are not normalised.
    Start {
        /// The largest absolute input of the batch.
        largest_input: f64,
    },
    /// Steps that are too long.
    Rate {
        /// The rate of the step.
        rate: f64,
        /// The loss of the batch before.
        last_loss: Option<f64>,
    },
}

/// A number that became NaN or infinite in training.
///
/// The first layer is found without a look into the network: the layers behind it are set to zero, and whatever is not finite before
/// them shows in the outputs, as zero times it is NaN. That costs a forward pass a layer, once.
#[derive(Clone, Debug, PartialEq)]
pub struct Divergence {
    /// The step, counted from 0, at which it was noticed.
    pub step: u64,
    /// Where.
    pub place: Place,
    /// Probably why.
    pub cause: Cause,
}

impl Divergence {
    /// The first input of a batch that is not finite.
    pub(crate) fn of_inputs<T: Real>(step: u64, inputs: ArrayView2<'_, T>) -> Option<Self> {
        let finite = match inputs.as_slice() {
            Some(values) => all_finite(values),
            None => inputs.iter().all(|value| value.is_finite()),
        };
        if finite {
            return None;
        }
        let ((row, feature), value) = inputs.indexed_iter().find(|(_, value)| !value.is_finite())?;
        let place = Place::Input { row, sample: None, feature, value: value.as_f64() };
        Some(Self { step, place, cause: Cause::Data })
    }

    /// Finds the place, for inputs that are finite, and judges the cause.
    pub(crate) fn diagnose<T: Real>(
        engine: &Engine<T>,
        parameters: &[T],
        gradient: Option<&[T]>,
        inputs: ArrayView2<'_, T>,
        step: u64,
        rate: f64,
        last_loss: Option<f64>,
    ) -> Self {
        let layers = layers(engine.tape());
        let broken = |values: &[T]| layers.iter().position(|(_, range)| !all_finite(&values[range.clone()]));
        let name = |index: usize| layers[index].0.clone();
        let place = if let Some(index) = broken(parameters) {
            Place::Parameters { layer: name(index) }
        } else if let Some(gradient) = gradient {
            let last = layers.iter().rposition(|(_, range)| !all_finite(&gradient[range.clone()]));
            Place::Gradient { layer: last.map_or_else(String::new, name) }
        } else if let Some(index) = first_output(engine, &layers, parameters, inputs) {
            Place::Output { layer: name(index) }
        } else {
            Place::Loss
        };
        let largest_input = inputs.iter().fold(0.0, |most: f64, x| most.max(x.as_f64().abs()));
        let started_broken = step == 0 && last_loss.is_none() && !matches!(place, Place::Parameters { .. });
        let cause =
            if started_broken { Cause::Start { largest_input } } else { Cause::Rate { rate, last_loss } };
        Self { step, place, cause }
    }

    /// The same with the row's place in its set.
    pub(crate) fn of_set(mut self, indices: &[usize]) -> Self {
        if let Place::Input { row, sample, .. } = &mut self.place {
            *sample = indices.get(*row).copied();
        }
        self
    }
}

/// The layers with parameters, in order, with the ranges of all their tensors.
fn layers(tape: &Tape) -> Vec<(String, Range<usize>)> {
    let mut layers: Vec<(String, Range<usize>)> = Vec::new();
    for slot in tape.parameters().slots() {
        let layer = slot.layer();
        match layers.last_mut() {
            Some((name, range)) if name == layer => range.end = slot.range.end,
            _ => layers.push((layer.to_owned(), slot.range.clone())),
        }
    }
    layers
}

/// The first layer whose output is not finite for some row; none if the outputs of the network are.
fn first_output<T: Real>(
    engine: &Engine<T>,
    layers: &[(String, Range<usize>)],
    parameters: &[T],
    inputs: ArrayView2<'_, T>,
) -> Option<usize> {
    let finite = |parameters: &[T]| {
        engine.outputs(parameters, inputs).is_ok_and(|outputs| outputs.iter().all(|f| f.is_finite()))
    };
    if finite(parameters) {
        return None;
    }
    let mut silenced = vec![T::zero(); parameters.len()];
    for (index, (_, range)) in layers.iter().enumerate() {
        silenced[range.clone()].copy_from_slice(&parameters[range.clone()]);
        if !finite(&silenced) {
            return Some(index);
        }
    }
    layers.len().checked_sub(1)
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let step = self.step;
        match &self.place {
            Place::Input { row, sample, feature, value } => {
                let who = sample.map_or_else(
                    || format!("row {row} of the batch"),
                    |sample| format!("sample {sample} of the set (row {row} of the batch)"),
                );
                return write!(
                    f,
                    "the data are not finite: at step {step}, {who} has the input {value} at feature {feature}; \
                     mend the sample or leave it out"
                );
            }
            Place::Parameters { layer } => {
                write!(
                    f,
                    "training diverged at step {step}: the parameters of layer `{layer}` are the first that are not finite"
                )?;
            }
            Place::Output { layer } => {
                write!(
                    f,
                    "training diverged at step {step}: layer `{layer}` is the first whose output is not finite"
                )?;
            }
            Place::Loss => {
                write!(f, "training diverged at step {step}: the outputs are finite, but the loss is not")?;
            }
            Place::Gradient { layer } => write!(
                f,
                "training diverged at step {step}: the outputs are finite, but the gradient is not, first at layer `{layer}` on the way back"
            )?,
        }
        match self.cause {
            Cause::Data => write!(f, "; the data are at fault"),
            Cause::Start { largest_input } => write!(
                f,
                "; nothing was learned yet, so the cause is the start: parameters that are too large, or inputs that are \
                 not normalised (the largest here is {largest_input:e})"
            ),
            Cause::Rate { rate, last_loss } => {
                write!(f, "; the likely cause is the learning rate {rate}, too large here")?;
                if let Some(loss) = last_loss {
                    write!(f, " (the loss of the batch before was {loss:.4e})")?;
                }
                write!(f, ": try a third of it, a warm-up, or a normalisation in the model")
            }
        }
    }
}

impl std::error::Error for Divergence {}
