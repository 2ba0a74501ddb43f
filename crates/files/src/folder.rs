//! Whole folders or none: filled under a temporary name, synced, renamed.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::atomic::{folder_of, sync_folder};
use crate::{FileError, leftovers};

/// A folder that appears under its name, with all that was written into it, only when it is
/// [committed](Self::commit); dropped before, it leaves nothing.
#[derive(Debug)]
pub struct AtomicFolder {
    temporary: TempDir,
    path: PathBuf,
    /// Held so that nobody takes the folder for a leftover; none where folders cannot be opened.
    lock: Option<File>,
}

impl AtomicFolder {
    /// Begins a folder.
    ///
    /// # Errors
    /// If the folder above it is not there or cannot be written to.
    pub fn create(path: &Path) -> Result<Self, FileError> {
        let temporary = leftovers::named(0o777).tempdir_in(folder_of(path));
        let temporary = temporary.map_err(FileError::of("make", path))?;
        let lock = File::open(temporary.path()).ok();
        if let Some(lock) = &lock {
            // Not every file system has locks.
            let _ = lock.try_lock();
        }
        Ok(Self { temporary, path: path.to_path_buf(), lock })
    }

    /// Where its files are to be written before it is committed.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.temporary.path()
    }

    /// Gives the folder its name, in place of a folder that had it.
    ///
    /// # Errors
    /// If the operating system refuses, or something that is no folder has the name.
    pub fn commit(self) -> Result<(), FileError> {
        let Self { temporary, path, lock } = self;
        sync_folder(temporary.path());
        if fs::symlink_metadata(&path).is_ok() {
            remove_folder(&path)?;
        }
        fs::rename(temporary.path(), &path).map_err(FileError::of("write", &path))?;
        // There is nothing left under the temporary name.
        let _ = temporary.keep();
        drop(lock);
        sync_folder(folder_of(&path));
        Ok(())
    }

    /// Leaves it as a kill would.
    #[cfg(test)]
    pub(crate) fn abandon(self) -> PathBuf {
        self.temporary.keep()
    }
}

/// Removes a whole folder: out of sight first, so that a kill in the middle leaves no half folder under a
/// good name.
///
/// # Errors
/// If the operating system refuses, or `path` is no folder.
pub fn remove_folder(path: &Path) -> Result<(), FileError> {
    let refused = || FileError::of("remove", path);
    if !fs::symlink_metadata(path).map_err(refused())?.is_dir() {
        return Err(refused()(std::io::ErrorKind::NotADirectory.into()));
    }
    let doomed = leftovers::named(0o777).tempdir_in(folder_of(path)).map_err(refused())?;
    fs::rename(path, doomed.path().join("old")).map_err(refused())?;
    doomed.close().map_err(refused())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_replaced_whole_or_not_at_all() {
        let above = tempfile::tempdir().unwrap();
        let path = above.path().join("a");
        for text in ["one", "two"] {
            let folder = AtomicFolder::create(&path).unwrap();
            fs::write(folder.path().join("x"), text).unwrap();
            folder.commit().unwrap();
        }
        drop(AtomicFolder::create(&path).unwrap());
        assert_eq!(fs::read(path.join("x")).unwrap(), b"two");
        assert_eq!(fs::read_dir(above.path()).unwrap().count(), 1, "no temporary folder is left");
    }

    #[test]
    fn a_file_in_the_place_is_not_replaced() {
        let above = tempfile::tempdir().unwrap();
        let path = above.path().join("a");
        fs::write(&path, "mine").unwrap();
        assert!(AtomicFolder::create(&path).unwrap().commit().is_err());
        assert_eq!(fs::read(&path).unwrap(), b"mine");
    }
}
