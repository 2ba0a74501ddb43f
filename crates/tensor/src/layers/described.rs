//! A layer as a model description names it: its type, its keys, its row of the table.

use crate::{Node, TapeBuilder, TensorError};

/// The usual value of a key.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Usual<V> {
    /// None: the key must be there.
    No,
    /// This.
    Is(V),
    /// That of another key, which is this.
    As(&'static str, V),
}

impl<V> Usual<V> {
    /// The value, if there is one.
    pub fn value(self) -> Option<V> {
        match self {
            Self::No => None,
            Self::Is(value) | Self::As(_, value) => Some(value),
        }
    }
}

/// A matrix that a description holds.
#[derive(Clone, Debug, PartialEq)]
pub enum FixedWeights {
    /// One row of `m` entries, `1 / sqrt(m)` and `-1 / sqrt(m)` in turn: the outer weights of the one-hidden-layer
    /// networks of proxy convexity (Frei, Gu, 2021).
    Signs,
    /// Row by row, all rows of one length.
    Rows(Vec<Vec<f64>>),
}

/// What goes through a layer's keys: a reader sets the values, a writer writes them, a list names them.
pub trait Keys {
    /// What a reader may complain of.
    type Error;

    /// A whole number of at least `least`.
    ///
    /// # Errors
    /// If a reader finds none.
    fn count(
        &mut self,
        key: &'static str,
        value: &mut usize,
        least: usize,
        usual: Usual<usize>,
    ) -> Result<(), Self::Error>;

    /// A finite number.
    ///
    /// # Errors
    /// If a reader finds none.
    fn number(&mut self, key: &'static str, value: &mut f64, usual: Usual<f64>) -> Result<(), Self::Error>;

    /// `true` or `false`.
    ///
    /// # Errors
    /// If a reader finds neither.
    fn flag(&mut self, key: &'static str, value: &mut bool, usual: bool) -> Result<(), Self::Error>;

    /// The rows of a fixed matrix.
    ///
    /// # Errors
    /// If a reader finds none.
    fn weights(&mut self, key: &'static str, value: &mut FixedWeights) -> Result<(), Self::Error>;
}

/// A kind of layer, with its settings, in the list of all.
pub trait Described: Clone {
    /// The name of its type in a description.
    const TYPE: &'static str;

    /// What PyTorch calls it, if it has it.
    const PYTORCH: Option<&'static str>;

    /// The layer before its keys are read.
    const BLANK: Self;

    /// What else a reader of the list should know.
    const REMARK: &'static str = "";

    /// All names, of a kind that has more than one type.
    #[must_use]
    fn types() -> Vec<&'static str> {
        vec![Self::TYPE]
    }

    /// A layer of this type, before its keys are read.
    #[must_use]
    fn blank(kind: &str) -> Option<Self> {
        (kind == Self::TYPE).then_some(Self::BLANK)
    }

    /// Its type.
    fn kind(&self) -> &'static str {
        Self::TYPE
    }

    /// What PyTorch calls it, if it has it.
    fn pytorch(&self) -> Option<&'static str> {
        Self::PYTORCH
    }

    /// Goes through its keys.
    ///
    /// # Errors
    /// What the reader says.
    fn keys<K: Keys>(&mut self, _keys: &mut K) -> Result<(), K::Error> {
        Ok(())
    }

    /// Its type with the settings that the shapes do not show.
    fn summary(&self) -> String {
        self.kind().to_owned()
    }

    /// Puts it on a tape behind `x`.
    ///
    /// # Errors
    /// If it cannot take that shape, or its settings make no sense, or the name is taken.
    fn record(&self, net: &mut TapeBuilder, name: &str, x: Node) -> Result<Node, TensorError>;

    /// Small layers of this kind, on which tests of all layers go: on images of a few channels, or on vectors.
    fn examples() -> Vec<Self>;
}
