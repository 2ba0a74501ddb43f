//! The backward pass with one cotangent for every output of every sample: structural matrices and Jacobians.
//!
//! No image comes after a vector on a tape, so the pass has two halves. Through the vectors all samples go together, their fans being
//! the rows of one tall matrix; through the images one sample at a time, whose fan stays in the second-level cache from the
//! last layer to the first.

use super::backward::scale_into;
use super::{Fans, Saved, Scratch, Sweep};
use crate::collectors::{FanCollector, FanConvolution, Site};
use crate::kernels::{SLACK, transpose};
use crate::layers::{
    Fan, Gathered, average_pool_backward, convolve_backward, dense_backward_fan, flatten_backward_fan,
    gathered_backward, max_pool_backward_fan, normalise_backward_fan, pack_by_entry, pack_transposed,
    scale_entries, scale_lists, scale_rows, slopes, view,
};
use crate::tape::Operation;
use crate::{Real, Shape, Tape};

impl<T: Real> Sweep<T> {
    /// Carries the unit cotangents of all outputs back through the tape and shows every site to `collector`.
    pub(super) fn backward_fan<C: FanCollector<T>>(&mut self, parameters: &[T], collector: &mut C) {
        let tape = self.tape.clone();
        let (samples, cotangents) = (self.samples, tape.outputs());
        self.turn_values(&tape, parameters);
        let unit = &mut self.fans.vectors[tape.output];
        unit.clear();
        unit.resize(samples * cotangents * cotangents, T::zero());
        for row in unit.chunks_exact_mut(cotangents * cotangents) {
            row.iter_mut().step_by(cotangents + 1).for_each(|entry| *entry = T::one());
        }
        let mut written = std::mem::take(&mut self.scratch.written);
        written.clear();
        written.resize(tape.records.len(), false);
        written[tape.output] = true;
        let mut pass = FanPass {
            tape: &tape,
            parameters,
            samples,
            cotangents,
            fans: &mut self.fans,
            scratch: &mut self.scratch,
        };
        pass.vectors(&mut written, collector);
        let flattened: Vec<bool> = written.clone();
        for sample in 0..samples {
            written.copy_from_slice(&flattened);
            pass.images(sample, &mut written, collector);
        }
        self.scratch.written = written;
    }

    /// Turns what the forward pass saved in lanes into the order of samples, where the pass will read it.
    fn turn_values(&mut self, tape: &Tape, parameters: &[T]) {
        let (samples, lanes) = (self.samples, self.lanes);
        for (index, record) in tape.records.iter().enumerate() {
            let input = record.inputs[0];
            if matches!(
                record.operation,
                Operation::Dense { .. } | Operation::Convolution { .. } | Operation::Activation(_)
            ) {
                turn(samples, lanes, &self.values[input], &mut self.fans.values[input]);
            }
            match (&record.operation, &self.saved[index]) {
                (Operation::Convolution { geometry, weight, .. }, _)
                    if tape.records[input].depends_on_parameters =>
                {
                    pack_transposed(*geometry, &parameters[weight.clone()], &mut self.fans.packed[index]);
                    self.fans.packed_by_entry[index].clear();
                }
                (Operation::Normalise { .. }, Saved::Normalised(saved)) => {
                    let into = &mut self.fans.normalised[index];
                    turn(samples, lanes, &saved.values, &mut into.values);
                    turn(samples, lanes, &saved.inverse_deviations, &mut into.inverse_deviations);
                }
                (Operation::MaxPool(_), Saved::Argmax(argmax)) => {
                    let len = record.shape.len();
                    let into = &mut self.fans.argmax[index];
                    into.resize(samples * len, 0);
                    for (place, argmax) in argmax.chunks_exact(lanes).enumerate() {
                        for (sample, &argmax) in argmax[..samples].iter().enumerate() {
                            into[sample * len + place] = argmax;
                        }
                    }
                }
                _ => {}
            }
        }
    }
}

/// `len x lanes` to `S x len`.
fn turn<T: Real>(samples: usize, lanes: usize, values: &[T], into: &mut Vec<T>) {
    let len = values.len() / lanes;
    into.resize(samples * len, T::zero());
    transpose(len, samples, values, lanes, into, len);
}

