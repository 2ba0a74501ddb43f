//! Chains of dense layers, with and without skip connections: models c and d of the papers' experiments.

use fenchel_tensor::{Node, TapeBuilder, TensorError};

use super::Model;

/// How a hidden layer's block `F(h) = relu(W h + b)` is joined to its input `h`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Skip {
    /// `F(h)`: the plain chain, model c.
    #[default]
    None,
    /// `h + F(h)`: model d.
    Plain,
    /// `h + F(h) / sqrt(depth)`: the variance of the sum stays bounded. Theorem T16 asks for more, a bounded sum of the
    /// blocks' norms, which only a factor `1 / depth` gives; what this one does is measured, not proved.
    Scaled,
    /// `h + F(LayerNorm h)`.
    LayerNorm,
}

/// `depth` hidden layers of one width with ReLU, and a dense head. Without hidden layers it is a linear model.
///
/// The first hidden layer brings the input to the width and so never has a skip connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DenseChain {
    /// The number of hidden layers.
    pub depth: usize,
    /// The width of every hidden layer.
    pub width: usize,
    /// How the blocks are joined.
    pub skip: Skip,
}

impl DenseChain {
    /// A plain chain.
    #[must_use]
    pub const fn new(depth: usize, width: usize) -> Self {
        Self { depth, width, skip: Skip::None }
    }

    /// The same with skip connections.
    #[must_use]
    pub const fn with_skip(self, skip: Skip) -> Self {
        Self { skip, ..self }
    }
}

impl Model for DenseChain {
    fn name(&self) -> String {
        let skip = match self.skip {
            Skip::None => "",
            Skip::Plain => "-skip",
            Skip::Scaled => "-scaled-skip",
            Skip::LayerNorm => "-layernorm-skip",
        };
        format!("dense-{}x{}{skip}", self.depth, self.width)
    }

    fn record(&self, net: &mut TapeBuilder, outputs: usize) -> Result<Node, TensorError> {
        let mut h = net.flatten(net.input())?;
        for layer in 1..=self.depth {
            let name = format!("dense{layer}");
            // The first layer changes the width, so there is nothing of its shape to add.
            let skip = if layer == 1 { Skip::None } else { self.skip };
            let block_input = match skip {
                Skip::LayerNorm => net.layer_norm(&format!("norm{layer}"), h)?,
                _ => h,
            };
            let block = net.dense(&name, block_input, self.width)?;
            let block = net.relu(block);
            h = match skip {
                Skip::None => block,
                Skip::Plain | Skip::LayerNorm => net.add(h, block)?,
                Skip::Scaled => {
                    let block = net.scale(block, 1.0 / (self.depth as f64).sqrt())?;
                    net.add(h, block)?
                }
            };
        }
        net.dense("head", h, outputs)
    }
}
