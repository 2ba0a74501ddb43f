//! From a request to a finished run: plan, check the inputs, run what is missing, report.

mod plan;

pub use plan::{Plan, Planned, plan};

use crate::context::{Context, Inputs};
use crate::error::Result;
use crate::machine::{self, Machine};
use crate::profile::Profile;
use crate::registry;
use crate::report::{self, Comparison, Report, Side};
use crate::scheduler::{self, Job, Observer};
use crate::store::{Configuration, Entry, Manifest, Session, Store, Stored};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::time::Instant;

/// What the command line asks for.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The size of the run.
    pub profile: Profile,
    /// The experiments; empty for all.
    pub only: Vec<String>,
    /// The data sets; empty for those of the profile.
    pub datasets: Vec<String>,
    /// The seeds; None for those of the profile.
    pub seeds: Option<Vec<u64>>,
    /// Changed settings, as `key=value`.
    pub set: Vec<String>,
    /// The folder of the data files; None for each data set's default.
    pub data_dir: Option<PathBuf>,
    /// The run folder; None for `results/PROFILE`.
    pub out: Option<PathBuf>,
    /// The number of worker threads; None for one a core.
    pub threads: Option<usize>,
    /// Whether to throw away the finished cells of the chosen experiments first.
    pub fresh: bool,
    /// Whether to take cells that other code computed as they are.
    pub keep: bool,
}

impl Request {
    /// The run folder.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        self.out.clone().unwrap_or_else(|| Path::new("results").join(self.profile.to_string()))
    }

    /// The number of worker threads.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from)).max(1)
    }
}

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
    /// Whether nothing keeps another process out of the folder, as its file system has no locks.
    pub unprotected: bool,
}

/// How a run ended.
#[derive(Debug)]
pub struct Finished {
    /// What was there before.
    pub found: Found,
    /// The cells that failed: experiment, cell, reason.
    pub failed: Vec<(String, String, String)>,
    /// The report, written into the run folder.
    pub report: Report,
}

/// Runs what is missing of a plan and writes the report. `began` is told what was found, once, before the first cell.
///
/// Nothing is written before the inputs of all experiments have been found sound.
///
/// # Errors
/// When an input is missing, the run folder belongs to another configuration or cannot be written, at once or
/// later. A failed cell is no error: the others go on and it is listed in the result. A damaged file is none
/// either: it is set aside, and `began` hears of it.
pub fn reproduce(
    request: &Request,
    plan: &Plan,
    observer: &dyn Observer,
    began: impl FnOnce(&Found),
) -> Result<Finished> {
    let clock = Instant::now();
    let inputs = Inputs::new(request.data_dir.clone());
    let unobserved = AtomicU64::new(0);
    for planned in &plan.experiments {
        planned.experiment.check_inputs(&planned.settings, &Context::new(&inputs, &unobserved))?;
    }
    let store = Store::create(&request.folder())?;
    let configurations: Vec<Configuration> = plan
        .experiments
        .iter()
        .map(|planned| Configuration::new(&*planned.experiment, &planned.settings))
        .collect();
    let mut found = Found { unprotected: !store.is_protected(), ..Found::default() };
    for (planned, configuration) in plan.experiments.iter().zip(&configurations) {
        if request.fresh {
            store.forget(planned.experiment.id())?;
        }
        found.set_aside.extend(store.claim(planned.experiment.id(), configuration)?);
    }
    let jobs = missing(&store, plan, &configurations, request.keep, &mut found)?;
    let threads = request.threads();
    let mut manifest = begin_session(&store, plan, threads, jobs.len(), &mut found)?;
    began(&found);

    let places = plan.places();
    let work = |job: &Job, context: &Context| {
        let (at, cell) = places[job.index];
        let planned = &plan.experiments[at];
        let cell = &planned.cells[cell];
        let clock = Instant::now();
        let record = planned.experiment.run_cell(&planned.settings, &cell.case, context)?;
        store.write(planned.experiment.id(), &cell.id, &cell.case, &configurations[at], &record)?;
        store.note_timing(planned.experiment.id(), &cell.id, clock.elapsed().as_secs_f64());
        Ok(())
    };
    let ended = scheduler::run(jobs, threads, &inputs, work, observer)?;

    if let Some(session) = manifest.sessions.last_mut() {
        session.seconds = Some(clock.elapsed().as_secs_f64());
        session.failed = ended.failed.len();
    }
    manifest.data.extend(inputs.checksums());
    let noted = manifest.write(store.folder());
    if let Some((reason, left)) = ended.stopped {
        // Whether the manifest could be written or not, this is what the user must know.
        return Err(crate::Error::Stopped { reason, left });
    }
    noted?;
    let report = report::build(&store, &manifest, store.folder())?;
    let failed = ended.failed.into_iter().map(|(job, reason)| (job.experiment, job.cell, reason)).collect();
    Ok(Finished { found, failed, report })
}

