//! Instance normalisation: group normalisation of an image with one group a channel.

use super::described::{Described, Keys, Usual};
use super::group_norm::{GroupNorm, USUAL_EPSILON, unusual};
use crate::{Node, Shape, TapeBuilder, TensorError};

/// Each sample's channels are brought to mean 0 and variance 1 one by one (Ulyanov, Vedaldi, Lempitsky, 2016), then
/// scaled and shifted if it is affine, which it is not by default.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct InstanceNorm {
    /// What is added to a variance before its root is taken.
    pub epsilon: f64,
    /// Whether each channel is scaled and shifted afterwards, by parameters.
    pub affine: bool,
}

impl Described for InstanceNorm {
    const TYPE: &'static str = "instance_norm";
    const PYTORCH: Option<&'static str> = Some("InstanceNorm2d");
    const BLANK: Self = Self { epsilon: USUAL_EPSILON, affine: false };
    const REMARK: &'static str = "each sample's own statistics, never running ones";

    fn keys<K: Keys>(&mut self, keys: &mut K) -> Result<(), K::Error> {
        keys.number("epsilon", &mut self.epsilon, Usual::Is(USUAL_EPSILON))?;
        keys.flag("affine", &mut self.affine, false)
    }

    fn summary(&self) -> String {
        "instance_norm".to_owned() + &unusual(self.epsilon, self.affine)
    }

    fn record(&self, net: &mut TapeBuilder, name: &str, x: Node) -> Result<Node, TensorError> {
        let Self { epsilon, affine } = *self;
        match net.shape(x) {
            Shape::Image { channels, .. } => {
                net.put(name, GroupNorm { groups: channels, epsilon, affine }, &[x])
            }
            got @ (Shape::Vector(_) | Shape::Sequence { .. }) => {
                let needs = "an image; for vectors and tokens use layer normalisation";
                Err(TensorError::LayerInput { layer: name.to_owned(), got, needs: needs.to_owned() })
            }
        }
    }

    fn examples() -> Vec<Self> {
        vec![Self::BLANK, Self { affine: true, ..Self::BLANK }]
    }
}