/// What both halves of the pass share.
struct FanPass<'a, T> {
    tape: &'a Tape,
    parameters: &'a [T],
    samples: usize,
    cotangents: usize,
    fans: &'a mut Fans<T>,
    scratch: &'a mut Scratch<T>,
}

impl<T: Real> FanPass<'_, T> {
    /// The first half: nodes between vectors, all samples together.
    fn vectors<C: FanCollector<T>>(&mut self, written: &mut [bool], collector: &mut C) {
        let (tape, samples, cotangents) = (self.tape, self.samples, self.cotangents);
        let mut layer = tape.layer_count();
        for (index, record) in tape.records.iter().enumerate().skip(1).rev() {
            layer -= usize::from(record.operation.has_parameters());
            let [first, second] = record.inputs;
            let shape = tape.records[first].shape;
            if !written[index] || !matches!((record.shape, shape), (Shape::Vector(_), Shape::Vector(_))) {
                continue;
            }
            let len = record.shape.len();
            let (before, rest) = self.fans.vectors.split_at_mut(index);
            let u = rest[0].as_slice();
            match &record.operation {
                Operation::Dense { weight, bias } => {
                    let site = Site { layer, weight: weight.clone(), bias: bias.clone() };
                    collector.dense(&site, cotangents, &self.fans.values[first], u);
                }
                Operation::Normalise { scale, shift, .. } => {
                    let site = Site { layer, weight: scale.clone(), bias: Some(shift.clone()) };
                    let values = &self.fans.normalised[index].values;
                    let rows = &mut self.scratch.numbers;
                    rows.resize(2 * len * cotangents + SLACK, T::zero());
                    let fans = values.chunks_exact(len).zip(u.chunks_exact(len * cotangents));
                    for (sample, (values, u)) in fans.enumerate() {
                        let (scales, shifts) = rows.split_at_mut(len * cotangents);
                        transpose(cotangents, len, u, len, shifts, cotangents);
                        for (i, &value) in values.iter().enumerate() {
                            let places = i * cotangents..(i + 1) * cotangents;
                            for (scale, &u) in scales[places.clone()].iter_mut().zip(&shifts[places]) {
                                *scale = u * value;
                            }
                        }
                        collector.rows(&site, sample, cotangents, rows);
                    }
                }
                _ => {}
            }
            let size = |node: usize| tape.records[node].shape.len() * samples * cotangents;
            if let Operation::Add = record.operation {
                for node in [first, second] {
                    if tape.records[node].depends_on_parameters {
                        let (dx, accumulate) = target(before, written, node, size(node));
                        scale_into(T::one(), u, dx, accumulate);
                    }
                }
                continue;
            }
            if !tape.records[first].depends_on_parameters {
                continue;
            }
            let (dx, accumulate) = target(before, written, first, size(first));
            match &record.operation {
                Operation::Dense { weight, .. } => {
                    let weight = view(len, shape.len(), &self.parameters[weight.clone()]);
                    dense_backward_fan(samples * cotangents, u, weight, dx, accumulate);
                }
                Operation::FixedDense { weight } => {
                    let weight = weight.mapv(T::of);
                    dense_backward_fan(samples * cotangents, u, weight.view(), dx, accumulate);
                }
                Operation::Activation(activation) => {
                    let slope = &mut self.scratch.numbers;
                    slope.resize(samples * len, T::zero());
                    slopes(*activation, &self.fans.values[first], slope);
                    let fan = cotangents * len;
                    for ((slope, u), dx) in
                        slope.chunks_exact(len).zip(u.chunks_exact(fan)).zip(dx.chunks_exact_mut(fan))
                    {
                        scale_rows(slope, u, dx, accumulate);
                    }
                }
                Operation::Normalise { groups, scale, .. } => {
                    let saved = &self.fans.normalised[index];
                    let scale = &self.parameters[scale.clone()];
                    let rows = u.chunks_exact(len).zip(dx.chunks_exact_mut(len));
                    for (row, (u, dx)) in rows.enumerate() {
                        let sample = row / cotangents;
                        let values = &saved.values[sample * len..][..len];
                        let inverse = &saved.inverse_deviations[sample * groups..][..*groups];
                        let scratch = &mut self.scratch.numbers;
                        normalise_backward_fan(
                            shape, 1, *groups, scale, values, inverse, u, dx, accumulate, scratch,
                        );
                    }
                }
                Operation::Scale(factor) => scale_into(T::of(*factor), u, dx, accumulate),
                other => unreachable!("{other:?} does not stand between vectors"),
            }
        }
    }

    /// The second half: nodes from images to images or to a vector, one sample.
    fn images<C: FanCollector<T>>(&mut self, sample: usize, written: &mut [bool], collector: &mut C) {
        let (tape, cotangents) = (self.tape, self.cotangents);
        let mut layer = tape.layer_count();
        for (index, record) in tape.records.iter().enumerate().skip(1).rev() {
            layer -= usize::from(record.operation.has_parameters());
            let [first, second] = record.inputs;
            let shape = tape.records[first].shape;
            if !written[index] || !matches!(shape, Shape::Image { .. }) {
                continue;
            }
            let len = record.shape.len();
            let (before, rest) = self.fans.images.split_at_mut(index);
            let fan = &mut rest[0];
            let takes_a_list =
                matches!(record.operation, Operation::Activation(_) | Operation::Convolution { .. });
            if fan.is_gathered && !takes_a_list {
                fan.spread(record.shape, cotangents, true);
            }
            let fan = &*fan;
            match &record.operation {
                Operation::Convolution { geometry, weight, bias } => {
                    let site = Site { layer, weight: weight.clone(), bias: bias.clone() };
                    let input = &self.fans.values[first][sample * geometry.in_len()..][..geometry.in_len()];
                    let scratch = &mut self.scratch.block;
                    let convolution = FanConvolution { geometry: *geometry, input, u: fan };
                    collector.convolution(&site, sample, cotangents, &convolution, scratch);
                }
                Operation::Normalise { scale, shift, .. } => {
                    let site = Site { layer, weight: scale.clone(), bias: Some(shift.clone()) };
                    let values = &self.fans.normalised[index].values[sample * len..][..len];
                    let rows = &mut self.scratch.numbers;
                    normalisation_rows(record.shape, cotangents, values, &fan.all, rows);
                    collector.rows(&site, sample, cotangents, rows);
                }
                _ => {}
            }
            if let Operation::Add = record.operation {
                for node in [first, second] {
                    if tape.records[node].depends_on_parameters {
                        let (dx, accumulate) = fan_target(before, written, node, shape, cotangents);
                        scale_into(T::one(), &fan.all, dx, accumulate);
                    }
                }
                continue;
            }
            if !tape.records[first].depends_on_parameters {
                continue;
            }
            if let (Operation::MaxPool(geometry), false) = (&record.operation, written[first]) {
                written[first] = true;
                let argmax = &self.fans.argmax[index][sample * len..][..len];
                let into = &mut before[first];
                max_pool_backward_fan(*geometry, cotangents, argmax, &fan.all, &mut into.gathered);
                into.is_gathered = true;
                continue;
            }
            if let (Operation::Activation(activation), true, false) =
                (&record.operation, fan.is_gathered, written[first])
            {
                written[first] = true;
                let values = &self.fans.values[first][sample * len..][..len];
                // No other node reads this node's fan again, so the list moves on.
                std::mem::swap(&mut rest[0].gathered, &mut before[first].gathered);
                let into = &mut before[first];
                into.is_gathered = true;
                let Gathered { u, lanes, positions } = &mut into.gathered;
                let by_channel = positions.len() / shape.channels();
                let slope = &mut self.scratch.numbers;
                slope.clear();
                let width = shape.width();
                let channels = positions.chunks_exact(by_channel).zip(values.chunks_exact(shape.positions()));
                for (positions, values) in channels {
                    slope.extend(positions.iter().map(|&p| activation.derivative(values[p.number(width)])));
                }
                scale_lists(slope, *lanes, u);
                continue;
            }
            let (dx, accumulate) = fan_target(before, written, first, shape, cotangents);
            match &record.operation {
                Operation::Convolution { geometry, weight, .. } => {
                    if fan.is_gathered {
                        let packed = &mut self.fans.packed_by_entry[index];
                        if packed.is_empty() {
                            pack_by_entry(*geometry, &self.parameters[weight.clone()], packed);
                        }
                        let scratch = &mut self.scratch.gathered;
                        gathered_backward(
                            *geometry,
                            cotangents,
                            &fan.gathered,
                            packed,
                            dx,
                            accumulate,
                            scratch,
                        );
                    } else {
                        let scratch = &mut self.scratch.block.convolution;
                        let packed = &self.fans.packed[index];
                        convolve_backward(*geometry, cotangents, &fan.all, packed, dx, accumulate, scratch);
                    }
                }
                Operation::MaxPool(geometry) => {
                    // Someone else wrote to the node before: the list is spread out and added.
                    let mut list = Fan::default();
                    let argmax = &self.fans.argmax[index][sample * len..][..len];
                    max_pool_backward_fan(*geometry, cotangents, argmax, &fan.all, &mut list.gathered);
                    list.is_gathered = true;
                    scale_into(T::one(), list.spread(shape, cotangents, true), dx, accumulate);
                }
                Operation::Activation(activation) => {
                    let values = &self.fans.values[first][sample * len..][..len];
                    let mut spread;
                    let u = if fan.is_gathered {
                        spread = fan.clone();
                        &*spread.spread(record.shape, cotangents, true)
                    } else {
                        &fan.all
                    };
                    let slope = &mut self.scratch.numbers;
                    slope.resize(len, T::zero());
                    slopes(*activation, values, slope);
                    scale_entries(slope, cotangents, u, dx, accumulate);
                }
                Operation::AveragePool(geometry) => {
                    average_pool_backward(*geometry, cotangents, &fan.all, dx, accumulate);
                }
                Operation::Normalise { groups, scale, .. } => {
                    let saved = &self.fans.normalised[index];
                    let values = &saved.values[sample * len..][..len];
                    let inverse = &saved.inverse_deviations[sample * groups..][..*groups];
                    let (scale, scratch) = (&self.parameters[scale.clone()], &mut self.scratch.numbers);
                    normalise_backward_fan(
                        shape, cotangents, *groups, scale, values, inverse, &fan.all, dx, accumulate, scratch,
                    );
                }
                Operation::Flatten => {
                    let u = &self.fans.vectors[index][sample * len * cotangents..][..len * cotangents];
                    flatten_backward_fan(len, cotangents, u, dx, accumulate);
                }
                Operation::Scale(factor) => scale_into(T::of(*factor), &fan.all, dx, accumulate),
                Operation::Input
                | Operation::Add
                | Operation::Dense { .. }
                | Operation::FixedDense { .. } => {
                    unreachable!("handled above, or between vectors")
                }
            }
        }
    }
}

