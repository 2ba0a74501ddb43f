//! Reading regular files only.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use crate::FileError;

/// The contents of a regular file, or of one that a link leads to.
///
/// # Errors
/// If it is not there, cannot be read, or is a folder, a device or a pipe.
pub fn read(path: &Path) -> Result<Vec<u8>, FileError> {
    let refused = || FileError::of("read", path);
    // Before it is opened: opening a pipe waits for whoever writes into it.
    let found = fs::metadata(path).map_err(refused())?;
    if found.is_dir() {
        return Err(refused()(io::ErrorKind::IsADirectory.into()));
    }
    if !found.is_file() {
        return Err(FileError::special("read", path));
    }
    let mut bytes = Vec::new();
    File::open(path).and_then(|mut file| file.read_to_end(&mut bytes)).map_err(refused())?;
    Ok(bytes)
}

/// What stands under a name that only whole regular files are given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// Nothing.
    Nothing,
    /// A regular file, or a link to one, with these contents.
    File(Vec<u8>),
    /// What no program of this workspace puts there, and what it is.
    Other(&'static str),
}

/// Looks what stands under a name. That something cannot be seen just now says nothing of what it is: only a look
/// that succeeds tells that nothing is there, or that it is no file.
///
/// # Errors
/// If the operating system does not let it be seen, for want of a right, of a handle, or of a server.
pub fn look(path: &Path) -> Result<Found, FileError> {
    use io::ErrorKind::{NotFound, StaleNetworkFileHandle};
    let refused = || FileError::of("read", path);
    let entry = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == NotFound => return Ok(Found::Nothing),
        entry => entry.map_err(refused())?,
    };
    let found = match fs::metadata(path) {
        Err(error) if entry.is_symlink() && leads_nowhere(&error) => {
            return Ok(Found::Other("it is a link that leads nowhere"));
        }
        // It went between the two looks.
        Err(error) if error.kind() == NotFound => return Ok(Found::Nothing),
        found => found.map_err(refused())?,
    };
    if found.is_dir() {
        return Ok(Found::Other("it is a directory"));
    }
    if !found.is_file() {
        return Ok(Found::Other("it is a device or a pipe"));
    }
    let contents = || -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        File::open(path)?.read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let bytes = match contents() {
        // A server gave the name to another file between opening and reading.
        Err(error) if error.kind() == StaleNetworkFileHandle => contents(),
        bytes => bytes,
    };
    match bytes {
        Ok(bytes) => Ok(Found::File(bytes)),
        Err(error) if error.kind() == NotFound => Ok(Found::Nothing),
        Err(error) => Err(refused()(error)),
    }
}

/// Whether a link ends at nothing, or leads back to itself: a kind that has no stable name yet.
fn leads_nowhere(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound || format!("{:?}", error.kind()) == "FilesystemLoop"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn what_is_no_file_is_told_from_what_cannot_be_seen_just_now() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let is = |found: &Found| assert_eq!(look(&path).as_ref(), Ok(found));
        is(&Found::Nothing);
        for target in ["nowhere", "a"] {
            symlink(target, &path).unwrap();
            is(&Found::Other("it is a link that leads nowhere"));
            fs::remove_file(&path).unwrap();
        }
        fs::create_dir(&path).unwrap();
        is(&Found::Other("it is a directory"));
        fs::remove_dir(&path).unwrap();
        let listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
        is(&Found::Other("it is a device or a pipe"));
        drop(listener);
        fs::remove_file(&path).unwrap();
        fs::write(folder.path().join("b"), "x").unwrap();
        symlink("b", &path).unwrap();
        is(&Found::File(b"x".to_vec()));
        // A part of the path that is a file, a name that is too long: nothing is said of what is there. Rights,
        // of which root has all, are no means of this test.
        for unseen in [path.join("c"), folder.path().join("x".repeat(300))] {
            let error = look(&unseen).unwrap_err();
            assert_eq!(error.action, "read");
            assert_ne!(error.kind, io::ErrorKind::NotFound);
        }
    }

    #[test]
    fn what_is_no_regular_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let message = |path: &Path| read(path).unwrap_err().to_string();
        assert!(message(&path).contains("is the path right?"));
        assert!(message(folder.path()).contains("name a file in it"));
        fs::write(&path, "x").unwrap();
        assert_eq!(read(&path).unwrap(), b"x");
        #[cfg(unix)]
        {
            let socket = folder.path().join("socket");
            let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
            assert!(message(&socket).contains("a device or a pipe"), "{}", message(&socket));
        }
    }
}
