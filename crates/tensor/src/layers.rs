//! The layers' kernels: forward, and backward for one cotangent a sample or for many.
//!
//! # Two layouts
//! **Lanes.** Forward passes, and backward passes with one cotangent a sample, hold a value of `d` features of `S` samples as
//! `d x L`: the samples are innermost, so every loop is a stream of vector instructions whatever the layer's shape, and a pooling or a
//! normalisation treats all samples alike. `L >= S` is a power of two or a multiple of a vector; lanes beyond `S` hold zeros.
//!
//! **Fans.** A structural matrix needs `K` cotangents of every sample, a *fan*. Where the value is a vector they lie as `S x K x d`: the
//! rows of all samples form one tall matrix, so a dense layer is one matrix product. Where the value is an image they lie, one
//! sample at a time, as `(C H W) x K`: one sample's fan fits in the second-level cache where a batch's would not, and behind a
//! max pool it is kept as a list, since all cotangents of a window stand at one position.
//!
//! A convolution runs in both layouts on the same kernels: its lanes are the samples, or the cotangents.

mod activation;
mod convolution;
mod dense;
mod fan;
mod flatten;
mod normalise;
mod pool;

pub use activation::Activation;
pub use convolution::Conv2d;
pub use pool::Pool2d;

pub(crate) use activation::{activate, activate_backward, scale_entries, scale_lists, scale_rows, slopes};
pub(crate) use convolution::{
    ConvGeometry, ConvScratch, GatheredScratch, add_weight_norms, convolve, convolve_backward,
    gathered_backward, pack_by_entry, pack_transposed, unfold, weight_gradient,
};
pub(crate) use dense::{dense, dense_backward, dense_backward_fan, view, view_mut};
pub(crate) use fan::{Fan, Gathered, Position};
pub(crate) use flatten::flatten_backward_fan;
pub(crate) use normalise::{Normalised, normalise, normalise_backward, normalise_backward_fan};
pub(crate) use pool::{
    PoolGeometry, average_pool, average_pool_backward, max_pool, max_pool_backward, max_pool_backward_fan,
    max_pool_select,
};
