//! The dense layer of every token of a sequence.
//!
//! Tokens lie beside samples, `features x (tokens L)`, so the value is one matrix product. In its weights it is a
//! convolution by one by one whose positions are the tokens: the rows of its Jacobian, `sum_t u_t x_t'`, and what is made
//! of them are that convolution's.

use ndarray::ArrayView2;

use super::channels::{add_channel_norms, channel_sums};
use super::conv2d::{Buffers, Conv2d};
use super::convolution::{ConvGeometry, add_weight_norms, bound};
use super::dense::{Dense, multiply, multiply_back};
use crate::gemm::{gemm, view, view_mut};
use crate::layer::{
    At, Carry, Cotangents, Kept, Kernel, Layer, Misfit, Place, RowBound, Rows, Scratch, Take, Tangent,
    Target, Tools, Trained,
};
use crate::parameters::Tensor;
use crate::{Real, Shape};

/// `y_t = W x_t + b` for every token `t`.
#[derive(Clone, Copy, Debug)]
pub(super) struct PerToken {
    dense: Dense,
    /// Whether its tensors are called `name_weight` and `name_bias`, as PyTorch calls those of an attention's inputs.
    underscored: bool,
}

impl PerToken {
    pub(super) fn new(dense: Dense) -> Self {
        Self { dense, underscored: false }
    }

    pub(super) fn underscored(dense: Dense) -> Self {
        Self { dense, underscored: true }
    }

    /// The convolution by one by one that has its Jacobian.
    fn convolution(self) -> Conv2d {
        Conv2d { bias: self.dense.bias, ..Conv2d::new(self.dense.outputs, 1) }
    }

    fn geometry(self, place: &Place) -> ConvGeometry {
        self.convolution().geometry_of(as_image(place.shapes[0]))
    }

    fn weight<'a, T: Real>(self, place: &Place, weight: &'a [T]) -> ArrayView2<'a, T> {
        view(self.dense.outputs, place.shapes[0].channels(), weight)
    }
}

/// A sequence as an image of one column, which is held in the same order.
fn as_image(shape: Shape) -> Shape {
    Shape::image(shape.channels(), shape.positions(), 1)
}

impl Layer for PerToken {
    fn shape(&self, inputs: &[Shape]) -> Result<Shape, Misfit> {
        let Shape::Sequence { tokens, features } = inputs[0] else {
            return Err(Misfit::Input("a sequence".to_owned()));
        };
        self.dense.check(features)?;
        self.convolution().shape(&[as_image(inputs[0])])?;
        Ok(Shape::sequence(tokens, self.dense.outputs))
    }

    fn terms(&self, place: &Place) -> usize {
        self.dense.outputs * (place.shapes[0].channels() + 1) + place.shape.positions()
    }

    fn trained(&self) -> Option<&(dyn Trained + 'static)> {
        Some(self)
    }
}

impl Trained for PerToken {
    fn tensors(&self, inputs: &[Shape]) -> Vec<Tensor> {
        let tensors = self.dense.tensors(inputs).into_iter();
        if self.underscored { tensors.map(Tensor::underscored).collect() } else { tensors.collect() }
    }
}

impl<T: Real> Kernel<T> for PerToken {
    fn forward(&self, at: &At<'_, T>, y: &mut [T], _keep: &mut Kept<T>, _scratch: &mut Scratch) {
        let (columns, weight) = (columns(at), self.weight(at.place, at.tensor(0)));
        multiply(columns, at.x(0), weight, at.optional(1), y);
    }

    fn pull(&self, at: &At<'_, T>, _input: usize, u: &[T], to: Target<'_, T>, _tools: Tools<'_, T>) {
        multiply_back(columns(at), u, self.weight(at.place, at.tensor(0)), to);
    }

    fn push(&self, at: &At<'_, T>, tangent: &Tangent<'_, T>, dy: &mut [T], scratch: &mut Scratch) {
        let (columns, place) = (columns(at), at.place);
        let direction = self.weight(place, tangent.tensor(place, 0));
        multiply(columns, at.x(0), direction, tangent.optional(place, 1), dy);
        if let Some(dx) = tangent.x(place, 0) {
            let term = scratch.get::<Vec<T>>();
            term.resize(dy.len(), T::zero());
            multiply(columns, dx, self.weight(place, at.tensor(0)), None, term);
            dy.iter_mut().zip(&*term).for_each(|(dy, &term)| *dy += term);
        }
    }

    fn pull_bounded(&self, at: &At<'_, T>, _input: usize, carry: &mut Carry<'_>) {
        let (features, tokens) = (at.place.shapes[0].channels(), at.place.shape.positions());
        for (place, weight) in at.tensor(0).iter().enumerate() {
            let (output, input, weight) = (place / features, place % features, weight.as_f64());
            for token in 0..tokens {
                let (output, input) = (output * tokens + token, input * tokens + token);
                carry.entry(self.dense.outputs, output, input, weight);
            }
        }
    }
}

/// How many columns a value's or cotangents' matrix has: a lane for each token.
fn columns<T: Real>(at: &At<'_, T>) -> usize {
    at.place.shape.positions() * at.lanes
}

impl<T: Real> Rows<T> for PerToken {
    fn rows(&self, at: &At<'_, T>, u: Cotangents<'_, T>, scratch: &mut Scratch, take: Take<'_, T>) {
        let mut turned = Vec::new();
        let all = u.by_entry(at.place.shape, at.lanes, &mut turned);
        let block = &mut scratch.get::<Buffers<T>>().block;
        let first = at.place.tensors[0].start;
        block.whole_part(self.geometry(at.place), at.x(0), at.lanes, all, first, take);
        if let Some(biases) = at.place.tensors.get(1) {
            block.bias_part(at.place.shape, biases, at.lanes, Cotangents::All(all), take);
        }
    }

    fn gradient(&self, at: &At<'_, T>, u: &[T], gradient: &mut [T], overwrite: bool, _scratch: &mut Scratch) {
        let (outputs, features, columns) = (self.dense.outputs, at.place.shapes[0].channels(), columns(at));
        let weight = view_mut(outputs, features, &mut gradient[at.place.tensors[0].clone()]);
        let beta = if overwrite { T::zero() } else { T::one() };
        let x = view(features, columns, at.x(0)).reversed_axes();
        gemm(T::one(), view(outputs, columns, u), x, beta, weight);
        if let Some(bias) = at.place.tensors.get(1) {
            channel_sums(gradient, bias.clone(), None, u, overwrite);
        }
    }

    fn add_norms(&self, at: &At<'_, T>, u: &[T], norms: &mut [T], scratch: &mut Scratch) {
        let Buffers { convolution: buffers, numbers: sums, .. } = scratch.get();
        add_weight_norms(self.geometry(at.place), at.x(0), u, norms, sums, buffers);
        if self.dense.bias {
            add_channel_norms(norms, self.dense.outputs, u, None, sums);
        }
    }

    fn add_gram(&self, at: &At<'_, T>, u: Cotangents<'_, T>, gram: &mut [T], scratch: &mut Scratch) {
        let mut turned = Vec::new();
        let all = u.by_entry(at.place.shape, at.lanes, &mut turned);
        let (geometry, biases) = (self.geometry(at.place), at.place.tensors.get(1));
        scratch.get::<Buffers<T>>().block.add_gram(geometry, at.x(0), at.lanes, all, biases, gram);
    }

    fn bound(&self, at: &At<'_, T>) -> RowBound {
        bound(self.geometry(at.place), self.dense.bias, at.x(0))
    }
}
