//! Networks as plain structs: each lists its layers, top to bottom.
//!
//! | model | struct |
//! |---|---|
//! | models a and b of the experiments: chains of convolutions | [`ConvChain`] |
//! | models c and d: chains of dense layers; multi-layer perceptrons | [`DenseChain`] |
//! | residual multi-layer perceptrons, blocks scaled or normalised | [`DenseChain`] with a [`Skip`] |
//! | LeNet-5 | [`LeNet5`] |
//! | residual networks, with group normalisation or none | [`ResNet`] |
//! | one hidden layer under fixed outer weights | [`OneHiddenLayer`] |
//! | a single neuron | [`Neuron`] |
//! | products of matrices | [`LinearChain`] |
//!
//! Any other network is a [description](crate::description), and each of these can be exported as one.

mod conv_chain;
mod dense_chain;
mod lenet5;
mod linear_chain;
mod neuron;
mod one_hidden_layer;
mod resnet;
mod vit;

pub use conv_chain::ConvChain;
pub use dense_chain::{DenseChain, Skip};
pub use lenet5::LeNet5;
pub use linear_chain::LinearChain;
pub use neuron::Neuron;
pub use one_hidden_layer::OneHiddenLayer;
pub use resnet::ResNet;
pub use vit::ViT;

use std::sync::Arc;

use fenchel_tensor::{Shape, Tape, TensorError};

use crate::description::{Description, Layer};

/// A network for any input shape and number of outputs.
///
/// ```
/// use fenchel_nn::models::{LeNet5, Model};
/// use fenchel_tensor::Shape;
///
/// let tape = LeNet5.tape(Shape::image(1, 28, 28), 10)?;
/// assert_eq!(tape.parameters().len(), 61_706);
/// # Ok::<(), fenchel_tensor::TensorError>(())
/// ```
pub trait Model: Send + Sync {
    /// A short name for tables and files, settings included.
    fn name(&self) -> String;

    /// The layers from an input of this shape to `outputs` outputs.
    fn layers(&self, input: Shape, outputs: usize) -> Vec<Layer>;

    /// The network as a description, which can be printed, written as TOML and built.
    fn description(&self, input: Shape, outputs: usize) -> Description {
        Description { name: self.name(), input, layers: self.layers(input, outputs) }
    }

    /// The network on a tape of its own.
    ///
    /// # Errors
    /// If a layer cannot take the shape that reaches it.
    fn tape(&self, input: Shape, outputs: usize) -> Result<Arc<Tape>, TensorError> {
        self.description(input, outputs).tape()
    }
}
