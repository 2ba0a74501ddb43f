//! What can go wrong when a network is measured: always the thing and the remedy.

use std::path::PathBuf;

use fenchel_convexity::ConvexityError;
use fenchel_nn::NnError;
use fenchel_nn::description::DescriptionError;
use fenchel_nn::weights::WeightsError;
use fenchel_tensor::TensorError;

/// An error of measuring or judging.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum MeasureError {
    /// The model description is not sound.
    #[error(transparent)]
    Description(#[from] DescriptionError),
    /// The weights or the samples could not be read, or the result not written.
    #[error(transparent)]
    File(#[from] WeightsError),
    /// Something in a file is wrong.
    #[error("{}: {source}", path.display())]
    In {
        /// The file.
        path: PathBuf,
        /// What is wrong in it.
        source: Box<MeasureError>,
    },
    /// The samples do not fit the network.
    #[error("`x` has shape {got:?}, but needs {needs}")]
    Inputs {
        /// The shape that was given.
        got: Vec<usize>,
        /// What is needed.
        needs: String,
    },
    /// The answers do not fit loss and network.
    #[error("`y` has {got}, but needs {needs}; {remedy}")]
    Answers {
        /// What was given.
        got: String,
        /// What would do.
        needs: String,
        /// What to do.
        remedy: String,
    },
    /// A label that names no class.
    #[error(
        "the label of sample {sample} in `y` is {label}, but the classes are 0 to {}; check the labels, or the last layer's \
         outputs; a label that does not count has to be named (--ignore-label)", outputs - 1
    )]
    Label {
        /// The sample's index.
        sample: usize,
        /// Its label.
        label: i128,
        /// The number of classes.
        outputs: usize,
    },
    /// A whole number that `f64` would round.
    #[error(
        "the answer of sample {sample} in `y` is {value}, which f64 would round; give it as a float if that is meant"
    )]
    Large {
        /// The sample's index.
        sample: usize,
        /// The number.
        value: i128,
    },
    /// A target or a weight that the loss does not admit.
    #[error("sample {sample}: {source}")]
    Target {
        /// The sample's index.
        sample: usize,
        /// What the loss said.
        source: ConvexityError,
    },
    /// Whoever asked for the measurement no longer wants it.
    #[error("the measurement was stopped")]
    Stopped,
    /// A sample that cannot be measured where every one is needed.
    #[error("sample {sample}: {reason}")]
    Sample {
        /// The sample's index.
        sample: usize,
        /// Why it cannot.
        reason: String,
    },
    /// A loss of several classes on one output.
    #[error(
        "the loss `{loss}` compares several outputs, and of one output it is 0 for every network; for one logit with labels 0 \
         and 1 take `logistic` (binary cross-entropy), for real-valued targets `squared`"
    )]
    OneOutput {
        /// The loss.
        loss: String,
    },
    /// Class weights where they have no meaning.
    #[error("class weights need labels without smoothing, but {reason}; weigh each sample by itself instead")]
    ClassWeights {
        /// Why they have none.
        reason: &'static str,
    },
    /// Smoothing where there are no classes to smooth over.
    #[error(
        "one output has no classes among which a label could be smoothed; give the smoothed numbers, 0.1 and 0.9 for example, as targets"
    )]
    Smoothing,
    /// A wrong number of class weights.
    #[error("{got} class weights were given, but there are {needs} classes")]
    CountOfClassWeights {
        /// How many were given.
        got: usize,
        /// How many are needed.
        needs: usize,
    },
    /// A wrong number of sample weights.
    #[error("{got} weights were given for {samples} samples; give one for each")]
    CountOfWeights {
        /// How many were given.
        got: usize,
        /// The number of samples.
        samples: usize,
    },
    /// A label to be ignored, and no labels.
    #[error(
        "a label that does not count was named, but the answers `y` are no labels; give such samples the weight 0"
    )]
    Ignored,
    /// No sample could be measured.
    #[error("none of {samples} samples can be measured; sample 0: {reason}")]
    All {
        /// The number of samples.
        samples: usize,
        /// Why the first cannot.
        reason: String,
    },
    /// A tangent kernel that is too large.
    #[error(
        "the tangent kernel of {samples} samples with {outputs} outputs has {rows} rows, and {limit} are the limit; take fewer samples"
    )]
    Kernel {
        /// The number of samples.
        samples: usize,
        /// The number of outputs.
        outputs: usize,
        /// Their product.
        rows: usize,
        /// The largest product.
        limit: usize,
    },
    /// The error of the numbers was stated twice.
    #[error("`error` was stated, and `roundoff` bounds each sample's; give one of the two")]
    TwoErrors,
    /// An array that was computed elsewhere does not fit the others.
    #[error("`{array}` {got}, but needs {needs}")]
    Array {
        /// The array.
        array: &'static str,
        /// What it is.
        got: String,
        /// What it must be.
        needs: String,
    },
    /// The result would replace a file that is read or written besides.
    #[error("the result would overwrite {}, which is read or written besides; give another file with --out or --report", path.display())]
    Overwrite {
        /// The file.
        path: PathBuf,
    },
    /// The worker threads could not be started.
    #[error("cannot start {threads} worker threads: {reason}; try fewer")]
    Threads {
        /// How many were asked for.
        threads: usize,
        /// The operating system's reason.
        reason: String,
    },
    /// The network itself complained.
    #[error(transparent)]
    Network(Box<NnError>),
}

impl MeasureError {
    /// The same with the file in which it stands.
    pub(crate) fn within(self, path: &std::path::Path) -> Self {
        Self::In { path: path.to_path_buf(), source: Box::new(self) }
    }
}

impl From<NnError> for MeasureError {
    fn from(error: NnError) -> Self {
        Self::Network(Box::new(error))
    }
}

impl From<TensorError> for MeasureError {
    fn from(error: TensorError) -> Self {
        NnError::from(error).into()
    }
}

impl From<ConvexityError> for MeasureError {
    fn from(error: ConvexityError) -> Self {
        NnError::from(error).into()
    }
}
