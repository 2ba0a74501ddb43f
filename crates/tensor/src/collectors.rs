//! Collectors: what a backward sweep makes of the layers' parameters.
//!
//! A sweep carries `K` cotangents per sample from the outputs towards the input. At each layer that holds parameters
//! it meets a *site*: the layer's saved input and the `K` cotangents at its output, which is all that any quantity in
//! the parameters can need. A collector turns sites into one quantity, so the same backward kernels serve training and
//! every measurement, and a `B x K x n` Jacobian is made only where it is asked for.
//!
//! | collector | K | gives | dense layer with input a, cotangents U |
//! |---|---|---|---|
//! | [`GradientSum`] | 1 | the gradient of a sum over samples | `U'a` |
//! | [`SquaredNorms`] | 1 | per-sample squared gradient norms | `‖u‖² (‖a‖² + 1)` |
//! | [`Gram`] | any | per-sample `K x K` Gram matrices, theorem T13 | `(‖a‖² + 1) U U'` |
//! | [`Jacobian`] | any | per-sample `K x n` Jacobians | rows `u_k a'` |

mod gradient;
mod gram;
mod jacobian;
mod norms;

pub(crate) use gradient::GradientSum;
pub(crate) use gram::Gram;
pub(crate) use jacobian::Jacobian;
pub(crate) use norms::SquaredNorms;

use std::ops::Range;

use crate::gemm::gemm;
use crate::layers::{ConvGeometry, unfold, view, view_mut};
use crate::{Real, Shape};

/// Gathers one quantity from the sites of a backward sweep.
pub(crate) trait Collector<T: Real> {
    /// A dense layer.
    fn dense(&mut self, site: &DenseSite<'_, T>);
    /// A convolution.
    fn convolution(&mut self, site: &ConvolutionSite<'_, T>);
    /// The scale and shift of a normalisation.
    fn normalisation(&mut self, site: &NormalisationSite<'_, T>);
}

/// What every site knows.
#[derive(Clone, Debug)]
pub(crate) struct Site<'a, T> {
    /// The number `S` of samples in the sweep.
    pub(crate) samples: usize,
    /// The number `K` of cotangents of each sample.
    pub(crate) cotangents: usize,
    /// The layer's number among those with parameters.
    pub(crate) layer: usize,
    /// Where its weights (or scales) lie in the parameter vector.
    pub(crate) weight: Range<usize>,
    /// Where its biases (or shifts) lie.
    pub(crate) bias: Option<Range<usize>>,
    /// The cotangents at its output, in the layout of the output's shape.
    pub(crate) u: &'a [T],
}

/// A dense layer: input `S x in`, cotangents `S x K x out`.
pub(crate) struct DenseSite<'a, T> {
    pub(crate) site: Site<'a, T>,
    pub(crate) outputs: usize,
    pub(crate) input: &'a [T],
}

/// A convolution: input `S x (C H W)`, cotangents `S x (C' P) x K`.
pub(crate) struct ConvolutionSite<'a, T> {
    pub(crate) site: Site<'a, T>,
    pub(crate) geometry: ConvGeometry,
    pub(crate) input: &'a [T],
}

/// A normalisation: normalised values `S x len`, cotangents in the layout of the shape.
pub(crate) struct NormalisationSite<'a, T> {
    pub(crate) site: Site<'a, T>,
    pub(crate) shape: Shape,
    pub(crate) normalised: &'a [T],
}

impl<T: Real> DenseSite<'_, T> {
    pub(crate) fn inputs(&self) -> usize {
        self.input.len() / self.site.samples
    }

    /// Each sample's input and its `K x out` cotangents.
    pub(crate) fn by_sample(&self) -> impl Iterator<Item = (&[T], &[T])> {
        let inputs = self.input.chunks_exact(self.inputs());
        inputs.zip(self.site.u.chunks_exact(self.site.cotangents * self.outputs))
    }

    /// `‖a‖² + 1` with bias, `‖a‖²` without: the factor that the input contributes to every Gram entry.
    pub(crate) fn input_factor(&self, input: &[T]) -> T {
        let square = input.iter().map(|&a| a * a).sum::<T>();
        if self.site.bias.is_some() { square + T::one() } else { square }
    }
}

