//! The forward pass: the value of every node, in the order of the tape.

use ndarray::ArrayView2;

use super::{Pass, Saved, Sweep, into_lanes, lanes_for};
use crate::kernels::transpose;
use crate::layers::{Normalised, activate, average_pool, convolve, dense, max_pool, normalise, view};
use crate::tape::Operation;
use crate::{Real, TensorError};

impl<T: Real> Sweep<T> {
    /// Computes every node for the rows of `inputs` (`S x d`); the pass that comes back has the outputs (`S x
    /// m`) and all that follows from them at these parameters.
    ///
    /// # Errors
    /// If `inputs` or `parameters` has the wrong shape, or there is no sample.
    pub fn forward<'a>(
        &'a mut self,
        parameters: &'a [T],
        inputs: ArrayView2<'_, T>,
    ) -> Result<Pass<'a, T>, TensorError> {
        let tape = self.tape.clone();
        tape.check_parameters("parameters", parameters.len())?;
        tape.check_inputs(inputs.shape())?;
        if inputs.nrows() == 0 {
            return Err(TensorError::Argument {
                argument: "inputs",
                got: inputs.shape().to_vec(),
                needs: "at least one sample".to_owned(),
            });
        }
        self.samples = inputs.nrows();
        self.lanes = lanes_for(self.samples);
        let lanes = self.lanes;
        into_lanes(inputs, lanes, &mut self.values[0]);
        for (index, record) in tape.records.iter().enumerate().skip(1) {
            let (before, rest) = self.values.split_at_mut(index);
            let y = &mut rest[0];
            y.resize(lanes * record.shape.len());
            let x = &*before[record.inputs[0]];
            match &record.operation {
                Operation::Input => unreachable!("the input is the first record and only there"),
                Operation::Dense { weight, bias } => {
                    let weight = view(
                        record.shape.len(),
                        weight.len() / record.shape.len(),
                        &parameters[weight.clone()],
                    );
                    let bias = bias.as_ref().map(|bias| &parameters[bias.clone()]);
                    dense(lanes, x, weight, bias, y);
                }
                Operation::FixedDense { weight } => {
                    let weight = weight.mapv(T::of);
                    dense(lanes, x, weight.view(), None, y);
                }
                Operation::Convolution { geometry, weight, bias } => {
                    let bias = bias.as_ref().map(|bias| &parameters[bias.clone()]);
                    let scratch = &mut self.scratch.block.convolution;
                    convolve(*geometry, lanes, x, &parameters[weight.clone()], bias, y, scratch);
                }
                Operation::MaxPool(geometry) => {
                    if !matches!(self.saved[index], Saved::Argmax(_)) {
                        self.saved[index] = Saved::Argmax(Vec::new());
                    }
                    let Saved::Argmax(argmax) = &mut self.saved[index] else { unreachable!("just set") };
                    argmax.resize(y.len(), 0);
                    max_pool(*geometry, lanes, x, y, argmax);
                }
                Operation::AveragePool(geometry) => average_pool(*geometry, lanes, x, y),
                Operation::Activation(activation) => activate(*activation, x, y),
                Operation::Normalise { groups, epsilon, scale, shift } => {
                    if !matches!(self.saved[index], Saved::Normalised(_)) {
                        self.saved[index] = Saved::Normalised(Normalised::default());
                    }
                    let Saved::Normalised(saved) = &mut self.saved[index] else { unreachable!("just set") };
                    let (scale, shift) = (&parameters[scale.clone()], &parameters[shift.clone()]);
                    let scratch = &mut self.scratch.numbers;
                    normalise(record.shape, lanes, *groups, *epsilon, x, scale, shift, saved, y, scratch);
                }
                Operation::Flatten => y.copy_from_slice(x),
                Operation::Scale(factor) => {
                    let factor = T::of(*factor);
                    for (y, &x) in y.iter_mut().zip(x) {
                        *y = factor * x;
                    }
                }
                Operation::Add => {
                    for ((y, &a), &b) in y.iter_mut().zip(x).zip(&*before[record.inputs[1]]) {
                        *y = a + b;
                    }
                }
            }
        }
        let (outputs, samples) = (tape.outputs(), self.samples);
        self.outputs.resize(samples * outputs, T::zero());
        transpose(outputs, samples, &self.values[tape.output], lanes, &mut self.outputs, outputs);
        Ok(Pass { sweep: self, parameters })
    }
}
