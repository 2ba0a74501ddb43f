//! From declared claims to a decided report, of experiments that are passed in.
//!
//! An [`experiment`] cuts its work into cells. The [`run`] module plans the cells of the chosen profile, the
//! [`scheduler`] runs them in parallel, the [`store`] keeps one file for each, and the [`report`] turns the stored
//! records into a table of [claims](claim) with verdicts, tables (CSV), [figures](figure) (SVG, PNG) and one HTML
//! page.
//!
//! Which experiments there are, by what code their cells are computed and what a unit of their work costs, the
//! caller says in a [`Registry`]. This crate knows no network, no data set and no theorem, and prints nothing.

pub mod claim;
pub mod context;
pub mod cost;
mod erased;
pub mod error;
pub mod experiment;
pub mod figure;
pub mod machine;
pub mod number;
pub mod page;
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

pub use claim::{Claim, Condition, Criterion, Findings, Kind, Verdict};
pub use context::Context;
pub use error::{Error, Failure, Result};
pub use experiment::{Cell, Experiment, Outcome};
pub use figure::{Axis, Band, Curve, Figure, Panel};
pub use machine::Program;
pub use profile::Profile;
pub use registry::Registry;
pub use statistics::Estimate;
pub use summary::Summary;
pub use table::Table;
