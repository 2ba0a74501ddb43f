//! Claims: what is said of a function, and what can be done about it.
//!
//! A [`Claim`] is a function with a statement and a region: H(phi)-convex, H(Phi)-smooth, plainly or weakly convex, with a
//! Lipschitz gradient, Polyak-Lojasiewicz, quasar-convex. One vocabulary for all of them:
//!
//! | question | answer |
//! |---|---|
//! | Is it false? | [`Claim::falsify`]: a search whose refutations are proofs |
//! | Which constant would do? | [`Claim::estimate`], [`Claim::estimate_offset`], [`Claim::fit`]: from one side, certified |
//! | Is it true on a box? | [`Claim::prove`]: a proof, a refutation, or neither; more in [`certified`](crate::certified) |
//!
//! A refutation is a proof because three things stand behind it: the slack at the pair, from values and gradients alone,
//! enclosed below zero in 256-bit intervals; the pair's place in domain and region, in the same arithmetic; and the slope in
//! it, which agrees with difference quotients of the function. What looks like a violation in f64 and is none, is dropped.
//! A [`Counterexample`] can be written to a file and verified again by [`Counterexample::verify`], which shares no code with the
//! search.
//!
//! `Holds` means that nothing was found; that is evidence and no proof. [`Falsification::coverage`] says what was looked at.
//!
//! ```
//! use fenchel_convexity::claims::Claim;
//! use fenchel_convexity::norms::Norm;
//! use fenchel_convexity::number::Number;
//! use fenchel_convexity::objectives::Formula;
//! use fenchel_convexity::search::SearchConfig;
//!
//! /// log(1 + e^x), whose second derivative is at most 1/4.
//! #[derive(Debug)]
//! struct Softplus;
//! impl Formula for Softplus {
//!     fn name(&self) -> String { "softplus".into() }
//!     fn dimension(&self) -> usize { 1 }
//!     fn value_in<N: Number>(&self, x: &[N]) -> N {
//!         x[0].exp().ln_1p()
//!     }
//! }
//!
//! let search = SearchConfig::default();
//! let tight = Claim::smooth(&Softplus, 0.25, Norm::L2)?;
//! assert!(tight.falsify(&search)?.verdict.holds());
//! assert!((tight.estimate(&search)?.constant - 0.25).abs() < 1e-6);
//!
//! let too_good = Claim::smooth(&Softplus, 0.2475, Norm::L2)?;
//! let refuted = too_good.falsify(&search)?;
//! assert!(refuted.verdict.is_violated());
//! let counterexample = refuted.counterexample.expect("a certified violation has one");
//! assert!(counterexample.verify(&too_good)?.enclosure().1 < 0.0);
//! # Ok::<(), fenchel_convexity::ConvexityError>(())
//! ```

mod claim;
mod coq;
mod counterexample;
mod estimate;
mod exact_float;
mod falsify;
mod fit;
mod prove;

pub use claim::Claim;
pub use counterexample::Counterexample;
pub use estimate::Estimate;
pub use exact_float::ExactFloat;
pub use falsify::Falsification;
pub use fit::{Fit, Scale, Scales};

pub(crate) use falsify::refute;

#[cfg(test)]
mod estimate_tests;
#[cfg(test)]
mod tests;
