//! Statements for the proof assistant Coq: a counterexample, or a bound on a box, as a file that Coq checks.
//!
//! A certificate of this crate rests on its interval arithmetic. Who does not want to trust that can have
//! the statement itself: the formula is evaluated over [`Expression`]s, which write it down exactly, and
//! the file states the inequality with a proof by the tactic `interval` of the library coq-interval. Coq
//! then checks the proof with its kernel; no code of this crate takes part.
//!
//! - [`Counterexample::to_coq`](crate::claims::Counterexample::to_coq): a refuted claim. The theorem says
//!   that at rational points the inequality fails; the points' membership of domain and region, the
//!   branches that were taken (which piece of a maximum, which sign of an absolute value) and that every
//!   logarithm, root and denominator is defined are stated with it.
//! - [`nonnegative_to_coq`]: a formula is not negative on a box; [`curvature_to_coq`]: its second
//!   derivatives stay within a modulus of exponent 2 on a box.
//!
//! What the reader has to see with their own eyes is that the written value is that of the function, and
//! the written slope its gradient: Coq proves the inequality between the numbers that are written. What
//! cannot be written exactly is an error ([`NoExpression`](crate::ConvexityError::NoExpression)), and so is
//! what the enclosures leave open, such as the slope of |x| on a box around zero.
//!
//! Files are checked with `coqc FILE`, with Coq 8.16 and coq-interval 4.6 (packages `coq` and
//! `libcoq-interval` of Debian).
//!
//! ```
//! use fenchel_convexity::catalogue::LogSumExp;
//! use fenchel_convexity::claims::Claim;
//! use fenchel_convexity::norms::Norm;
//! use fenchel_convexity::search::SearchConfig;
//!
//! let lse = LogSumExp::new(2)?;
//! let too_good = Claim::smooth(&lse, 0.99, Norm::LINF)?;
//! let refuted = too_good.falsify(&SearchConfig::default())?;
//! let text = refuted.counterexample.expect("it is refuted").to_coq(&too_good)?;
//! assert!(text.contains("From Interval Require Import Tactic."));
//! assert!(text.contains("0 < divergence - bound."));
//! # Ok::<(), fenchel_convexity::ConvexityError>(())
//! ```
//!
//! [`Expression`]: crate::number::Expression

mod bound;
mod precision;
mod refutation;
mod theorem;

pub use bound::{curvature_to_coq, nonnegative_to_coq};
pub(crate) use refutation::Refutation;

#[cfg(test)]
mod tests;
