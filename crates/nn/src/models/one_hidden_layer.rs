//! One hidden layer under fixed outer weights: instances E3 and E4 of proxy convexity.

use fenchel_tensor::layers::{Dense, FixedDense, FixedWeights, Flatten};
use fenchel_tensor::{Activation, Shape};

use super::Model;
use crate::description::Layer;

/// `f(x) = sum_j a_j s(<w_j, x>)` with `a_j = 1/sqrt(m)` and `-1/sqrt(m)` in turn; only the hidden layer is trained.
///
/// `f` has one output; [`Model::layers`] gives this model whatever number is asked for.
///
/// ```
/// use fenchel_nn::models::{Model, OneHiddenLayer};
/// use fenchel_tensor::{Activation, Shape};
/// let model = OneHiddenLayer { width: 64, activation: Activation::LeakyRelu { slope: 0.1 } };
/// let tape = model.tape(Shape::vector(20), 1)?;
/// assert_eq!((tape.outputs(), tape.parameters().len()), (1, 20 * 64));
/// # Ok::<(), fenchel_tensor::TensorError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OneHiddenLayer {
    /// The number `m` of hidden units.
    pub width: usize,
    /// The function `s`.
    pub activation: Activation,
}

impl Model for OneHiddenLayer {
    fn name(&self) -> String {
        format!("one-hidden-{}-{}", self.width, self.activation.name().replace(' ', "-"))
    }

    fn layers(&self, _input: Shape, _outputs: usize) -> Vec<Layer> {
        vec![
            Flatten.into(),
            Layer::from(Dense { outputs: self.width, bias: false }).named("hidden"),
            self.activation.into(),
            FixedDense(FixedWeights::Signs).into(),
        ]
    }
}
