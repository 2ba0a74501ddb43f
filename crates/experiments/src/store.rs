//! The run folder: one file a finished cell, the configuration beside it, timings apart.
//!
//! ```text
//! manifest.json                        what was run, by what, on what
//! cells/EXPERIMENT/configuration.json  what the cells below belong to
//! cells/EXPERIMENT/CELL.mpk.gz         one record a finished cell: two MessagePack values, header and record
//! timings.csv                          seconds a cell (apart, so that results repeat bit for bit)
//! claims.csv, tables/, figures/, report.html
//! ```
//!
//! Every file is written under a temporary name, synced and renamed: a run that is killed leaves whole files only.

mod atomic;
mod cell_file;
mod configuration;
mod manifest;

pub(crate) use atomic::write_whole;
pub use configuration::Configuration;
pub use manifest::{Entry, Manifest, Session};

use crate::error::{Error, Result};
use cell_file::Header;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

/// An open run folder; no other process may open it meanwhile.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    _lock: File,
}

/// What the store has of a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stored {
    /// Nothing.
    Absent,
    /// A record that other code made, or the same code from another case.
    Stale,
    /// The record, as MessagePack.
    Current(Vec<u8>),
}

impl Store {
    /// Makes the folder where it is not there, and locks it.
    ///
    /// # Errors
    /// When the folder cannot be made or written, or another process holds it.
    pub fn create(folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder).map_err(Error::io("make the run folder", folder))?;
        let path = folder.join("lock");
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(Error::io("write", &path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => return Err(Error::FolderInUse(folder.to_path_buf())),
            // Some network file systems have no locks; a run there is not protected, but works.
            Err(fs::TryLockError::Error(_)) => {}
        }
        atomic::remove_leftovers(folder)?;
        Ok(Self { folder: folder.to_path_buf(), _lock: lock })
    }

