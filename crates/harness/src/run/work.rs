//! `fenchel work`: one worker of a prepared folder, beside any number of others on any number of hosts.

use super::Plan;
use super::prepare::{Found, check_inputs};
use super::state::{State, state};
use crate::context::{Context, Given, Inputs};
use crate::error::{Error, Failure, Result};
use crate::machine::Machine;
use crate::registry::Registry;
use crate::scheduler::{self, Job, Observer, Step};
use crate::store::{BEAT, Claim, Lease, Leases, Recorder, Store, leases};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The time until a cell that another worker of this host has, or that changes hands, is asked for again.
const PAUSE: Duration = Duration::from_millis(500);

/// What a worker is to do.
#[derive(Clone, Debug, Default)]
pub struct Orders {
    /// What its cells are given.
    pub given: Given,
    /// The number of threads; None for one a core.
    pub threads: Option<usize>,
    /// The time after which no more cells are begun.
    pub time: Option<Duration>,
    /// The part of the cells that it begins with: K of N, from 0. Afterwards it helps with the others.
    pub share: Option<Share>,
    /// Only these experiments; empty for all that are planned.
    pub only: Vec<String>,
    /// Whether to wait until other workers' cells are done, too.
    pub wait: bool,
    /// Whether to try cells again that failed since the folder was prepared.
    pub retry: bool,
}

/// One part of many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    part: usize,
    of: usize,
}

impl std::str::FromStr for Share {
    type Err = Error;

    /// Reads `K/N`.
    ///
    /// ```
    /// use fenchel_harness::run::Share;
    /// assert!("3/16".parse::<Share>().is_ok());
    /// assert!("16/16".parse::<Share>().is_err() && "3".parse::<Share>().is_err());
    /// ```
    fn from_str(text: &str) -> Result<Self> {
        let parts = text.split_once('/').and_then(|(part, of)| Some((part.parse().ok()?, of.parse().ok()?)));
        match parts {
            Some((part, of)) if part < of => Ok(Self { part, of }),
            _ => Err(Error::Share(text.into())),
        }
    }
}

/// How a worker ended.
#[derive(Debug, Default)]
pub struct Worked {
    /// The cells that failed, here or at other workers since the folder was prepared: experiment, cell, reason.
    pub failed: Vec<(String, String, String)>,
    /// Cells that other workers were still at work on.
    pub left: usize,
    /// Cells that were not begun, as the time was over.
    pub not_begun: usize,
    /// Cells of other shares of which there is a file that was not read, as the time was over.
    pub unread: usize,
    /// Files that could not be used: what was wrong with each, and where it is now.
    pub set_aside: Vec<String>,
}

