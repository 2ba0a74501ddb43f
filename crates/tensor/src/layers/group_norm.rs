//! Group normalisation.

use super::channels::{add_channel_norms, channel_rows, channel_sums};
use super::described::{Described, Keys, Usual};
use super::normalise::{normalise, normalise_backward, normalise_backward_fan};
use crate::layer::{
    At, Carry, Cotangents, Kept, Kernel, Layer, Misfit, Place, RowBound, Rows, Scratch, Take, Tangent,
    Target, Tools, Trained, gamma, passed_on,
};
use crate::parameters::{Role, Tensor};
use crate::{Node, Real, Shape, TapeBuilder, TensorError};

/// Each sample's channels in groups are brought to mean 0 and variance 1, then scaled and shifted by channel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GroupNorm {
    /// The number of groups.
    pub groups: usize,
    /// What is added to a variance before its root is taken.
    pub epsilon: f64,
}

/// The epsilon that the other systems use by default, so that exported models agree.
pub(super) const USUAL_EPSILON: f64 = 1e-5;

/// An epsilon for the table, if it is not the usual one.
pub(super) fn epsilon_summary(epsilon: f64) -> String {
    if epsilon == USUAL_EPSILON { String::new() } else { format!(", epsilon {epsilon}") }
}

impl GroupNorm {
    /// With the usual epsilon, 1e-5.
    #[must_use]
    pub const fn new(groups: usize) -> Self {
        Self { groups, epsilon: USUAL_EPSILON }
    }
}

impl TapeBuilder {
    /// Group normalisation (Wu, He, 2018): each sample's channels in `groups` groups are brought to mean 0 and
    /// variance 1, then scaled and shifted per channel. One group over a vector is layer normalisation.
    ///
    /// Batch normalisation is not offered: it couples the samples of a batch, and then neither a per-sample
    /// gradient nor a structural matrix is defined.
    ///
    /// # Errors
    /// If the channels cannot be divided into `groups`, or the name is taken.
    pub fn group_norm(&mut self, name: &str, x: Node, groups: usize) -> Result<Node, TensorError> {
        self.put(name, GroupNorm::new(groups), &[x])
    }
}

impl Described for GroupNorm {
    const TYPE: &'static str = "group_norm";
    const PYTORCH: Option<&'static str> = Some("GroupNorm");
    const BLANK: Self = Self::new(1);

    fn keys<K: Keys>(&mut self, keys: &mut K) -> Result<(), K::Error> {
        keys.count("groups", &mut self.groups, 1, Usual::No)?;
        keys.number("epsilon", &mut self.epsilon, Usual::Is(USUAL_EPSILON))
    }

    fn summary(&self) -> String {
        let epsilon = epsilon_summary(self.epsilon);
        format!("group_norm, {} groups{epsilon}", self.groups)
    }

    fn record(&self, net: &mut TapeBuilder, name: &str, x: Node) -> Result<Node, TensorError> {
        net.put(name, *self, &[x])
    }

    fn examples() -> Vec<Self> {
        vec![Self::new(1), Self { groups: 2, epsilon: 0.1 }]
    }
}

impl Layer for GroupNorm {
    fn shape(&self, inputs: &[Shape]) -> Result<Shape, Misfit> {
        let groups = self.groups;
        if groups == 0 || !inputs[0].channels().is_multiple_of(groups) {
            return Err(Misfit::Input(format!("a number of channels that {groups} groups divide")));
        }
        // Samples without variance, and the padding of a batch, are divided by its root: in f32 too it must not vanish.
        if !(self.epsilon.is_finite() && self.epsilon >= f64::from(f32::MIN_POSITIVE)) {
            let reason = format!("its epsilon is {}; give a finite number of at least 1.2e-38", self.epsilon);
            return Err(Misfit::Setting(reason));
        }
        Ok(inputs[0])
    }

    fn terms(&self, place: &Place) -> usize {
        4 * place.shapes[0].len()
    }

