//! The run folder: one file a finished cell, the configuration beside it, timings apart.
//!
//! ```text
//! manifest.json                        what was run, by what, on what
//! cells/EXPERIMENT/configuration.json  what the cells below belong to
//! cells/EXPERIMENT/CELL.mpk.gz         one record a finished cell: header, record, checksum: three MessagePack values
//! timings.csv                          seconds a cell (apart, so that results repeat bit for bit)
//! claims.csv, tables/, figures/, report.html
//! ```
//!
//! Every file is written under a temporary name, synced and renamed: a run that is killed leaves whole files
//! only. Whoever only reads needs no lock and no right to write.

mod cell_file;
mod configuration;
mod manifest;

pub use configuration::Configuration;
pub use manifest::{Entry, Manifest, Session};

use crate::error::{Error, Result};
use cell_file::{Contents, Header};
use fenchel_files::{FolderLock, remove_leftovers, set_aside};
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Writes a file whole, and makes its folder where it is not there.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder).map_err(Error::io("make the folder", folder))?;
    }
    Ok(fenchel_files::write_whole(path, bytes)?)
}

/// The ending of the files of cells.
const CELL: &str = ".mpk.gz";

/// A run folder.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    /// Held by whoever writes.
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
    /// Makes the folder where it is not there, locks it, and removes what a killed run left half written.
    ///
    /// # Errors
    /// When the folder cannot be made or written, or another process holds it.
    pub fn create(folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder).map_err(Error::io("make the run folder", folder))?;
        let lock = FolderLock::take(&folder.join("lock"))?;
        let lock = lock.ok_or_else(|| Error::FolderInUse(folder.to_path_buf()))?;
        remove_leftovers(folder)?;
        Ok(Self { folder: folder.to_path_buf(), lock: Some(lock) })
    }

    /// Opens a folder that holds a run, to read it.
    ///
    /// # Errors
    /// When there is no run.
    pub fn open(folder: &Path) -> Result<Self> {
        if !folder.join("manifest.json").is_file() {
            return Err(Error::NoRun(folder.to_path_buf()));
        }
        Ok(Self { folder: folder.to_path_buf(), lock: None })
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether a lock keeps other processes from writing into the folder.
    #[must_use]
    pub fn is_protected(&self) -> bool {
        self.lock.as_ref().is_some_and(FolderLock::protects)
    }

    /// Notes in the folder what the experiment's cells belong to, and removes what a killed run left half
    /// written of it. A note there that cannot be read is replaced, and what was wrong with it returned.
    /// Every cell says the same of itself, so nothing hangs on the note.
    ///
    /// # Errors
    /// When the folder holds cells of another configuration.
    pub fn claim(&self, experiment: &str, configuration: &Configuration) -> Result<Option<String>> {
        for kind in ["cells", "tables", "figures"] {
            remove_leftovers(&self.folder.join(kind).join(experiment))?;
        }
        let path = self.cells(experiment).join("configuration.json");
        let (stored, damage) = match Configuration::read(&path) {
            Ok(stored) => (stored, None),
            Err(error) => {
                let aside = set_aside(&path, "damaged")?;
                (None, Some(format!("{error}; it is now {}", aside.display())))
            }
        };
        if let Some(difference) = stored.and_then(|stored| stored.difference(configuration)) {
            let folder = self.folder.clone();
            return Err(Error::ConfigurationChanged { folder, experiment: experiment.into(), difference });
        }
        configuration.write(&path)?;
        Ok(damage)
    }

    /// Removes the experiment's cells, for a run that starts over, and last the note of what they belong to.
    /// What is no cell stays.
    ///
    /// # Errors
    /// When the files cannot be removed.
    pub fn forget(&self, experiment: &str) -> Result<()> {
        let folder = self.cells(experiment);
        let entries = match fs::read_dir(&folder) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            entries => entries.map_err(Error::io("read", &folder))?,
        };
        let is_cell = |entry: &fs::DirEntry| {
            entry.file_name().to_str().is_some_and(|name| name.ends_with(CELL))
                && entry.file_type().is_ok_and(|kind| kind.is_file())
        };
        let cells = entries.flatten().filter(is_cell).map(|entry| entry.path());
        for path in cells.chain([folder.join("configuration.json")]) {
            match fs::remove_file(&path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(Error::io("remove", &path)(error));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// What the store has of a cell. With `keep`, records that other code made count as current.
    #[must_use]
    pub fn read(
        &self,
        experiment: &str,
        cell: &str,
        case: &serde_json::Value,
        configuration: &Configuration,
        keep: bool,
    ) -> Stored {
        let (header, record) = match cell_file::read(&self.cell(experiment, cell)) {
            Contents::Nothing => return Stored::Absent,
            Contents::Damaged(reason) => return Stored::Damaged(reason),
            Contents::FirstLayout => return Stored::Stale(None),
            Contents::Sound(header, record) => (header, record),
        };
        let expected = Header::new(experiment, cell, case, configuration);
        if let Some(difference) = header.foreign_to(&expected) {
            return Stored::Foreign(difference);
        }
        if (&header.case, header.revision) != (&expected.case, expected.revision) {
            return Stored::Stale(None);
        }
        if header.back_end == expected.back_end && (keep || header.numerics == expected.numerics) {
            Stored::Current(record)
        } else {
            Stored::Stale(Some(record))
        }
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

    /// Notes how long a cell took, as far as that can be written: timings decide nothing. A later line for
    /// the same cell replaces an earlier one.
    pub fn note_timing(&self, experiment: &str, cell: &str, seconds: f64) {
        let path = self.folder.join("timings.csv");
        if path.symlink_metadata().is_ok_and(|found| !found.is_file()) {
            return;
        }
        if let Ok(mut file) = OpenOptions::new().create(true).append(true).open(&path) {
            // One write a line, so that lines of several threads do not mix.
            let _ = file.write_all(format!("{experiment},{cell},{seconds:.3}\n").as_bytes());
        }
    }

    /// The noted seconds of all cells, by (experiment, cell); lines that cannot be read are passed over.
    #[must_use]
    pub fn timings(&self) -> std::collections::BTreeMap<(String, String), f64> {
        let bytes = fenchel_files::read(&self.folder.join("timings.csv")).unwrap_or_default();
        String::from_utf8_lossy(&bytes)
            .lines()
            .filter_map(|line| {
                let mut parts = line.split(',');
                let (experiment, cell) = (parts.next()?, parts.next()?);
                Some(((experiment.to_owned(), cell.to_owned()), parts.next()?.parse().ok()?))
            })
            .collect()
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
