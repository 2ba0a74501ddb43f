//! Single neurons: instance E2 of proxy convexity.

use fenchel_tensor::layers::{Dense, Flatten};
use fenchel_tensor::{Activation, Shape};

use super::Model;
use crate::description::Layer;

/// `f(x) = s(W x)` without bias; one row of `W` for each output, so a single neuron for one output.
///
/// ```
/// use fenchel_nn::models::{Model, Neuron};
/// use fenchel_tensor::{Activation, Shape};
/// let tape = Neuron { activation: Activation::LeakyRelu { slope: 0.1 } }.tape(Shape::vector(7), 1)?;
/// assert_eq!(tape.parameters().len(), 7);
/// # Ok::<(), fenchel_tensor::TensorError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Neuron {
    /// The function `s`.
    pub activation: Activation,
}

impl Model for Neuron {
    fn name(&self) -> String {
        format!("neuron-{}", self.activation.name().replace(' ', "-"))
    }

    fn layers(&self, _input: Shape, outputs: usize) -> Vec<Layer> {
        vec![Flatten.into(), Dense { outputs, bias: false }.into(), self.activation.into()]
    }
}
