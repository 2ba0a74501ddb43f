//! The backward pass with one cotangent for every output of every sample: structural matrices and Jacobians.
//!
//! No image or sequence comes after a vector that moves with parameters, so the pass has two halves. Through the vectors
//! all samples go together, their fans being the rows of one tall matrix; through the images and sequences one sample at
//! a time, whose fan stays in the second-level cache from the last layer to the first.

use super::{Fans, Scratch, Sweep};
use crate::collectors::{Quantity, Site};
use crate::kernels::transpose;
use crate::layer::{At, Cotangents, FanTarget, Place, Target, Tools};
use crate::{Real, Tape};

impl<T: Real> Sweep<T> {
    /// Carries the unit cotangents of all outputs back through the tape and shows every site to `quantity`.
    pub(super) fn backward_fan<Q: Quantity<T>>(&mut self, parameters: &[T], quantity: &mut Q) {
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
        pass.vectors(&mut written, quantity);
        let flattened: Vec<bool> = written.clone();
        for sample in 0..samples {
            written.copy_from_slice(&flattened);
            pass.images(sample, &mut written, quantity);
        }
        self.scratch.written = written;
    }

    /// Turns what the forward pass saved in lanes into the order of samples, where the pass will read it, and lets
    /// every layer prepare its weights.
    fn turn_values(&mut self, tape: &Tape, parameters: &[T]) {
        let (samples, lanes) = (self.samples, self.lanes);
        for (index, record) in tape.records.iter().enumerate() {
            let Some(layer) = &record.layer else { continue };
            let (layer, place) = (T::pick(&**layer), &record.place);
            // `Site::input` shows the input of every layer with parameters.
            if layer.reads_inputs() || record.trained().is_some() {
                for &input in &place.inputs {
                    turn(samples, lanes, &self.values[input], &mut self.fans.values[input]);
                }
            }
            let (from, into) = (&self.kept[index], &mut self.fans.kept[index]);
            turn(samples, lanes, &from.numbers, &mut into.numbers);
            let len = from.places.len() / lanes;
            into.places.resize(samples * len, 0);
            for (place, lanes) in from.places.chunks_exact(lanes).enumerate() {
                for (sample, &number) in lanes[..samples].iter().enumerate() {
                    into.places[sample * len + place] = number;
                }
            }
            if place.moves.contains(&true) {
                let at = At::in_lanes(place, parameters, &self.values, Some(from), samples, lanes);
                layer.prepare(&at, &mut self.fans.prepared[index]);
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
    fn vectors<Q: Quantity<T>>(&mut self, written: &mut [bool], quantity: &mut Q) {
        let (samples, cotangents) = (self.samples, self.cotangents);
        let Fans { values, kept, prepared, vectors, .. } = &mut *self.fans;
        let scratch = &mut self.scratch.layers;
        for (index, record) in self.tape.records.iter().enumerate().rev() {
            let (Some(layer), place) = (&record.layer, &record.place) else { continue };
            if !written[index] || by_sample(place) {
                continue;
            }
            let at = At::in_samples(place, self.parameters, values, &kept[index], samples, cotangents);
            let (before, rest) = vectors.split_at_mut(index);
            let u = rest[0].as_slice();
            if let Some(trained) = layer.trained() {
                for (sample, u) in u.chunks_exact(cotangents * place.shape.len()).enumerate() {
                    let u = Cotangents::Rows(u);
                    let (layer, at) = (T::pick(trained), at.sample(sample));
                    quantity.site(Site { layer, at, sample, u, scratch });
                }
            }
            for (input, &node) in place.inputs.iter().enumerate().filter(|&(input, _)| place.moves[input]) {
                before[node].resize(place.shapes[input].len() * samples * cotangents, T::zero());
                let accumulate = std::mem::replace(&mut written[node], true);
                let to = Target { dx: &mut before[node], accumulate };
                let tools = Tools { prepared: &mut prepared[index], scratch: &mut *scratch };
                T::pick(&**layer).pull_rows(&at, input, u, to, tools);
            }
        }
    }

    /// The second half: nodes from images and sequences to each other or to a vector, one sample.
    fn images<Q: Quantity<T>>(&mut self, sample: usize, written: &mut [bool], quantity: &mut Q) {
        let (samples, cotangents) = (self.samples, self.cotangents);
        let Fans { values, kept, prepared, vectors, images } = &mut *self.fans;
        let scratch = &mut self.scratch.layers;
        for (index, record) in self.tape.records.iter().enumerate().rev() {
            let (Some(layer), place) = (&record.layer, &record.place) else { continue };
            if !written[index] || !by_sample(place) {
                continue;
            }
            let at = At::in_samples(place, self.parameters, values, &kept[index], samples, cotangents);
            let at = at.sample(sample);
            let (before, rest) = images.split_at_mut(index);
            let (kernel, fan, prepared) = (T::pick(&**layer), &mut rest[0], &mut prepared[index]);
            let len = place.shape.len() * cotangents;
            let border = place.shape.is_vector().then(|| &vectors[index][sample * len..][..len]);
            if border.is_none() && !kernel.takes_lists() {
                fan.whole(place.shape, cotangents);
            }
            if let Some(trained) = layer.trained() {
                let u = match border {
                    Some(rows) => Cotangents::Rows(rows),
                    None if fan.is_gathered => Cotangents::List(&fan.gathered),
                    None => Cotangents::All(&fan.all),
                };
                quantity.site(Site { layer: T::pick(trained), at, sample, u, scratch });
            }
            for (input, &node) in place.inputs.iter().enumerate().filter(|&(input, _)| place.moves[input]) {
                let accumulate = std::mem::replace(&mut written[node], true);
                let into = FanTarget { fan: &mut before[node], accumulate };
                let tools = Tools { prepared: &mut *prepared, scratch: &mut *scratch };
                match border {
                    Some(rows) => {
                        let to = into.spread(place.shapes[input], cotangents);
                        kernel.pull_border(&at, input, rows, to, tools);
                    }
                    None => kernel.pull_fan(&at, input, fan, into, tools),
                }
            }
        }
    }
}

/// Whether a node stands on the images' side of the border: it is no vector, or reads what is none.
fn by_sample(place: &Place) -> bool {
    place.shapes.iter().chain([&place.shape]).any(|shape| !shape.is_vector())
}
