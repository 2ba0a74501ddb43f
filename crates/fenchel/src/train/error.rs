//! What keeps a training from beginning.

use std::path::PathBuf;

/// An error of the folder of a training.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrainError {
    /// Another process holds the folder.
    #[error("another run is at work in {}; wait for its end or give this one a folder of its own with --out DIR", .0.display())]
    FolderInUse(PathBuf),
}
