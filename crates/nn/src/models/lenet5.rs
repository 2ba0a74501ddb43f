//! LeNet-5 (LeCun, Bottou, Bengio, Haffner, 1998) in its present-day form: ReLU and max pooling.

use fenchel_tensor::{Conv2d, Node, Pool2d, Shape, TapeBuilder, TensorError};

use super::Model;

/// Two convolutions with pooling, three dense layers: 6@5x5, 16@5x5, 120, 84, outputs.
///
/// Images smaller than 32 pixels are padded to 32 by the first convolution, as in the original.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeNet5;

impl Model for LeNet5 {
    fn name(&self) -> String {
        "lenet5".to_owned()
    }

    fn record(&self, net: &mut TapeBuilder, outputs: usize) -> Result<Node, TensorError> {
        let x = net.input();
        let padding = match net.shape(x) {
            Shape::Image { height, .. } => 32_usize.saturating_sub(height) / 2,
            Shape::Vector(_) => 0,
        };
        let h = net.conv2d("conv1", x, Conv2d::new(6, 5).padded(padding))?;
        let h = net.relu(h);
        let h = net.max_pool(h, Pool2d::square(2))?;
        let h = net.conv2d("conv2", h, Conv2d::new(16, 5))?;
        let h = net.relu(h);
        let h = net.max_pool(h, Pool2d::square(2))?;
        let h = net.flatten(h)?;
        let h = net.dense("dense1", h, 120)?;
        let h = net.relu(h);
        let h = net.dense("dense2", h, 84)?;
        let h = net.relu(h);
        net.dense("head", h, outputs)
    }
}
