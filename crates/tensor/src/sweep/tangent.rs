//! Forward mode: how the outputs move when the parameters move along a direction.

use ndarray::Array2;

use super::{Saved, Sweep};
use crate::Real;
use crate::kernels::transpose;
use crate::layers::{
    activate_backward, average_pool, convolve, dense, max_pool_select, normalise_backward, view,
};
use crate::tape::Operation;

impl<T: Real> Sweep<T> {
    /// The tangents of the outputs, `S x m`, beside the values that the forward pass left.
    pub(super) fn push_forward(&mut self, parameters: &[T], direction: &[T]) -> Array2<T> {
        let tape = self.tape.clone();
        let lanes = self.lanes;
        for (index, record) in tape.records.iter().enumerate() {
            if !record.depends_on_parameters {
                continue;
            }
            let [first, second] = record.inputs;
            let moves = |node: usize| tape.records[node].depends_on_parameters;
            let (before, rest) = self.cotangents.split_at_mut(index);
            let dy = &mut rest[0];
            dy.resize(record.shape.len() * lanes);
            let (x, dx) = (&*self.values[first], &*before[first]);
            match &record.operation {
                Operation::Input => unreachable!("the input does not depend on parameters"),
                Operation::Dense { weight, bias } => {
                    let (outputs, inputs) = (record.shape.len(), weight.len() / record.shape.len());
                    let bias = bias.as_ref().map(|bias| &direction[bias.clone()]);
                    dense(lanes, x, view(outputs, inputs, &direction[weight.clone()]), bias, dy);
                    if moves(first) {
                        let term = &mut self.scratch.numbers;
                        term.resize(dy.len(), T::zero());
                        let weight = view(outputs, inputs, &parameters[weight.clone()]);
                        dense(lanes, dx, weight, None, term);
                        add(term, dy);
                    }
                }
                Operation::FixedDense { weight } => {
                    dense(lanes, dx, weight.mapv(T::of).view(), None, dy);
                }
                Operation::Convolution { geometry, weight, bias } => {
                    let bias = bias.as_ref().map(|bias| &direction[bias.clone()]);
                    let scratch = &mut self.scratch.block.convolution;
                    convolve(*geometry, lanes, x, &direction[weight.clone()], bias, dy, scratch);
                    if moves(first) {
                        let term = &mut self.scratch.numbers;
                        term.resize(dy.len(), T::zero());
                        convolve(*geometry, lanes, dx, &parameters[weight.clone()], None, term, scratch);
                        add(term, dy);
                    }
                }
                Operation::MaxPool(geometry) => {
                    let Saved::Argmax(argmax) = &self.saved[index] else { unreachable!("set by forward") };
                    max_pool_select(*geometry, lanes, argmax, dx, dy);
                }
                Operation::AveragePool(geometry) => average_pool(*geometry, lanes, dx, dy),
                Operation::Activation(activation) => activate_backward(*activation, x, dx, dy, false),
                Operation::Normalise { groups, scale, shift, .. } => {
                    let Saved::Normalised(saved) = &self.saved[index] else { unreachable!("set by forward") };
                    let channel = record.shape.positions() * lanes;
                    if moves(first) {
                        // The Jacobian of x -> xhat is symmetric: the backward kernel with unit scales is the forward one.
                        let ones = vec![T::one(); scale.len()];
                        let scratch = &mut self.scratch.numbers;
                        normalise_backward(
                            record.shape,
                            lanes,
                            *groups,
                            &ones,
                            saved,
                            dx,
                            dy,
                            false,
                            scratch,
                        );
                        for (dy, &scale) in dy.chunks_exact_mut(channel).zip(&parameters[scale.clone()]) {
                            dy.iter_mut().for_each(|dy| *dy *= scale);
                        }
                    } else {
                        dy.fill(T::zero());
                    }
                    let moved = direction[scale.clone()].iter().zip(&direction[shift.clone()]);
                    let channels = dy.chunks_exact_mut(channel).zip(saved.values.chunks_exact(channel));
                    for ((dy, values), (&scale, &shift)) in channels.zip(moved) {
                        for (dy, &value) in dy.iter_mut().zip(values) {
                            *dy += scale * value + shift;
                        }
                    }
                }
                Operation::Flatten => dy.copy_from_slice(dx),
                Operation::Scale(factor) => {
                    let factor = T::of(*factor);
                    dy.iter_mut().zip(dx).for_each(|(dy, &dx)| *dy = factor * dx);
                }
                Operation::Add => {
                    dy.fill(T::zero());
                    for node in [first, second] {
                        if moves(node) {
                            add(&before[node], dy);
                        }
                    }
                }
            }
        }
        let (samples, outputs) = (self.samples, tape.outputs());
        let mut result = Array2::zeros((samples, outputs));
        let slice = result.as_slice_mut().expect("a new array is contiguous");
        transpose(outputs, samples, &self.cotangents[tape.output], lanes, slice, outputs);
        result
    }
}

fn add<T: Real>(term: &[T], total: &mut [T]) {
    for (total, &term) in total.iter_mut().zip(term) {
        *total += term;
    }
}
