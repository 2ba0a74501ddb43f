//! Checks of targets and outputs that several losses share.

use crate::error::{ConvexityError, require_dimension, require_finite};
use ndarray::{ArrayView1, ArrayViewMut1};

/// How far from 1 the sum of a probability vector may be: far above round-off, far below a mistake.
const SUM_TOLERANCE: f64 = 1e-9;

/// A relative widening that covers the round-off of the bounds (a handful of operations, each within half an ulp).
pub(crate) const WIDEN: f64 = 8.0 * f64::EPSILON;

/// A target in the probability simplex, recognised.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum SimplexTarget {
    /// All mass on this class.
    OneHot(usize),
    /// Mass on several classes.
    Soft,
}

/// Recognises a target in the probability simplex.
pub(crate) fn simplex_target(target: ArrayView1<f64>) -> Result<SimplexTarget, ConvexityError> {
    require_finite("target", target)?;
    if let Some((index, &entry)) = target.iter().enumerate().find(|&(_, &entry)| entry < 0.0) {
        return Err(ConvexityError::OutsideDomain {
            argument: "target",
            reason: format!("entry {index} of the probability vector is {entry}, which is negative"),
        });
    }
    let sum = target.sum();
    if (sum - 1.0).abs() > SUM_TOLERANCE {
        return Err(ConvexityError::OutsideDomain {
            argument: "target",
            reason: format!("the entries of the probability vector sum to {sum}, not to 1"),
        });
    }
    let hot = target.iter().position(|&entry| entry == 1.0);
    Ok(match hot {
        Some(class) if target.iter().enumerate().all(|(i, &entry)| i == class || entry == 0.0) => {
            SimplexTarget::OneHot(class)
        }
        _ => SimplexTarget::Soft,
    })
}

/// Checks an output against a target that has been checked, and the place for the residual.
pub(super) fn require_output(
    target: ArrayView1<f64>,
    output: ArrayView1<f64>,
    residual: Option<&ArrayViewMut1<f64>>,
) -> Result<(), ConvexityError> {
    require_dimension("output", output.len(), target.len())?;
    require_finite("output", output)?;
    residual.map_or(Ok(()), |residual| require_dimension("residual", residual.len(), target.len()))
}

/// Checks a target in R^m, its output, and the place for the residual.
pub(super) fn require_pair(
    target: ArrayView1<f64>,
    output: ArrayView1<f64>,
    residual: Option<&ArrayViewMut1<f64>>,
) -> Result<(), ConvexityError> {
    require_finite("target", target)?;
    require_output(target, output, residual)
}

/// Checks an output without a target, and the place for the prediction.
pub(super) fn require_prediction(
    output: ArrayView1<f64>,
    prediction: &ArrayViewMut1<f64>,
) -> Result<(), ConvexityError> {
    require_finite("output", output)?;
    require_dimension("prediction", prediction.len(), output.len())
}

/// The infimum of a loss that reaches 0 for every admissible target; NaN if the target was refused.
pub(super) fn zero_if<T>(admissible: Result<T, ConvexityError>) -> f64 {
    if admissible.is_ok() { 0.0 } else { f64::NAN }
}

/// The smallest positive entry of a probability vector.
pub(crate) fn smallest_mass(target: ArrayView1<f64>) -> f64 {
    target.iter().copied().filter(|&y| y > 0.0).fold(1.0, f64::min)
}

/// A loss, if it is within f64.
pub(crate) fn finite_loss(loss: f64) -> Result<f64, ConvexityError> {
    if loss.is_finite() { Ok(loss) } else { Err(ConvexityError::Overflow { what: "the loss" }) }
}