/// What a run folder says, from its stored records, without writing or running anything: it may be read-only,
/// and a run may be at work in it.
///
/// # Errors
/// When the folder holds no run, or what says so is damaged.
pub fn read(folder: &Path) -> Result<Side> {
    let store = Store::open(folder)?;
    let manifest = Manifest::read(folder)?.ok_or_else(|| crate::Error::NoRun(folder.to_path_buf()))?;
    let report = report::read(&store, &manifest)?;
    Ok(Side { folder: folder.to_path_buf(), report, manifest })
}

/// Writes the report of a run into `out`, the run folder itself as a rule.
///
/// # Errors
/// When a file cannot be written.
pub fn write_report(side: &mut Side, out: &Path) -> Result<()> {
    report::write(&mut side.report, &side.manifest, out)
}

/// Writes the results of a run as a Markdown page, the figures that its claims refer to in `figures/` beside
/// it.
///
/// # Errors
/// When a file cannot be written.
pub fn write_markdown(side: &Side, page: &Path) -> Result<()> {
    report::write_markdown(&side.report, &side.manifest, page)
}

/// Two run folders side by side; nothing is written.
///
/// # Errors
/// As for [`read`].
pub fn compare(a: &Path, b: &Path) -> Result<Comparison> {
    Ok(Comparison { a: read(a)?, b: read(b)? })
}

/// The cells that are not there yet, as jobs; files that cannot be used are set aside.
fn missing(
    store: &Store,
    plan: &Plan,
    configurations: &[Configuration],
    keep: bool,
    found: &mut Found,
) -> Result<Vec<Job>> {
    let mut jobs = Vec::new();
    for (index, (at, cell)) in plan.places().into_iter().enumerate() {
        let planned = &plan.experiments[at];
        let (id, cell) = (planned.experiment.id(), &planned.cells[cell]);
        let mut set_aside = |word: &str, reason: &str| -> Result<()> {
            let aside = store.set_aside(id, &cell.id, word)?;
            found.set_aside.push(format!("{id} {}: {reason}; the file is now {}", cell.id, aside.display()));
            Ok(())
        };
        found.planned += 1;
        match store.read(id, &cell.id, &cell.case, &configurations[at], keep) {
            Stored::Current(_) => {
                found.finished += 1;
                continue;
            }
            Stored::Stale(_) => found.stale += 1,
            Stored::Damaged(reason) => set_aside("damaged", &reason)?,
            Stored::Foreign(difference) => set_aside("foreign", &format!("other settings ({difference})"))?,
            Stored::Absent => {}
        }
        jobs.push(Job::new(id, &cell.id, cell.cost, index));
    }
    Ok(jobs)
}

/// Notes the beginning of a session, so that a run which is killed has a manifest too.
fn begin_session(
    store: &Store,
    plan: &Plan,
    threads: usize,
    cells: usize,
    found: &mut Found,
) -> Result<Manifest> {
    let mut manifest = match Manifest::read(store.folder()) {
        Ok(manifest) => manifest.unwrap_or_default(),
        Err(error) => {
            let aside = fenchel_files::set_aside(&store.folder().join("manifest.json"), "damaged")?;
            found.set_aside.push(format!("{error}; it is now {}", aside.display()));
            Manifest::default()
        }
    };
    manifest.profile = plan.profile;
    for planned in &plan.experiments {
        let entry = Entry {
            revision: planned.experiment.revision(),
            settings: planned.settings.clone(),
            cells: planned.cells.len(),
        };
        manifest.experiments.insert(planned.experiment.id().into(), entry);
    }
    let (started, machine) = (machine::now(), Machine::here());
    let criteria = registry::criteria();
    manifest.sessions.push(Session { started, seconds: None, threads, cells, failed: 0, machine, criteria });
    manifest.write(store.folder())?;
    Ok(manifest)
}
