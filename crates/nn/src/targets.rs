//! Labels as target vectors.

use ndarray::Array2;

use crate::NnError;

/// Each label as a row with a 1 at its class: `B x classes`, in `f64` because losses are.
///
/// # Errors
/// If a label names no class.
///
/// ```
/// let targets = fenchel_nn::one_hot(&[2, 0], 3)?;
/// assert_eq!(targets, ndarray::array![[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]);
/// # Ok::<(), fenchel_nn::NnError>(())
/// ```
pub fn one_hot(labels: &[usize], classes: usize) -> Result<Array2<f64>, NnError> {
    let mut targets = Array2::zeros((labels.len(), classes));
    for (sample, &label) in labels.iter().enumerate() {
        if label >= classes {
            return Err(NnError::Label { sample, label, last: classes.saturating_sub(1) });
        }
        targets[[sample, label]] = 1.0;
    }
    Ok(targets)
}
