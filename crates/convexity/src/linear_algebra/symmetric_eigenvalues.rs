//! Eigenvalues of small symmetric matrices.

use crate::error::ConvexityError;
use ndarray::{Array2, ArrayView2};

/// The eigenvalues of a symmetric matrix, ascending, by cyclic Jacobi rotations.
///
/// Each is accurate to a few units of round-off times m times the matrix's largest eigenvalue in absolute value. Cost: about 10 m^3.
///
/// # Errors
///
/// If the matrix is empty, not square, not finite or not symmetric.
///
/// ```
/// use fenchel_convexity::linear_algebra::symmetric_eigenvalues;
/// use ndarray::array;
///
/// let values = symmetric_eigenvalues(array![[2.0, 1.0], [1.0, 2.0]].view())?;
/// assert!((values[0] - 1.0).abs() < 1e-15 && (values[1] - 3.0).abs() < 1e-15);
/// # Ok::<(), fenchel_convexity::ConvexityError>(())
/// ```
pub fn symmetric_eigenvalues(matrix: ArrayView2<f64>) -> Result<Vec<f64>, ConvexityError> {
    let m = matrix.nrows();
    let refuse = |requirement, reason| ConvexityError::Matrix { argument: "matrix", requirement, reason };
    if m == 0 {
        return Err(ConvexityError::Empty { argument: "matrix" });
    }
    if matrix.ncols() != m {
        return Err(refuse("square", format!("it is {m} x {}", matrix.ncols())));
    }
    let scale = matrix.iter().fold(0.0_f64, |most, entry| most.max(entry.abs()));
    if let Some(((i, j), entry)) = matrix.indexed_iter().find(|(_, entry)| !entry.is_finite()) {
        return Err(refuse("finite", format!("entry ({i}, {j}) is {entry}")));
    }
    let skew = |i: usize, j: usize| (matrix[[i, j]] - matrix[[j, i]]).abs();
    if let Some((i, j)) =
        (0..m).flat_map(|i| (0..i).map(move |j| (i, j))).find(|&(i, j)| skew(i, j) > 1e-13 * scale)
    {
        return Err(refuse("symmetric", format!("entries ({i}, {j}) and ({j}, {i}) differ")));
    }
    if scale == 0.0 {
        return Ok(vec![0.0; m]);
    }
    let mut a = matrix.mapv(|entry| entry / scale);
    // Convergence is quadratic: ten sweeps are plenty, and each further one changes nothing.
    for _ in 0..30 {
        let off: f64 = (0..m).flat_map(|i| (0..i).map(move |j| (i, j))).map(|(i, j)| a[[i, j]].powi(2)).sum();
        if off <= 1e-34 {
            break;
        }
        for i in 1..m {
            for j in 0..i {
                rotate(&mut a, j, i);
            }
        }
    }
    let mut values: Vec<f64> = a.diag().iter().map(|value| value * scale).collect();
    values.sort_by(f64::total_cmp);
    Ok(values)
}

/// One Jacobi rotation that makes entry (p, q) zero.
fn rotate(a: &mut Array2<f64>, p: usize, q: usize) {
    let apq = a[[p, q]];
    if apq == 0.0 {
        return;
    }
    let theta = (a[[q, q]] - a[[p, p]]) / (2.0 * apq);
    let t = theta.signum() / (theta.abs() + theta.hypot(1.0));
    let c = 1.0 / t.hypot(1.0);
    let s = t * c;
    for k in 0..a.nrows() {
        let (akp, akq) = (a[[k, p]], a[[k, q]]);
        a[[k, p]] = c * akp - s * akq;
        a[[k, q]] = s * akp + c * akq;
    }
    for k in 0..a.nrows() {
        let (apk, aqk) = (a[[p, k]], a[[q, k]]);
        a[[p, k]] = c * apk - s * aqk;
        a[[q, k]] = s * apk + c * aqk;
    }
}
