//! The forward pass: the value of every node, in the order of the tape.

use ndarray::ArrayView2;

use super::{Pass, Sweep, into_lanes, lanes_for};
use crate::kernels::transpose;
use crate::layer::At;
use crate::{Real, Shape, TensorError};

impl<T: Real> Sweep<T> {
    /// Computes every node for the rows of `inputs` (`S x d`); the pass that comes back has the outputs (`S x
    /// m`) and all that follows from them at these parameters.
    ///
    /// # Errors
    /// If `inputs` or `parameters` has the wrong shape, or there is no sample; if one has something else than ids of
    /// tokens where an embedding reads them.
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
        tape.check_ids(inputs)?;
        self.samples = inputs.nrows();
        self.lanes = lanes_for(self.samples);
        let (samples, lanes) = (self.samples, self.lanes);
        into_lanes(inputs, lanes, &mut self.values[0]);
        if let shape @ Shape::Sequence { .. } = tape.input_shape() {
            let by_token = std::mem::take(&mut self.values[0]);
            self.values[0].resize(by_token.len());
            for (entry, x) in by_token.chunks_exact(lanes).enumerate() {
                self.values[0][shape.entry_of(entry) * lanes..][..lanes].copy_from_slice(x);
            }
        }
        for (index, record) in tape.records.iter().enumerate() {
            let Some(layer) = &record.layer else { continue };
            let (before, rest) = self.values.split_at_mut(index);
            let y = &mut rest[0];
            y.resize(lanes * record.place.shape.len());
            let at = At::in_lanes(&record.place, parameters, before, None, samples, lanes);
            T::pick(&**layer).forward(&at, y, &mut self.kept[index], &mut self.scratch.layers);
        }
        let outputs = tape.outputs();
        self.outputs.resize(samples * outputs, T::zero());
        transpose(outputs, samples, &self.values[tape.output], lanes, &mut self.outputs, outputs);
        Ok(Pass { sweep: self, parameters })
    }
}
