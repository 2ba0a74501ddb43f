//! What a matrix gains between two norms, and the eigenvalues of small symmetric matrices.
//!
//! In f64, rounded to the safe side where a bound is promised; a claim about eigenvalues is confirmed in interval arithmetic by
//! the signs of pivots (crate-internal).

pub(crate) mod inertia;
mod operator_norm;
mod residual_gain;
mod symmetric_eigenvalues;

pub use operator_norm::{operator_gain, operator_norm};
pub use residual_gain::{Bracket, ResidualGain};
pub use symmetric_eigenvalues::symmetric_eigenvalues;

#[cfg(test)]
mod tests;