    fn trained(&self) -> Option<&(dyn Trained + 'static)> {
        Some(self)
    }
}

impl Trained for GroupNorm {
    fn tensors(&self, inputs: &[Shape]) -> Vec<Tensor> {
        let channels = inputs[0].channels();
        vec![Tensor::by_channel(Role::Scale, channels, 1.0), Tensor::by_channel(Role::Shift, channels, 0.0)]
    }
}

impl GroupNorm {
    /// The normalised values, and `1 / sigma` of each group.
    fn kept<'a, T>(&self, at: &At<'a, T>) -> (&'a [T], &'a [T]) {
        let lanes = if at.is_shared { 1 } else { at.lanes };
        at.numbers.split_at(at.place.shape.len() * lanes)
    }
}

/// It keeps the normalised values, `len` rows, and `1 / sigma` of each group, as many rows as groups.
impl<T: Real> Kernel<T> for GroupNorm {
    fn forward(&self, at: &At<'_, T>, y: &mut [T], keep: &mut Kept<T>, scratch: &mut Scratch) {
        keep.numbers.resize(y.len() + self.groups * at.lanes, T::zero());
        let (values, inverse) = keep.numbers.split_at_mut(y.len());
        let (scale, shift) = (at.tensor(0), at.tensor(1));
        let Self { groups, epsilon } = *self;
        let moments = scratch.get::<Vec<T>>();
        normalise(
            at.place.shape,
            at.lanes,
            groups,
            epsilon,
            at.x(0),
            scale,
            shift,
            values,
            inverse,
            y,
            moments,
        );
    }

    fn reads_inputs(&self) -> bool {
        false
    }

    fn pull(&self, at: &At<'_, T>, _input: usize, u: &[T], to: Target<'_, T>, tools: Tools<'_, T>) {
        let ((values, inverse), moments) = (self.kept(at), tools.scratch.get::<Vec<T>>());
        let backward = if at.is_shared { normalise_backward_fan } else { normalise_backward };
        let (dx, accumulate) = (to.dx, to.accumulate);
        backward(
            at.place.shape,
            at.lanes,
            self.groups,
            at.tensor(0),
            values,
            inverse,
            u,
            dx,
            accumulate,
            moments,
        );
    }

    fn pull_rows(&self, at: &At<'_, T>, input: usize, u: &[T], to: Target<'_, T>, mut tools: Tools<'_, T>) {
        let (len, accumulate) = (at.place.shape.len(), to.accumulate);
        let rows = u.chunks_exact(len).zip(to.dx.chunks_exact_mut(len));
        for (row, (u, dx)) in rows.enumerate() {
            let one = at.sample(row / at.lanes).with_lanes(1);
            self.pull(&one, input, u, Target { dx, accumulate }, tools.again());
        }
    }

    fn push(&self, at: &At<'_, T>, tangent: &Tangent<'_, T>, dy: &mut [T], scratch: &mut Scratch) {
        let (values, inverse) = self.kept(at);
        let shape = at.place.shape;
        let channel = shape.positions() * at.lanes;
        if let Some(dx) = tangent.x(at.place, 0) {
            // The Jacobian of x -> xhat is symmetric: the backward kernel with unit scales is the forward one.
            let [ones, moments] = scratch.get::<[Vec<T>; 2]>();
            ones.clear();
            ones.resize(shape.channels(), T::one());
            normalise_backward(shape, at.lanes, self.groups, ones, values, inverse, dx, dy, false, moments);
            for (dy, &scale) in dy.chunks_exact_mut(channel).zip(at.tensor(0)) {
                dy.iter_mut().for_each(|dy| *dy *= scale);
            }
        } else {
            dy.fill(T::zero());
        }
        let moved = tangent.tensor(at.place, 0).iter().zip(tangent.tensor(at.place, 1));
        let channels = dy.chunks_exact_mut(channel).zip(values.chunks_exact(channel));
        for ((dy, values), (&scale, &shift)) in channels.zip(moved) {
            for (dy, &value) in dy.iter_mut().zip(values) {
                *dy += scale * value + shift;
            }
        }
    }

