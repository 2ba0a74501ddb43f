//! Whole files or none: written under a temporary name in the same folder, synced, renamed.

use std::fs::{self, File};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::WeightsError;

/// A file that appears under its name only when it is [committed](Self::commit); dropped before, it leaves nothing.
///
/// The temporary file is made at once, so a folder that cannot be written to is known before long work begins.
///
/// ```
/// use std::io::Write;
/// use fenchel_nn::weights::AtomicFile;
///
/// let path = std::env::temp_dir().join(format!("fenchel-atomic-{}.txt", std::process::id()));
/// let mut file = AtomicFile::create(&path)?;
/// file.write_all(b"whole")?;
/// assert!(!path.exists());
/// file.commit()?;
/// assert_eq!(std::fs::read(&path)?, b"whole");
/// # std::fs::remove_file(&path)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct AtomicFile {
    file: File,
    path: PathBuf,
    temporary: PathBuf,
    committed: bool,
}

impl AtomicFile {
    /// Begins a file.
    ///
    /// # Errors
    /// If `path` is a folder, or its folder is not there or cannot be written to.
    pub fn create(path: &Path) -> Result<Self, WeightsError> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        if path.is_dir() {
            return Err(WeightsError::io("write", path)(io::ErrorKind::IsADirectory.into()));
        }
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let temporary = folder_of(path).join(format!(".tmp-{}-{number}", std::process::id()));
        let file = File::create(&temporary).map_err(WeightsError::io("write", path))?;
        Ok(Self { file, path: path.to_path_buf(), temporary, committed: false })
    }

    /// The name that the file will have.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Brings everything to the disk and gives the file its name, in place of any file that had it.
    ///
    /// # Errors
    /// If the operating system refuses; then the old file, if there was one, stands as before.
    pub fn commit(mut self) -> Result<(), WeightsError> {
        let done = self.file.sync_all().and_then(|()| fs::rename(&self.temporary, &self.path));
        done.map_err(WeightsError::io("write", &self.path))?;
        self.committed = true;
        // The rename itself must survive a power cut; not every system can sync a folder.
        if let Ok(folder) = File::open(folder_of(&self.path)) {
            let _ = folder.sync_all();
        }
        Ok(())
    }
}

/// Writes `bytes` so that a reader, or a program after a power cut, finds the old file or the new one, never a part.
///
/// # Errors
/// If the operating system refuses.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), WeightsError> {
    let mut file = AtomicFile::create(path)?;
    file.write_all(bytes).map_err(WeightsError::io("write", path))?;
    file.commit()
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."))
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Seek for AtomicFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

impl Drop for AtomicFile {
    fn drop(&mut self) {
        if !self.committed {
            // Best effort: what went wrong before is the message that matters.
            let _ = fs::remove_file(&self.temporary);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.bin");
        write_whole(&path, b"one").unwrap();
        let mut half = AtomicFile::create(&path).unwrap();
        half.write_all(b"ha").unwrap();
        drop(half);
        assert_eq!(fs::read(&path).unwrap(), b"one");
        write_whole(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file is left");
    }

    #[test]
    fn a_folder_or_a_missing_folder_is_refused_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let message = AtomicFile::create(folder.path()).unwrap_err().to_string();
        assert!(message.contains("directory") && message.contains("name a file in it"), "{message}");
        let message = AtomicFile::create(&folder.path().join("no/a.bin")).unwrap_err().to_string();
        assert!(message.contains("no/a.bin") && message.contains("folder exist"), "{message}");
    }
}
