//! The backward pass: `K` cotangents per sample from the outputs towards the input, past every collector's sites.

use ndarray::ArrayView3;

use super::{Saved, Sweep};
use crate::collectors::{Collector, ConvolutionSite, DenseSite, NormalisationSite, Site};
use crate::layers::{
    activate_backward, average_pool_backward, convolve_backward, dense_backward, flatten_backward,
    max_pool_backward, normalise_backward, view,
};
use crate::tape::Operation;
use crate::{Real, Tape, TensorError};

impl<T: Real> Sweep<T> {
    /// Carries the cotangents `u` (`S x K x m`) of the outputs back through the tape and shows every site to `collector`.
    pub(super) fn backward<C: Collector<T>>(
        &mut self,
        parameters: &[T],
        u: ArrayView3<'_, T>,
        collector: &mut C,
    ) -> Result<(), TensorError> {
        let tape = self.tape.clone();
        self.check_len("parameters", parameters.len(), tape.parameters().len())?;
        let (samples, cotangents, outputs) = u.dim();
        if samples != self.samples || outputs != tape.outputs() {
            return Err(TensorError::Argument {
                argument: "cotangents",
                got: u.shape().to_vec(),
                needs: format!("[{}, cotangents, {}]", self.samples, tape.outputs()),
            });
        }
        let last = &mut self.cotangents[tape.output];
        last.clear();
        last.extend(u.iter().copied());
        let mut layer = tape.layers_with_parameters().len();
        // Which nodes' cotangents have been written in this pass: the first to write does so, the others add.
        let mut written = vec![false; tape.records.len()];
        written[tape.output] = true;

        for (index, record) in tape.records.iter().enumerate().skip(1).rev() {
            let has_parameters = record.operation.has_parameters();
            layer -= usize::from(has_parameters);
            if !written[index] {
                continue;
            }
            let [first, second] = record.inputs;
            let (before, rest) = self.cotangents.split_at_mut(index);
            let u = rest[0].as_slice();
            let x = self.values[first].as_slice();
            let shape = tape.records[first].shape;
            let site = |weight: &std::ops::Range<usize>, bias: Option<&std::ops::Range<usize>>| Site {
                samples,
                cotangents,
                layer,
                weight: weight.clone(),
                bias: bias.cloned(),
                u,
            };
            match &record.operation {
                Operation::Dense { weight, bias } => {
                    let site = site(weight, bias.as_ref());
                    collector.dense(&DenseSite { site, outputs: record.shape.len(), input: x });
                }
                Operation::Convolution { geometry, weight, bias } => {
                    let site = site(weight, bias.as_ref());
                    collector.convolution(&ConvolutionSite { site, geometry: *geometry, input: x });
                }
                Operation::Normalise { scale, shift, .. } => {
                    let Saved::Normalised(saved) = &self.saved[index] else { unreachable!("set by forward") };
                    let site = site(scale, Some(shift));
                    let normalised = &saved.values;
                    collector.normalisation(&NormalisationSite { site, shape: record.shape, normalised });
                }
                _ => {}
            }
            if !tape.records[first].depends_on_parameters && !tape.records[second].depends_on_parameters {
                continue;
            }
            let mut target = Target { samples, cotangents, tape: &tape, written: &mut written, before };
            if let Operation::Add = record.operation {
                for node in [first, second] {
                    if tape.records[node].depends_on_parameters {
                        let (dx, accumulate) = target.of(node);
                        scale_into(T::one(), u, dx, accumulate);
                    }
                }
                continue;
            }
            let (dx, accumulate) = target.of(first);
            match &record.operation {
                Operation::Input | Operation::Add => unreachable!("handled above"),
                Operation::Dense { weight, .. } => {
                    let weight = view(record.shape.len(), shape.len(), &parameters[weight.clone()]);
                    dense_backward(samples * cotangents, u, weight, dx, accumulate);
                }
                Operation::FixedDense { weight } => {
                    let weight = weight.mapv(T::of);
                    dense_backward(samples * cotangents, u, weight.view(), dx, accumulate);
                }
                Operation::Convolution { geometry, weight, .. } => {
                    let weight = view(geometry.channels_out, geometry.patch(), &parameters[weight.clone()]);
                    convolve_backward(*geometry, cotangents, u, weight, dx, accumulate, &mut self.patches);
                }
                Operation::MaxPool(geometry) => {
                    let Saved::Argmax(argmax) = &self.saved[index] else { unreachable!("set by forward") };
                    max_pool_backward(*geometry, cotangents, argmax, u, dx, accumulate);
                }
                Operation::AveragePool(geometry) => {
                    average_pool_backward(*geometry, cotangents, u, dx, accumulate);
                }
                Operation::Activation(activation) => {
                    let scratch = &mut self.scratch;
                    activate_backward(*activation, shape, cotangents, x, u, dx, accumulate, scratch);
                }
                Operation::Normalise { groups, scale, .. } => {
                    let Saved::Normalised(saved) = &self.saved[index] else { unreachable!("set by forward") };
                    let scale = &parameters[scale.clone()];
                    normalise_backward(shape, *groups, cotangents, scale, saved, u, dx, accumulate);
                }
                Operation::Flatten => flatten_backward(shape.len(), cotangents, u, dx, accumulate),
                Operation::Scale(factor) => scale_into(T::of(*factor), u, dx, accumulate),
            }
        }
        Ok(())
    }
}

/// The cotangents of the nodes before the one at hand, to be written or added to.
struct Target<'a, T> {
    samples: usize,
    cotangents: usize,
    tape: &'a Tape,
    written: &'a mut [bool],
    before: &'a mut [Vec<T>],
}

impl<T: Real> Target<'_, T> {
    /// A node's cotangents, sized, and whether they are to be added to (someone wrote them before in this pass).
    fn of(&mut self, node: usize) -> (&mut [T], bool) {
        let dx = &mut self.before[node];
        dx.resize(self.samples * self.tape.records[node].shape.len() * self.cotangents, T::zero());
        (dx, std::mem::replace(&mut self.written[node], true))
    }
}

/// `dx = factor u`, or `dx += factor u`; the layouts are the same on both sides.
fn scale_into<T: Real>(factor: T, u: &[T], dx: &mut [T], accumulate: bool) {
    for (dx, &u) in dx.iter_mut().zip(u) {
        *dx = if accumulate { *dx + factor * u } else { factor * u };
    }
}
