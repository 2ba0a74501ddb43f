//! Chains of convolutions, with and without skip connections: models a and b of the papers' experiments.

use fenchel_tensor::{Conv2d, Node, Pool2d, TapeBuilder, TensorError};

use super::Model;

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

    fn record(&self, net: &mut TapeBuilder, outputs: usize) -> Result<Node, TensorError> {
        let mut channels = 16;
        let x = net.input();
        let h = net.conv2d("stem", x, Conv2d::new(channels, 3).padded(1))?;
        let mut h = net.relu(h);
        for module in 0..self.modules {
            let wanted = 16 << (3 * module / self.modules);
            let shortcut_changes = wanted != channels;
            if shortcut_changes {
                h = net.max_pool(h, Pool2d::square(2))?;
            }
            channels = wanted;
            let block = net.conv2d(&format!("conv{}", module + 1), h, Conv2d::new(channels, 3).padded(1))?;
            let block = net.relu(block);
            h = match (self.skip, shortcut_changes) {
                (false, _) => block,
                (true, false) => net.add(h, block)?,
                (true, true) => {
                    let name = format!("shortcut{}", module + 1);
                    let shortcut = net.conv2d(&name, h, Conv2d::new(channels, 1))?;
                    net.add(shortcut, block)?
                }
            };
        }
        let h = net.global_average_pool(h)?;
        net.dense("head", h, outputs)
    }
}
