//! What a parser of this crate says of bytes that do not follow the format.

use std::path::Path;

use crate::Error;

/// Where bytes leave their format, and how.
///
/// Parsers work on bytes in memory and know no file; whoever read the file adds its name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("byte {offset}: {problem}")]
pub struct FormatError {
    /// The offset of the offending byte.
    pub offset: u64,
    /// What was found and what belongs there.
    pub problem: String,
}

impl FormatError {
    pub(crate) fn new(offset: usize, problem: impl Into<String>) -> Self {
        Self { offset: offset as u64, problem: problem.into() }
    }

    /// The error of the file at `path`.
    pub(crate) fn at(self, path: &Path) -> Error {
        Error::Malformed { path: path.to_owned(), offset: self.offset, problem: self.problem }
    }
}
