//! Where a layer stands on a tape, and what it sees there in a pass.

use std::ops::Range;

use crate::buffer::Buffer;
use crate::{Real, Shape};

/// A layer's place on a tape.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Place {
    /// The nodes that it reads.
    pub(crate) inputs: Vec<usize>,
    /// The shapes of their values.
    pub(crate) shapes: Vec<Shape>,
    /// Whether each depends on parameters, so that cotangents are worth carrying there.
    pub(crate) moves: Vec<bool>,
    /// The shape of its own value.
    pub(crate) shape: Shape,
    /// Where its parameter tensors lie in the flat vector.
    pub(crate) tensors: Vec<Range<usize>>,
    /// Its number among the layers with parameters, if it has any.
    pub(crate) number: usize,
}

/// What a layer keeps of its forward pass, beside the inputs' values: `rows x L`, or `S x rows` where the
/// samples were put in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kept<T> {
    pub(crate) numbers: Vec<T>,
    pub(crate) places: Vec<u32>,
}

/// What a layer sees in a pass: its place, the parameters, its inputs' values and what it kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct At<'a, T> {
    pub(crate) place: &'a Place,
    parameters: &'a [T],
    values: Values<'a, T>,
    /// What it kept: see [`Kept`].
    pub(crate) numbers: &'a [T],
    pub(crate) places: &'a [u32],
    pub(crate) samples: usize,
    /// How many lanes the cotangents have.
    pub(crate) lanes: usize,
    /// Whether the lanes are cotangents of samples whose values stand without lanes, one after the other.
    pub(crate) is_shared: bool,
}

/// The values of the nodes.
#[derive(Clone, Copy, Debug)]
enum Values<'a, T> {
    /// Node by node, `len x L`.
    Lanes(&'a [Buffer<T>]),
    /// Node by node, `S x len`, of which some samples are meant.
    Samples { nodes: &'a [Vec<T>], first: usize, count: usize },
    /// Input by input, of one sample.
    Column(&'a [Vec<T>]),
}

impl<'a, T: Real> At<'a, T> {
    /// Samples as lanes.
    pub(crate) fn in_lanes(
        place: &'a Place,
        parameters: &'a [T],
        values: &'a [Buffer<T>],
        kept: Option<&'a Kept<T>>,
        samples: usize,
        lanes: usize,
    ) -> Self {
        let (numbers, places) = kept.map_or((&[][..], &[][..]), |kept| (&kept.numbers, &kept.places));
        let values = Values::Lanes(values);
        Self { place, parameters, values, numbers, places, samples, lanes, is_shared: false }
    }

    /// All samples one after the other, with `cotangents` lanes each.
    pub(crate) fn in_samples(
        place: &'a Place,
        parameters: &'a [T],
        nodes: &'a [Vec<T>],
        kept: &'a Kept<T>,
        samples: usize,
        cotangents: usize,
    ) -> Self {
        let values = Values::Samples { nodes, first: 0, count: samples };
        let Kept { numbers, places } = kept;
        Self { place, parameters, values, numbers, places, samples, lanes: cotangents, is_shared: true }
    }

    /// One of the samples that stand one after the other.
    pub(crate) fn sample(&self, sample: usize) -> Self {
        let values = match self.values {
            Values::Samples { nodes, first, .. } => {
                Values::Samples { nodes, first: first + sample, count: 1 }
            }
            other => other,
        };
        let (rows, places) = (self.numbers.len() / self.samples, self.places.len() / self.samples);
        Self {
            values,
            numbers: &self.numbers[sample * rows..][..rows],
            places: &self.places[sample * places..][..places],
            samples: 1,
            ..*self
        }
    }

    /// The same with another number of cotangents.
    pub(crate) fn with_lanes(self, lanes: usize) -> Self {
        Self { lanes, ..self }
    }

    /// An input's value.
    pub(crate) fn x(&self, input: usize) -> &'a [T] {
        match self.values {
            Values::Lanes(nodes) => &nodes[self.place.inputs[input]],
            Values::Samples { nodes, first, count } => {
                let len = self.place.shapes[input].len();
                &nodes[self.place.inputs[input]][first * len..(first + count) * len]
            }
            Values::Column(inputs) => &inputs[input],
        }
    }

    /// A parameter tensor.
    pub(crate) fn tensor(&self, number: usize) -> &'a [T] {
        &self.parameters[self.place.tensors[number].clone()]
    }

    /// A parameter tensor that the layer may lack, as a bias.
    pub(crate) fn optional(&self, number: usize) -> Option<&'a [T]> {
        self.place.tensors.get(number).map(|range| &self.parameters[range.clone()])
    }

    /// A copy of what one lane sees.
    pub(crate) fn column(&self, lane: usize) -> Column<T> {
        let inputs = (0..self.place.inputs.len()).map(|input| self.of_lane(self.x(input), lane)).collect();
        let places = self.places.iter().skip(lane).step_by(self.lanes).copied().collect();
        Column { inputs, kept: Kept { numbers: self.of_lane(self.numbers, lane), places } }
    }

    /// One lane of numbers in lanes.
    pub(crate) fn of_lane(&self, numbers: &[T], lane: usize) -> Vec<T> {
        numbers.iter().skip(lane).step_by(self.lanes).copied().collect()
    }
}

/// What one sample's lane held.
#[derive(Clone, Debug)]
pub(crate) struct Column<T> {
    inputs: Vec<Vec<T>>,
    kept: Kept<T>,
}

impl<T: Real> Column<T> {
    /// That sample's view, with `cotangents` lanes.
    pub(crate) fn at<'a>(&'a self, of: &At<'a, T>, cotangents: usize) -> At<'a, T> {
        At {
            values: Values::Column(&self.inputs),
            numbers: &self.kept.numbers,
            places: &self.kept.places,
            samples: 1,
            lanes: cotangents,
            is_shared: true,
            ..*of
        }
    }
}

/// A direction of the parameters, and how the nodes before move along it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tangent<'a, T> {
    pub(crate) direction: &'a [T],
    pub(crate) nodes: &'a [Buffer<T>],
}

impl<'a, T: Real> Tangent<'a, T> {
    /// How an input moves, if it does.
    pub(crate) fn x(&self, place: &Place, input: usize) -> Option<&'a [T]> {
        place.moves[input].then(|| &*self.nodes[place.inputs[input]])
    }

    /// How the one input of a layer without parameters moves: it does, or nobody would ask.
    pub(crate) fn only(&self, place: &Place) -> &'a [T] {
        debug_assert!(place.moves[0] && place.tensors.is_empty());
        &self.nodes[place.inputs[0]]
    }

    /// How a parameter tensor moves.
    pub(crate) fn tensor(&self, place: &Place, number: usize) -> &'a [T] {
        &self.direction[place.tensors[number].clone()]
    }

    /// The same of a tensor that the layer may lack.
    pub(crate) fn optional(&self, place: &Place, number: usize) -> Option<&'a [T]> {
        place.tensors.get(number).map(|range| &self.direction[range.clone()])
    }
}
