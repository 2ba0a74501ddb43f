//! What a run folder tells of itself, for the report: what was planned, by what and on what it was run.

use super::plan_file::StoredPlan;
use super::record::Record;
use crate::machine::Machine;
use crate::number::duration;
use crate::profile::Profile;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The plan and the sessions of a run folder, without what only workers need.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Manifest {
    /// The profile that was planned last.
    pub profile: Profile,
    /// The experiments, by name.
    pub experiments: BTreeMap<String, Entry>,
    /// SHA-256 of every data file that was read.
    pub data: BTreeMap<String, String>,
    /// The sessions that worked on this folder, in order.
    pub sessions: Vec<Session>,
}

/// An experiment of a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Entry {
    /// The meaning of its records.
    pub revision: u32,
    /// Its settings, seeds included.
    pub settings: serde_json::Value,
    /// The number of cells.
    pub cells: usize,
}

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

impl Manifest {
    /// Puts the plan and the records of a run folder together.
    #[must_use]
    pub fn new(plan: &StoredPlan, records: Vec<Record>) -> Self {
        let entry = |(id, planned): (&String, &super::PlannedExperiment)| {
            let (revision, settings) =
                (planned.configuration.revision, planned.configuration.settings.clone());
            (id.clone(), Entry { revision, settings, cells: planned.cells.len() })
        };
        let session = |record: Record| Session { at_work: record.may_be_at_work(), ..record.session };
        Self {
            profile: plan.profile,
            experiments: plan.experiments.iter().map(entry).collect(),
            data: records.iter().flat_map(|record| record.data.clone()).collect(),
            sessions: records.into_iter().map(session).collect(),
        }
    }
}
