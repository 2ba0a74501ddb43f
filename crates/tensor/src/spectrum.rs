//! Eigenvalues of many small symmetric matrices.

use nalgebra::DMatrix;
use ndarray::{Array2, ArrayView2, ArrayView3, Axis};
use rayon::prelude::*;

use crate::kernels::symmetric_eigenvalues;
use crate::{Real, TensorError};

/// The eigenvalues of a symmetric matrix in ascending order, in `f64` whatever the input's precision.
///
/// Only the lower triangle is read. The error of each eigenvalue is a small multiple of the unit round-off times the
/// largest absolute eigenvalue (backward stability of Householder's reduction and of QL).
///
/// # Errors
/// If the matrix is not square, is empty, or has an entry that is not finite.
///
/// ```
/// use fenchel_tensor::spectrum::eigenvalues;
/// use ndarray::array;
/// let values = eigenvalues(array![[2.0, 1.0], [1.0, 2.0]].view())?;
/// assert!((values[0] - 1.0).abs() < 1e-15 && (values[1] - 3.0).abs() < 1e-15);
/// # Ok::<(), fenchel_tensor::TensorError>(())
/// ```
pub fn eigenvalues<T: Real>(matrix: ArrayView2<'_, T>) -> Result<Vec<f64>, TensorError> {
    let values = batched_eigenvalues(matrix.insert_axis(Axis(0)))?;
    Ok(values.into_raw_vec_and_offset().0)
}

/// Larger matrices go to the library: many at once would not stay in the cache, and one alone leaves lanes empty.
const LARGEST: usize = 32;

/// Refuses a matrix that is not square, is empty, or has an entry that is not finite.
fn check<T: Real>(matrix: ArrayView2<'_, T>) -> Result<(), TensorError> {
    let (rows, columns) = matrix.dim();
    if rows != columns || rows == 0 {
        return Err(TensorError::Argument {
            argument: "matrix",
            got: vec![rows, columns],
            needs: "a square matrix with at least one row".to_owned(),
        });
    }
    if let Some((index, value)) = matrix.iter().enumerate().find(|(_, value)| !value.is_finite()) {
        return Err(TensorError::NonFinite { argument: "matrix", index, value: value.as_f64() });
    }
    Ok(())
}

/// So many matrices are one thread's turn: what its vectors hold, whatever they are.
const TURN: usize = 16;

/// The eigenvalues of every matrix of a batch `B x m x m`, ascending along the rows of the `B x m` result; on all threads.
///
/// A matrix has the same eigenvalues, to the bit, in any batch.
///
/// # Errors
/// As for [`eigenvalues`].
pub fn batched_eigenvalues<T: Real>(matrices: ArrayView3<'_, T>) -> Result<Array2<f64>, TensorError> {
    let (count, size, _) = matrices.dim();
    for matrix in matrices.outer_iter() {
        check(matrix)?;
    }
    let mut values = vec![f64::NAN; count * size];
    let together = if size <= LARGEST { TURN } else { 1 };
    values.par_chunks_mut((together * size).max(1)).enumerate().for_each(|(turn, values)| {
        let turn = turn * together..count.min((turn + 1) * together);
        let matrices = matrices.slice_axis(Axis(0), turn.into());
        if size <= LARGEST {
            let numbers: Vec<f64> = matrices.iter().map(|value| value.as_f64()).collect();
            symmetric_eigenvalues(size, &numbers, values);
        }
        for (matrix, values) in matrices.outer_iter().zip(values.chunks_exact_mut(size)) {
            if values[0].is_nan() {
                let lower = DMatrix::from_fn(size, size, |i, j| matrix[[i.max(j), i.min(j)]].as_f64());
                values.copy_from_slice(lower.symmetric_eigenvalues().as_slice());
            }
            values.sort_unstable_by(f64::total_cmp);
        }
    });
    Ok(Array2::from_shape_vec((count, size), values).expect("as many as matrices and rows"))
}

