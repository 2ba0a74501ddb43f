//! Proxy convexity (section 6 of the theory): what gradient descent reaches where the function itself is not
//! convex.
//!
//! A differentiable f is **(g, h)-proxy convex** if `<grad f(w), w - v> >= g(w) - h(v)`, and satisfies a
//! **g-proxy, xi-optimal PL inequality** with alpha, mu > 0 if `||grad f(w)||^alpha >= (mu/2)(g(w) - xi)`.
//! Either is enough for gradient descent on f to drive the *surrogate* g down, whatever f itself does:
//!
//! | question | where |
//! |---|---|
//! | Does f have the property, over a region or along a trajectory? | [`ProxyConvex`], [`ProxyPl`] |
//! | What follows for E‖∇f(w;z)‖² <= L1², which plan reaches eps? | [`LipschitzGuarantee`] \[P1\] |
//! | What follows for E‖∇f(w;z)‖² <= L2 g(w)? | [`SmoothGuarantee`] \[P2\] |
//! | What follows from the PL inequality? | [`ProxyPlGuarantee`] \[P3\] |
//! | Run gradient descent or SGD and record what the guarantees need | [`Oracle`], [`Descent`], [`Run`] |
//! | Hypotheses and conclusion at every prefix of runs | [`SmoothGuarantee::check`] etc., see [`check`] |
//! | Convex, star-convex and quasar-convex functions | [`star_convex`] \[E1\] |
//! | A single neuron: realisable, ReLU, agnostic | [`neuron`] \[E2\] |
//!
//! Norms are Euclidean. Instances on networks (\[E3\] to \[E5\]) are in `fenchel-nn`: they are oracles of
//! this module.
//!
//! **Reference.** S. Frei, Q. Gu, *Proxy convexity: a unified framework for the analysis of neural networks
//! trained by gradient descent*, NeurIPS 2021 (arXiv 2106.13792).
//!
//! ```
//! use fenchel_convexity::proxy::{Descent, Exact, star_convex};
//! use ndarray::array;
//!
//! // ((r² + 1)^{1/4} - 1) / (1/2), r = ‖w‖: not star-convex, but quasar-convex with tau = 1/2.
//! let instance = star_convex::RootPower::new(vec![0.0, 0.0], 0.5, 1.0)?.instance()?;
//! let (oracle, start) = (Exact::new(instance.proxy().clone()), array![3.0, -4.0]);
//! let run = Descent::new(0.5 / instance.smoothness(), 200)?
//!     .gradient(&oracle, &start, &instance.comparator())?;
//! let checked = instance.guarantee(&start)?.check(&[run])?;
//! assert!(checked.report.verdict().holds());
//! assert!(checked.ratio() > 1.0);
//! # Ok::<(), fenchel_convexity::ConvexityError>(())
//! ```

mod along;
pub mod check;
mod confidence;
mod convex;
mod descent;
mod lipschitz;
pub mod neuron;
mod oracle;
mod pl;
mod pl_guarantee;
mod plan;
mod round_off;
mod shared;
mod smooth;
pub mod star_convex;
mod surrogate;

pub use convex::ProxyConvex;
pub use descent::{Comparator, Descent, Run, Step};
pub use lipschitz::LipschitzGuarantee;
pub use oracle::{Exact, Noisy, Observation, Oracle, RoundOff, batch_second_moment, draw_batch};
pub use pl::ProxyPl;
pub use pl_guarantee::ProxyPlGuarantee;
pub use plan::Plan;
pub use shared::IntoObjective;
pub use smooth::SmoothGuarantee;
pub use surrogate::Surrogate;

#[cfg(test)]
mod tests;

/// The tutorial, compiled and run with the documentation's examples.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/proxy.md")]
struct Tutorial;
