//! A lock on a folder: one process at a time, as far as the file system knows locks.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::Path;

use crate::FileError;

/// Keeps other processes out of a folder while it lives. The operating system drops it with its process,
/// however that ends.
#[derive(Debug)]
pub struct FolderLock {
    _file: File,
    protects: bool,
}

impl FolderLock {
    /// Takes the lock of the file at `path`, which is made where it is not there; none if another process
    /// holds it.
    ///
    /// Some network file systems have no locks: work there is possible, and [`protects`](Self::protects) says
    /// that nothing keeps others out.
    ///
    /// # Errors
    /// If the file cannot be made.
    pub fn take(path: &Path) -> Result<Option<Self>, FileError> {
        let file = open(path)?;
        Ok(match file.try_lock() {
            Ok(()) => Some(Self { _file: file, protects: true }),
            Err(TryLockError::WouldBlock) => None,
            Err(TryLockError::Error(_)) => Some(Self { _file: file, protects: false }),
        })
    }

    /// As [`take`](Self::take), but waits for another process that holds it; `waiting` hears of that.
    ///
    /// # Errors
    /// If the file cannot be made, or waiting fails.
    pub fn wait(path: &Path, waiting: impl FnOnce()) -> Result<Self, FileError> {
        if let Some(lock) = Self::take(path)? {
            return Ok(lock);
        }
        waiting();
        let file = open(path)?;
        file.lock().map_err(FileError::of("lock", path))?;
        Ok(Self { _file: file, protects: true })
    }

    /// Whether it keeps others out.
    #[must_use]
    pub fn protects(&self) -> bool {
        self.protects
    }
}

fn open(path: &Path) -> Result<File, FileError> {
    // Opening a pipe would wait for a reader.
    if fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        return Err(FileError::special("lock", path));
    }
    let opened = OpenOptions::new().create(true).truncate(false).write(true).open(path);
    opened.map_err(FileError::of("lock", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_holds_it_and_the_next_takes_it_afterwards() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let first = FolderLock::take(&path).unwrap().unwrap();
        assert!(first.protects());
        assert!(FolderLock::take(&path).unwrap().is_none());
        drop(first);
        assert!(FolderLock::take(&path).unwrap().is_some());
    }

    #[test]
    fn whoever_waits_is_told_and_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let first = FolderLock::take(&path).unwrap().unwrap();
        std::thread::scope(|scope| {
            let (told, hears) = std::sync::mpsc::channel();
            let second = scope.spawn(|| FolderLock::wait(&path, move || told.send(()).unwrap()).unwrap());
            hears.recv().unwrap();
            drop(first);
            assert!(second.join().unwrap().protects());
        });
    }

    #[test]
    fn a_folder_in_the_place_of_the_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        assert!(FolderLock::take(folder.path()).is_err());
    }
}
