//! The manifest: what was run, by what, on what, for how long.

use super::write_whole;
use crate::error::{Error, Result};
use crate::machine::Machine;
use crate::profile::Profile;
use fenchel_files::read;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// The record of a run folder.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The profile of the last session.
    pub profile: Profile,
    /// The experiments, by name.
    pub experiments: BTreeMap<String, Entry>,
    /// SHA-256 of every data file that was read.
    pub data: BTreeMap<String, String>,
    /// The sessions that worked on this folder, in order.
    pub sessions: Vec<Session>,
}

/// An experiment of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The meaning of its records.
    pub revision: u32,
    /// Its settings, seeds included.
    pub settings: serde_json::Value,
    /// The number of cells.
    pub cells: usize,
}

/// One start of the program on a folder.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// When it began, in UTC.
    pub started: String,
    /// How long it ran, in seconds; absent while it runs or when it was killed.
    pub seconds: Option<f64>,
    /// The number of worker threads.
    pub threads: usize,
    /// The number of cells that it was to run.
    pub cells: usize,
    /// The number of cells that failed.
    pub failed: usize,
    /// The machine and the program.
    pub machine: Machine,
    /// The fingerprint of the criteria with which it began (see [`crate::registry::criteria`]); empty where an
    /// older program did not note it.
    #[serde(default)]
    pub criteria: String,
}

impl Manifest {
    /// Reads the manifest of a run folder; None where there is none.
    ///
    /// # Errors
    /// When the file is damaged.
    pub fn read(folder: &Path) -> Result<Option<Self>> {
        let path = folder.join("manifest.json");
        let text = match read(&path) {
            Err(error) if error.kind == std::io::ErrorKind::NotFound => return Ok(None),
            text => text?,
        };
        let damaged =
            |error: serde_json::Error| Error::Damaged { path: path.clone(), reason: error.to_string() };
        serde_json::from_slice(&text).map(Some).map_err(damaged)
    }

    /// Writes the manifest.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, folder: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(self).expect("a manifest is plain data with string keys");
        write_whole(&folder.join("manifest.json"), text.as_bytes())
    }
}
