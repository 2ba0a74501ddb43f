//! Images as sequences, and back: the positions of an image are the tokens, its channels their features. A tape holds
//! both in one order, so nothing moves; where tokens become features and features tokens, all do.

use super::described::{Described, Keys, Usual};
use super::pick::{Pick, Picked};
use crate::layer::Misfit;
use crate::{Node, Shape, TapeBuilder, TensorError};

/// An image as a sequence: a token for each position, row by row; what a patch embedding ends with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageToTokens;

/// A sequence as an image: the tokens are its positions, row by row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokensToImage {
    /// The number of rows.
    pub height: usize,
    /// The number of columns.
    pub width: usize,
}

/// The tokens as features, and the features as tokens: what a dense layer mixes then are the tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransposeTokens;

impl TapeBuilder {
    /// An image as a sequence: a token for each position, row by row, whose features are the channels.
    ///
    /// # Errors
    /// If `x` is no image.
    ///
    /// ```
    /// use fenchel_tensor::{Conv2d, Shape, TapeBuilder};
    ///
    /// // Patches of 4 x 4 (Dosovitskiy et al., 2021).
    /// let mut net = TapeBuilder::new(Shape::image(3, 16, 16));
    /// let x = net.input();
    /// let patches = net.conv2d("patches", x, Conv2d::new(24, 4).strided(4))?;
    /// let tokens = net.image_to_tokens("tokens", patches)?;
    /// assert_eq!(net.shape(tokens), Shape::sequence(16, 24));
    /// # Ok::<(), fenchel_tensor::TensorError>(())
    /// ```
    pub fn image_to_tokens(&mut self, name: &str, x: Node) -> Result<Node, TensorError> {
        self.put(name, Picked(ImageToTokens), &[x])
    }

    /// The tokens of a sequence as features, and its features as tokens (Tolstikhin et al., 2021).
    ///
    /// # Errors
    /// If `x` is no sequence.
    pub fn transpose_tokens(&mut self, name: &str, x: Node) -> Result<Node, TensorError> {
        self.put(name, Picked(TransposeTokens), &[x])
    }

    /// A sequence as an image of so many rows and columns, row by row.
    ///
    /// # Errors
    /// If `x` is no sequence, or has another number of tokens.
    pub fn tokens_to_image(&mut self, name: &str, x: Node, to: TokensToImage) -> Result<Node, TensorError> {
        self.put(name, Picked(to), &[x])
    }
}

impl Pick for TransposeTokens {
    fn shape(self, input: Shape) -> Result<Shape, Misfit> {
        match input {
            Shape::Sequence { tokens, features } => Ok(Shape::sequence(features, tokens)),
            Shape::Vector(_) | Shape::Image { .. } => Err(Misfit::Input("a sequence".to_owned())),
        }
    }

    fn source(self, input: Shape, entry: usize) -> usize {
        input.entry_of(entry)
    }
}

impl Pick for ImageToTokens {
    fn shape(self, input: Shape) -> Result<Shape, Misfit> {
        match input {
            Shape::Image { channels, .. } => Ok(Shape::sequence(input.positions(), channels)),
            Shape::Vector(_) | Shape::Sequence { .. } => Err(Misfit::Input("an image".to_owned())),
        }
    }

    fn source(self, _input: Shape, entry: usize) -> usize {
        entry
    }
}

impl Pick for TokensToImage {
    fn shape(self, input: Shape) -> Result<Shape, Misfit> {
        let Self { height, width } = self;
        match input {
            Shape::Sequence { tokens, features } if height.checked_mul(width) == Some(tokens) => {
                Ok(Shape::image(features, height, width))
            }
            _ => Err(Misfit::Input(format!("a sequence of {height} x {width} tokens"))),
        }
    }

    fn source(self, _input: Shape, entry: usize) -> usize {
        entry
    }
}

impl Described for ImageToTokens {
    const TYPE: &'static str = "image_to_tokens";
    const PYTORCH: Option<&'static str> = Some("x.flatten(2).transpose(1, 2)");
    const BLANK: Self = Self;
    const REMARK: &'static str = "a sequence with a token for each position";

    fn record(&self, net: &mut TapeBuilder, name: &str, x: Node) -> Result<Node, TensorError> {
        net.image_to_tokens(name, x)
    }

    fn examples() -> Vec<Self> {
        vec![Self]
    }
}

impl Described for TokensToImage {
    const TYPE: &'static str = "tokens_to_image";
    const PYTORCH: Option<&'static str> = Some("x.transpose(1, 2).unflatten(2, (height, width))");
    const BLANK: Self = Self { height: 1, width: 1 };

    fn keys<K: Keys>(&mut self, keys: &mut K) -> Result<(), K::Error> {
        keys.count("height", &mut self.height, 1, Usual::No)?;
        keys.count("width", &mut self.width, 1, Usual::No)
    }

    fn record(&self, net: &mut TapeBuilder, name: &str, x: Node) -> Result<Node, TensorError> {
        net.tokens_to_image(name, x, *self)
    }

    fn examples() -> Vec<Self> {
        vec![Self { height: 1, width: 3 }, Self { height: 3, width: 2 }]
    }
}

impl Described for TransposeTokens {
    const TYPE: &'static str = "transpose_tokens";
    const PYTORCH: Option<&'static str> = Some("x.transpose(1, 2)");
    const BLANK: Self = Self;
    const REMARK: &'static str = "tokens become features, features tokens";

    fn record(&self, net: &mut TapeBuilder, name: &str, x: Node) -> Result<Node, TensorError> {
        net.transpose_tokens(name, x)
    }

    fn examples() -> Vec<Self> {
        vec![Self]
    }
}
