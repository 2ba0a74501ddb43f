//! What the program `fenchel` does beside running experiments: it trains networks, and measures those trained
//! anywhere.
//!
//! The experiments are those of `fenchel-experiments`, run and reported by `fenchel-harness`. The library prints
//! nothing; only the binary does.

pub mod measure;
pub mod train;

/// The examples of the README, compiled and run with the documentation's.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
