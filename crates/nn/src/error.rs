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
    /// The outputs are no longer finite.
    #[error(
        "training diverged at step {step}: {source}; a smaller learning rate or another initialisation may help, \
         and inputs with NaN must be mended"
    )]
    Diverged {
        /// The step, counted from 0, at which it was noticed.
        step: u64,
        /// What the loss said of the outputs.
        source: ConvexityError,
    },
}
