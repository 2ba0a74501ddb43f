//! What can go wrong when a model is built, trained or measured.

use fenchel_convexity::ConvexityError;
use fenchel_tensor::TensorError;

use crate::weights::WeightsError;

/// An error of the nn crate.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum NnError {
    /// A shape does not fit; the message names the layer or the argument.
    #[error(transparent)]
    Tensor(#[from] TensorError),
    /// A loss or a bound refused its input.
    #[error(transparent)]
    Convexity(#[from] ConvexityError),
    /// A file of weights could not be read or written.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// A hyper-parameter makes no sense.
    #[error("`{name}` is {value}, but must be {needs}")]
    Setting {
        /// The setting's name.
        name: &'static str,
        /// The value that it was given.
        value: f64,
        /// What it must be.
        needs: &'static str,
    },
    /// A label that names no class.
    #[error("the label of sample {sample} is {label}, but there are only the classes 0 to {last}")]
    Label {
        /// The sample's index.
        sample: usize,
        /// Its label.
        label: usize,
        /// The last class.
        last: usize,
    },
    /// Two arrays that belong together have different numbers of rows.
    #[error("`{left}` has {left_rows} rows and `{right}` has {right_rows}; they must be the same samples")]
    Rows {
        /// The first array.
        left: &'static str,
        /// Its rows.
        left_rows: usize,
        /// The second array.
        right: &'static str,
        /// Its rows.
        right_rows: usize,
    },
    /// A name that stands for nothing.
    #[error("there is no {kind} `{name}`; known are: {known}")]
    Name {
        /// What was asked for.
        kind: &'static str,
        /// The name.
        name: String,
        /// The names that exist.
        known: &'static str,
    },
    /// A loss refused a row of a batch.
    #[error("row {row} of the batch: {source}")]
    Sample {
        /// The row, counted from 0.
        row: usize,
        /// What is wrong with it.
        source: ConvexityError,
    },
    /// Label smoothing of a row that is no probability vector.
    #[error(
        "row {row} of the targets sums to {sum} or has a negative entry, so smoothing it has no meaning; \
         give labels or probabilities, or set the smoothing to 0"
    )]
    Smoothing {
        /// The row.
        row: usize,
        /// The sum of its entries.
        sum: f64,
    },
    /// A number became NaN or infinite in training.
    #[error(transparent)]
    Diverged(Box<crate::training::Divergence>),
    /// A stored state names a vector that the optimiser does not have.
    #[error("the optimiser has no vector `{name}`; the stored state is another optimiser's")]
    OptimiserState {
        /// The vector's name.
        name: String,
    },
    /// The operating system refused a file or folder.
    #[error(transparent)]
    File(#[from] fenchel_files::FileError),
    /// A checkpoint cannot be used.
    #[error("checkpoint {}: {reason}", path.display())]
    Checkpoint {
        /// The file or folder.
        path: std::path::PathBuf,
        /// What is wrong, and what to do.
        reason: String,
    },
    /// A source of batches, or an observer, failed for a reason of its own.
    #[error("{what}: {reason}")]
    Outside {
        /// What failed.
        what: String,
        /// Its reason.
        reason: String,
    },
}
