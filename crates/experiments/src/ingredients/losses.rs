//! Losses by name.

use std::sync::Arc;

use fenchel_convexity::losses::{Loss, SoftmaxCrossEntropy, SquaredError};

use crate::error::Failure;

/// The loss called `name`: `ce` (softmax cross-entropy) or `squared` (half the squared error).
///
/// # Errors
/// For an unknown name, with the known ones.
pub fn loss(name: &str) -> Result<Arc<dyn Loss>, Failure> {
    match name {
        "ce" => Ok(Arc::new(SoftmaxCrossEntropy)),
        "squared" => Ok(Arc::new(SquaredError)),
        _ => Err(format!("there is no loss `{name}`; the losses are: ce, squared").into()),
    }
}
