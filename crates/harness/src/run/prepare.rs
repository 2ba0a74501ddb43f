//! `fenchel prepare`: the plan of a run into its folder, and everything there that stands in its way out of it.

use super::state::states;
use super::{Cells, Plan, Request};
use crate::context::{Context, Inputs};
use crate::error::{Error, Result};
use crate::machine;
use crate::store::{LEASE, PlannedCell, PlannedExperiment, Record, Store, StoredPlan};
use std::path::Path;
use std::sync::atomic::AtomicU64;

/// What a run found before it began.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The cells of the plan. Whoever runs one again that there is an unusable file of sets that file aside.
    pub cells: Cells,
    /// A plan that could not be read: what was wrong with it, and where it is now.
    pub set_aside: Option<String>,
    /// What else whoever started the run should know.
    pub notes: Vec<String>,
    /// Whether nothing keeps another process from preparing the folder, as its file system has no locks.
    pub unprotected: bool,
}

/// Writes the plan of a request into its folder, beside experiments that were planned there before.
///
/// Nothing is written before the inputs of all experiments have been found sound. Of the cells nothing is
/// touched: a worker may be at work on each, and only who has its lease puts its file away.
///
/// # Errors
/// When an input is missing, the folder belongs to another configuration or cannot be written, a cell cannot be
/// read just now, or the run is to start over while workers are at work.
pub fn prepare(request: &Request, plan: &Plan) -> Result<Found> {
    check_inputs(plan, &Inputs::new(request.given.clone()))?;
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
        Err(error @ Error::Damaged { .. }) => {
            let aside = fenchel_files::set_aside(&store.folder().join("plan.json"), "damaged")?;
            found.set_aside = Some(format!("{error}; it is now {}", aside.display()));
            StoredPlan::default()
        }
        Err(error) => return Err(error),
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
        store.forget_sessions(&plan.experiments.iter().map(|planned| planned.experiment.id()).collect())?;
    }
    states(&store, plan, request.keep)?.iter().for_each(|state| found.cells.add(state));
    stored.prepared = machine::now();
    stored.edition = fenchel_files::nonce();
    stored.profile = plan.profile;
    stored.keep = request.keep;
    stored.criteria.clone_from(&plan.criteria);
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
    let (folder, workers) = (folder.to_path_buf(), workers.join(", "));
    Err(Error::AtWork { folder, workers, seconds: LEASE.as_secs() })
}