    fn pull_bounded(&self, at: &At<'_, T>, _input: usize, carry: &mut Carry<'_>) {
        let (values, inverse) = self.kept(at);
        let (shape, k) = (at.place.shape, carry.k);
        let scale: Vec<f64> = at.tensor(0).iter().map(|scale| scale.as_f64()).collect();
        let group = shape.len() / self.groups;
        let gamma = gamma(group + 8 + carry.readers, carry.unit);
        let (u, into) = (carry.u, &mut *carry.into);
        for (g, inverse) in inverse.iter().enumerate() {
            let places = g * group..(g + 1) * group;
            let inverse = inverse.as_f64();
            for l in 0..k {
                // With the sums of `v` and `v xhat` go the sums of their errors, roundings included.
                let [mut mean, mut correlation, mut mean_error, mut correlation_error] = [0.0_f64; 4];
                let v = |place: usize| {
                    let scale = scale[place / shape.positions()];
                    let (value, error) = (u.values[place * k + l], u.errors[place * k + l]);
                    (scale * value, scale.abs() * passed_on(value, error, gamma))
                };
                for place in places.clone() {
                    let ((value, error), normal) = (v(place), values[place].as_f64());
                    mean += value;
                    mean_error += error;
                    correlation += value * normal;
                    correlation_error += error * normal.abs();
                }
                let count = group as f64;
                for place in places.clone() {
                    let ((value, error), normal) = (v(place), values[place].as_f64());
                    let exact = value - mean / count - normal * correlation / count;
                    let sizes = value.abs() + (mean.abs() + normal.abs() * correlation.abs()) / count;
                    let carried = error + (mean_error + normal.abs() * correlation_error) / count;
                    into.values[place * k + l] += inverse * exact;
                    into.errors[place * k + l] += inverse * passed_on(sizes, carried, gamma);
                }
            }
        }
    }
}

impl<T: Real> Rows<T> for GroupNorm {
    /// For each channel the sums over its positions of `u xhat`, then of `u`.
    fn rows(&self, at: &At<'_, T>, u: Cotangents<'_, T>, scratch: &mut Scratch, take: Take<'_, T>) {
        let (values, _) = self.kept(at);
        for (tensor, factors) in at.place.tensors.iter().zip([Some(values), None]) {
            channel_rows(at.place.shape, tensor, factors, u, at.lanes, scratch.get(), take);
        }
    }

    fn gradient(&self, at: &At<'_, T>, u: &[T], gradient: &mut [T], overwrite: bool, _scratch: &mut Scratch) {
        let (values, _) = self.kept(at);
        channel_sums(gradient, at.place.tensors[0].clone(), Some(values), u, overwrite);
        channel_sums(gradient, at.place.tensors[1].clone(), None, u, overwrite);
    }

    fn add_norms(&self, at: &At<'_, T>, u: &[T], norms: &mut [T], scratch: &mut Scratch) {
        let ((values, _), channels) = (self.kept(at), at.place.shape.channels());
        let sums = scratch.get::<Vec<T>>();
        add_channel_norms(norms, channels, u, Some(values), sums);
        add_channel_norms(norms, channels, u, None, sums);
    }

    fn bound(&self, at: &At<'_, T>) -> RowBound {
        let ((values, _), shape) = (self.kept(at), at.place.shape);
        let channels = values.chunks_exact(shape.positions());
        let squares = channels.map(|channel| channel.iter().map(|v| v.as_f64().powi(2)).sum::<f64>());
        let factor = squares.fold(0.0_f64, f64::max) + shape.positions() as f64;
        RowBound { factor: factor.sqrt(), terms: shape.len() + shape.positions(), tiles: 0.0 }
    }
}
