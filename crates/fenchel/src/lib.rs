//! What the program `fenchel` does beside running experiments and measuring: it trains networks.
//!
//! Networks trained anywhere are measured by `fenchel-measure`. The experiments are those of `fenchel-experiments`, run and reported by `fenchel-harness`. The library prints
//! nothing; only the binary does.

pub mod train;

/// The examples of the README, compiled and run with the documentation's.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
