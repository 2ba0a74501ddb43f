//! Chains of convolutions, with and without skip connections: models a and b of the papers' experiments.

use fenchel_tensor::layers::{GlobalAveragePool, MaxPool};
use fenchel_tensor::{Conv2d, Pool2d, Shape};

use super::Model;
use crate::description::{Layer, LayerKind};

/// A 3x3 convolution to 16 channels, then `modules` modules of a 3x3 convolution with ReLU, global average pooling and a
/// dense head.
///
/// The modules' channels are 16 in the first third, 32 in the second, 64 in the last; 2x2 max pooling stands where they
/// double. With `skip` (model b) each module is `h + F(h)`, where a 1x1 convolution brings `h` to the new channels if
/// they change. The published layer sizes of these models are not known exactly: these are ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConvChain {
    /// The number of modules after the first convolution.
    pub modules: usize,
    /// Whether a skip connection goes around each module.
    pub skip: bool,
}

impl Model for ConvChain {
    fn name(&self) -> String {
        format!("conv-{}{}", self.modules, if self.skip { "-skip" } else { "" })
    }

    fn layers(&self, _input: Shape, outputs: usize) -> Vec<Layer> {
        let mut channels = 16;
        let mut layers = vec![Layer::from(Conv2d::new(channels, 3).padded(1)).named("stem"), Layer::relu()];
        for module in 0..self.modules {
            let wanted = 16 << (3 * module / self.modules);
            let changes = wanted != channels;
            channels = wanted;
            if changes {
                layers.push(MaxPool(Pool2d::square(2)).into());
            }
            let number = module + 1;
            let convolution = Layer::from(Conv2d::new(channels, 3).padded(1)).named(format!("conv{number}"));
            let body = vec![convolution, Layer::relu()];
            if !self.skip {
                layers.extend(body);
                continue;
            }
            let shortcut = Layer::from(Conv2d::new(channels, 1)).named(format!("shortcut{number}"));
            let projection = if changes { vec![shortcut] } else { Vec::new() };
            layers.push(LayerKind::Residual { body, projection, scale: 1.0 }.into());
        }
        layers.extend([GlobalAveragePool.into(), Layer::dense(outputs).named("head")]);
        layers
    }
}
