//! Forward mode: how the outputs move when the parameters move along a direction.

use ndarray::Array2;

use super::Sweep;
use crate::Real;
use crate::kernels::transpose;
use crate::layer::{At, Tangent};

impl<T: Real> Sweep<T> {
    /// The tangents of the outputs, `S x m`, beside the values that the forward pass left.
    pub(super) fn push_forward(&mut self, parameters: &[T], direction: &[T]) -> Array2<T> {
        let tape = self.tape.clone();
        let (samples, lanes) = (self.samples, self.lanes);
        for (index, record) in tape.records.iter().enumerate() {
            let Some(layer) = &record.layer else { continue };
            if !record.depends_on_parameters {
                continue;
            }
            let (before, rest) = self.cotangents.split_at_mut(index);
            let dy = &mut rest[0];
            dy.resize(record.place.shape.len() * lanes);
            let kept = Some(&self.kept[index]);
            let at = At::in_lanes(&record.place, parameters, &self.values, kept, samples, lanes);
            let tangent = Tangent { direction, nodes: before };
            T::pick(&**layer).push(&at, &tangent, dy, &mut self.scratch.layers);
        }
        let outputs = tape.outputs();
        let mut result = Array2::zeros((samples, outputs));
        let slice = result.as_slice_mut().expect("a new array is contiguous");
        transpose(outputs, samples, &self.cotangents[tape.output], lanes, slice, outputs);
        result
    }
}
