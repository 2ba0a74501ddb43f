//! The backward pass with one cotangent a sample, samples as lanes: gradients and gradient norms.

use ndarray::ArrayView2;

use super::{Saved, Sweep, into_lanes};
use crate::buffer::Buffer;
use crate::collectors::{LaneCollector, Site};
use crate::layers::{
    activate_backward, average_pool_backward, convolve_backward, dense_backward, max_pool_backward,
    normalise_backward, pack_transposed, view,
};
use crate::tape::Operation;
use crate::{Real, TensorError};

impl<T: Real> Sweep<T> {
    /// Carries the cotangents `u` (`S x m`) of the outputs back through the tape and shows every site to `collector`.
    pub(super) fn backward<C: LaneCollector<T>>(
        &mut self,
        parameters: &[T],
        u: ArrayView2<'_, T>,
        collector: &mut C,
    ) -> Result<(), TensorError> {
        let tape = self.tape.clone();
        if u.dim() != (self.samples, tape.outputs()) {
            return Err(TensorError::Argument {
                argument: "cotangents",
                got: u.shape().to_vec(),
                needs: format!("[{}, {}]", self.samples, tape.outputs()),
            });
        }
        let lanes = self.lanes;
        into_lanes(u, lanes, &mut self.cotangents[tape.output]);
        let mut layer = tape.layer_count();
        // Which nodes' cotangents have been written in this pass: the first to write does so, the others add.
        let mut written = std::mem::take(&mut self.scratch.written);
        written.clear();
        written.resize(tape.records.len(), false);
        written[tape.output] = true;

        for (index, record) in tape.records.iter().enumerate().skip(1).rev() {
            layer -= usize::from(record.operation.has_parameters());
            if !written[index] {
                if let Some(site) = Site::of(layer, &record.operation) {
                    collector.absent(&site);
                }
                continue;
            }
            let [first, second] = record.inputs;
            let (before, rest) = self.cotangents.split_at_mut(index);
            let u = &*rest[0];
            let x = &*self.values[first];
            let shape = tape.records[first].shape;
            match &record.operation {
                Operation::Dense { weight, bias } => {
                    let site = Site { layer, weight: weight.clone(), bias: bias.clone() };
                    collector.dense(&site, lanes, x, u);
                }
                Operation::Convolution { geometry, weight, bias } => {
                    let site = Site { layer, weight: weight.clone(), bias: bias.clone() };
                    let scratch = &mut self.scratch.block.convolution;
                    collector.convolution(&site, *geometry, lanes, x, u, scratch);
                }
                Operation::Normalise { scale, shift, .. } => {
                    let Saved::Normalised(saved) = &self.saved[index] else { unreachable!("set by forward") };
                    let site = Site { layer, weight: scale.clone(), bias: Some(shift.clone()) };
                    collector.normalisation(&site, record.shape, lanes, &saved.values, u);
                }
                _ => {}
            }
            let size = |node: usize| tape.records[node].shape.len() * lanes;
            if let Operation::Add = record.operation {
                for node in [first, second] {
                    if tape.records[node].depends_on_parameters {
                        let (dx, accumulate) = target(before, &mut written, node, size(node));
                        scale_into(T::one(), u, dx, accumulate);
                    }
                }
                continue;
            }
            if !tape.records[first].depends_on_parameters {
                continue;
            }
            let (dx, accumulate) = target(before, &mut written, first, size(first));
            match &record.operation {
                Operation::Input | Operation::Add => unreachable!("handled above"),
                Operation::Dense { weight, .. } => {
                    let weight = view(record.shape.len(), shape.len(), &parameters[weight.clone()]);
                    dense_backward(lanes, u, weight, dx, accumulate);
                }
                Operation::FixedDense { weight } => {
                    let weight = weight.mapv(T::of);
                    dense_backward(lanes, u, weight.view(), dx, accumulate);
                }
                Operation::Convolution { geometry, weight, .. } => {
                    let packed = &mut self.scratch.packed;
                    pack_transposed(*geometry, &parameters[weight.clone()], packed);
                    let scratch = &mut self.scratch.block.convolution;
                    convolve_backward(*geometry, lanes, u, packed, dx, accumulate, scratch);
                }
                Operation::MaxPool(geometry) => {
                    let Saved::Argmax(argmax) = &self.saved[index] else { unreachable!("set by forward") };
                    max_pool_backward(*geometry, lanes, argmax, u, dx, accumulate);
                }
                Operation::AveragePool(geometry) => {
                    average_pool_backward(*geometry, lanes, u, dx, accumulate);
                }
                Operation::Activation(activation) => activate_backward(*activation, x, u, dx, accumulate),
                Operation::Normalise { groups, scale, .. } => {
                    let Saved::Normalised(saved) = &self.saved[index] else { unreachable!("set by forward") };
                    let (scale, scratch) = (&parameters[scale.clone()], &mut self.scratch.numbers);
                    normalise_backward(shape, lanes, *groups, scale, saved, u, dx, accumulate, scratch);
                }
                Operation::Flatten => scale_into(T::one(), u, dx, accumulate),
                Operation::Scale(factor) => scale_into(T::of(*factor), u, dx, accumulate),
            }
        }
        self.scratch.written = written;
        Ok(())
    }
}

/// `dx = factor u`, or `dx += factor u`.
pub(super) fn scale_into<T: Real>(factor: T, u: &[T], dx: &mut [T], accumulate: bool) {
    if accumulate {
        for (dx, &u) in dx.iter_mut().zip(u) {
            *dx += factor * u;
        }
    } else {
        for (dx, &u) in dx.iter_mut().zip(u) {
            *dx = factor * u;
        }
    }
}

/// A node's cotangents, sized, and whether someone wrote them before in this pass.
fn target<'a, T: Real>(
    before: &'a mut [Buffer<T>],
    written: &mut [bool],
    node: usize,
    len: usize,
) -> (&'a mut [T], bool) {
    before[node].resize(len);
    (&mut before[node], std::mem::replace(&mut written[node], true))
}
