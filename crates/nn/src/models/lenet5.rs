//! LeNet-5 (LeCun, Bottou, Bengio, Haffner, 1998) in its present-day form: ReLU and max pooling.

use fenchel_tensor::layers::{Flatten, MaxPool};
use fenchel_tensor::{Conv2d, Pool2d, Shape};

use super::Model;
use crate::description::Layer;

/// Two convolutions with pooling, three dense layers: 6@5x5, 16@5x5, 120, 84, outputs.
///
/// Images smaller than 32 pixels are padded to 32 by the first convolution, as in the original.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeNet5;

impl Model for LeNet5 {
    fn name(&self) -> String {
        "lenet5".to_owned()
    }

    fn layers(&self, input: Shape, outputs: usize) -> Vec<Layer> {
        let padding = match input {
            Shape::Image { height, .. } => 32_usize.saturating_sub(height) / 2,
            Shape::Vector(_) | Shape::Sequence { .. } => 0,
        };
        let pool = || MaxPool(Pool2d::square(2)).into();
        vec![
            Layer::from(Conv2d::new(6, 5).padded(padding)).named("conv1"),
            Layer::relu(),
            pool(),
            Layer::from(Conv2d::new(16, 5)).named("conv2"),
            Layer::relu(),
            pool(),
            Flatten.into(),
            Layer::dense(120).named("dense1"),
            Layer::relu(),
            Layer::dense(84).named("dense2"),
            Layer::relu(),
            Layer::dense(outputs).named("head"),
        ]
    }
}
