//! Gemm, layer kernels and a reverse-mode tape whose backward sweeps carry many cotangents at once.
//!
//! The structural matrix of a sample is `A_x = J_x J_x'`, with `J_x` the `m x n` Jacobian of a network's `m` outputs in its `n`
//! parameters. Fenchel never makes `J_x`: a network is recorded once as a [`Tape`], a [`Sweep`] carries one cotangent per
//! output backwards through it, and every layer adds its own small Gram matrix (theorem T13). The same sweep with one
//! cotangent is the ordinary gradient, and with a third collector the per-sample gradient norms.
//!
//! | idea | where |
//! |---|---|
//! | matrix products, two back ends | [`gemm`] |
//! | recording a network | [`TapeBuilder`], [`Tape`], [`ParameterLayout`], [`Constants`] |
//! | values and backward passes of a few samples | [`Sweep`], [`Pass`] |
//! | whole batches on all cores, with the same bits at any thread count | [`Engine`] |
//! | the layers, one file each, and their list | [`layers`] |
//! | a quantity of one's own in the parameters | [`Quantity`], [`Pass::collect`] |
//! | the empirical neural tangent kernel between sets of samples | [`Engine::tangent_kernel`] |
//! | products with `J` and `J'`, extreme eigenvalues without the matrix | [`Engine::extreme_eigenvalues`], [`lanczos`] |
//! | eigenvalues of small symmetric matrices | [`spectrum`] |
//!
//! What this crate does not do: it knows no loss, optimiser, data set or file, and draws no random number.

pub mod gemm;
pub mod layers;
pub mod spectrum;

mod buffer;
mod collectors;
mod constants;
mod engine;
mod error;
mod kernels;
mod layer;
mod operator;
mod parameters;
mod real;
mod shape;
mod sweep;
mod tangent_kernel;
mod tape;

pub use collectors::{Quantity, Site};
pub use constants::Constants;
pub use engine::Engine;
pub use error::TensorError;
pub use layers::{Activation, Conv2d, Pool2d};
pub use operator::{Extremes, lanczos};
pub use parameters::{ParameterLayout, Role, Slot};
pub use real::Real;
pub use shape::Shape;
pub use sweep::{BackwardRoundoff, Pass, Sweep};
pub use tape::{LayerSummary, Node, Tape, TapeBuilder};
