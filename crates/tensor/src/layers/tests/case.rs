//! The examples of all layers, each at random inputs.

use fenchel_random::{Seed, Stream};

use crate::buffer::Buffer;
use crate::layer::{At, Cotangents, Kept, Kernel, Prepared, Rows, Scratch, Target, Tools};
use crate::layers::AnyLayer;
use crate::tape::Record;
use crate::{Constants, Conv2d, Real, Shape, TapeBuilder};

pub(super) const SAMPLES: usize = 3;
pub(super) const LANES: usize = 4;
/// Cotangents of a fan.
pub(super) const K: usize = 5;

/// Random numbers that both precisions hold.
pub(super) fn numbers<T: Real>(stream: &mut Stream, count: usize) -> Vec<T> {
    (0..count).map(|_| T::of(f64::from(stream.random_range(-1.0..1.0) as f32))).collect()
}

/// Statistics of a layer that normalises by fixed ones.
pub(super) fn statistics(shape: Shape) -> Constants {
    let mut stream = Seed::new(shape.len() as u64).stream();
    let mut constants = Constants::new();
    for (name, least) in [("layer.running_mean", -1.0), ("layer.running_var", 0.1)] {
        let values = (0..shape.channels()).map(|_| stream.random_range(least..2.0)).collect();
        constants.insert(name, values);
    }
    constants
}

/// The records that the examples of all layers leave, each with the name of its example.
pub(super) fn records() -> Vec<(String, Record)> {
    let shapes = [
        Shape::image(4, 6, 5),
        Shape::image(16, 5, 6),
        Shape::vector(2),
        Shape::vector(12),
        Shape::sequence(3, 4),
        Shape::sequence(6, 6),
    ];
    let mut records = Vec::new();
    for (number, example) in AnyLayer::examples().into_iter().enumerate() {
        for shape in shapes {
            let mut net = TapeBuilder::new(shape).with_constants(statistics(shape));
            let before = match shape {
                Shape::Vector(features) | Shape::Sequence { features, .. } => {
                    net.dense("before", net.input(), features)
                }
                Shape::Image { channels, .. } => net.conv2d("before", net.input(), Conv2d::new(channels, 1)),
            };
            let node = example.record(&mut net, "layer", before.unwrap()).or_else(|_| {
                // What reads the network's input alone.
                net = TapeBuilder::new(shape);
                let x = net.input();
                example.record(&mut net, "layer", x)
            });
            let Ok(node) = node else { continue };
            let output = net.flatten(node).unwrap();
            let Ok(tape) = net.finish(output) else { continue };
            let own = tape.records.iter();
            let own = own.filter(|record| record.place.shapes.len() == 1 && record.name != "before");
            records.extend(own.map(|record| (format!("{number} {example:?} on {shape}"), record.clone())));
        }
    }
    records
}

/// A layer with numbers around it.
pub(super) struct Case<T> {
    pub(super) record: Record,
    pub(super) parameters: Vec<T>,
    pub(super) values: Vec<Buffer<T>>,
    pub(super) kept: Kept<T>,
    pub(super) scratch: Scratch,
}

impl<T: Real> Case<T> {
    pub(super) fn new(record: &Record, seed: u64) -> Self {
        let mut stream = Seed::new(seed).stream();
        let place = &record.place;
        let len = place.tensors.iter().map(|range| range.end).max().unwrap_or(0);
        let parameters = numbers(&mut stream, len);
        let mut values = vec![Buffer::default(); place.inputs[0] + 1];
        let mut x: Vec<T> = numbers(&mut stream, place.shapes[0].len() * LANES);
        if let Some(count) = record.layer.as_ref().unwrap().vocabulary() {
            x.iter_mut().for_each(|x| *x = T::of(stream.random_range(0..count) as f64));
        }
        values[place.inputs[0]].resize(x.len());
        values[place.inputs[0]].copy_from_slice(&x);
        let mut case = Self {
            record: record.clone(),
            parameters,
            values,
            kept: Kept::default(),
            scratch: Scratch::default(),
        };
        let (mut y, mut kept) = (vec![T::zero(); place.shape.len() * LANES], Kept::default());
        let at = At::in_lanes(place, &case.parameters, &case.values, None, SAMPLES, LANES);
        case.layer().forward(&at, &mut y, &mut kept, &mut Scratch::default());
        case.kept = kept;
        case
    }

    pub(super) fn layer(&self) -> &(dyn Kernel<T> + 'static) {
        T::pick(&**self.record.layer.as_ref().unwrap())
    }

    pub(super) fn rows(&self) -> Option<&(dyn Rows<T> + 'static)> {
        self.record.trained().map(T::pick)
    }

    pub(super) fn at(&self) -> At<'_, T> {
        At::in_lanes(&self.record.place, &self.parameters, &self.values, Some(&self.kept), SAMPLES, LANES)
    }

    /// The same numbers in double precision, what the forward pass stored included.
    pub(super) fn exact(&self) -> Case<f64> {
        let wide = |numbers: &[T]| numbers.iter().map(|v| v.as_f64()).collect::<Vec<f64>>();
        let values = self.values.iter().map(|value| {
            let mut buffer = Buffer::default();
            buffer.resize(value.len());
            buffer.copy_from_slice(&wide(value));
            buffer
        });
        Case {
            record: self.record.clone(),
            parameters: wide(&self.parameters),
            values: values.collect(),
            kept: Kept { numbers: wide(&self.kept.numbers), places: self.kept.places.clone() },
            scratch: Scratch::default(),
        }
    }

    /// `dx` of one sample's `K` cotangents, `len x K`.
    pub(super) fn pulled(&mut self, sample: usize, u: &[T]) -> Vec<T> {
        let mut scratch = std::mem::take(&mut self.scratch);
        let (mut prepared, at) = (Prepared::default(), self.at());
        self.layer().prepare(&at, &mut prepared);
        let column = at.column(sample);
        let mut dx = vec![T::nan(); self.record.place.shapes[0].len() * K];
        let tools = Tools { prepared: &mut prepared, scratch: &mut scratch };
        self.layer().pull(&column.at(&at, K), 0, u, Target { dx: &mut dx, accumulate: false }, tools);
        self.scratch = scratch;
        dx
    }

    /// One sample's Jacobian: for each of the layer's parameters, in their order, the `K` derivatives.
    pub(super) fn jacobian(&mut self, sample: usize, u: &[T]) -> Vec<Vec<f64>> {
        let mut jacobian = vec![Vec::new(); self.parameters.len()];
        let mut scratch = std::mem::take(&mut self.scratch);
        let at = self.at();
        let column = at.column(sample);
        self.rows().unwrap().rows(&column.at(&at, K), Cotangents::All(u), &mut scratch, &mut |part| {
            for row in 0..part.count {
                let entry: &mut Vec<f64> = &mut jacobian[(part.parameter)(row)];
                assert!(entry.is_empty(), "a parameter twice");
                entry.extend(part.rows[row * part.step..][..K].iter().map(|v| v.as_f64()));
            }
        });
        self.scratch = scratch;
        for place in self.record.place.tensors.iter().flat_map(Clone::clone) {
            jacobian[place].resize(K, 0.0);
        }
        jacobian.into_iter().filter(|row| !row.is_empty()).collect()
    }
}
