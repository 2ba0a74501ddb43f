//! Deep linear networks: products of matrices, the simplest models that are not convex in their parameters.

use fenchel_tensor::Shape;
use fenchel_tensor::layers::{Dense, Flatten};

use super::Model;
use crate::description::Layer;

/// `f(x) = W_{depth+1} ... W_1 x` without biases, every inner layer of one width.
///
/// ```
/// use fenchel_nn::models::{LinearChain, Model};
/// let tape = LinearChain { depth: 2, width: 5 }.tape(fenchel_tensor::Shape::vector(3), 2)?;
/// assert_eq!(tape.parameters().len(), 3 * 5 + 5 * 5 + 5 * 2);
/// # Ok::<(), fenchel_tensor::TensorError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinearChain {
    /// The number of inner layers; 0 for a linear model.
    pub depth: usize,
    /// The width of every inner layer.
    pub width: usize,
}

impl Model for LinearChain {
    fn name(&self) -> String {
        format!("linear-{}x{}", self.depth, self.width)
    }

    fn layers(&self, _input: Shape, outputs: usize) -> Vec<Layer> {
        let widths = std::iter::repeat_n(self.width, self.depth).chain([outputs]);
        let matrices = widths.map(|outputs| Dense { outputs, bias: false }.into());
        std::iter::once(Flatten.into()).chain(matrices).collect()
    }
}
