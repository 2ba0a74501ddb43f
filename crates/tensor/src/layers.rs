//! The layers: one file each, with settings, shape rule, arithmetic, rows of the Jacobian and description, and one
//! list.
//!
//! # Two layouts
//! **Lanes.** Forward passes, and backward passes with one cotangent a sample, hold a value of `d` features of `S`
//! samples as `d x L`: the samples are innermost, so every loop is a stream of vector instructions whatever the
//! layer's shape, and a pooling or a normalisation treats all samples alike. `L >= S` is a power of two or a multiple
//! of a vector; lanes beyond `S` hold what the network makes of an input of zeros, and cotangents of zero.
//!
//! **Fans.** A structural matrix needs `K` cotangents of every sample, a *fan*. Where the value is a vector they lie as
//! `S x K x d`: the rows of all samples form one tall matrix, so a dense layer is one matrix product. Where the value
//! is an image or a sequence they lie, one sample at a time, as `(C H W) x K` or `(features tokens) x K`: one sample's fan fits in the second-level cache where
//! a batch's would not, and behind a max pool it is kept as a list, since all cotangents of a window stand at one
//! position.
//!
//! A convolution runs in both layouts on the same kernels: its lanes are the samples, or the cotangents.

mod activation;
mod add;
mod attention;
mod average_pool;
mod batch_norm;
mod channels;
mod concatenate;
mod conv2d;
mod convolution;
mod dense;
mod dense_per_token;
mod described;
mod embedding;
mod fixed_dense;
mod flatten;
mod group_norm;
mod grouped_conv2d;
mod identity;
mod instance_norm;
mod layer_norm;
mod learned;
mod max_pool;
mod multiply;
mod normalise;
mod pick;
mod pool;
mod prelu;
mod scale;
mod scale_and_shift;
mod softmax;
#[cfg(test)]
mod tests;
mod token;
mod tokens;

pub use activation::Activation;
pub use attention::{DotProductAttention, SelfAttention};
pub use average_pool::{AveragePool, GlobalAveragePool};
pub use batch_norm::BatchNorm;
pub use conv2d::Conv2d;
pub use dense::Dense;
pub use described::{Described, FixedWeights, Keys, Usual};
pub use embedding::Embedding;
pub use fixed_dense::FixedDense;
pub use flatten::Flatten;
pub use group_norm::GroupNorm;
pub use identity::Identity;
pub use instance_norm::InstanceNorm;
pub use layer_norm::LayerNorm;
pub use learned::{AddLearned, PrependToken};
pub use max_pool::MaxPool;
pub use pool::Pool2d;
pub use prelu::PRelu;
pub use scale::Scale;
pub use softmax::{LogSoftmax, Softmax};
pub use token::{MeanOverTokens, TakeToken};
pub use tokens::{ImageToTokens, TokensToImage, TransposeTokens};

use crate::{Node, TapeBuilder, TensorError};

/// Makes [`AnyLayer`] from the list of layers.
macro_rules! layers {
    ($($name:ident),+ $(,)?) => {
        /// Any layer that a model description can name, with its settings.
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        #[allow(missing_docs, reason = "each variant is the type of the same name")]
        pub enum AnyLayer {
            $($name($name),)+
        }

        $(impl From<$name> for AnyLayer {
            fn from(layer: $name) -> Self {
                Self::$name(layer)
            }
        })+

        impl AnyLayer {
            /// The types of all layers.
            #[must_use]
            pub fn types() -> Vec<&'static str> {
                [$($name::types()),+].concat()
            }

            /// A layer of this type, before its keys are read.
            #[must_use]
            pub fn blank(kind: &str) -> Option<Self> {
                None$(.or_else(|| $name::blank(kind).map(Self::$name)))+
            }

            /// Its type in a description.
            #[must_use]
            pub fn kind(&self) -> &'static str {
                match self { $(Self::$name(layer) => layer.kind(),)+ }
            }

            /// What PyTorch calls it, if it has it.
            #[must_use]
            pub fn pytorch(&self) -> Option<&'static str> {
                match self { $(Self::$name(layer) => layer.pytorch(),)+ }
            }

            /// Goes through its keys.
            ///
            /// # Errors
            /// What the reader says.
            pub fn keys<K: Keys>(&mut self, keys: &mut K) -> Result<(), K::Error> {
                match self { $(Self::$name(layer) => layer.keys(keys),)+ }
            }

            /// What else a reader of the list should know.
            #[must_use]
            pub fn remark(&self) -> &'static str {
                match self { $(Self::$name(_) => $name::REMARK,)+ }
            }

            /// Its type with the settings that the shapes do not show.
            #[must_use]
            pub fn summary(&self) -> String {
                match self { $(Self::$name(layer) => layer.summary(),)+ }
            }

            /// Puts it on a tape behind `x`.
            ///
            /// # Errors
            /// If it cannot take that shape, or its settings make no sense, or the name is taken.
            pub fn record(&self, net: &mut TapeBuilder, name: &str, x: Node) -> Result<Node, TensorError> {
                match self { $(Self::$name(layer) => layer.record(net, name, x),)+ }
            }

            /// Small layers of every kind, on which tests of all layers go.
            #[must_use]
            pub fn examples() -> Vec<Self> {
                let mut examples = Vec::new();
                $(examples.extend($name::examples().into_iter().map(Self::$name));)+
                examples
            }
        }
    };
}

// The list of all layers.
layers! {
    Dense, Conv2d, MaxPool, AveragePool, GlobalAveragePool, Flatten, Activation, PRelu, GroupNorm, LayerNorm, InstanceNorm, BatchNorm,
    Scale, Identity, FixedDense, ImageToTokens, TokensToImage, TransposeTokens, TakeToken, MeanOverTokens,
    Embedding, AddLearned, PrependToken, SelfAttention, DotProductAttention,
    Softmax, LogSoftmax,
}
