//! `plan.json`: what a run is to do: experiments with their settings and cells, and about how long each takes.

use super::{Configuration, write_whole};
use crate::cost::{Price, Unit};
use crate::error::{Error, Result};
use crate::profile::Profile;
use fenchel_files::{Found, look};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

const NAME: &str = "plan.json";

/// The plan of a run folder. Written by whoever prepares it, read by all others.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StoredPlan {
    /// When it was prepared, in UTC.
    pub prepared: String,
    /// Another one each time: cells that failed before are tried again.
    pub edition: String,
    /// The profile that was asked for last.
    pub profile: Profile,
    /// Whether cells that other code computed are taken as they are.
    pub keep: bool,
    /// The fingerprint of the criteria of the program that prepared it.
    pub criteria: String,
    /// The experiments, by name.
    pub experiments: BTreeMap<String, PlannedExperiment>,
    /// What the estimates rest on.
    pub prices: Vec<Price>,
}

/// An experiment of a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlannedExperiment {
    /// What its cells belong to: settings, back end, code.
    #[serde(flatten)]
    pub configuration: Configuration,
    /// Its cells, in order.
    pub cells: Vec<PlannedCell>,
}

/// A cell of a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlannedCell {
    /// Its identifier.
    pub id: String,
    /// The unit of its work.
    pub unit: Unit,
    /// Its work in such units.
    pub units: f64,
    /// The estimated time on one core, in seconds.
    pub seconds: f64,
}

impl StoredPlan {
    /// Reads the plan of a run folder; None where there is none.
    ///
    /// # Errors
    /// When it is damaged, in its contents or as no regular file, and when it cannot be read just now.
    pub fn read(folder: &Path) -> Result<Option<Self>> {
        let path = folder.join(NAME);
        let damaged = |reason: String| Error::Damaged { path: path.clone(), reason };
        match look(&path)? {
            Found::Nothing => Ok(None),
            Found::File(text) => {
                serde_json::from_slice(&text).map(Some).map_err(|error| damaged(error.to_string()))
            }
            Found::Other(what) => Err(damaged(what.to_owned())),
        }
    }

    /// Writes the plan.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, folder: &Path) -> Result<()> {
        let text = serde_json::to_vec_pretty(self).expect("a plan is plain data with string keys");
        write_whole(&folder.join(NAME), &text)
    }
}
