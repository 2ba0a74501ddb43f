//! The backward pass with one cotangent a sample, samples as lanes: gradients and gradient norms.

use ndarray::ArrayView2;

use super::{Scratch, Sweep, into_lanes};
use crate::collectors::LaneCollector;
use crate::layer::{At, Target, Tools};
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
        let (samples, lanes) = (self.samples, self.lanes);
        into_lanes(u, lanes, &mut self.cotangents[tape.output]);
        // Which nodes' cotangents have been written in this pass: the first to write does so, the others add.
        let mut written = std::mem::take(&mut self.scratch.written);
        written.clear();
        written.resize(tape.records.len(), false);
        written[tape.output] = true;

        for (index, record) in tape.records.iter().enumerate().rev() {
            let Some(layer) = &record.layer else { continue };
            let place = &record.place;
            if !written[index] {
                if layer.trained().is_some() {
                    collector.absent(place);
                }
                continue;
            }
            let (before, rest) = self.cotangents.split_at_mut(index);
            let u = &*rest[0];
            let at = At::in_lanes(place, parameters, &self.values, Some(&self.kept[index]), samples, lanes);
            let Scratch { layers: scratch, prepared, .. } = &mut self.scratch;
            if let Some(trained) = layer.trained() {
                collector.site(T::pick(trained), &at, u, scratch);
            }
            let layer = T::pick(&**layer);
            if place.moves.contains(&true) {
                layer.prepare(&at, prepared);
            }
            let mut tools = Tools { prepared, scratch };
            for (input, &node) in place.inputs.iter().enumerate().filter(|&(input, _)| place.moves[input]) {
                before[node].resize(place.shapes[input].len() * lanes);
                let accumulate = std::mem::replace(&mut written[node], true);
                let to = Target { dx: &mut before[node], accumulate };
                layer.pull(&at, input, u, to, tools.again());
            }
        }
        self.scratch.written = written;
        Ok(())
    }
}
