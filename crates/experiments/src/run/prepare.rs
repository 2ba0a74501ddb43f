//! `fenchel prepare`: the plan of a run into its folder, and everything there that stands in its way out of it.

use super::{Plan, Request};
use crate::context::{Context, Inputs};
use crate::error::{Error, Result};
use crate::store::{PlannedCell, PlannedExperiment, Record, Store, Stored, StoredPlan, leases};
use crate::{machine, registry};
use rayon::prelude::*;
use std::collections::HashSet;
use std::path::Path;
use std::sync::atomic::AtomicU64;

/// What a run found before it began.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Cells of the plan.
    pub planned: usize,
    /// Cells that are already there.
    pub finished: usize,
    /// Cells that other code computed and that are run again.
    pub stale: usize,
    /// Files that could not be used, and cells of other settings: what was wrong with each, and where it is
    /// now. Cells among them are run again.
    pub set_aside: Vec<String>,
    /// What else whoever started the run should know.
    pub notes: Vec<String>,
    /// Whether nothing keeps another process from preparing the folder, as its file system has no locks.
    pub unprotected: bool,
}

/// Writes the plan of a request into its folder, beside experiments that were planned there before.
///
/// Nothing is written before the inputs of all experiments have been found sound. Damaged files are set aside.
///
/// # Errors
/// When an input is missing, the folder belongs to another configuration or cannot be written, or it is to
/// start over while workers are at work.
pub fn prepare(request: &Request, plan: &Plan) -> Result<Found> {
    check_inputs(plan, &Inputs::new(request.data_dir.clone()))?;
    let store = Store::prepare(&request.folder())?;
    let mut found = Found { unprotected: !store.is_protected(), ..Found::default() };
    if store.is_of_the_first_layout() {
        found.notes.push(
            "the folder is of an earlier layout: cells that fit are kept; manifest.json, timings.csv and the \
             configuration.json files are not read any more"
                .into(),
        );
    }
    let mut stored = match StoredPlan::read(store.folder()) {
        Ok(stored) => stored.unwrap_or_default(),
        Err(error) => {
            let aside = fenchel_files::set_aside(&store.folder().join("plan.json"), "damaged")?;
            found.set_aside.push(format!("{error}; it is now {}", aside.display()));
            StoredPlan::default()
        }
    };
    if request.fresh {
        refuse_if_at_work(store.folder())?;
    }
    for planned in &plan.experiments {
        let id = planned.experiment.id();
        let there = stored.experiments.get(id).filter(|_| !request.fresh);
        if let Some(difference) =
            there.and_then(|there| there.configuration.difference(&planned.configuration))
        {
            let folder = store.folder().to_path_buf();
            return Err(Error::ConfigurationChanged { folder, experiment: id.into(), difference });
        }
    }
    store.remove_leftovers(plan.experiments.iter().map(|planned| planned.experiment.id()))?;
    if request.fresh {
        for planned in &plan.experiments {
            // The plan of what is thrown away goes last, so that a kill leaves no cells without it.
            store.forget(planned.experiment.id())?;
        }
    }
    survey(&store, plan, request.keep, &mut found)?;
    stored.prepared = machine::now();
    stored.edition = fenchel_files::nonce();
    stored.profile = plan.profile;
    stored.keep = request.keep;
    stored.criteria = registry::criteria();
    for planned in &plan.experiments {
        let id = planned.experiment.id();
        let cells = planned.cells.iter().zip(&planned.seconds).map(|(cell, &seconds)| {
            let (id, unit, units) = (cell.id.clone(), cell.work.unit.clone(), cell.work.units);
            PlannedCell { id, unit, units, seconds }
        });
        let entry =
            PlannedExperiment { configuration: planned.configuration.clone(), cells: cells.collect() };
        stored.experiments.insert(id.into(), entry);
        stored.prices.retain(|price| price.experiment != id);
    }
    stored.prices.extend(plan.prices.iter().cloned());
    stored.write(store.folder())?;
    Ok(found)
}

/// Looks for the inputs of all experiments of a plan.
pub(super) fn check_inputs(plan: &Plan, inputs: &Inputs) -> Result<()> {
    let unobserved = AtomicU64::new(0);
    plan.experiments.iter().try_for_each(|planned| {
        let context = Context::new(inputs, &unobserved);
        planned.experiment.check_inputs(&planned.configuration.settings, &context)
    })
}

fn refuse_if_at_work(folder: &Path) -> Result<()> {
    let records = Record::read_all(folder);
    let workers: Vec<String> = records
        .iter()
        .filter(|record| record.may_be_at_work())
        .map(|record| format!("process {} on {}", record.process.pid, record.process.host))
        .collect();
    if workers.is_empty() {
        return Ok(());
    }
    Err(Error::AtWork { folder: folder.to_path_buf(), workers: workers.join(", ") })
}

/// Counts what is there, and sets aside what cannot be used.
fn survey(store: &Store, plan: &Plan, keep: bool, found: &mut Found) -> Result<()> {
    let states = states(store, plan, keep);
    let at_work: HashSet<(String, String)> =
        leases(store.folder()).into_iter().map(|(experiment, cell, _)| (experiment, cell)).collect();
    for ((at, cell), state) in plan.places().into_iter().zip(states) {
        let planned = &plan.experiments[at];
        let (id, cell) = (planned.experiment.id(), &planned.cells[cell].id);
        found.planned += 1;
        match state {
            State::Current => found.finished += 1,
            State::Stale => found.stale += 1,
            State::Absent => {}
            // Whoever is at work on it puts it away.
            State::Unusable(..) if at_work.contains(&(id.to_owned(), cell.clone())) => {}
            State::Unusable(word, reason) => found.set_aside.push(set_aside(store, id, cell, word, &reason)?),
        }
    }
    Ok(())
}

/// Puts the file of a cell away, and says so.
pub(super) fn set_aside(store: &Store, id: &str, cell: &str, word: &str, reason: &str) -> Result<String> {
    let aside = store.set_aside(id, cell, word)?;
    Ok(format!("{id} {cell}: {reason}; the file is now {}", aside.display()))
}

/// What a run folder has of a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum State {
    Current,
    Stale,
    Absent,
    /// A word for the file's new name, and why it cannot be used.
    Unusable(&'static str, String),
}

impl From<&Stored> for State {
    fn from(stored: &Stored) -> Self {
        match stored {
            Stored::Current(_) => Self::Current,
            Stored::Stale(_) => Self::Stale,
            Stored::Absent => Self::Absent,
            Stored::Damaged(reason) => Self::Unusable("damaged", reason.clone()),
            Stored::Foreign(difference) => {
                Self::Unusable("foreign", format!("other settings ({difference})"))
            }
        }
    }
}

/// What a run folder has of every cell of a plan, in order.
pub(super) fn states(store: &Store, plan: &Plan, keep: bool) -> Vec<State> {
    let state = |(at, cell): (usize, usize)| {
        let planned = &plan.experiments[at];
        let cell = &planned.cells[cell];
        State::from(&store.read(planned.experiment.id(), &cell.id, &cell.case, &planned.configuration, keep))
    };
    plan.places().into_par_iter().map(state).collect()
}