/// One sample's Jacobian in a normalisation's scales and shifts, transposed: for each channel the sums over its positions of
/// `u xhat`, then of `u`; `2 C x K` and the slack that kernels read.
fn normalisation_rows<T: Real>(
    shape: Shape,
    cotangents: usize,
    normalised: &[T],
    u: &[T],
    rows: &mut Vec<T>,
) {
    rows.clear();
    rows.resize(2 * shape.channels() * cotangents + SLACK, T::zero());
    let (scales, shifts) = rows.split_at_mut(shape.channels() * cotangents);
    for (i, (&value, u)) in normalised.iter().zip(u.chunks_exact(cotangents)).enumerate() {
        let row = i / shape.positions() * cotangents;
        for k in 0..cotangents {
            scales[row + k] += u[k] * value;
            shifts[row + k] += u[k];
        }
    }
}

/// One sample's cotangents at an image, sized, and whether someone wrote them before in this pass.
fn fan_target<'a, T: Real>(
    before: &'a mut [Fan<T>],
    written: &mut [bool],
    node: usize,
    shape: Shape,
    cotangents: usize,
) -> (&'a mut [T], bool) {
    let accumulate = std::mem::replace(&mut written[node], true);
    (before[node].spread(shape, cotangents, accumulate), accumulate)
}

/// A vector node's cotangents, sized, and whether someone wrote them before in this pass.
fn target<'a, T: Real>(
    before: &'a mut [Vec<T>],
    written: &mut [bool],
    node: usize,
    len: usize,
) -> (&'a mut [T], bool) {
    before[node].resize(len, T::zero());
    (&mut before[node], std::mem::replace(&mut written[node], true))
}