    /// Opens a folder that holds a run.
    ///
    /// # Errors
    /// When there is no run, or another process holds it.
    pub fn open(folder: &Path) -> Result<Self> {
        if !folder.join("manifest.json").is_file() {
            return Err(Error::NoRun(folder.to_path_buf()));
        }
        Self::create(folder)
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Binds the experiment's cells in this folder to `configuration`.
    ///
    /// # Errors
    /// When the folder holds cells of another configuration.
    pub fn claim(&self, experiment: &str, configuration: &Configuration) -> Result<()> {
        let path = self.cells(experiment).join("configuration.json");
        if let Some(stored) = Configuration::read(&path)?
            && let Some(difference) = stored.difference(configuration)
        {
            let folder = self.folder.clone();
            return Err(Error::ConfigurationChanged { folder, experiment: experiment.into(), difference });
        }
        configuration.write(&path)
    }

    /// Removes the experiment's cells, for a run that starts over.
    ///
    /// # Errors
    /// When the files cannot be removed.
    pub fn forget(&self, experiment: &str) -> Result<()> {
        let cells = self.cells(experiment);
        match fs::remove_dir_all(&cells) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(Error::io("remove", &cells)(error))
            }
            _ => Ok(()),
        }
    }

    /// What the store has of a cell. With `keep`, records that other code made count as current.
    ///
    /// # Errors
    /// When a file is damaged.
    pub fn read(
        &self,
        experiment: &str,
        cell: &str,
        case: &serde_json::Value,
        configuration: &Configuration,
        keep: bool,
    ) -> Result<Stored> {
        let Some((header, record)) = cell_file::read(&self.cell(experiment, cell))? else {
            return Ok(Stored::Absent);
        };
        let expected = Header::new(experiment, cell, case, configuration);
        let same_code = keep || header.numerics == expected.numerics;
        let same_cell = Header { numerics: expected.numerics.clone(), ..header } == expected;
        Ok(if same_code && same_cell { Stored::Current(record) } else { Stored::Stale })
    }

    /// The record of a cell whatever code and back end computed it, for a report; None where there is none for this
    /// case and meaning.
    ///
    /// # Errors
    /// When a file is damaged.
    pub fn read_as_is(
        &self,
        experiment: &str,
        cell: &str,
        case: &serde_json::Value,
        revision: u32,
    ) -> Result<Option<Vec<u8>>> {
        let found = cell_file::read(&self.cell(experiment, cell))?;
        let case = case.to_string();
        Ok(found
            .filter(|(header, _)| header.case == case && header.revision == revision)
            .map(|(_, record)| record))
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

    /// Notes how long a cell took. A later line for the same cell replaces an earlier one.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn note_timing(&self, experiment: &str, cell: &str, seconds: f64) -> Result<()> {
        let path = self.folder.join("timings.csv");
        let fault = || Error::io("write", &path);
        let mut file = OpenOptions::new().create(true).append(true).open(&path).map_err(fault())?;
        // One write a line, so that lines of several threads do not mix.
        file.write_all(format!("{experiment},{cell},{seconds:.3}\n").as_bytes()).map_err(fault())
    }

    /// The noted seconds of all cells, by (experiment, cell); lines that cannot be read are passed over.
    #[must_use]
    pub fn timings(&self) -> std::collections::BTreeMap<(String, String), f64> {
        let text = fs::read_to_string(self.folder.join("timings.csv")).unwrap_or_default();
        text.lines()
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
        self.cells(experiment).join(format!("{cell}.mpk.gz"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn configuration(steps: u32, numerics: &str) -> Configuration {
        let settings = json!({ "steps": steps, "seeds": [0] });
        Configuration {
            experiment: "e".into(),
            revision: 1,
            settings,
            back_end: "rust".into(),
            numerics: numerics.into(),
        }
    }

    #[test]
    fn a_cell_is_kept_until_its_case_or_code_changes() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::create(folder.path()).unwrap();
        let (now, case) = (configuration(5, "aa"), json!({"r": 1.5}));
        assert_eq!(store.read("e", "c", &case, &now, false).unwrap(), Stored::Absent);
        store.write("e", "c", &case, &now, b"\x01\x02").unwrap();
        assert_eq!(store.read("e", "c", &case, &now, false).unwrap(), Stored::Current(vec![1, 2]));
        assert_eq!(store.read("e", "c", &json!({"r": 1.6}), &now, true).unwrap(), Stored::Stale);
        let other = configuration(5, "bb");
        assert_eq!(store.read("e", "c", &case, &other, false).unwrap(), Stored::Stale);
        assert_eq!(store.read("e", "c", &case, &other, true).unwrap(), Stored::Current(vec![1, 2]));
        let elsewhere = Configuration { back_end: "other".into(), ..other };
        assert_eq!(store.read("e", "c", &case, &elsewhere, true).unwrap(), Stored::Stale);
        assert_eq!(store.read_as_is("e", "c", &case, 1).unwrap(), Some(vec![1, 2]));
        assert_eq!(store.read_as_is("e", "c", &json!({"r": 1.6}), 1).unwrap(), None);
        assert_eq!(store.read_as_is("e", "c", &case, 2).unwrap(), None);
    }

    #[test]
    fn another_configuration_is_refused_until_the_folder_starts_over() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::create(folder.path()).unwrap();
        store.claim("e", &configuration(5, "aa")).unwrap();
        store.claim("e", &configuration(5, "bb")).unwrap();
        let message = store.claim("e", &configuration(6, "bb")).unwrap_err().to_string();
        assert!(message.contains("steps = 5 there, 6 here") && message.contains("--out"), "{message}");
        store.forget("e").unwrap();
        store.claim("e", &configuration(6, "bb")).unwrap();
    }

    #[test]
    fn two_processes_do_not_share_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        let first = Store::create(folder.path()).unwrap();
        assert!(matches!(Store::create(folder.path()), Err(Error::FolderInUse(_))));
        drop(first);
        assert!(Store::create(folder.path()).is_ok());
        assert!(matches!(Store::open(folder.path()), Err(Error::NoRun(_))));
    }

    #[test]
    fn damage_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::create(folder.path()).unwrap();
        let (now, case) = (configuration(5, "aa"), json!({}));
        store.write("e", "c", &case, &now, &[7; 1000]).unwrap();
        let path = store.cell("e", "c");
        let whole = fs::read(&path).unwrap();
        for at in [0, 12, whole.len() / 2, whole.len() - 5] {
            let mut bent = whole.clone();
            bent[at] ^= 0x10;
            fs::write(&path, &bent).unwrap();
            assert!(
                matches!(store.read("e", "c", &case, &now, false), Err(Error::Damaged { .. })),
                "byte {at}"
            );
        }
        fs::write(&path, &whole[..whole.len() - 3]).unwrap();
        assert!(matches!(store.read("e", "c", &case, &now, false), Err(Error::Damaged { .. })));
    }

    #[test]
    fn timings_of_the_last_run_count() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::create(folder.path()).unwrap();
        store.note_timing("e", "c", 1.0).unwrap();
        store.note_timing("e", "c", 2.0).unwrap();
        assert_eq!(store.timings()[&("e".into(), "c".into())], 2.0);
    }
}
