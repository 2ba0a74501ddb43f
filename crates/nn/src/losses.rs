//! The losses of `fenchel-convexity` over batches: by name, with label smoothing, value, residual and bounds of every row.
//!
//! A loss is written once, by row and in `f64`, in `fenchel_convexity::losses`. [`BatchLoss`] evaluates it on the rows of a batch, for
//! targets given as labels or as rows of numbers. All numbers are `f64` whatever the precision of the outputs, since a loss of `1e-9` is far below
//! the round-off of `f32` exponentials, and yet it decides whether a lower bound holds.
//!
//! For softmax cross-entropy with labels and for the squared error there are kernels for a whole batch, which give the bits of the loss by row
//! (a test compares them) without its checks and allocations for every row.

mod batch_loss;
mod kernels;
mod name;
mod targets;

pub use batch_loss::BatchLoss;
pub use name::LossName;
pub use targets::{Targets, argmax};

#[cfg(test)]
mod tests;
