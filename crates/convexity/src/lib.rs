//! Generalised convexity and smoothness by conjugate duality, executable.
//!
//! Bring a function; learn which H(phi)-convexity and H(Phi)-smoothness it has; get a counterexample that can not be argued with when
//! a claim is false. Everything is f64 vectors and formulas over several arithmetics.
//!
//! | question | module |
//! |---|---|
//! | What is a norm, its dual, its duality map? | [`norms`], [`Exponent`] |
//! | What is a potential, its conjugate? | [`potentials`] |
//! | How do I bring a function? | [`objectives`] |
//! | What is D_G, H(phi)-convexity, H(Phi)-smoothness? | [`definitions`] |
//! | What happens to constants of sums, multiples, affine maps? | [`calculus`] |
//! | Which functions have known constants? | [`catalogue`] |
//! | Is this claim false? | [`falsification`] |
//! | Which constant has my function? | [`estimation`] |
//! | Is this claim true on a box? | [`certified`] |
//! | Which losses are there, and what do their residuals say? | [`losses`] |
//! | What do the theorems say, and do they hold here? | [`theorems`] |
//! | Where has an optimiser been? | [`trajectory`] |
//! | What does gradient descent reach where a function is not convex? | [`proxy`] |
//! | What is an answer? | [`verdict`], [`error`] |
//! | How is one formula evaluated in intervals and 256 bits? | [`number`] |
//! | How do I property-test my own function? | `strategies`, feature `proptest` |
//!
//! What this crate does not do: it knows no tensor, no network and no data set, reads no clock, and prints nothing.
//!
//! ```
//! use fenchel_convexity::catalogue::LogSumExp;
//! use fenchel_convexity::definitions::Modulus;
//! use fenchel_convexity::falsification::{Claim, SearchConfig, falsify};
//! use fenchel_convexity::norms::Norm;
//!
//! // log-sum-exp is 1/2-smooth in l_2, and not better.
//! let lse = LogSumExp::new(3)?;
//! let config = SearchConfig { budget: 5000, ..SearchConfig::default() };
//! let tight = Claim::new(&lse, Modulus::smooth(0.5, 2.0, Norm::L2)?)?;
//! assert!(falsify(&tight, &config)?.verdict.holds());
//! let better = Claim::new(&lse, Modulus::smooth(0.495, 2.0, Norm::L2)?)?;
//! assert!(falsify(&better, &config)?.verdict.is_violated());
//! # Ok::<(), fenchel_convexity::ConvexityError>(())
//! ```

mod blocks;
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
pub mod proxy;
#[cfg(any(test, feature = "proptest"))]
pub mod strategies;
pub mod theorems;
pub mod trajectory;
pub mod verdict;

// Lets the documentation's test of one's own function stand in the crate's suite word for word.
#[cfg(test)]
extern crate self as fenchel_convexity;

pub use error::ConvexityError;
pub use exponent::Exponent;
pub use verdict::Verdict;
