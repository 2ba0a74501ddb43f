//! Collectors: what a backward sweep makes of the layers' parameters.
//!
//! At each layer that holds parameters a backward pass meets a *site*: the layer's saved input and the cotangents at its output,
//! which is all that any quantity in the parameters can need. A collector turns sites into one quantity, so the same backward kernels
//! serve training and every measurement, and an `S x K x n` Jacobian is made only where it is asked for.
//!
//! | collector | cotangents | gives | dense layer with input a, cotangents U |
//! |---|---|---|---|
//! | [`GradientSum`] | one a sample | the gradient of a sum over samples | `U'a` |
//! | [`SquaredNorms`] | one a sample | per-sample squared gradient norms | `‖u‖² (‖a‖² + 1)` |
//! | [`Gram`] | a fan of `K` | per-sample `K x K` Gram matrices, theorem T13 | `(‖a‖² + 1) U U'` |
//! | [`Factors`] | a fan of `K` | what products between samples need, for the tangent kernel | `a` and `U` |
//! | [`Jacobian`] | a fan of `K` | per-sample `K x n` Jacobians | rows `u_k a'` |

mod block;
mod factors;
mod gradient;
mod gram;
mod jacobian;
mod norms;

pub(crate) use block::BlockScratch;
pub(crate) use factors::{Factor, Factors};
pub(crate) use gradient::GradientSum;
pub(crate) use gram::Gram;
pub(crate) use jacobian::Jacobian;
pub(crate) use norms::SquaredNorms;

use std::ops::Range;

use crate::layers::{ConvGeometry, ConvScratch, Fan};
use crate::tape::Operation;
use crate::{Real, Shape};

/// Where a layer's parameters lie.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    /// The layer's number among those with parameters.
    pub(crate) layer: usize,
    /// Where its weights (or scales) lie in the parameter vector.
    pub(crate) weight: Range<usize>,
    /// Where its biases (or shifts) lie.
    pub(crate) bias: Option<Range<usize>>,
}

impl Site {
    /// The site of an operation, if it holds parameters.
    pub(crate) fn of(layer: usize, operation: &Operation) -> Option<Self> {
        let (weight, bias) = match operation {
            Operation::Dense { weight, bias } | Operation::Convolution { weight, bias, .. } => {
                (weight.clone(), bias.clone())
            }
            Operation::Normalise { scale, shift, .. } => (scale.clone(), Some(shift.clone())),
            _ => return None,
        };
        Some(Self { layer, weight, bias })
    }
}

/// Gathers one quantity from the sites of a backward pass with one cotangent a sample, samples as lanes.
pub(crate) trait LaneCollector<T: Real> {
    /// A dense layer: input `in x L`, cotangents `out x L`.
    fn dense(&mut self, site: &Site, lanes: usize, input: &[T], u: &[T]);

    /// A convolution: input `(C H W) x L`, cotangents `(C' P) x L`.
    fn convolution(
        &mut self,
        site: &Site,
        geometry: ConvGeometry,
        lanes: usize,
        input: &[T],
        u: &[T],
        scratch: &mut ConvScratch<T>,
    );

    /// A layer that does not influence the output.
    fn absent(&mut self, _site: &Site) {}

    /// The scale and shift of a normalisation: normalised values and cotangents, both `len x L`.
    fn normalisation(&mut self, site: &Site, shape: Shape, lanes: usize, normalised: &[T], u: &[T]);
}

/// One sample at a convolution: its input `C H W` and the fan at its output.
pub(crate) struct FanConvolution<'a, T> {
    pub(crate) geometry: ConvGeometry,
    pub(crate) input: &'a [T],
    pub(crate) u: &'a Fan<T>,
}

/// Gathers one quantity from the sites of a backward pass with a fan of cotangents for every sample.
pub(crate) trait FanCollector<T: Real> {
    /// A dense layer, all samples: input `S x in`, cotangents `S x K x out`.
    fn dense(&mut self, site: &Site, cotangents: usize, input: &[T], u: &[T]);

    /// A convolution, one sample.
    fn convolution(
        &mut self,
        site: &Site,
        sample: usize,
        cotangents: usize,
        convolution: &FanConvolution<'_, T>,
        scratch: &mut BlockScratch<T>,
    );

    /// A layer of few parameters, one sample: its Jacobian transposed, weights first, then biases, each row the `K` entries of one
    /// parameter.
    fn rows(&mut self, site: &Site, sample: usize, cotangents: usize, rows: &[T]);
}
