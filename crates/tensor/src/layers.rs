//! The layers' kernels: forward, and backward for any number of cotangents at once.
//!
//! # How cotangents are stored
//! A backward sweep carries `K` cotangents for each of `S` samples. Where the value is a *vector* of `d` features
//! they lie as `S x K x d`: the rows of all samples form one tall matrix, so a dense layer is one matrix product.
//! Where the value is an *image* they lie as `S x (C H W) x K`: the cotangent index is innermost, so every scatter and
//! element-wise loop is a stream over `K` neighbours. The flattening between them transposes. For `K = 1`, which is
//! training, both are the plain layout of the value itself.

mod activation;
mod convolution;
mod dense;
mod flatten;
mod normalise;
mod pool;

pub use activation::Activation;
pub use convolution::Conv2d;
pub use pool::Pool2d;

pub(crate) use activation::{activate, activate_backward};
pub(crate) use convolution::{ConvGeometry, convolve, convolve_backward, unfold};
pub(crate) use dense::{dense, dense_backward, view, view_mut};
pub(crate) use flatten::flatten_backward;
pub(crate) use normalise::{Normalised, normalise, normalise_backward};
pub(crate) use pool::{PoolGeometry, average_pool, average_pool_backward, max_pool, max_pool_backward};
