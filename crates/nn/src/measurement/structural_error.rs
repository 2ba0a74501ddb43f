//! The structural error: what the extreme eigenvalues of the structural matrix contribute to the bounds.

use fenchel_tensor::spectrum::batched_eigenvalues;
use ndarray::{Array2, Array3, ArrayView3, Axis};

use crate::NnError;

/// The smallest and the largest eigenvalue of a structural matrix, or of its restriction to a subspace.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ExtremeEigenvalues {
    /// `lambda_min`, not negative (round-off below 0 is cut off).
    pub min: f64,
    /// `lambda_max`.
    pub max: f64,
}

impl ExtremeEigenvalues {
    /// The ends of a list of eigenvalues in ascending order; `None` for an empty list.
    ///
    /// A structural matrix is positive semi-definite, so what round-off puts below 0 is 0.
    #[must_use]
    pub fn of_ascending(eigenvalues: &[f64]) -> Option<Self> {
        Some(Self { min: eigenvalues.first()?.max(0.0), max: eigenvalues.last()?.max(0.0) })
    }

    /// `U`, `L` and `D`.
    #[must_use]
    pub fn structural_error(self) -> StructuralError {
        let (u, l) = (-self.min.ln(), -self.max.ln());
        // Both eigenvalues 0: the matrix is 0 and its condition number, a ratio 0/0, is taken as 1.
        let d = if self.max == 0.0 { 0.0 } else { u - l };
        StructuralError { u, l, d }
    }
}

/// The extreme eigenvalues of every matrix of a batch `B x m x m`.
pub(super) fn extremes(matrices: ArrayView3<'_, f64>) -> Result<Vec<ExtremeEigenvalues>, NnError> {
    let values = batched_eigenvalues(matrices)?;
    let ends = |values: &[f64]| ExtremeEigenvalues::of_ascending(values).expect("a matrix has rows");
    Ok(values.outer_iter().map(|values| ends(values.as_slice().expect("rows are contiguous"))).collect())
}

/// Those of the restrictions `Q'AQ` to the directions that the columns of a basis `Q` span.
pub(super) fn restricted_extremes(
    matrices: ArrayView3<'_, f64>,
    basis: &Array2<f64>,
) -> Result<Vec<ExtremeEigenvalues>, NnError> {
    let directions = basis.ncols();
    let mut restricted = Array3::zeros((matrices.len_of(Axis(0)), directions, directions));
    for (mut to, matrix) in restricted.outer_iter_mut().zip(matrices.outer_iter()) {
        to.assign(&basis.t().dot(&matrix).dot(basis));
    }
    extremes(restricted.view())
}

/// `U = -log lambda_min`, `L = -log lambda_max`, `D = U - L = log cond` (section 5 of the theory; natural logarithms).
///
/// ```
/// use fenchel_nn::measurement::ExtremeEigenvalues;
/// let error = ExtremeEigenvalues { min: 1.0, max: std::f64::consts::E }.structural_error();
/// assert_eq!((error.u, error.l, error.d), (0.0, -1.0, 1.0));
/// assert_eq!(error.combined(1.0, 2.0, 3.0), 1.0 - 3.0);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StructuralError {
    /// `-log lambda_min`; infinite for a singular matrix.
    pub u: f64,
    /// `-log lambda_max`.
    pub l: f64,
    /// The logarithm of the condition number.
    pub d: f64,
}

impl StructuralError {
    /// The structural error `S(alpha, beta, gamma) = alpha D + beta U + gamma L`.
    #[must_use]
    pub fn combined(self, alpha: f64, beta: f64, gamma: f64) -> f64 {
        // A weight of 0 switches its term off even where the term is infinite.
        let term = |weight: f64, value: f64| if weight == 0.0 { 0.0 } else { weight * value };
        term(alpha, self.d) + term(beta, self.u) + term(gamma, self.l)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn singular_and_zero_matrices() {
        let singular = ExtremeEigenvalues::of_ascending(&[-1e-18, 0.5, 2.0]).unwrap();
        assert_eq!(singular.min, 0.0);
        let error = singular.structural_error();
        assert_eq!((error.u, error.d), (f64::INFINITY, f64::INFINITY));
        assert_eq!(error.combined(0.0, 0.0, 1.0), -2.0_f64.ln());
        let zero = ExtremeEigenvalues { min: 0.0, max: 0.0 }.structural_error();
        assert_eq!(zero.d, 0.0);
        assert_eq!(ExtremeEigenvalues::of_ascending(&[]), None);
    }
}
