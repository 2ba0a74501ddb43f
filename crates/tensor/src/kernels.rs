//! The inner loops, each compiled for several instruction sets and chosen at run time.
//!
//! | loop | what it computes | who uses it |
//! |---|---|---|
//! | [`correlate()`] | many outputs, each a weighted sum of shifted rows | other convolutions forward, their data gradients |
//! | [`spread_inputs`] and its like | what goes before and after products to do with sixteen instead of thirty-six | convolutions by three by three |
//! | [`sum_outer_products`] | a matrix's transpose times another, both in the first cache | those convolutions, weight gradients, Gram matrices |
//! | [`contract()`] | inner products of shifted rows with rows of cotangents | weight gradients with few channels, gradient norms of other kernels |
//! | [`gathered`] | the same two for cotangents that stand at a few positions only | convolutions behind a max pool |
//! | [`add_row_gram`] | `G += R'R` for a tall matrix of few columns | structural matrices |
//! | [`symmetric_eigenvalues`] | of many small matrices, one in each lane | their spectra |
//! | [`sum`], [`sum_of_products`] | of many numbers, in a fixed order | gradients of biases and scales, Gram matrices of dense layers |
//! | [`copy_lanes`], [`add_lanes`] | a short run of numbers | where neighbours in the source are not neighbours in the target |
//! | [`transpose()`] | a matrix turned square by square in registers | the border between the layouts |
//!
//! A loop is written once, generic over the number type and the instruction set's [`vector`]s. No loop here branches on values, but
//! for the number of steps to an eigenvalue, so the time is the same for any data.

/// Kernels read whole tiles: up to this many numbers beyond the end of an array.
pub(crate) const SLACK: usize = 64;

mod contract;
mod correlate;
#[macro_use]
mod dispatch;
mod eigenvalues;
mod gathered;
mod lanes;
mod outer_products;
mod row_gram;
mod sums;
mod transpose;
pub(crate) mod vector;
mod winograd;

pub(crate) use contract::{Contraction, contract};
pub(crate) use correlate::{Correlation, Rows, correlate, pack};
pub(crate) use dispatch::vectorised;
#[cfg(target_arch = "x86_64")]
pub(crate) use dispatch::{has_avx2, has_avx512};
pub(crate) use eigenvalues::symmetric_eigenvalues;
pub(crate) use gathered::{
    CHANNEL_BLOCK, GatheredGradient, Term, gather_data_gradient, gather_weight_block, padded_lanes,
};
pub(crate) use lanes::{add_lanes, copy_lanes};
pub(crate) use outer_products::{OuterProducts, sum_outer_products};
pub(crate) use row_gram::{add_row_gram, add_row_products, add_vector_gram};
pub(crate) use sums::{sum, sum_of_products};
pub(crate) use transpose::transpose;
pub(crate) use winograd::{
    GatherOutputs, GatherWeights, SpreadCotangents, SpreadInputs, SpreadWeights, gather_outputs,
    gather_weights, spread_cotangents, spread_inputs, spread_weights,
};
