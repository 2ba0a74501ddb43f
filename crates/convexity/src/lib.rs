//! Generalised convexity and smoothness by conjugate duality, executable: definitions, losses, theorem checkers.
//!
//! Start with [`losses`] for the losses of a model's output, [`objectives`] for bringing a function, and with
//! [`verdict`] for what a checker answers.

pub mod calculus;
pub mod catalogue;
pub mod certified;
pub mod definitions;
pub mod error;
pub mod estimation;
mod exponent;
pub mod falsification;
pub mod losses;
pub mod norms;
pub mod number;
pub mod objectives;
pub mod potentials;
#[cfg(any(test, feature = "proptest"))]
pub mod strategies;
pub mod theorems;
pub mod verdict;

pub use error::ConvexityError;
pub use exponent::Exponent;
pub use verdict::Verdict;
