//! A layer that does nothing.

use super::described::Described;
use crate::{Node, TapeBuilder, TensorError};

/// Nothing: keeps a place in the count, and leaves no record on the tape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity;

impl Described for Identity {
    const TYPE: &'static str = "identity";
    const PYTORCH: Option<&'static str> = Some("Identity");
    const BLANK: Self = Self;
    const REMARK: &'static str = "keeps a place in the count";

    fn record(&self, _net: &mut TapeBuilder, _name: &str, x: Node) -> Result<Node, TensorError> {
        Ok(x)
    }

    fn examples() -> Vec<Self> {
        vec![Self]
    }
}
