//! The structural error: what the extreme eigenvalues of the structural matrix contribute to the bounds.

use fenchel_tensor::gemm::product;
use fenchel_tensor::spectrum::batched_eigenvalues;
use ndarray::{Array2, Array3, ArrayView3, Axis};

use crate::NnError;

/// The smallest and the largest eigenvalue of a structural matrix, or of its restriction to a subspace.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ExtremeEigenvalues {
    /// `lambda_min`, 0 where it does not exceed the bound on its round-off.
    pub min: f64,
    /// `lambda_max`, likewise.
    pub max: f64,
}

impl ExtremeEigenvalues {
    /// The ends `[smallest, largest]` of a computed spectrum, of which each is off by at most `roundoff`.
    ///
    /// A structural matrix is positive semi-definite, so what round-off alone may have put above 0 is 0: the
    /// sign of a rounding error does not decide what is singular.
    #[must_use]
    pub fn above_roundoff(ends: [f64; 2], roundoff: f64) -> Self {
        let [min, max] = ends.map(|value| if value <= roundoff { 0.0 } else { value });
        Self { min, max }
    }

    /// `U`, `L` and `D`.
    #[must_use]
    pub fn structural_error(self) -> StructuralError {
        let (u, l) = (-self.min.ln(), -self.max.ln());
        // The matrix 0 is as singular as any: a dead network must not have the condition number 1.
        let d = if self.min == 0.0 { f64::INFINITY } else { u - l };
        StructuralError { u, l, d }
    }
}

/// The ends of the computed spectrum of every matrix of a batch `B x m x m`.
pub(super) fn extremes(matrices: ArrayView3<'_, f64>) -> Result<Vec<[f64; 2]>, NnError> {
    let values = batched_eigenvalues(matrices)?;
    Ok(values.outer_iter().map(|values| [values[0], values[values.len() - 1]]).collect())
}

/// Those of the restrictions `Q'AQ` to the directions that the columns of a basis `Q` span.
pub(super) fn restricted_extremes(
    matrices: ArrayView3<'_, f64>,
    basis: &Array2<f64>,
) -> Result<Vec<[f64; 2]>, NnError> {
    let directions = basis.ncols();
    let mut restricted = Array3::zeros((matrices.len_of(Axis(0)), directions, directions));
    for (mut to, matrix) in restricted.outer_iter_mut().zip(matrices.outer_iter()) {
        to.assign(&product(product(basis.t(), matrix).view(), basis.view()));
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
    /// `-log lambda_max`; infinite for the matrix 0.
    pub l: f64,
    /// The logarithm of the condition number; infinite for a singular matrix, the matrix 0 among them.
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
        let singular = ExtremeEigenvalues::above_roundoff([-1e-18, 2.0], 1e-15);
        assert_eq!(singular, ExtremeEigenvalues::above_roundoff([1e-15, 2.0], 1e-15));
        assert_eq!(singular.min, 0.0);
        let error = singular.structural_error();
        assert_eq!((error.u, error.d), (f64::INFINITY, f64::INFINITY));
        assert_eq!(error.combined(0.0, 0.0, 1.0), -2.0_f64.ln());
        let zero = ExtremeEigenvalues::above_roundoff([-1e-17, 1e-16], 1e-15).structural_error();
        assert_eq!((zero.u, zero.l, zero.d), (f64::INFINITY, f64::INFINITY, f64::INFINITY));
        assert!(ExtremeEigenvalues::above_roundoff([f64::NAN, 1.0], 1e-15).min.is_nan());
    }
}
