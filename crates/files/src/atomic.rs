//! Whole files or none: written under a temporary name in the same folder, synced, renamed.

use std::fs::{self, File};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::FileError;
use crate::leftovers;

/// A file that appears under its name only when it is [committed](Self::commit); dropped before, it leaves
/// nothing.
///
/// The temporary file is made at once, so a folder that cannot be written to is known before long work
/// begins. Only a regular file is ever replaced: a link is followed, and a folder, a device or a pipe is
/// refused.
///
/// ```
/// use std::io::Write;
/// use fenchel_files::AtomicFile;
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
    file: NamedTempFile,
    /// The name that the caller gave.
    path: PathBuf,
    /// Where it leads, if it is a link; the same otherwise.
    target: PathBuf,
}

impl AtomicFile {
    /// Begins a file.
    ///
    /// # Errors
    /// If something other than a regular file has the name, or its folder is not there or cannot be written
    /// to.
    pub fn create(path: &Path) -> Result<Self, FileError> {
        let refused = || FileError::of("write", path);
        let target = destination(path)?;
        let file = leftovers::named(0o666).tempfile_in(folder_of(&target)).map_err(refused())?;
        // While it is held nobody takes the file for a leftover. Not every file system has locks.
        let _ = file.as_file().try_lock();
        Ok(Self { file, path: path.to_path_buf(), target })
    }

    /// The name that the file will have.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Brings everything to the disk and gives the file its name, in place of any regular file that had it.
    ///
    /// # Errors
    /// If the operating system refuses, or something other than a regular file has come there meanwhile; then
    /// what was there stands as before.
    pub fn commit(self) -> Result<(), FileError> {
        let Self { file, path, target } = self;
        file.as_file().sync_all().map_err(FileError::of("write", &path))?;
        refuse_special(&target).map_err(|error| FileError { path: path.clone(), ..error })?;
        file.persist(&target).map_err(|refused| FileError::of("write", &path)(refused.error))?;
        sync_folder(folder_of(&target));
        Ok(())
    }

    /// As [`commit`](Self::commit), but only where nothing has the name yet; says whether that was so. Of
    /// several processes, on one host or many, one gets the name.
    ///
    /// Nothing is brought to the disk: such a file is a word between living processes.
    ///
    /// # Errors
    /// If the operating system refuses for another reason.
    pub fn commit_new(self) -> Result<bool, FileError> {
        let Self { file, path, target } = self;
        match file.persist_noclobber(&target) {
            Ok(_) => Ok(true),
            Err(refused) if refused.error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(refused) => Err(FileError::of("write", &path)(refused.error)),
        }
    }
}

/// Writes `bytes` under a name that nothing has yet, whole from the first moment; says whether that was so.
///
/// # Errors
/// If the operating system refuses.
pub fn write_new(path: &Path, bytes: &[u8]) -> Result<bool, FileError> {
    // Most often the name is either free or long taken: a look is cheaper than a file made in vain.
    if fs::symlink_metadata(path).is_ok() {
        return Ok(false);
    }
    let mut file = AtomicFile::create(path)?;
    file.write_all(bytes).map_err(FileError::of("write", path))?;
    file.commit_new()
}

/// Writes `bytes` so that a reader, or a program after a power cut, finds the old file or the new one, never
/// a part.
///
/// # Errors
/// If the operating system refuses.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let mut file = AtomicFile::create(path)?;
    file.write_all(bytes).map_err(FileError::of("write", path))?;
    file.commit()
}

/// Where a file of this name is to be written: the end of a link, the name itself otherwise.
fn destination(path: &Path) -> Result<PathBuf, FileError> {
    let is_link = fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink());
    let target = if is_link {
        // A link that leads nowhere could lead anywhere by the time of the rename.
        fs::canonicalize(path).map_err(|error| {
            let error = FileError::of("write", path)(error);
            FileError { reason: format!("the link leads nowhere ({})", error.reason), ..error }
        })?
    } else {
        path.to_path_buf()
    };
    refuse_special(&target).map_err(|error| FileError { path: path.to_path_buf(), ..error })?;
    Ok(target)
}

