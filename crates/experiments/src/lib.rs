//! The papers' claims as experiments: what each claims, runs and measures.
//!
//! To add an experiment, write one file that implements [`Experiment`](fenchel_harness::Experiment) (the worked
//! example is [`experiments::gd`]) and add one line to the [`REGISTRY`]. What is common to all (plan, workers,
//! store, claims, figures, report) is `fenchel-harness`, to which the registry is passed:
//!
//! ```
//! use fenchel_experiments::REGISTRY;
//! use fenchel_harness::run::{Request, plan};
//! let request = Request { only: vec!["gd".into()], ..Request::default() };
//! let plan = plan(&REGISTRY, &request).unwrap();
//! assert_eq!(plan.experiments.len(), 1);
//! assert!(plan.cells() > 0 && plan.cost() > 0.0);
//! ```
//!
//! What this crate does not do: mathematics (that is `fenchel-convexity`), networks (`fenchel-nn`) and data
//! (`fenchel-datasets`).

mod code;
pub mod experiments;
pub mod ingredients;
mod probe;
mod registry;
#[cfg(test)]
mod testing;

pub use code::PROGRAM;
pub use registry::REGISTRY;
