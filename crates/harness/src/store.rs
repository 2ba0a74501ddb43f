//! The run folder: one file a finished cell, the plan, one record a worker, and the leases of cells at work.
//!
//! ```text
//! plan.json                    what is to be run: settings, cells, costs
//! cells/EXPERIMENT/CELL.mpk.gz one record a finished cell: header, record, checksum: three MessagePack values
//! leases/EXPERIMENT/CELL.json  who is at work on a cell
//! sessions/WORKER.json         what one worker did: machine, seconds a cell, failures
//! claims.csv, tables/, figures/, report.html
//! ```
//!
//! Every file is written under a temporary name and renamed: a run that is killed leaves whole files only.
//! The plan is written by whoever prepares the folder, under its lock; a record by its worker alone; a cell by
//! whoever has its lease. Whoever only reads needs no lock and no right to write.

mod cell_file;
mod configuration;
mod lease;
mod manifest;
mod plan_file;
mod record;
mod session;

pub use configuration::Configuration;
pub use lease::{Claim, Holder, Lease, Leases, leases};
pub use manifest::{Entry, Manifest};
pub use plan_file::{PlannedCell, PlannedExperiment, StoredPlan};
pub use record::{BEAT, LEASE, Record, Recorder, Timings, timings};
pub use session::Session;

use crate::error::{Error, Result};
use cell_file::{Contents, Header};
use fenchel_files::{FolderLock, remove_leftovers, set_aside};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Writes a file whole, and makes its folder where it is not there.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder).map_err(Error::io("make the folder", folder))?;
    }
    Ok(fenchel_files::write_whole(path, bytes)?)
}

/// Removes a file, if it is there.
fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        removed => removed.map_err(Error::io("remove", path)),
    }
}

/// The ending of the files of cells.
const CELL: &str = ".mpk.gz";

/// A run folder.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    /// Held by whoever prepares.
    lock: Option<FolderLock>,
}

/// What the store has of a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stored {
    /// Nothing.
    Absent,
    /// A file that cannot be used, and why.
    Damaged(String),
    /// The record of something else, other settings or another cell: the first difference.
    Foreign(String),
    /// A record that other code or another back end made; None where it is of another case or meaning.
    Stale(Option<Vec<u8>>),
    /// The record, as MessagePack.
    Current(Vec<u8>),
}