/// Works on a prepared folder until nothing is left to begin. `began` is told what was found, before the first
/// cell; it says of cells outside the worker's share only whether there is a file.
///
/// # Errors
/// When the folder is not prepared, or for another program; when an input is missing; when the folder cannot be
/// written, at once or later. A failed cell is no error: the others go on and it is listed in the result.
pub fn work(
    registry: &Registry,
    folder: &Path,
    orders: &Orders,
    observer: &dyn Observer,
    began: impl FnOnce(&Found),
) -> Result<Worked> {
    let clock = Instant::now();
    let store = Store::open(folder);
    let stored = store.plan()?;
    let (mut plan, notes) = Plan::of_folder(registry, &stored, folder)?;
    plan.experiments.retain(|planned| {
        orders.only.is_empty() || orders.only.iter().any(|id| id == planned.experiment.id())
    });
    let inputs = Inputs::new(orders.given.clone());
    let mut found = Found { notes, ..Found::default() };
    let (jobs, unread) = jobs(&store, &plan, orders, stored.keep, &mut found);
    if jobs.len() > unread.len() {
        check_inputs(&plan, &inputs)?;
    }
    let threads = orders.threads();
    let machine = Machine::here(&registry.program);
    let recorder = Recorder::begin(folder, &stored.edition, threads, registry.criteria(), machine)?;
    began(&found);

    let claims = Leases::new(folder, recorder.worker(), &stored.edition, orders.retry);
    let noting = Noting { observer, recorder: &recorder, held: Mutex::default() };
    let aside: Mutex<Vec<String>> = Mutex::default();
    let places = plan.places();
    let work = |job: &Job, context: &Context| -> std::result::Result<Step, Failure> {
        let (at, cell) = places[job.index];
        let planned = &plan.experiments[at];
        let (id, cell) = (planned.experiment.id(), &planned.cells[cell]);
        let state = || state(&store, &plan, places[job.index], stored.keep);
        let is_current = || state().is_ok_and(|state| state == State::Current);
        if unread.contains(&job.index) && is_current() {
            return Ok(Step::Done);
        }
        let pause = match claims.claim(id, &cell.id)? {
            Claim::Mine(lease) => {
                noting.held().insert(job.index, lease);
                None
            }
            Claim::Failed => return Ok(Step::Done),
            Claim::Here | Claim::Alive if !orders.wait => return Ok(Step::Left),
            // A look at another host's worker is worth nothing before its heart can have beaten again.
            Claim::Unknown => return Ok(Step::Later(BEAT / 2)),
            Claim::Alive => Some(BEAT / 2),
            Claim::Contended | Claim::Here => Some(PAUSE),
        };
        if let Some(pause) = pause {
            return Ok(if is_current() { Step::Done } else { Step::Later(pause) });
        }
        match state()? {
            State::Current => return Ok(Step::Done),
            State::Unusable(word, reason) => {
                let now = store.set_aside(id, &cell.id, word)?;
                let what = format!("{id} {}: {reason}; the file is now {}", cell.id, now.display());
                aside.lock().unwrap_or_else(PoisonError::into_inner).push(what);
            }
            State::Stale | State::Absent => {}
        }
        let clock = Instant::now();
        let record = planned.experiment.run_cell(&planned.configuration.settings, &cell.case, context)?;
        // Who took it over, as this worker was held up, may have been faster.
        if noting.held().get(&job.index).is_some_and(Lease::is_mine) || !is_current() {
            store.write(id, &cell.id, &cell.case, &planned.configuration, &record)?;
            recorder.took(id, &cell.id, clock.elapsed().as_secs_f64());
        }
        Ok(Step::Done)
    };
    let until = orders.time.map(|time| clock + time);
    let over = AtomicBool::new(false);
    let ended = std::thread::scope(|scope| {
        let heart = scope.spawn(|| {
            let mut last = Instant::now();
            while !over.load(Ordering::Relaxed) {
                std::thread::park_timeout(BEAT.saturating_sub(last.elapsed()));
                if last.elapsed() >= BEAT {
                    last = Instant::now();
                    // A beat that cannot be written may cost this worker its cells, and no result.
                    let _ = recorder.beat();
                }
            }
        });
        let ended = scheduler::run(jobs, threads, until, &inputs, work, &noting);
        over.store(true, Ordering::Relaxed);
        heart.thread().unpark();
        ended
    })?;
    let noted = recorder.end(inputs.checksums());
    let (unread, not_begun): (Vec<usize>, Vec<usize>) =
        ended.not_begun.iter().partition(|index| unread.contains(index));
    if let Some(reason) = ended.stopped {
        // Whether the record could be written or not, this is what the user must know.
        return Err(Error::Stopped { reason, left: not_begun.len() });
    }
    noted?;
    let planned: HashSet<&str> = plan.experiments.iter().map(|planned| planned.experiment.id()).collect();
    let noted = leases(folder).into_iter().filter_map(|(id, cell, holder)| {
        let counts = holder.edition == stored.edition && planned.contains(id.as_str());
        holder.failure.filter(|_| counts).map(|reason| ((id, cell), reason))
    });
    // A cell whose lease could not be had is noted nowhere.
    let own = ended.failed.into_iter().map(|(job, reason)| ((job.experiment, job.cell), reason));
    let failed: BTreeMap<_, _> = noted.chain(own).collect();
    Ok(Worked {
        failed: failed.into_iter().map(|((id, cell), reason)| (id, cell, reason)).collect(),
        left: ended.left,
        not_begun: not_begun.len(),
        unread: unread.len(),
        set_aside: aside.into_inner().unwrap_or_else(PoisonError::into_inner),
    })
}

