//! The definitions: Bregman divergence, H(phi)-convexity and H(Phi)-smoothness, with offsets.
//!
//! For a function G with a gradient, or a chosen subgradient, s_v at v, `D_G(u, v) = G(u) - G(v) - <s_v, u - v>` is its
//! [Bregman divergence](bregman). G is *H(phi)-convex* on K if `D_G(u, v) >= phi(u - v)`, and *H(Phi)-smooth* on K if
//! `D_G(u, v) <= Phi(u - v)`, for all u, v in K. An offset c >= 0 weakens a bound: `phi - c` below, `Phi + c` above; it measures
//! non-convexity and non-smoothness, and admits networks of ReLUs.
//!
//! A [`Modulus`] is one such statement without the function and the set: a side, a potential, an offset. With a function and a
//! region (the whole domain, a ball, a sublevel set, around a minimiser) it becomes a claim that can be falsified.
//!
//! Reference: Qi, Gong, Li, Extended convexity and smoothness and their applications in deep learning, arXiv 2410.05807.

mod bregman;
pub mod calculus;
mod modulus;
mod norm_power_constant;

pub use bregman::bregman;
pub use modulus::{Modulus, Side};
pub use norm_power_constant::{norm_power_convexity, norm_power_smoothness};
