//! What can go wrong when a network is measured: always the file and the remedy.

use std::path::PathBuf;

use fenchel_convexity::ConvexityError;
use fenchel_nn::NnError;
use fenchel_nn::description::DescriptionError;
use fenchel_nn::weights::WeightsError;
use fenchel_tensor::TensorError;

/// An error of [`measure`](super::measure).
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum MeasureError {
    /// The model description is not sound.
    #[error(transparent)]
    Description(#[from] DescriptionError),
    /// The weights or the samples could not be read, or the result not written.
    #[error(transparent)]
    File(#[from] WeightsError),
    /// The samples do not fit the model.
    #[error("{}: tensor `{tensor}` {got}, but needs {needs}", path.display())]
    Data {
        /// The file of the samples.
        path: PathBuf,
        /// `x` or `y`.
        tensor: &'static str,
        /// What stands there.
        got: String,
        /// What is needed.
        needs: String,
    },
    /// A label that names no class.
    #[error(
        "{}: the label of sample {sample} in `y` is {label}, but the model has {outputs} outputs, so the classes are 0 to \
         {}; check the labels, or the last layer's `outputs`", path.display(), outputs - 1
    )]
    Label {
        /// The file of the samples.
        path: PathBuf,
        /// The sample's index.
        sample: usize,
        /// Its label.
        label: i128,
        /// The number of outputs.
        outputs: usize,
    },
    /// The loss refused a sample's logits.
    #[error(
        "the loss of sample {sample} cannot be computed: {source}; its input is finite, so the network overflows: measure \
         with --precision f64, or look for parameters that grew without bound"
    )]
    Loss {
        /// The sample's index.
        sample: usize,
        /// What the loss said.
        source: ConvexityError,
    },
    /// A sample's structural matrix or gradient is not finite.
    #[error(
        "the {quantity} of sample {sample} is not finite; the network overflows: measure with --precision f64, or look for \
         parameters that grew without bound"
    )]
    Overflow {
        /// What is not finite.
        quantity: &'static str,
        /// The sample's index.
        sample: usize,
    },
    /// The result would replace one of the inputs.
    #[error("the result would overwrite {}, which is an input; give another file with --out", path.display())]
    Overwrite {
        /// The file.
        path: PathBuf,
    },
    /// The worker threads could not be started.
    #[error("cannot start {threads} worker threads: {reason}; try a smaller --threads")]
    Threads {
        /// How many were asked for.
        threads: usize,
        /// The operating system's reason.
        reason: String,
    },
    /// The network itself complained.
    #[error(transparent)]
    Network(#[from] NnError),
}

impl From<TensorError> for MeasureError {
    fn from(error: TensorError) -> Self {
        Self::Network(error.into())
    }
}
