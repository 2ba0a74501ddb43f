//! What the cells of an experiment in one folder have in common.

use crate::experiment::AnyExperiment;
use crate::{machine, settings};
use serde::{Deserialize, Serialize};

/// Everything that decides what a cell computes, apart from its case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Configuration {
    /// The experiment.
    pub experiment: String,
    /// The meaning of its records.
    pub revision: u32,
    /// Its settings.
    pub settings: serde_json::Value,
    /// The matrix-product back end.
    pub back_end: String,
    /// The fingerprint of the code that computes.
    pub numerics: String,
}

impl Configuration {
    /// The configuration of `experiment` with `settings` in this program.
    #[must_use]
    pub fn new(experiment: &dyn AnyExperiment, settings: &serde_json::Value) -> Self {
        Self {
            experiment: experiment.id().into(),
            revision: experiment.revision(),
            settings: settings.clone(),
            back_end: machine::back_end(),
            numerics: machine::numerics_of(experiment.id()).into(),
        }
    }

    /// The first difference that forbids the two to share a folder. Other code alone does not: its cells are
    /// simply run again.
    #[must_use]
    pub fn difference(&self, asked: &Self) -> Option<String> {
        if self.back_end != asked.back_end {
            return Some(format!("back end {} there, {} here", self.back_end, asked.back_end));
        }
        settings::difference(&self.settings, &asked.settings)
    }
}
