//! A convolution in groups: as many convolutions side by side, each of its share of the channels; one channel a group is
//! a depthwise convolution.
//!
//! Channels are the outermost index of images, weights and biases, so the share of a group is a slice of each, and the
//! arithmetic is that of [`Conv2d`].

use std::ops::Range;

use super::channels::{add_channel_norms, channel_sums};
use super::conv2d::{Buffers, Conv2d};
use super::convolution::{
    ConvGeometry, add_weight_norms, bound, convolve, convolve_backward, pack_transposed, pull_bounded,
    weight_gradient,
};
use crate::layer::{
    At, Bounded, Carry, Cotangents, Kept, Kernel, Layer, Misfit, Place, Prepared, RowBound, Rows, Scratch,
    Take, Tangent, Target, Tools, Trained,
};
use crate::parameters::{Role, Tensor};
use crate::{Real, Shape};

/// A convolution of more than one group.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grouped(pub(super) Conv2d);

impl Grouped {
    /// The convolution of one group.
    fn part(self) -> Conv2d {
        Conv2d { channels: self.0.channels / self.0.groups, groups: 1, ..self.0 }
    }

    fn geometry(self, place: &Place) -> ConvGeometry {
        self.part().geometry_of(self.share(place.shapes[0]))
    }

    /// The shape of one group's share of an image.
    fn share(self, shape: Shape) -> Shape {
        match shape {
            Shape::Image { channels, height, width } => Shape::image(channels / self.0.groups, height, width),
            Shape::Vector(_) | Shape::Sequence { .. } => shape,
        }
    }

    /// The numbers of one group of what all groups have.
    fn of(self, group: usize, len: usize) -> Range<usize> {
        let share = len / self.0.groups;
        group * share..(group + 1) * share
    }
}

impl Layer for Grouped {
    fn shape(&self, inputs: &[Shape]) -> Result<Shape, Misfit> {
        let Conv2d { channels: out, groups, .. } = self.0;
        if groups == 0 || out == 0 || !out.is_multiple_of(groups) {
            return Err(Misfit::Setting(format!(
                "its {out} output channels cannot be divided into {groups} groups; give a number of groups that divides them"
            )));
        }
        if matches!(inputs[0], Shape::Image { .. }) && !inputs[0].channels().is_multiple_of(groups) {
            return Err(Misfit::Input(format!("a number of channels that {groups} groups divide")));
        }
        let Shape::Image { height, width, .. } = self.part().shape(&[self.share(inputs[0])])? else {
            unreachable!("a convolution makes images");
        };
        Ok(Shape::image(out, height, width))
    }

    fn terms(&self, place: &Place) -> usize {
        let shares = Place { shapes: vec![self.share(place.shapes[0])], ..place.clone() };
        self.0.groups * self.part().terms(&shares)
    }

    fn trained(&self) -> Option<&(dyn Trained + 'static)> {
        Some(self)
    }
}

impl Trained for Grouped {
    fn tensors(&self, inputs: &[Shape]) -> Vec<Tensor> {
        let mut tensors = self.part().tensors(&[self.share(inputs[0])]);
        for tensor in &mut tensors {
            // Of the kernels as of the biases, one for every output channel.
            tensor.shape[0] = self.0.channels;
            debug_assert!(matches!(tensor.role, Role::Weight | Role::Bias));
        }
        tensors
    }
}

impl<T: Real> Kernel<T> for Grouped {
    fn forward(&self, at: &At<'_, T>, y: &mut [T], _keep: &mut Kept<T>, scratch: &mut Scratch) {
        let buffers = &mut scratch.get::<Buffers<T>>().convolution;
        let (x, weight, bias, len) = (at.x(0), at.tensor(0), at.optional(1), y.len());
        for group in 0..self.0.groups {
            let bias = bias.map(|bias| &bias[self.of(group, bias.len())]);
            let (x, weight) = (&x[self.of(group, x.len())], &weight[self.of(group, weight.len())]);
            convolve(
                self.geometry(at.place),
                at.lanes,
                x,
                weight,
                bias,
                &mut y[self.of(group, len)],
                buffers,
            );
        }
    }

    fn prepare(&self, at: &At<'_, T>, prepared: &mut Prepared<T>) {
        let (weight, mut packed) = (at.tensor(0), Vec::new());
        prepared.weights.clear();
        for group in 0..self.0.groups {
            pack_transposed(self.geometry(at.place), &weight[self.of(group, weight.len())], &mut packed);
            prepared.weights.extend_from_slice(&packed);
        }
    }

    fn pull(&self, at: &At<'_, T>, _input: usize, u: &[T], to: Target<'_, T>, tools: Tools<'_, T>) {
        let buffers = &mut tools.scratch.get::<Buffers<T>>().convolution;
        let (packed, len) = (&tools.prepared.weights, to.dx.len());
        for group in 0..self.0.groups {
            let (u, packed) = (&u[self.of(group, u.len())], &packed[self.of(group, packed.len())]);
            let dx = &mut to.dx[self.of(group, len)];
            convolve_backward(self.geometry(at.place), at.lanes, u, packed, dx, to.accumulate, buffers);
        }
    }

