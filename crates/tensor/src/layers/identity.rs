//! A layer that does nothing.

use super::described::Described;
use crate::{Node, TapeBuilder, TensorError};

/// Nothing: keeps a place in the count, and leaves no record on the tape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity;

impl Described for Identity {
    fn types() -> Vec<&'static str> {
        vec!["identity"]
    }

    fn blank(kind: &str) -> Option<Self> {
        (kind == "identity").then_some(Self)
    }

    fn kind(&self) -> &'static str {
        "identity"
    }

    fn pytorch(&self) -> Option<&'static str> {
        Some("Identity")
    }

    fn remark(&self) -> &'static str {
        "keeps a place in the count"
    }

    fn record(&self, _net: &mut TapeBuilder, _name: &str, x: Node) -> Result<Node, TensorError> {
        Ok(x)
    }

    fn examples() -> Vec<Self> {
        vec![Self]
    }
}
