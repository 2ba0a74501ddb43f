//! Networks as plain structs: each records itself on a tape, top to bottom.

mod conv_chain;
mod dense_chain;
mod lenet5;

pub use conv_chain::ConvChain;
pub use dense_chain::{DenseChain, Skip};
pub use lenet5::LeNet5;

use std::sync::Arc;

use fenchel_tensor::{Node, Shape, Tape, TapeBuilder, TensorError};

/// A network that can record itself for any input shape and number of outputs.
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

    /// Records the network from the input to its `outputs` outputs and returns the node of the outputs.
    ///
    /// # Errors
    /// If a layer cannot take the shape that reaches it.
    fn record(&self, net: &mut TapeBuilder, outputs: usize) -> Result<Node, TensorError>;

    /// The network on a tape of its own.
    ///
    /// # Errors
    /// As for [`record`](Self::record).
    fn tape(&self, input: Shape, outputs: usize) -> Result<Arc<Tape>, TensorError> {
        let mut net = TapeBuilder::new(input);
        let output = self.record(&mut net, outputs)?;
        net.finish(output).map(Arc::new)
    }
}
