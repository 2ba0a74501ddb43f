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
//! | [`OuterProducts`], [`JacobianParts`] | a fan of `K` | what products between samples need, for the tangent kernel | `a` and `U`; the Jacobian |
//! | [`Jacobian`] | a fan of `K` | per-sample `K x n` Jacobians | rows `u_k a'` |

mod factors;
mod gradient;
mod gram;
mod jacobian;
mod norms;

pub(crate) use factors::{Factor, Gathers, JacobianPart, JacobianParts, OuterProduct, OuterProducts};
pub(crate) use gradient::GradientSum;
pub(crate) use gram::Gram;
pub(crate) use jacobian::Jacobian;
pub(crate) use norms::SquaredNorms;

use ndarray::Array2;

use crate::Real;
use crate::gemm::view;
use crate::layer::{At, Cotangents, Place, Rows, Scratch};

/// Gathers one quantity from the sites of a backward pass with one cotangent a sample, samples as lanes.
pub(crate) trait LaneCollector<T: Real> {
    /// A layer: cotangents `len x L`.
    fn site(&mut self, layer: &dyn Rows<T>, at: &At<'_, T>, u: &[T], scratch: &mut Scratch);

    /// A layer that does not influence the output.
    fn absent(&mut self, _place: &Place) {}
}

/// A quantity in the parameters that is gathered from the sites of a backward pass with one cotangent for every output
/// of every sample. [`Pass::collect`](crate::Pass::collect) shows it every site.
pub trait Quantity<T: Real> {
    /// One layer with parameters, for one sample. Layers come from the last to the first, but not all samples of one
    /// before the next.
    fn site(&mut self, site: Site<'_, T>);
}

/// A layer with parameters and one sample, in a backward pass: the sample's input there, the cotangents of all outputs
/// at the layer's own output, and its rows of the Jacobian.
pub struct Site<'a, T> {
    pub(crate) layer: &'a dyn Rows<T>,
    pub(crate) at: At<'a, T>,
    pub(crate) sample: usize,
    pub(crate) u: Cotangents<'a, T>,
    pub(crate) scratch: &'a mut Scratch,
}

impl<T: Real> Site<'_, T> {
    /// The layer's number among those with parameters: see
    /// [`Tape::layers_with_parameters`](crate::Tape::layers_with_parameters).
    #[must_use]
    pub fn layer(&self) -> usize {
        self.at.place.number
    }

    /// The sample's number in its sweep.
    #[must_use]
    pub fn sample(&self) -> usize {
        self.sample
    }

    /// The sample's value at the layer's input; a sequence's as `features x tokens`.
    #[must_use]
    pub fn input(&self) -> &[T] {
        self.at.x(0)
    }

    /// The Jacobian of all outputs in the layer's own output, `m x len`; of a sequence as `features x tokens`.
    #[must_use]
    pub fn cotangents(&self) -> Array2<T> {
        let (shape, lanes) = (self.at.place.shape, self.at.lanes);
        view(lanes, shape.len(), self.u.by_output(shape, lanes, &mut Vec::new())).to_owned()
    }

    /// Calls `take(place, derivatives)` once for every parameter of the layer: its place in the flat vector, and the
    /// derivatives of the `m` outputs in it. The vectors of tokens that a sample does not have, whose derivatives are 0,
    /// are left out.
    pub fn for_each_parameter(&mut self, mut take: impl FnMut(usize, &[T])) {
        let lanes = self.at.lanes;
        self.layer.rows(&self.at, self.u, self.scratch, &mut |part| {
            for (row, derivatives) in part.rows.chunks_exact(part.step).take(part.count).enumerate() {
                take((part.parameter)(row), &derivatives[..lanes]);
            }
        });
    }
}

impl<T> std::fmt::Debug for Site<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Site").field("sample", &self.sample).finish_non_exhaustive()
    }
}
