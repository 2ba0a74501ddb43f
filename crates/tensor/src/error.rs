//! What can go wrong when a tape is recorded or run.

use crate::Shape;

/// An error of the tensor crate: always names the layer or argument, what it got and what it needs.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TensorError {
    /// A layer cannot take the shape that it was given.
    #[error("layer `{layer}` got an input of shape {got}, but needs {needs}")]
    LayerInput {
        /// The layer's name.
        layer: String,
        /// The shape that it was given.
        got: Shape,
        /// What it would accept.
        needs: String,
    },
    /// A layer's own settings make no sense.
    #[error("layer `{layer}`: {reason}")]
    LayerSetting {
        /// The layer's name.
        layer: String,
        /// What is wrong, and what to do.
        reason: String,
    },
    /// Two layers have one name, so their parameters could not be told apart.
    #[error("two layers are called `{name}`; give each layer that has parameters a name of its own")]
    DuplicateName {
        /// The name that occurs twice.
        name: String,
    },
    /// An array argument has the wrong shape.
    #[error("`{argument}` has shape {got:?}, but needs {needs}")]
    Argument {
        /// The argument's name.
        argument: &'static str,
        /// The shape that it has.
        got: Vec<usize>,
        /// The shape that it needs.
        needs: String,
    },
    /// A sample holds something else than the ids of tokens.
    #[error(
        "sample {sample} has {value} at place {place}, but a token id is a whole number from 0 to {last}; give ids of \
         the embedding's own vocabulary"
    )]
    TokenId {
        /// The sample's number, from 0.
        sample: usize,
        /// The place in the sample.
        place: usize,
        /// What stands there.
        value: f64,
        /// The last id.
        last: usize,
    },
    /// A number is NaN or infinite where that has no meaning.
    #[error("`{argument}` has the non-finite value {value} at index {index}")]
    NonFinite {
        /// The argument's name.
        argument: &'static str,
        /// The first place where it is not finite.
        index: usize,
        /// The value found there.
        value: f64,
    },
}
