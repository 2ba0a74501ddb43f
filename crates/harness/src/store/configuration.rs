//! What the cells of an experiment in one folder have in common.

use crate::settings;
use serde::{Deserialize, Serialize};

/// Everything that decides what a cell computes, apart from its case.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Configuration {
    /// The experiment.
    pub experiment: String,
    /// The meaning of its records.
    pub revision: u32,
    /// Its settings.
    pub settings: serde_json::Value,
    /// The back end of its arithmetic.
    pub back_end: String,
    /// The fingerprint of the code that computes.
    pub numerics: String,
    /// The settings that only choose cells, by name; the program knows them, so they are not stored.
    #[serde(skip)]
    pub choosing: &'static [&'static str],
}

impl PartialEq for Configuration {
    /// Whether all that is stored is the same.
    fn eq(&self, other: &Self) -> bool {
        let Self { experiment, revision, settings, back_end, numerics, choosing: _ } = self;
        (experiment, revision, settings) == (&other.experiment, &other.revision, &other.settings)
            && (back_end, numerics) == (&other.back_end, &other.numerics)
    }
}

impl Configuration {
    /// The first difference that forbids the two to share a folder. Other code alone does not: its cells are
    /// simply run again.
    #[must_use]
    pub fn difference(&self, asked: &Self) -> Option<String> {
        if self.back_end != asked.back_end {
            return Some(format!("back end {} there, {} here", self.back_end, asked.back_end));
        }
        settings::difference(&self.settings, &asked.settings, asked.choosing)
    }
}
