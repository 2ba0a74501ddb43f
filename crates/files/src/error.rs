//! What the operating system refused, of which file, and what to do about it.

use std::io;
use std::path::{Path, PathBuf};

/// The operating system refused to read or write.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot {action} {}: {reason}{}", path.display(), remedy(action, *kind))]
pub struct FileError {
    /// The verb of the attempt. `read` and `open` are attempts to read, all others to write.
    pub action: &'static str,
    /// The file or folder.
    pub path: PathBuf,
    /// The kind of refusal.
    pub kind: io::ErrorKind,
    /// The operating system's words.
    pub reason: String,
}

impl FileError {
    /// The error of an attempt, in the form that `map_err` wants.
    ///
    /// ```
    /// use fenchel_files::FileError;
    ///
    /// let path = std::path::Path::new("no/such/file");
    /// let error = std::fs::read(path).map_err(FileError::of("read", path)).unwrap_err();
    /// assert!(error.to_string().ends_with("is the path right?"));
    /// ```
    pub fn of(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_path_buf();
        move |error| Self { action, path, kind: error.kind(), reason: words(&error) }
    }

    /// Something that is neither a regular file nor a folder.
    pub(crate) fn special(action: &'static str, path: &Path) -> Self {
        let (kind, reason) = (io::ErrorKind::InvalidInput, "it is a device or a pipe".to_owned());
        Self { action, path: path.to_path_buf(), kind, reason }
    }

    /// Whether every further attempt to write there would fail alike: no room, or no right to write.
    #[must_use]
    pub fn is_lasting(&self) -> bool {
        use io::ErrorKind::{QuotaExceeded, ReadOnlyFilesystem, StorageFull};
        !reads(self.action) && matches!(self.kind, StorageFull | QuotaExceeded | ReadOnlyFilesystem)
    }
}

/// The operating system's words, without the name of the temporary file that `tempfile` puts behind them.
fn words(error: &io::Error) -> String {
    let text = error.to_string();
    match text.split_once(" at path \"") {
        Some((words, _)) if error.raw_os_error().is_none() => words.to_owned(),
        _ => text,
    }
}

fn reads(action: &str) -> bool {
    matches!(action, "read" | "open")
}

/// The advice that follows from the operating system's reason, with a semicolon before it; empty where there
/// is none.
#[must_use]
pub fn remedy(action: &str, kind: io::ErrorKind) -> &'static str {
    use io::ErrorKind as Kind;
    match (reads(action), kind) {
        (true, Kind::NotFound) => "; is the path right?",
        (false, Kind::NotFound) => "; is the path right, and does its folder exist?",
        (true, Kind::PermissionDenied) => "; ask its owner for the right to read it, or name another",
        (false, Kind::PermissionDenied | Kind::ReadOnlyFilesystem) => {
            "; choose a place that you may write to"
        }
        (_, Kind::StorageFull | Kind::QuotaExceeded) => {
            "; make room and run again, what was finished is kept"
        }
        (false, Kind::FileTooLarge) => "; raise the limit on the size of files (ulimit -f) and run again",
        (_, Kind::IsADirectory) => "; name a file in it instead",
        (_, Kind::NotADirectory) => "; a part of its path is a file: is the path right?",
        (true, Kind::InvalidInput) => "; write its contents to a regular file first",
        (false, Kind::InvalidInput) => "; name a regular file, or one that is not there yet",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use io::ErrorKind::{IsADirectory, NotFound, PermissionDenied, StorageFull};

    #[test]
    fn the_remedy_fits_the_attempt() {
        let told =
            |action, kind: io::ErrorKind| FileError::of(action, Path::new("a"))(kind.into()).to_string();
        assert!(told("read", PermissionDenied).contains("right to read"));
        assert!(told("write", PermissionDenied).contains("that you may write to"));
        assert!(told("remove", PermissionDenied).contains("that you may write to"));
        assert!(!told("read", NotFound).contains("folder exist"));
        assert!(told("write", NotFound).contains("folder exist"));
        assert!(told("read", IsADirectory).contains("name a file in it"));
        assert!(told("write", StorageFull).contains("make room"));
    }

    #[test]
    fn only_what_every_write_would_meet_is_lasting() {
        let of = |action, kind: io::ErrorKind| FileError::of(action, Path::new("a"))(kind.into());
        assert!(of("write", StorageFull).is_lasting());
        assert!(!of("write", NotFound).is_lasting() && !of("read", StorageFull).is_lasting());
    }
}
