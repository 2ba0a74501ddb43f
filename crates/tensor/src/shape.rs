//! The shape of one sample's value at a node of the tape.

use std::fmt;

/// The shape of one sample's value: a vector of features, an image of channels, or a sequence of tokens.
///
/// The batch is never part of a shape: layers keep samples separate, which is what makes per-sample gradients and
/// structural matrices well defined.
///
/// ```
/// use fenchel_tensor::Shape;
/// assert_eq!(Shape::image(3, 32, 32).len(), 3072);
/// assert_eq!(Shape::vector(10).to_string(), "10");
/// assert_eq!(Shape::sequence(65, 192).to_string(), "65x192");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shape {
    /// `d` features.
    Vector(usize),
    /// `channels x height x width`, stored in that order.
    Image {
        /// The number of channels.
        channels: usize,
        /// The number of rows.
        height: usize,
        /// The number of columns.
        width: usize,
    },
    /// `tokens x features`: a vector for each token.
    ///
    /// Samples come in that order, as in other systems. A tape holds the value as `features x tokens`, as it holds an
    /// image whose positions are the tokens, so that a layer of every token is one of every position.
    Sequence {
        /// The number of tokens.
        tokens: usize,
        /// The number of features of each.
        features: usize,
    },
}

impl Shape {
    /// A vector of `features` numbers.
    #[must_use]
    pub const fn vector(features: usize) -> Self {
        Self::Vector(features)
    }

    /// An image of `channels x height x width` numbers.
    #[must_use]
    pub const fn image(channels: usize, height: usize, width: usize) -> Self {
        Self::Image { channels, height, width }
    }

    /// A sequence of `tokens x features` numbers.
    #[must_use]
    pub const fn sequence(tokens: usize, features: usize) -> Self {
        Self::Sequence { tokens, features }
    }

    /// How many numbers one sample's value has; the largest `usize` if they are more, which the tape refuses.
    #[must_use]
    pub const fn len(self) -> usize {
        match self {
            Self::Vector(features) => features,
            Self::Image { channels, height, width } => channels.saturating_mul(height).saturating_mul(width),
            Self::Sequence { tokens, features } => tokens.saturating_mul(features),
        }
    }

    /// Whether the value has no numbers at all; the tape refuses such shapes.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Whether it is a vector, which stands behind all images and sequences in the backward pass of a fan.
    #[must_use]
    pub(crate) const fn is_vector(self) -> bool {
        matches!(self, Self::Vector(_))
    }

    /// The number of entries that share one scale and shift in a normalisation: the positions of a channel, the tokens
    /// of a feature, or one feature.
    #[must_use]
    pub(crate) const fn positions(self) -> usize {
        match self {
            Self::Vector(_) => 1,
            Self::Image { height, width, .. } => height * width,
            Self::Sequence { tokens, .. } => tokens,
        }
    }

    /// The entry, as a tape holds the value, of a place in a sample.
    #[must_use]
    pub(crate) const fn entry_of(self, place: usize) -> usize {
        match self {
            Self::Vector(_) | Self::Image { .. } => place,
            Self::Sequence { tokens, features } => place % features * tokens + place / features,
        }
    }

    /// The sizes along its axes.
    pub(crate) fn sizes(self) -> Vec<usize> {
        match self {
            Self::Vector(features) => vec![features],
            Self::Image { channels, height, width } => vec![channels, height, width],
            Self::Sequence { tokens, features } => vec![tokens, features],
        }
    }

    /// The number of columns of an image; a vector is one column, and so are a sequence's tokens.
    #[must_use]
    pub(crate) const fn width(self) -> usize {
        match self {
            Self::Vector(_) | Self::Sequence { .. } => 1,
            Self::Image { width, .. } => width,
        }
    }

    /// The number of channels of an image, or of features of a vector or of each token.
    #[must_use]
    pub const fn channels(self) -> usize {
        match self {
            Self::Vector(features) => features,
            Self::Image { channels, .. } => channels,
            Self::Sequence { features, .. } => features,
        }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Vector(features) => write!(f, "{features}"),
            Self::Image { channels, height, width } => write!(f, "{channels}x{height}x{width}"),
            Self::Sequence { tokens, features } => write!(f, "{tokens}x{features}"),
        }
    }
}
