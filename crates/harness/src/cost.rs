//! How much a cell has to do, in units that its experiment counts, and what a unit costs.
//!
//! No experiment says seconds: prices are measured (`run::prices`).

use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::PathBuf;

/// What a unit of work is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// One sample of a step of what has this name, on inputs of this shape.
    Sample {
        /// What is stepped; the caller's probe knows it by name.
        model: String,
        /// Channels, height and width.
        input: [usize; 3],
    },
    /// One evaluation of an elementary function, in computations of this name.
    Evaluation {
        /// What is computed.
        of: String,
    },
}

/// So many units of one kind.
#[derive(Clone, Debug, PartialEq)]
pub struct Work {
    /// The kind.
    pub unit: Unit,
    /// How many.
    pub units: f64,
}

impl Work {
    /// Evaluations of elementary functions.
    #[must_use]
    pub fn evaluations(of: &str, units: f64) -> Self {
        Self { unit: Unit::Evaluation { of: of.into() }, units }
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sample { model, input: [c, h, w] } => write!(f, "a sample of {model} at {c} x {h} x {w}"),
            Self::Evaluation { of } => write!(f, "an evaluation in {of}"),
        }
    }
}

/// Where a price comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// Cells of this run folder.
    Here,
    /// Cells of another run folder.
    Run(PathBuf),
    /// The probe.
    Probe,
}

/// What a unit costs in an experiment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Price {
    /// The experiment.
    pub experiment: String,
    /// The unit.
    pub unit: Unit,
    /// Seconds on one core.
    pub seconds: f64,
    /// Where it comes from.
    pub source: Source,
}
