//! Layer normalisation: group normalisation of a vector, or of each token, with one group.

use super::described::{Described, Keys, Usual};
use super::group_norm::{GroupNorm, USUAL_EPSILON, unusual};
use crate::{Node, Shape, TapeBuilder, TensorError};

/// Each sample's features, or each token's, are brought to mean 0 and variance 1, then scaled and shifted one by one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LayerNorm {
    /// What is added to the variance before its root is taken.
    pub epsilon: f64,
    /// Whether each feature is scaled and shifted afterwards, by parameters.
    pub affine: bool,
}

impl Default for LayerNorm {
    /// With the usual epsilon, 1e-5, and a scale and shift.
    fn default() -> Self {
        Self::BLANK
    }
}

impl TapeBuilder {
    /// Layer normalisation (Ba, Kiros, Hinton, 2016) of a vector, or of each token of a sequence.
    ///
    /// # Errors
    /// If `x` is an image (use [`group_norm`](Self::group_norm), whose scale is per channel), or the name is
    /// taken.
    pub fn layer_norm(&mut self, name: &str, x: Node) -> Result<Node, TensorError> {
        LayerNorm::default().record(self, name, x)
    }
}

impl Described for LayerNorm {
    const TYPE: &'static str = "layer_norm";
    const PYTORCH: Option<&'static str> = Some("LayerNorm");
    const BLANK: Self = Self { epsilon: USUAL_EPSILON, affine: true };
    const REMARK: &'static str = "of a vector, or of each token";

    fn keys<K: Keys>(&mut self, keys: &mut K) -> Result<(), K::Error> {
        keys.number("epsilon", &mut self.epsilon, Usual::Is(USUAL_EPSILON))?;
        keys.flag("affine", &mut self.affine, true)
    }

    fn summary(&self) -> String {
        "layer_norm".to_owned() + &unusual(self.epsilon, self.affine)
    }

    fn record(&self, net: &mut TapeBuilder, name: &str, x: Node) -> Result<Node, TensorError> {
        match net.shape(x) {
            Shape::Vector(_) | Shape::Sequence { .. } => {
                let Self { epsilon, affine } = *self;
                net.put(name, GroupNorm { groups: 1, epsilon, affine }, &[x])
            }
            got @ Shape::Image { .. } => {
                let needs = "a vector or a sequence; for images use group normalisation".to_owned();
                Err(TensorError::LayerInput { layer: name.to_owned(), got, needs })
            }
        }
    }

    fn examples() -> Vec<Self> {
        vec![Self::BLANK, Self { affine: false, ..Self::BLANK }]
    }
}
