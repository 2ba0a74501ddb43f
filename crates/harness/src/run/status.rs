//! `fenchel status`: what is done, running where and since when, failed why, and how long the rest takes. Reads
//! only.

use super::state::{State, states};
use super::{Cells, Plan};
use crate::error::Result;
use crate::registry::Registry;
use crate::store::{Record, Store, leases};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// How far a run is.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Status {
    /// The experiments that this program can work on.
    pub experiments: Vec<Counts>,
    /// Experiments of another program or machine, and why.
    pub others: Vec<String>,
    /// The cells at work.
    pub running: Vec<AtWork>,
    /// The cells that failed since the folder was prepared.
    pub failed: Vec<FailedCell>,
    /// The workers that may be at work.
    pub workers: Vec<Worker>,
    /// The estimated seconds of what is not done, on one core.
    pub work_left: f64,
    /// The same with the threads of all workers; None where nobody works.
    pub seconds_left: Option<f64>,
}

/// The cells of an experiment by what the folder has of them.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Counts {
    /// The experiment.
    pub experiment: String,
    /// Its cells.
    #[serde(flatten)]
    pub cells: Cells,
    /// The estimated seconds of all cells, on one core.
    pub seconds: f64,
    /// The estimated seconds of those that are not done.
    pub seconds_left: f64,
}

/// A cell at work.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AtWork {
    /// The experiment.
    pub experiment: String,
    /// The cell.
    pub cell: String,
    /// The host.
    pub host: String,
    /// The process there.
    pub pid: u32,
    /// Since when, in UTC by that host's clock.
    pub since: String,
    /// Whether its worker is dead, so that the next one takes it over: the process is gone, it has said that it
    /// ended, or nothing was heard of it for as long as a lease lasts, by the clocks of both hosts.
    pub abandoned: bool,
}

/// A cell that failed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FailedCell {
    /// The experiment.
    pub experiment: String,
    /// The cell.
    pub cell: String,
    /// Why.
    pub reason: String,
    /// The host on which it failed.
    pub host: String,
}

/// A worker that may be at work.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Worker {
    /// The host.
    pub host: String,
    /// The process there.
    pub pid: u32,
    /// Its threads.
    pub threads: usize,
    /// When it began, in UTC by that host's clock.
    pub started: String,
    /// The cells that it has finished, as of its last heartbeat.
    pub cells: usize,
    /// Seconds since that heartbeat, by the clocks of both hosts.
    pub silence: f64,
}

/// What a run folder has of the cells of a plan, by experiment. The folder need not be there.
///
/// # Errors
/// When a cell cannot be read just now.
pub fn progress(folder: &Path, plan: &Plan, keep: bool) -> Result<Vec<Counts>> {
    Ok(count(plan, &states(&Store::open(folder), plan, keep)?))
}

fn count(plan: &Plan, states: &[State]) -> Vec<Counts> {
    let mut all: Vec<Counts> = plan
        .experiments
        .iter()
        .map(|planned| Counts { experiment: planned.experiment.id().into(), ..Counts::default() })
        .collect();
    for ((at, cell), state) in plan.places().into_iter().zip(states) {
        let (counts, seconds) = (&mut all[at], plan.experiments[at].seconds[cell]);
        counts.cells.add(state);
        counts.seconds += seconds;
        if *state != State::Current {
            counts.seconds_left += seconds;
        }
    }
    all
}

/// How far the run of a folder is.
///
/// # Errors
/// When the folder holds no run, or one for another program, or a cell cannot be read just now.
pub fn status(registry: &Registry, folder: &Path) -> Result<Status> {
    let store = Store::open(folder);
    let stored = store.plan()?;
    let (plan, others) = Plan::of_folder(registry, &stored, folder)?;
    let held = leases(folder);
    let states = states(&store, &plan, stored.keep)?;
    let experiments = count(&plan, &states);
    let done: BTreeSet<(&str, &str)> = plan
        .places()
        .into_iter()
        .zip(&states)
        .filter(|(_, state)| **state == State::Current)
        .map(|((at, cell), _)| {
            let planned = &plan.experiments[at];
            (planned.experiment.id(), planned.cells[cell].id.as_str())
        })
        .collect();
    let records = Record::read_all(folder);
    let at_work: BTreeMap<&str, &Record> = records
        .iter()
        .filter(|record| record.may_be_at_work())
        .map(|record| (record.worker.as_str(), record))
        .collect();
    let (mut running, mut failed) = (Vec::new(), Vec::new());
    for (experiment, cell, holder) in held {
        if done.contains(&(experiment.as_str(), cell.as_str())) {
            continue;
        }
        let (host, pid) = (holder.process.host, holder.process.pid);
        match holder.failure {
            Some(reason) if holder.edition == stored.edition => {
                failed.push(FailedCell { experiment, cell, reason, host });
            }
            Some(_) => {}
            None => {
                let abandoned = !at_work.contains_key(holder.worker.as_str());
                running.push(AtWork { experiment, cell, host, pid, since: holder.since, abandoned });
            }
        }
    }
    let worker = |record: &&Record| Worker {
        host: record.process.host.clone(),
        pid: record.process.pid,
        threads: record.session.threads,
        started: record.session.started.clone(),
        cells: record.session.cells,
        silence: record.silence(),
    };
    let workers: Vec<Worker> = at_work.values().map(worker).collect();
    let work_left: f64 = experiments.iter().map(|counts| counts.seconds_left).sum();
    let threads: usize = workers.iter().map(|worker| worker.threads).sum();
    let seconds_left = (threads > 0).then(|| work_left / threads as f64);
    Ok(Status { experiments, others, running, failed, workers, work_left, seconds_left })
}
