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

#[cfg(test)]
mod tests {
    use super::*;

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
