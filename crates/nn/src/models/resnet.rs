//! Residual networks for small images (He, Zhang, Ren, Sun, 2016), without statistics of the batch.

use fenchel_tensor::layers::{GlobalAveragePool, GroupNorm};
use fenchel_tensor::{Conv2d, Shape};

use super::Model;
use crate::description::{Layer, LayerKind};

/// A 3x3 convolution to 16 channels, three stages of `blocks` basic blocks with 16, 32 and 64 channels, global average
/// pooling and a dense head.
///
/// A basic block is `relu(shortcut(h) + conv(relu(conv(h))))` with 3x3 convolutions; the first block of stages two and
/// three has stride 2, and a 1x1 convolution of that stride in its shortcut. With `groups` every convolution outside the
/// shortcuts is followed by group normalisation, in place of the original's batch normalisation, which couples the samples
/// of a batch. Convolutions before a normalisation have no bias, as its mean would take it away.
///
/// ```
/// use fenchel_nn::models::{Model, ResNet};
/// use fenchel_tensor::Shape;
///
/// let tape = ResNet { blocks: 2, groups: Some(8) }.tape(Shape::image(3, 32, 32), 10)?;
/// assert_eq!(tape.parameters().len(), 175_162);
/// # Ok::<(), fenchel_tensor::TensorError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResNet {
    /// The number of blocks in each of the three stages.
    pub blocks: usize,
    /// The groups of each group normalisation; `None` for no normalisation.
    pub groups: Option<usize>,
}

impl ResNet {
    /// A 3x3 convolution and what follows it.
    fn convolution(self, channels: usize, stride: usize) -> Vec<Layer> {
        let conv =
            Conv2d { bias: self.groups.is_none(), ..Conv2d::new(channels, 3).padded(1).strided(stride) };
        let norm = self.groups.map(|groups| GroupNorm::new(groups).into());
        std::iter::once(Layer::from(conv)).chain(norm).collect()
    }
}

impl Model for ResNet {
    fn name(&self) -> String {
        let norm = self.groups.map_or(String::new(), |groups| format!("-gn{groups}"));
        format!("resnet-3x{}{norm}", self.blocks)
    }

    fn layers(&self, _input: Shape, outputs: usize) -> Vec<Layer> {
        let mut layers = self.convolution(16, 1);
        layers.push(Layer::relu());
        for (stage, channels) in [16, 32, 64].into_iter().enumerate() {
            for block in 0..self.blocks {
                let stride = if stage > 0 && block == 0 { 2 } else { 1 };
                let mut body = self.convolution(channels, stride);
                body.push(Layer::relu());
                body.extend(self.convolution(channels, 1));
                let shortcut = Layer::from(Conv2d::new(channels, 1).strided(stride));
                let projection = if stride == 1 { Vec::new() } else { vec![shortcut] };
                layers.push(LayerKind::Residual { body, projection, scale: 1.0 }.into());
                layers.push(Layer::relu());
            }
        }
        layers.extend([GlobalAveragePool.into(), Layer::dense(outputs)]);
        layers
    }
}
