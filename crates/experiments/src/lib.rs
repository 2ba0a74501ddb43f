//! The papers' claims as experiments: plan, run, store, decide, report.
//!
//! An [`experiment`] cuts its work into cells. The [`run`] module plans the cells of the chosen profile, the
//! [`scheduler`] runs them in parallel, the [`store`] keeps one file for each, and the [`report`] turns the stored
//! records into a table of [claims](claim) with verdicts, tables (CSV), [figures](figure) (SVG, PNG) and one HTML
//! page. The binary `fenchel` puts a command line in front of it.
//!
//! To add an experiment, write one file that implements [`experiment::Experiment`] (the smallest worked example
//! is [`experiments::gd`]) and add one line to [`registry::all`].
//!
//! Beside the experiments, [`mod@measure`] measures a network trained anywhere.
//!
//! What this crate does not do: mathematics (that is `fenchel-convexity`), networks (`fenchel-nn`) and data
//! (`fenchel-datasets`). The library prints nothing; only the binary does.

pub mod claim;
pub mod context;
pub mod cost;
mod erased;
pub mod error;
pub mod experiment;
pub mod experiments;
pub mod figure;
pub mod ingredients;
pub mod machine;
pub mod measure;
pub mod number;
pub mod profile;
pub mod registry;
pub mod report;
pub mod run;
pub mod scheduler;
pub mod settings;
pub mod statistics;
pub mod store;
pub mod summary;
pub mod table;
pub mod train;

pub use claim::{Claim, Condition, Criterion, Findings, Kind, Verdict};
pub use context::Context;
pub use error::{Error, Failure, Result};
pub use experiment::{Cell, Experiment, Outcome};
pub use figure::{Axis, Band, Curve, Figure, Panel};
pub use profile::Profile;
pub use statistics::Estimate;
pub use summary::Summary;
pub use table::Table;

/// The examples of the README, compiled and run with the documentation's.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
