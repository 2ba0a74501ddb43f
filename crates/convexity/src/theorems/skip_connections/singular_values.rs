//! Singular values of small matrices.

use crate::error::{ConvexityError, require_finite};
use ndarray::{Array1, Array2, ArrayView2};

/// The singular values of a matrix with at least as many rows as columns, ascending, by one-sided Jacobi
/// rotations (Hestenes).
///
/// Unlike the roots of the eigenvalues of A'A, small values are accurate to a few units of the norms of
/// the columns they come from.
///
/// # Errors
///
/// If the matrix is empty, not finite, or has more columns than rows.
///
/// ```
/// use fenchel_convexity::theorems::skip_connections::singular_values;
/// use ndarray::array;
///
/// let values = singular_values(array![[3.0, 0.0], [4.0, 5.0]].view())?;
/// assert!((values[0] - 5f64.sqrt()).abs() < 1e-14 && (values[1] - 45f64.sqrt()).abs() < 1e-14);
/// # Ok::<(), fenchel_convexity::ConvexityError>(())
/// ```
pub fn singular_values(matrix: ArrayView2<f64>) -> Result<Vec<f64>, ConvexityError> {
    require_finite("matrix", &Array1::from_iter(matrix.iter().copied()).view())?;
    let (rows, columns) = matrix.dim();
    if columns > rows {
        return Err(ConvexityError::Matrix {
            argument: "matrix",
            requirement: "at least as high as wide",
            reason: format!("it is {rows} x {columns}; transpose it"),
        });
    }
    let mut a = matrix.to_owned();
    // Convergence is quadratic; thirty sweeps are far more than it takes.
    for _ in 0..30 {
        let mut rotated = false;
        for i in 1..columns {
            for j in 0..i {
                rotated |= orthogonalise(&mut a, j, i);
            }
        }
        if !rotated {
            break;
        }
    }
    let mut values: Vec<f64> = a.columns().into_iter().map(|column| column.dot(&column).sqrt()).collect();
    values.sort_by(f64::total_cmp);
    Ok(values)
}

/// Rotates two columns so that they become orthogonal; false if they are.
fn orthogonalise(a: &mut Array2<f64>, p: usize, q: usize) -> bool {
    let (alpha, beta) = (a.column(p).dot(&a.column(p)), a.column(q).dot(&a.column(q)));
    let gamma = a.column(p).dot(&a.column(q));
    if gamma.abs() <= f64::EPSILON * (alpha * beta).sqrt() {
        return false;
    }
    let zeta = (beta - alpha) / (2.0 * gamma);
    let t = zeta.signum() / (zeta.abs() + zeta.hypot(1.0));
    let c = 1.0 / t.hypot(1.0);
    let s = c * t;
    for k in 0..a.nrows() {
        let (x, y) = (a[[k, p]], a[[k, q]]);
        (a[[k, p]], a[[k, q]]) = (c * x - s * y, s * x + c * y);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn graded_matrices_keep_their_small_values() {
        // diag(1, 1e-12) times a rotation.
        let (c, s) = (0.6, 0.8);
        let values = singular_values(array![[c, -s], [1e-12 * s, 1e-12 * c]].view()).unwrap();
        assert!((values[0] / 1e-12 - 1.0).abs() < 1e-3 && (values[1] - 1.0).abs() < 1e-15, "{values:?}");
        assert_eq!(singular_values(array![[0.0, 0.0], [0.0, 0.0]].view()).unwrap(), [0.0, 0.0]);
        assert!(singular_values(array![[1.0, 2.0]].view()).is_err());
    }

    #[test]
    fn values_scale_with_the_matrix() {
        let a = array![[1.0, 2.0], [-0.5, 3.0], [2.0, 0.25]];
        let values = singular_values(a.view()).unwrap();
        for scale in [1e-9, 1e9] {
            let scaled = singular_values((&a * scale).view()).unwrap();
            assert!(values.iter().zip(&scaled).all(|(v, s)| (s / (v * scale) - 1.0).abs() < 1e-14));
        }
    }

    #[test]
    fn squares_agree_with_the_eigenvalues_of_the_gram_matrix() {
        let a = Array2::from_shape_fn((5, 4), |(i, j)| ((3 * i + 7 * j + i * j) % 11) as f64 - 4.0);
        let values = singular_values(a.view()).unwrap();
        let squares = crate::linear_algebra::symmetric_eigenvalues(a.t().dot(&a).view()).unwrap();
        for (value, square) in values.iter().zip(squares) {
            assert!((value * value - square).abs() < 1e-11 * 500.0, "{value} {square}");
        }
    }
}