impl Store {
    /// Makes the folder where it is not there and locks it, to prepare it; waits while another process does.
    ///
    /// # Errors
    /// When the folder cannot be made or written.
    pub fn prepare(folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder).map_err(Error::io("make the run folder", folder))?;
        let lock = FolderLock::wait(&folder.join("lock"), || ())?;
        Ok(Self { folder: folder.to_path_buf(), lock: Some(lock) })
    }

    /// Opens a run folder, to read it or to work on it.
    #[must_use]
    pub fn open(folder: &Path) -> Self {
        Self { folder: folder.to_path_buf(), lock: None }
    }

    /// The plan of the run.
    ///
    /// # Errors
    /// When there is none, or it is damaged.
    pub fn plan(&self) -> Result<StoredPlan> {
        StoredPlan::read(&self.folder)?.ok_or_else(|| {
            let folder = self.folder.clone();
            if self.is_of_the_first_layout() { Error::FirstLayout(folder) } else { Error::NoRun(folder) }
        })
    }

    /// Whether the folder was made by a program that kept a manifest in place of a plan and records.
    #[must_use]
    pub fn is_of_the_first_layout(&self) -> bool {
        self.folder.join("manifest.json").is_file() && !self.folder.join("plan.json").exists()
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether a lock keeps other processes from preparing the folder at the same time.
    #[must_use]
    pub fn is_protected(&self) -> bool {
        self.lock.as_ref().is_some_and(FolderLock::protects)
    }

    /// Removes what killed processes left half written of the run and of these experiments.
    ///
    /// Every writer locks what it writes; whether locks reach from host to host depends on the file system. So
    /// nothing is removed while a worker of another host may be alive.
    ///
    /// # Errors
    /// When a leftover cannot be removed.
    pub fn remove_leftovers<'a>(&self, experiments: impl Iterator<Item = &'a str>) -> Result<()> {
        let here = fenchel_files::Process::this().system;
        let elsewhere = |record: &Record| record.may_be_at_work() && record.process.system != here;
        if Record::read_all(&self.folder).iter().any(elsewhere) {
            return Ok(());
        }
        remove_leftovers(&self.folder)?;
        remove_leftovers(&self.folder.join("sessions"))?;
        for experiment in experiments {
            for kind in ["cells", "leases", "tables", "figures"] {
                remove_leftovers(&self.folder.join(kind).join(experiment))?;
            }
        }
        Ok(())
    }

    /// Removes the records of sessions that finished no cell but of these experiments, for a run that starts over:
    /// nothing is left that was computed in them.
    ///
    /// # Errors
    /// When one cannot be removed.
    pub fn forget_sessions(&self, experiments: &BTreeSet<&str>) -> Result<()> {
        let forgotten = |record: &Record| record.timings.keys().all(|id| experiments.contains(id.as_str()));
        Record::read_all(&self.folder).iter().filter(|record| forgotten(record)).try_for_each(|record| {
            remove(&self.folder.join("sessions").join(format!("{}.json", record.worker)))
        })
    }

    /// Removes the experiment's cells, for a run that starts over. What is no cell stays.
    ///
    /// # Errors
    /// When the files cannot be removed.
    pub fn forget(&self, experiment: &str) -> Result<()> {
        self.names(experiment).iter().try_for_each(|cell| remove(&self.cell(experiment, cell)))
    }

    /// The cells of an experiment of which there is a regular file, whatever it holds.
    #[must_use]
    pub fn names(&self, experiment: &str) -> BTreeSet<String> {
        let entries = fs::read_dir(self.cells(experiment)).into_iter().flatten().flatten();
        let files = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()));
        files.filter_map(|entry| Some(entry.file_name().to_str()?.strip_suffix(CELL)?.to_owned())).collect()
    }

    /// What the store has of a cell. With `keep`, records that other code made count as current.
    ///
    /// # Errors
    /// When its file cannot be read just now.
    pub fn read(
        &self,
        experiment: &str,
        cell: &str,
        case: &serde_json::Value,
        configuration: &Configuration,
        keep: bool,
    ) -> Result<Stored> {
        let (header, record) = match cell_file::read(&self.cell(experiment, cell))? {
            Contents::Nothing => return Ok(Stored::Absent),
            Contents::Damaged(reason) => return Ok(Stored::Damaged(reason)),
            Contents::FirstLayout => return Ok(Stored::Stale(None)),
            Contents::Sound(header, record) => (header, record),
        };
        let expected = Header::new(experiment, cell, case, configuration);
        if let Some(difference) = header.foreign_to(&expected) {
            return Ok(Stored::Foreign(difference));
        }
        if (&header.case, header.revision) != (&expected.case, expected.revision) {
            return Ok(Stored::Stale(None));
        }
        let is_of_this_code = keep || header.numerics == expected.numerics;
        Ok(if header.back_end == expected.back_end && is_of_this_code {
            Stored::Current(record)
        } else {
            Stored::Stale(Some(record))
        })
    }

    /// Moves the file of a cell out of the way, under a name that says `word`.
    ///
    /// # Errors
    /// When it cannot be moved.
    pub fn set_aside(&self, experiment: &str, cell: &str, word: &str) -> Result<PathBuf> {
        Ok(set_aside(&self.cell(experiment, cell), word)?)
    }

    /// Stores the record of a finished cell.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(
        &self,
        experiment: &str,
        cell: &str,
        case: &serde_json::Value,
        configuration: &Configuration,
        record: &[u8],
    ) -> Result<()> {
        let header = Header::new(experiment, cell, case, configuration);
        cell_file::write(&self.cell(experiment, cell), &header, record)
    }

    fn cells(&self, experiment: &str) -> PathBuf {
        self.folder.join("cells").join(experiment)
    }

    fn cell(&self, experiment: &str, cell: &str) -> PathBuf {
        self.cells(experiment).join(format!("{cell}{CELL}"))
    }
}

#[cfg(test)]
mod tests;
