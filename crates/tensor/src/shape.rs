//! The shape of one sample's value at a node of the tape.

use std::fmt;

/// The shape of one sample's value: a vector of features, or an image of channels.
///
/// The batch is never part of a shape: layers keep samples separate, which is what makes per-sample gradients and
/// structural matrices well defined.
///
/// ```
/// use fenchel_tensor::Shape;
/// assert_eq!(Shape::image(3, 32, 32).len(), 3072);
/// assert_eq!(Shape::vector(10).to_string(), "10");
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

    /// How many numbers one sample's value has; the largest `usize` if they are more, which the tape refuses.
    #[must_use]
    pub const fn len(self) -> usize {
        match self {
            Self::Vector(features) => features,
            Self::Image { channels, height, width } => channels.saturating_mul(height).saturating_mul(width),
        }
    }

    /// Whether the value has no numbers at all; the tape refuses such shapes.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The number of entries that share one scale and shift in a normalisation: the positions of a channel, or one
    /// feature.
    #[must_use]
    pub(crate) const fn positions(self) -> usize {
        match self {
            Self::Vector(_) => 1,
            Self::Image { height, width, .. } => height * width,
        }
    }

    /// The sizes along its axes.
    pub(crate) fn sizes(self) -> Vec<usize> {
        match self {
            Self::Vector(features) => vec![features],
            Self::Image { channels, height, width } => vec![channels, height, width],
        }
    }

    /// The number of columns of an image; a vector is one column.
    #[must_use]
    pub(crate) const fn width(self) -> usize {
        match self {
            Self::Vector(_) => 1,
            Self::Image { width, .. } => width,
        }
    }

    /// The number of channels of an image, or of features of a vector.
    #[must_use]
    pub const fn channels(self) -> usize {
        match self {
            Self::Vector(features) => features,
            Self::Image { channels, .. } => channels,
        }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Vector(features) => write!(f, "{features}"),
            Self::Image { channels, height, width } => write!(f, "{channels}x{height}x{width}"),
        }
    }
}
