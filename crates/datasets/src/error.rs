//! What can go wrong with data, and what to do about it.

use std::path::PathBuf;

/// The result of an operation on data sets.
pub type Result<T> = std::result::Result<T, Error>;

/// An error of this crate: each names the file or the argument, and the remedy.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An argument that has no meaning for the operation.
    #[error("{argument}: {problem}")]
    Argument {
        /// The argument's name.
        argument: &'static str,
        /// What is wrong with it and what would be right.
        problem: String,
    },
    /// No directory holds the data set.
    #[error("{dataset} not found; looked in:{}\n{remedy}", list(.tried))]
    NotFound {
        /// The data set's name.
        dataset: String,
        /// Every place looked at, with what was missing there, in the order of the search.
        tried: Vec<String>,
        /// How to put the files there.
        remedy: String,
    },
    /// The operating system refused to read or write.
    #[error("cannot {action} {}: {source}{}", path.display(), fenchel_files::remedy(action, source.kind()))]
    Io {
        /// What was being done, as a verb.
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The operating system's reason.
        source: std::io::Error,
    },
    /// The operating system refused to write a file whole.
    #[error(transparent)]
    File(#[from] fenchel_files::FileError),
    /// The bytes of a file do not follow its format.
    #[error(
        "{}, byte {offset}: {problem}; the file is damaged or not what its name says: replace it, or run \
         `fenchel data get NAME`, which sets it aside and fetches the right one", path.display()
    )]
    Malformed {
        /// The file; for an archive, followed by the member's name.
        path: PathBuf,
        /// The offset of the offending byte in the decompressed contents.
        offset: u64,
        /// What was found and what belongs there.
        problem: String,
    },
    /// No source gave a file.
    #[error("cannot download {file}; tried:{}\n{remedy}", list(.tried))]
    Download {
        /// The file's name.
        file: String,
        /// Every attempt, by address, with what went wrong.
        tried: Vec<String>,
        /// What to do.
        remedy: String,
    },
    /// A file that reads well but does not hold what its name promises.
    #[error("{}: SHA-256 of the contents is {got}, expected {expected}; {remedy}", path.display())]
    WrongContents {
        /// The file; for an archive, followed by the member's name.
        path: PathBuf,
        /// The published checksum of the contents.
        expected: String,
        /// The checksum of what is there.
        got: String,
        /// What the file seems to be, and what to do.
        remedy: String,
    },
}

impl Error {
    pub(crate) fn argument(argument: &'static str, problem: impl Into<String>) -> Self {
        Self::Argument { argument, problem: problem.into() }
    }
}

fn list(places: &[String]) -> String {
    places.iter().map(|place| format!("\n  - {place}")).collect()
}