/// One sample's Jacobian in one layer's parameters, transposed: `rows x K`, weights first, then biases.
///
/// For layers whose input is shared by many positions there is no shorter way to their Gram matrix than through these
/// few rows; they fit the second-level cache.
#[derive(Clone, Debug, Default)]
pub(crate) struct Block<T> {
    pub(crate) rows: usize,
    pub(crate) values: Vec<T>,
    patches: Vec<T>,
}

impl<T: Real> Block<T> {
    fn resize(&mut self, rows: usize, cotangents: usize) {
        self.rows = rows;
        self.values.resize(rows * cotangents, T::zero());
    }
}

impl<T: Real> ConvolutionSite<'_, T> {
    /// Fills `block` with sample `index`'s `(C' patch + C') x K` Jacobian: for each output channel `X U_c`, `X` being
    /// the `patch x P` patches, then the sums of `U_c` over positions.
    pub(crate) fn block(&self, index: usize, block: &mut Block<T>) {
        let (geometry, cotangents) = (self.geometry, self.site.cotangents);
        let (positions, patch, channels) = (geometry.positions(), geometry.patch(), geometry.channels_out);
        let biases = if self.site.bias.is_some() { channels } else { 0 };
        block.resize(channels * patch + biases, cotangents);
        block.patches.resize(patch * positions, T::zero());
        unfold(geometry, &self.input[index * geometry.in_len()..][..geometry.in_len()], &mut block.patches);
        let patches = view(patch, positions, &block.patches);
        let width = channels * positions * cotangents;
        let u = self.site.u[index * width..][..width].chunks_exact(positions * cotangents);
        let (weights, sums) = block.values.split_at_mut(channels * patch * cotangents);
        for (u, rows) in u.clone().zip(weights.chunks_exact_mut(patch * cotangents)) {
            let rows = view_mut(patch, cotangents, rows);
            gemm(T::one(), patches, view(positions, cotangents, u), T::zero(), rows);
        }
        for (u, sums) in u.zip(sums.chunks_exact_mut(cotangents)) {
            sum_positions(u, sums);
        }
    }
}

impl<T: Real> NormalisationSite<'_, T> {
    /// Fills `block` with sample `index`'s `2C x K` Jacobian: for each channel the sums over its positions of `u xhat`,
    /// then of `u`.
    pub(crate) fn block(&self, index: usize, block: &mut Block<T>) {
        let (len, positions, channels) = (self.shape.len(), self.shape.positions(), self.shape.channels());
        let cotangents = self.site.cotangents;
        block.resize(2 * channels, cotangents);
        block.values.fill(T::zero());
        let (scales, shifts) = block.values.split_at_mut(channels * cotangents);
        let u = &self.site.u[index * len * cotangents..][..len * cotangents];
        let normalised = &self.normalised[index * len..][..len];
        let (stride_entry, stride_cotangent) = match self.shape {
            Shape::Vector(_) => (1, len),
            Shape::Image { .. } => (cotangents, 1),
        };
        for (i, &value) in normalised.iter().enumerate() {
            let row = i / positions * cotangents;
            for k in 0..cotangents {
                let u = u[i * stride_entry + k * stride_cotangent];
                scales[row + k] += u * value;
                shifts[row + k] += u;
            }
        }
    }
}

/// The sum over positions of a `P x K` block.
pub(crate) fn sum_positions<T: Real>(u: &[T], sums: &mut [T]) {
    sums.fill(T::zero());
    for u in u.chunks_exact(sums.len()) {
        for (sum, &u) in sums.iter_mut().zip(u) {
            *sum += u;
        }
    }
}