impl Orders {
    /// The number of worker threads.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from)).max(1)
    }
}

/// Notes failures in the folder before they are shown.
struct Noting<'a> {
    observer: &'a dyn Observer,
    recorder: &'a Recorder,
    /// The leases of the cells at work, by the index of their jobs.
    held: Mutex<BTreeMap<usize, Lease>>,
}

impl Noting<'_> {
    fn held(&self) -> MutexGuard<'_, BTreeMap<usize, Lease>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observer for Noting<'_> {
    fn progress(&self, progress: scheduler::Progress) {
        self.observer.progress(progress);
    }

    fn failed(&self, job: &Job, reason: &str) {
        let lease = self.held().remove(&job.index);
        if let Some(lease) = lease {
            lease.fail(reason);
        }
    }

    fn finished(&self, job: &Job, seconds: f64, failure: Option<&str>) {
        let lease = self.held().remove(&job.index);
        drop(lease);
        if failure.is_some() {
            self.recorder.failed();
        }
        self.observer.finished(job, seconds, failure);
    }
}

/// The cells to run, in order: those of the worker's share first, the longest of them first, so that none is
/// left to run alone at the end; then those of the other shares that there is no file of; last those that there
/// is one of, which are also returned by index: whoever has them in its share verifies them, unless it is dead.
fn jobs(
    store: &Store,
    plan: &Plan,
    orders: &Orders,
    keep: bool,
    found: &mut Found,
) -> (Vec<Job>, HashSet<usize>) {
    let names: Vec<BTreeSet<String>> =
        plan.experiments.iter().map(|planned| store.names(planned.experiment.id())).collect();
    let mut order: Vec<(usize, (usize, usize))> = plan.places().into_iter().enumerate().collect();
    let seconds = |(at, cell): (usize, usize)| plan.experiments[at].seconds[cell];
    order.sort_by(|a, b| seconds(b.1).total_cmp(&seconds(a.1)).then(a.0.cmp(&b.0)));
    let is_mine = |rank: usize| orders.share.is_none_or(|share| rank % share.of == share.part);
    let state = |(rank, &(_, (at, cell))): (usize, &(usize, (usize, usize)))| {
        let name = &plan.experiments[at].cells[cell].id;
        match is_mine(rank) {
            // What cannot be read just now is read again when its turn comes.
            true => state(store, plan, (at, cell), keep)
                .unwrap_or_else(|error| State::Unusable("unread", error.to_string())),
            false if names[at].contains(name) => State::Current,
            false => State::Absent,
        }
    };
    let states: Vec<State> = order.par_iter().enumerate().map(state).collect();
    let (mut mine, mut others, mut last) = (Vec::new(), Vec::new(), Vec::new());
    for (rank, ((index, (at, cell)), state)) in order.into_iter().zip(states).enumerate() {
        let planned = &plan.experiments[at];
        found.cells.add(&state);
        let (jobs, seconds) = match (is_mine(rank), state == State::Current) {
            (true, true) => continue,
            (true, false) => (&mut mine, planned.seconds[cell]),
            (false, false) => (&mut others, planned.seconds[cell]),
            // As a rule it is there.
            (false, true) => (&mut last, 0.0),
        };
        jobs.push(Job::new(planned.experiment.id(), &planned.cells[cell].id, seconds, index));
    }
    let unread = last.iter().map(|job| job.index).collect();
    (mine.into_iter().chain(others).chain(last).collect(), unread)
}
