//! One token of a sequence, or the mean of all: how a sequence becomes a vector.

use super::average_pool::GlobalAveragePool;
use super::described::{Described, Keys, Usual};
use super::pick::{Pick, Picked};
use super::tokens::TokensToImage;
use crate::layer::Misfit;
use crate::{Node, Shape, TapeBuilder, TensorError};

/// One token, as a vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TakeToken {
    /// Which, counted from 0.
    pub index: usize,
}

/// The mean over all tokens, as a vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MeanOverTokens;

impl TapeBuilder {
    /// One token of a sequence, counted from 0, as a vector.
    ///
    /// # Errors
    /// If `x` is no sequence, or has no such token.
    pub fn take_token(&mut self, name: &str, x: Node, index: usize) -> Result<Node, TensorError> {
        self.put(name, Picked(TakeToken { index }), &[x])
    }

    /// The mean over the tokens of a sequence, as a vector.
    ///
    /// # Errors
    /// If `x` is no sequence.
    pub fn mean_over_tokens(&mut self, name: &str, x: Node) -> Result<Node, TensorError> {
        let Shape::Sequence { tokens, .. } = self.shape(x) else {
            return Err(Misfit::Input("a sequence".to_owned()).of(name, self.shape(x)));
        };
        // Positions and tokens are held alike, so this mean is an image's.
        let image = self.tokens_to_image(name, x, TokensToImage { height: tokens, width: 1 })?;
        GlobalAveragePool.record(self, name, image)
    }
}

impl Pick for TakeToken {
    fn shape(self, input: Shape) -> Result<Shape, Misfit> {
        match input {
            Shape::Sequence { tokens, features } if self.index < tokens => Ok(Shape::vector(features)),
            _ => Err(Misfit::Input(format!("a sequence with a token {}, counted from 0", self.index))),
        }
    }

    fn source(self, input: Shape, entry: usize) -> usize {
        entry * input.positions() + self.index
    }
}

impl Described for TakeToken {
    const TYPE: &'static str = "take_token";
    const PYTORCH: Option<&'static str> = Some("x[:, index]");
    const BLANK: Self = Self { index: 0 };
    const REMARK: &'static str = "gives a vector";

    fn keys<K: Keys>(&mut self, keys: &mut K) -> Result<(), K::Error> {
        keys.count("index", &mut self.index, 0, Usual::Is(0))
    }

    fn record(&self, net: &mut TapeBuilder, name: &str, x: Node) -> Result<Node, TensorError> {
        net.take_token(name, x, self.index)
    }

    fn examples() -> Vec<Self> {
        vec![Self { index: 0 }, Self { index: 2 }]
    }
}

impl Described for MeanOverTokens {
    const TYPE: &'static str = "mean_over_tokens";
    const PYTORCH: Option<&'static str> = Some("x.mean(1)");
    const BLANK: Self = Self;
    const REMARK: &'static str = "gives a vector";

    fn record(&self, net: &mut TapeBuilder, name: &str, x: Node) -> Result<Node, TensorError> {
        net.mean_over_tokens(name, x)
    }

    fn examples() -> Vec<Self> {
        vec![Self]
    }
}
