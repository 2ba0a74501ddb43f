//! Chains of dense layers, with and without skip connections: models c and d of the papers' experiments.

use fenchel_tensor::Shape;
use fenchel_tensor::layers::{Flatten, LayerNorm};

use super::Model;
use crate::description::Layer;

/// How a hidden layer's block `F(h) = relu(W h + b)` is joined to its input `h`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Skip {
    /// `F(h)`: the plain chain, model c.
    #[default]
    None,
    /// `h + F(h)`: model d.
    Plain,
    /// `h + F(h) / sqrt(depth)`: the variance of the sum stays bounded. Theorem T16 asks for more, a bounded sum of the
    /// blocks' norms, which only [`Averaged`](Self::Averaged) gives; what this one does is measured, not proved.
    Scaled,
    /// `h + F(h) / depth`: the sum of the blocks' norms stays bounded, as theorem T16 asks.
    Averaged,
    /// `h + F(LayerNorm h)`, and nothing that normalises the last `h`, whose norm grows with the depth.
    LayerNorm,
    /// Pre-LayerNorm as transformers have it: `h + F(LayerNorm h)`, and one LayerNorm more before the head
    /// (Xiong et al., *On Layer Normalization in the Transformer Architecture*, 2020).
    PreLayerNorm,
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
            Skip::Averaged => "-averaged-skip",
            Skip::LayerNorm => "-layernorm-skip",
            Skip::PreLayerNorm => "-pre-layernorm-skip",
        };
        format!("dense-{}x{}{skip}", self.depth, self.width)
    }

    fn layers(&self, _input: Shape, outputs: usize) -> Vec<Layer> {
        let mut layers: Vec<Layer> = vec![Flatten.into()];
        for layer in 1..=self.depth {
            let mut body = vec![Layer::dense(self.width).named(format!("dense{layer}")), Layer::relu()];
            // The first layer changes the width, so there is nothing of its shape to add.
            let skip = if layer == 1 { Skip::None } else { self.skip };
            let scale = match skip {
                Skip::None => {
                    layers.extend(body);
                    continue;
                }
                Skip::Plain => 1.0,
                Skip::Scaled => 1.0 / (self.depth as f64).sqrt(),
                Skip::Averaged => 1.0 / self.depth as f64,
                Skip::LayerNorm | Skip::PreLayerNorm => {
                    body.insert(0, Layer::from(LayerNorm::default()).named(format!("norm{layer}")));
                    1.0
                }
            };
            layers.push(Layer::residual(scale, body));
        }
        if self.skip == Skip::PreLayerNorm && self.depth > 0 {
            layers.push(Layer::from(LayerNorm::default()).named("norm"));
        }
        layers.push(Layer::dense(outputs).named("head"));
        layers
    }
}
