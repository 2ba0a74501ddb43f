//! The largest and smallest gain `||A u|| / ||u||` of a matrix between two norms.

use super::symmetric_eigenvalues::symmetric_eigenvalues;
use crate::error::{ConvexityError, require_dimension, require_finite};
use crate::norms::Norm;
use ndarray::{Array1, Array2};

/// An upper bound on `max ||A u||_out / ||u||_in`.
///
/// Exact up to outward rounding for l_2 to l_2 (the largest singular value), from l_1 to any norm (the largest column), and from any
/// norm to l_inf (the largest dual norm of a row); for other pairs of l_p and weighted Euclidean norms a bound through l_2.
///
/// # Errors
///
/// If A is empty, not finite, or does not fit the norms, or a norm is a product.
pub fn operator_norm(matrix: &Array2<f64>, out: &Norm, norm: &Norm) -> Result<f64, ConvexityError> {
    check(matrix, out, norm)?;
    if *norm == Norm::L1 {
        let columns = matrix.columns();
        return largest(columns.into_iter().map(|column| out.value(&column)), matrix);
    }
    if *out == Norm::LINF {
        let dual = norm.dual();
        return largest(matrix.rows().into_iter().map(|row| dual.value(&row)), matrix);
    }
    let sigma = singular_value(matrix, Extreme::Largest)?;
    // ||Au||_out <= k_out ||Au||_2 <= k_out sigma ||u||_2 <= k_out sigma k_in ||u||_in.
    let bound = over_euclidean(out, matrix.nrows())? * sigma * under_euclidean(norm, matrix.ncols())?;
    Ok(bound * (1.0 + 8.0 * f64::EPSILON))
}

/// A lower bound on `min ||A u||_out / ||u||_in`, 0 if A is not injective.
///
/// Exact up to rounding for l_2 to l_2 (the smallest singular value); through l_2 for other pairs of l_p and weighted Euclidean norms.
///
/// # Errors
///
/// As [`operator_norm`].
pub fn operator_gain(matrix: &Array2<f64>, out: &Norm, norm: &Norm) -> Result<f64, ConvexityError> {
    check(matrix, out, norm)?;
    let sigma = singular_value(matrix, Extreme::Smallest)?;
    let bound = sigma / (under_euclidean(out, matrix.nrows())? * over_euclidean(norm, matrix.ncols())?);
    Ok(bound * (1.0 - 8.0 * f64::EPSILON))
}

fn check(matrix: &Array2<f64>, out: &Norm, norm: &Norm) -> Result<(), ConvexityError> {
    require_finite("matrix", &Array1::from_iter(matrix.iter().copied()).view())?;
    if let Some(expected) = out.dimension() {
        require_dimension("matrix", matrix.nrows(), expected)?;
    }
    norm.require_dimension("matrix", matrix.ncols())
}

fn largest(
    values: impl Iterator<Item = Result<f64, ConvexityError>>,
    matrix: &Array2<f64>,
) -> Result<f64, ConvexityError> {
    let mut most = 0.0_f64;
    for value in values {
        most = most.max(value?);
    }
    Ok(most * (1.0 + 8.0 * f64::EPSILON * (matrix.len() as f64).sqrt()))
}

#[derive(Clone, Copy)]
enum Extreme {
    Largest,
    Smallest,
}

/// An extreme singular value, from the eigenvalues of A'A, rounded outward by the error of their computation.
fn singular_value(matrix: &Array2<f64>, extreme: Extreme) -> Result<f64, ConvexityError> {
    let values = symmetric_eigenvalues(matrix.t().dot(matrix).view())?;
    let (least, most) = (values[0], values[values.len() - 1]);
    let size = (matrix.nrows() + matrix.ncols()) as f64;
    let error = 4.0 * f64::EPSILON * size * size * most;
    Ok(match extreme {
        Extreme::Largest => (most + error).sqrt(),
        Extreme::Smallest if matrix.nrows() < matrix.ncols() => 0.0,
        Extreme::Smallest => (least - error).max(0.0).sqrt(),
    })
}

/// k with `||x|| <= k ||x||_2` on R^m.
fn over_euclidean(norm: &Norm, m: usize) -> Result<f64, ConvexityError> {
    if let Some(p) = norm.exponent() {
        return Ok(p.over_euclidean(m));
    }
    Ok(weighted(norm)?.1)
}

/// k with `||x||_2 <= k ||x||` on R^m.
fn under_euclidean(norm: &Norm, m: usize) -> Result<f64, ConvexityError> {
    if let Some(p) = norm.exponent() {
        return Ok(p.under_euclidean(m));
    }
    Ok(1.0 / weighted(norm)?.0)
}

/// The smallest and largest `||x|| / ||x||_2` of a weighted Euclidean norm.
fn weighted(norm: &Norm) -> Result<(f64, f64), ConvexityError> {
    let Some(weight) = norm.weight() else {
        return Err(ConvexityError::Incompatible {
            what: "an operator norm and a product norm",
            reason: "gains between product norms are not implemented; use l_p or weighted norms".into(),
        });
    };
    let factor = weight.factor();
    let (least, most) =
        (singular_value(factor, Extreme::Smallest)?, singular_value(factor, Extreme::Largest)?);
    Ok(if weight.is_inverted() { (1.0 / most, 1.0 / least) } else { (least, most) })
}