/// An orthonormal basis of the vectors of dimension `m` that sum to zero, as the columns of an `m x (m-1)` matrix
/// (Helmert's).
///
/// Cross-entropy, sparsemax and entmax have residuals in this space, so theorem T10 may use the eigenvalues of `Q'AQ`.
///
/// ```
/// let q = fenchel_tensor::spectrum::sum_zero_basis(4);
/// assert_eq!(q.dim(), (4, 3));
/// assert!(q.sum_axis(ndarray::Axis(0)).iter().all(|sum| sum.abs() < 1e-15));
/// ```
#[must_use]
pub fn sum_zero_basis(m: usize) -> Array2<f64> {
    let mut basis = Array2::zeros((m, m.saturating_sub(1)));
    for (j, mut column) in basis.columns_mut().into_iter().enumerate() {
        // Column j is (1, ..., 1, -(j+1), 0, ..., 0) / sqrt((j+1)(j+2)).
        let order = (j + 1) as f64;
        let norm = (order * (order + 1.0)).sqrt();
        for i in 0..=j {
            column[i] = 1.0 / norm;
        }
        column[j + 1] = -order / norm;
    }
    basis
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_sum_zero_basis_is_orthonormal() {
        for m in 1..12 {
            let q = sum_zero_basis(m);
            let gram = q.t().dot(&q);
            let defect = &gram - &Array2::<f64>::eye(m - 1);
            assert!(defect.iter().all(|d| d.abs() < 4.0 * f64::EPSILON), "m = {m}: {defect}");
        }
    }

    #[test]
    fn refuses_what_is_not_a_finite_square_matrix() {
        assert!(eigenvalues(Array2::<f64>::zeros((2, 3)).view()).is_err());
        assert!(eigenvalues(Array2::<f64>::zeros((0, 0)).view()).is_err());
        let mut matrix = Array2::<f64>::eye(3);
        matrix[[1, 2]] = f64::NAN;
        let error = eigenvalues(matrix.view()).unwrap_err().to_string();
        assert!(error.contains("index 5"), "{error}");
    }

    /// On both sides of the size where the library takes over, in a batch of more than one turn.
    #[test]
    fn a_batch_has_the_spectra_of_its_matrices() {
        for size in [LARGEST, LARGEST + 1, LARGEST + 8] {
            let batch = ndarray::Array3::from_shape_fn((TURN + 2, size, size), |(b, i, j)| {
                let (i, j) = (i.max(j), i.min(j));
                ((7 * b + 3 * i * i + 5 * j) % 11) as f64 - 5.0
            });
            let all = batched_eigenvalues(batch.view()).unwrap();
            for (matrix, values) in batch.outer_iter().zip(all.rows()) {
                assert_eq!(values.to_vec(), eigenvalues(matrix).unwrap());
                let (sum, squares) = (values.sum(), values.dot(&values));
                let (trace, norm) = (matrix.diag().sum(), matrix.iter().map(|a| a * a).sum::<f64>());
                // Each eigenvalue errs by a small multiple of the size squared times the unit round-off and the norm.
                let bound = 8.0 * (size * size) as f64 * f64::EPSILON * norm.sqrt();
                assert!((sum - trace).abs() <= size as f64 * bound, "{sum} against {trace}");
                assert!(
                    (squares - norm).abs() <= 2.0 * size as f64 * bound * norm.sqrt(),
                    "{squares} against {norm}"
                );
            }
        }
    }

    proptest! {
        /// A = Q diag(d) Q' with Q a product of Householder reflections has the spectrum d.
        #[test]
        fn finds_a_known_spectrum(
            mut spectrum in prop::collection::vec(0.0_f64..10.0, 1..12),
            directions in prop::collection::vec(prop::collection::vec(-1.0_f64..1.0, 12), 3),
        ) {
            let m = spectrum.len();
            let mut matrix = Array2::from_diag(&ndarray::Array1::from(spectrum.clone()));
            for direction in &directions {
                let v = ndarray::Array1::from(direction[..m].to_vec());
                let square = v.dot(&v);
                prop_assume!(square > 1e-3);
                let outer = Array2::from_shape_fn((m, m), |(i, j)| v[i] * v[j]);
                let reflection = Array2::<f64>::eye(m) - outer * (2.0 / square);
                matrix = reflection.dot(&matrix).dot(&reflection);
            }
            spectrum.sort_unstable_by(f64::total_cmp);
            let largest = spectrum[m - 1];
            for (got, want) in eigenvalues(matrix.view()).unwrap().iter().zip(&spectrum) {
                prop_assert!((got - want).abs() <= 1e-12 * largest.max(1e-3), "{got} against {want}");
            }
        }
    }
}
