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
//! | What is D_G, H(phi)-convexity, H(Phi)-smoothness? | [`moduli`] |
//! | What happens to constants of sums, multiples, affine maps? | [`moduli::calculus`] |
//! | What does a matrix gain between two norms? | [`linear_algebra`] |
//! | Which functions have known constants? | [`catalogue`] |
//! | Is this claim false? Which constant has my function? | [`claims`], with a [`search`] |
//! | Is this claim true on a box? | [`certified`] |
//! | How do I have a proof assistant check it? | [`coq`] |
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
//! use fenchel_convexity::claims::Claim;
//! use fenchel_convexity::norms::Norm;
//! use fenchel_convexity::search::SearchConfig;
//!
//! // log-sum-exp is 1/2-smooth in l_2, and not better.
//! let lse = LogSumExp::new(3)?;
//! let search = SearchConfig::budget(5000);
//! assert!(Claim::smooth(&lse, 0.5, Norm::L2)?.falsify(&search)?.verdict.holds());
//! assert!(Claim::smooth(&lse, 0.495, Norm::L2)?.falsify(&search)?.verdict.is_violated());
//! # Ok::<(), fenchel_convexity::ConvexityError>(())
//! ```

mod blocks;
pub mod catalogue;
pub mod certified;
pub mod claims;
pub mod coq;
pub mod error;
mod exponent;
mod inequality;
pub mod linear_algebra;
pub mod losses;
pub mod moduli;
pub mod norms;
pub mod number;
pub mod objectives;
pub mod potentials;
pub mod proxy;
pub mod search;
mod simplex;
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