    fn push(&self, at: &At<'_, T>, tangent: &Tangent<'_, T>, dy: &mut [T], scratch: &mut Scratch) {
        let Buffers { convolution: buffers, numbers: term, .. } = scratch.get();
        let (geometry, place, len) = (self.geometry(at.place), at.place, dy.len());
        let (x, weight, dx) = (at.x(0), at.tensor(0), tangent.x(place, 0));
        let (weight_moved, bias_moved) = (tangent.tensor(place, 0), tangent.optional(place, 1));
        for group in 0..self.0.groups {
            let (of_x, of_weight) = (self.of(group, x.len()), self.of(group, weight.len()));
            let dy = &mut dy[self.of(group, len)];
            let bias = bias_moved.map(|bias| &bias[self.of(group, bias.len())]);
            convolve(
                geometry,
                at.lanes,
                &x[of_x.clone()],
                &weight_moved[of_weight.clone()],
                bias,
                dy,
                buffers,
            );
            if let Some(dx) = dx {
                term.resize(dy.len(), T::zero());
                convolve(geometry, at.lanes, &dx[of_x], &weight[of_weight], None, term, buffers);
                dy.iter_mut().zip(&*term).for_each(|(dy, &term)| *dy += term);
            }
        }
    }

    fn pull_bounded(&self, at: &At<'_, T>, _input: usize, carry: &mut Carry<'_>) {
        let weight = at.tensor(0);
        for group in 0..self.0.groups {
            let share = |numbers: &[f64]| numbers[self.of(group, numbers.len())].to_vec();
            let u = Bounded { values: share(&carry.u.values), errors: share(&carry.u.errors) };
            let mut into = Bounded { values: share(&carry.into.values), errors: share(&carry.into.errors) };
            let mut part = Carry { u: &u, into: &mut into, ..*carry };
            pull_bounded(self.geometry(at.place), &weight[self.of(group, weight.len())], &mut part);
            let of = self.of(group, carry.into.values.len());
            carry.into.values[of.clone()].copy_from_slice(&into.values);
            carry.into.errors[of].copy_from_slice(&into.errors);
        }
    }
}

impl<T: Real> Rows<T> for Grouped {
    fn rows(&self, at: &At<'_, T>, u: Cotangents<'_, T>, scratch: &mut Scratch, take: Take<'_, T>) {
        let (geometry, block) = (self.geometry(at.place), &mut scratch.get::<Buffers<T>>().block);
        let (x, weights, mut turned) = (at.x(0), &at.place.tensors[0], Vec::new());
        let all = u.by_entry(at.place.shape, at.lanes, &mut turned);
        for group in 0..self.0.groups {
            let first = weights.start + self.of(group, weights.len()).start;
            let (x, u) = (&x[self.of(group, x.len())], &all[self.of(group, all.len())]);
            block.whole_part(geometry, x, at.lanes, u, first, take);
        }
        if let Some(biases) = at.place.tensors.get(1) {
            block.bias_part(at.place.shape, biases, at.lanes, Cotangents::All(all), take);
        }
    }

    fn gradient(&self, at: &At<'_, T>, u: &[T], gradient: &mut [T], overwrite: bool, scratch: &mut Scratch) {
        let buffers = &mut scratch.get::<Buffers<T>>().convolution;
        let (geometry, x) = (self.geometry(at.place), at.x(0));
        let weights = &mut gradient[at.place.tensors[0].clone()];
        for group in 0..self.0.groups {
            let (x, u) = (&x[self.of(group, x.len())], &u[self.of(group, u.len())]);
            let of = self.of(group, weights.len());
            weight_gradient(geometry, at.lanes, x, u, &mut weights[of], !overwrite, buffers);
        }
        if let Some(bias) = at.place.tensors.get(1) {
            channel_sums(gradient, bias.clone(), None, u, overwrite);
        }
    }

    fn add_norms(&self, at: &At<'_, T>, u: &[T], norms: &mut [T], scratch: &mut Scratch) {
        let Buffers { convolution: buffers, numbers: sums, .. } = scratch.get();
        let x = at.x(0);
        for group in 0..self.0.groups {
            let (x, u) = (&x[self.of(group, x.len())], &u[self.of(group, u.len())]);
            add_weight_norms(self.geometry(at.place), x, u, norms, sums, buffers);
        }
        if self.0.bias {
            add_channel_norms(norms, self.0.channels, u, None, sums);
        }
    }

    /// Each group's rows are as long as its own cotangents allow, so all together as the worst group's bound says.
    fn bound(&self, at: &At<'_, T>) -> RowBound {
        let x = at.x(0);
        let parts = (0..self.0.groups)
            .map(|group| bound(self.geometry(at.place), self.0.bias, &x[self.of(group, x.len())]));
        let worst = |a: RowBound, b: RowBound| RowBound {
            factor: a.factor.max(b.factor),
            terms: a.terms.max(b.terms),
            tiles: a.tiles.max(b.tiles),
        };
        parts.reduce(worst).expect("at least one group")
    }
}
