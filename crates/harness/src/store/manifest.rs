//! What a run folder tells of itself, for the report: what was planned, by what and on what it was run.

use super::plan_file::StoredPlan;
use super::record::Record;
use super::session::Session;
use crate::profile::Profile;
use serde::Serialize;
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
