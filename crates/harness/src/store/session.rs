//! What the report shows of one worker's time on a run folder.

use crate::machine::Machine;
use crate::number::duration;
use serde::{Deserialize, Serialize};

/// One worker's time on a folder.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// When it began, in UTC.
    pub started: String,
    /// How long it ran, in seconds; absent while it runs or when it was killed.
    pub seconds: Option<f64>,
    /// Whether it may be at work as the report is made. Nothing that is stored.
    #[serde(skip)]
    pub at_work: bool,
    /// The number of worker threads.
    pub threads: usize,
    /// The number of cells that it finished.
    pub cells: usize,
    /// The number of cells that failed.
    pub failed: usize,
    /// The machine and the program.
    pub machine: Machine,
    /// The fingerprint of the criteria with which it began (see `Registry::criteria`); empty where an
    /// older program did not note it.
    #[serde(default)]
    pub criteria: String,
}

impl Session {
    /// How long it ran, in words.
    #[must_use]
    pub fn took(&self) -> String {
        match self.seconds {
            Some(seconds) => duration(seconds),
            None if self.at_work => "at work".to_owned(),
            None => "interrupted".to_owned(),
        }
    }
}
