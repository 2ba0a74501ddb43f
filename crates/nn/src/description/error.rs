//! What can be wrong with a model description: always the file, the line, the layer, what to do.

use std::path::PathBuf;

use fenchel_tensor::TensorError;

/// An error of reading a model description or of building its network.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DescriptionError {
    /// The file could not be read.
    #[error("cannot read the model description {}: {reason}; name a TOML file that you may read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The operating system's words.
        reason: String,
    },
    /// The text is not TOML, or not a description.
    #[error("{origin}, line {line}: {reason}")]
    Text {
        /// The file, or what the caller called the text.
        origin: String,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong, and what would be right.
        reason: String,
    },
    /// A layer cannot take the shape that reaches it, or its settings make no sense.
    #[error("{origin}: {source}")]
    Build {
        /// The file, or what the caller called the text.
        origin: String,
        /// The layer and its complaint.
        source: TensorError,
    },
}
