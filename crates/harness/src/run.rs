//! From a request to a finished run, in three steps that may be processes of their own: prepare the folder,
//! work on it, report.

mod engine;
mod plan;
mod prepare;
pub mod prices;
mod state;
mod status;
mod work;

pub use engine::{Format, Script};
pub use plan::{Plan, Planned, plan};
pub use prepare::{Found, prepare};
pub use state::Cells;
pub use status::{AtWork, Counts, FailedCell, Status, Worker, progress, status};
pub use work::{Orders, Share, Worked, work};

use crate::context::Given;
use crate::error::Result;
use crate::profile::Profile;
use crate::registry::Registry;
use crate::report::{self, Comparison, Report, Side};
use crate::scheduler::Observer;
use crate::store::{Manifest, Record, Store};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// What the command line asks for.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The size of the run; None for the smallest.
    pub profile: Option<Profile>,
    /// The experiments; empty for all.
    pub only: Vec<String>,
    /// Settings that have options of their own, by name, for every experiment that has them.
    pub choices: Vec<(&'static str, Value)>,
    /// Changed settings, as `key=value`.
    pub set: Vec<String>,
    /// What its cells are given.
    pub given: Given,
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
        self.out
            .clone()
            .unwrap_or_else(|| Path::new("results").join(self.profile.unwrap_or_default().to_string()))
    }

    /// Whether it says nothing of what is to be run.
    #[must_use]
    pub fn is_open(&self) -> bool {
        let Self { profile, only, choices, set, .. } = self;
        profile.is_none() && only.is_empty() && choices.is_empty() && set.is_empty()
    }
}

/// How a run ended.
#[derive(Debug)]
pub struct Finished {
    /// What was there before.
    pub found: Found,
    /// What became of the cells.
    pub worked: Worked,
    /// The report, written into the run folder.
    pub report: Report,
}

/// Prepares the folder of a plan, runs what is missing, beside other workers if there are any, and writes the
/// report. `began` is told what was found, once, before the first cell.
///
/// # Errors
/// As [`prepare`] and [`work`], and when the report cannot be written.
pub fn reproduce(
    registry: &Registry,
    request: &Request,
    plan: &Plan,
    observer: &dyn Observer,
    began: impl FnOnce(&Found),
) -> Result<Finished> {
    let found = prepare(request, plan)?;
    began(&found);
    let orders = Orders {
        given: request.given.clone(),
        threads: request.threads,
        only: plan.experiments.iter().map(|planned| planned.experiment.id().to_owned()).collect(),
        wait: true,
        ..Orders::default()
    };
    let folder = request.folder();
    let worked = work(registry, &folder, &orders, observer, |_| ())?;
    let mut side = read(registry, &folder)?;
    write_report(&mut side, &folder)?;
    Ok(Finished { found, worked, report: side.report })
}

/// What a run folder says, from its stored records, without writing or running anything: it may be read-only,
/// and a run may be at work in it.
///
/// # Errors
/// When the folder holds no run, or what says so is damaged.
pub fn read(registry: &Registry, folder: &Path) -> Result<Side> {
    let store = Store::open(folder);
    let manifest = Manifest::new(&store.plan()?, Record::read_all(folder));
    let report = report::read(registry, &store, &manifest)?;
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
pub fn compare(registry: &Registry, a: &Path, b: &Path) -> Result<Comparison> {
    Ok(Comparison { a: read(registry, a)?, b: read(registry, b)? })
}