/// Refuses everything that has this name and is not a regular file.
fn refuse_special(path: &Path) -> Result<(), FileError> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_file() => Ok(()),
        Ok(found) if found.is_dir() => Err(FileError::of("write", path)(io::ErrorKind::IsADirectory.into())),
        Ok(_) => Err(FileError::special("write", path)),
        // Whatever else is wrong with the place is found when the temporary file is made.
        Err(_) => Ok(()),
    }
}

pub(crate) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."))
}

/// Brings a folder's entries to the disk, so that a rename survives a power cut; not every system can.
pub(crate) fn sync_folder(folder: &Path) {
    if let Ok(handle) = File::open(folder) {
        let _ = handle.sync_all();
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn count(folder: &Path) -> usize {
        fs::read_dir(folder).unwrap().count()
    }

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
        assert_eq!(count(folder.path()), 1, "no temporary file is left");
    }

    #[test]
    fn of_many_who_want_a_name_one_gets_it_and_its_file_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let won: Vec<usize> = std::thread::scope(|scope| {
            let path = &path;
            let tries: Vec<_> = (0..8)
                .map(|i| scope.spawn(move || write_new(path, &[i; 1000]).unwrap().then_some(usize::from(i))))
                .collect();
            tries.into_iter().filter_map(|each| each.join().unwrap()).collect()
        });
        assert_eq!(won.len(), 1);
        assert_eq!(fs::read(&path).unwrap(), vec![won[0] as u8; 1000]);
        assert_eq!(count(folder.path()), 1, "no temporary file is left");
    }

    #[test]
    fn a_folder_or_a_missing_folder_is_refused_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let message = AtomicFile::create(folder.path()).unwrap_err().to_string();
        assert!(message.contains("directory") && message.contains("name a file in it"), "{message}");
        let message = AtomicFile::create(&folder.path().join("no/a.bin")).unwrap_err().to_string();
        assert!(message.contains("no/a.bin") && message.contains("folder exist"), "{message}");
        assert!(!message.contains(".fenchel-"), "the temporary name is nobody's business: {message}");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_followed_and_a_dangling_one_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (target, link) = (folder.path().join("target"), folder.path().join("link"));
        fs::write(&target, "old").unwrap();
        std::os::unix::fs::symlink("target", &link).unwrap();
        write_whole(&link, b"new").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&target).unwrap(), b"new");
        fs::remove_file(&target).unwrap();
        let message = write_whole(&link, b"new").unwrap_err().to_string();
        assert!(message.contains("leads nowhere"), "{message}");
        assert_eq!(count(folder.path()), 1);
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_regular_file_is_never_replaced() {
        use std::os::unix::fs::FileTypeExt;
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("socket");
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink("socket", &link).unwrap();
        for path in [&socket, &link] {
            let message = write_whole(path, b"x").unwrap_err().to_string();
            assert!(message.contains("a device or a pipe") && message.contains("regular file"), "{message}");
        }
        assert!(fs::symlink_metadata(&socket).unwrap().file_type().is_socket());
        // What comes to the place while the file is being written is not replaced either.
        let late = folder.path().join("late");
        let file = AtomicFile::create(&late).unwrap();
        let _listener = std::os::unix::net::UnixListener::bind(&late).unwrap();
        assert!(file.commit().is_err());
        assert!(fs::symlink_metadata(&late).unwrap().file_type().is_socket());
        assert_eq!(count(folder.path()), 3, "no temporary file is left");
    }

    #[cfg(unix)]
    #[test]
    fn files_have_the_rights_that_the_user_gives_new_files() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let (ours, plain) = (folder.path().join("ours"), folder.path().join("plain"));
        write_whole(&ours, b"x").unwrap();
        fs::write(&plain, "x").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode(&ours), mode(&plain));
    }
}
