//! Collectors: what a backward sweep makes of the layers' parameters.
//!
//! At each layer that holds parameters a backward pass meets a *site*: the layer's saved input and the cotangents
//! at its output, which is all that any quantity in the parameters can need. A collector turns sites into one
//! quantity by asking the layer for its rows of the Jacobian, or for what the layer makes of them faster, so the
//! same backward kernels serve training and every measurement, and an `S x K x n` Jacobian is made only where it
//! is asked for.
//!
//! | collector | cotangents | gives | dense layer with input a, cotangents U |
//! |---|---|---|---|
//! | [`GradientSum`] | one a sample | the gradient of a sum over samples | `U'a` |
//! | [`SquaredNorms`] | one a sample | per-sample squared gradient norms | `‖u‖² (‖a‖² + 1)` |
//! | [`Gram`] | a fan of `K` | per-sample `K x K` Gram matrices, theorem T13 | `(‖a‖² + 1) U U'` |
//! | [`Factors`] | a fan of `K` | what products between samples need, for the tangent kernel | `a` and `U` |
//! | [`Jacobian`] | a fan of `K` | per-sample `K x n` Jacobians | rows `u_k a'` |

mod factors;
mod gradient;
mod gram;
mod jacobian;
mod norms;

pub(crate) use factors::{Factor, Factors};
pub(crate) use gradient::GradientSum;
pub(crate) use gram::Gram;
pub(crate) use jacobian::Jacobian;
pub(crate) use norms::SquaredNorms;

use crate::Real;
use crate::layer::{At, Cotangents, Place, Rows, Scratch};

/// Gathers one quantity from the sites of a backward pass with one cotangent a sample, samples as lanes.
pub(crate) trait LaneCollector<T: Real> {
    /// A layer: cotangents `len x L`.
    fn site(&mut self, layer: &dyn Rows<T>, at: &At<'_, T>, u: &[T], scratch: &mut Scratch);

    /// A layer that does not influence the output.
    fn absent(&mut self, _place: &Place) {}
}

/// Gathers one quantity from the sites of a backward pass with a fan of cotangents for every sample.
pub(crate) trait FanCollector<T: Real> {
    /// A layer, one sample.
    fn site(
        &mut self,
        layer: &dyn Rows<T>,
        at: &At<'_, T>,
        sample: usize,
        u: Cotangents<'_, T>,
        scratch: &mut Scratch,
    );
}
