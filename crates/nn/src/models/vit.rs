//! A vision transformer.

use fenchel_tensor::layers::{AddLearned, ImageToTokens, LayerNorm, PrependToken, SelfAttention, TakeToken};
use fenchel_tensor::{Activation, Conv2d, Shape};

use super::Model;
use crate::description::Layer;

/// A vision transformer (Dosovitskiy et al., 2021) of images: patches as tokens, a class token before them, learned
/// positions, and blocks of attention and of two dense layers with GELU, each behind a normalisation and beside a shortcut.
///
/// ```
/// use fenchel_nn::models::{Model, ViT};
/// use fenchel_tensor::Shape;
///
/// let model = ViT { patch: 4, features: 48, heads: 3, hidden: 96, blocks: 4 };
/// let tape = model.tape(Shape::image(3, 32, 32), 10)?;
/// assert_eq!(tape.parameters().len(), 81_946);
/// # Ok::<(), fenchel_tensor::TensorError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ViT {
    /// The height and width of a patch.
    pub patch: usize,
    /// The features of a token.
    pub features: usize,
    /// The heads of each attention, which divide the features.
    pub heads: usize,
    /// The width between the two dense layers of a block.
    pub hidden: usize,
    /// The number of blocks.
    pub blocks: usize,
}

impl Model for ViT {
    fn name(&self) -> String {
        let Self { patch, features, heads, hidden, blocks } = self;
        format!("vit-{blocks}x{features}-p{patch}-h{heads}-m{hidden}")
    }

    fn layers(&self, _input: Shape, outputs: usize) -> Vec<Layer> {
        let Self { patch, features, heads, hidden, blocks } = *self;
        let mut layers = vec![
            Layer::from(Conv2d::new(features, patch).strided(patch)).named("patches"),
            ImageToTokens.into(),
            Layer::from(PrependToken).named("class_token"),
            Layer::from(AddLearned).named("positions"),
        ];
        for block in 0..blocks {
            let attention = SelfAttention { heads, causal: false, bias: true };
            let attend = vec![LayerNorm::default().into(), attention.into()];
            let feed = vec![
                LayerNorm::default().into(),
                Layer::dense(hidden),
                Activation::GeluErf.into(),
                Layer::dense(features),
            ];
            layers.push(Layer::residual(1.0, attend).named(format!("blocks.{block}.attend")));
            layers.push(Layer::residual(1.0, feed).named(format!("blocks.{block}.feed")));
        }
        layers.extend([
            Layer::from(LayerNorm::default()).named("ln"),
            TakeToken { index: 0 }.into(),
            Layer::dense(outputs).named("head"),
        ]);
        layers
    }
}
