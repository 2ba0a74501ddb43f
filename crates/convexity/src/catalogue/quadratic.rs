//! Quadratic forms.

use crate::error::{ConvexityError, require_finite};
use crate::number::Number;
use crate::objectives::Formula;
use ndarray::{Array1, Array2};

/// `1/2 x'Qx` for a symmetric matrix Q.
///
/// Known in l_2: lambda_min-convex and lambda_max-smooth, both tight; in the norm `sqrt(x'Qx)`, if Q is positive definite, 1 and 1.
/// Its divergence is `1/2 (u - v)'Q(u - v)`, which it evaluates without cancellation.
#[derive(Clone, Debug, PartialEq)]
pub struct Quadratic {
    matrix: Array2<f64>,
}

impl Quadratic {
    /// The form of a symmetric matrix.
    ///
    /// # Errors
    ///
    /// If the matrix is empty, not square, not finite, or not symmetric.
    pub fn new(matrix: Array2<f64>) -> Result<Self, ConvexityError> {
        let refuse = |requirement, reason| ConvexityError::Matrix { argument: "matrix", requirement, reason };
        require_finite("matrix", &Array1::from_iter(matrix.iter().copied()).view())?;
        if matrix.nrows() != matrix.ncols() {
            return Err(refuse("square", format!("it is {} x {}", matrix.nrows(), matrix.ncols())));
        }
        if let Some(((i, j), _)) = matrix.indexed_iter().find(|&((i, j), &entry)| entry != matrix[[j, i]]) {
            return Err(refuse("symmetric", format!("entries ({i}, {j}) and ({j}, {i}) differ")));
        }
        Ok(Self { matrix })
    }

    /// The form `1/2 sum_i d_i x_i^2`.
    ///
    /// # Errors
    ///
    /// If the diagonal is empty or not finite.
    pub fn diagonal(entries: &[f64]) -> Result<Self, ConvexityError> {
        Self::new(Array2::from_diag(&Array1::from(entries.to_vec())))
    }

    /// Q.
    pub const fn matrix(&self) -> &Array2<f64> {
        &self.matrix
    }
}

impl Formula for Quadratic {
    fn name(&self) -> String {
        "1/2 x'Qx".into()
    }

    fn dimension(&self) -> usize {
        self.matrix.nrows()
    }

    fn value_in<N: Number>(&self, x: &[N]) -> N {
        let mut sum = N::zero();
        for i in 0..x.len() {
            // Squares on the diagonal, each pair off it once: tighter over intervals than x'(Qx).
            sum = sum + x[i].square() * (0.5 * self.matrix[[i, i]]);
            for j in 0..i {
                if self.matrix[[i, j]] != 0.0 {
                    sum = sum + x[i].clone() * &x[j] * self.matrix[[i, j]];
                }
            }
        }
        sum
    }

    fn gradient_in<N: Number>(&self, x: &[N], gradient: &mut [N]) {
        for (s, row) in gradient.iter_mut().zip(self.matrix.rows()) {
            *s = row.iter().zip(x).fold(
                N::zero(),
                |sum, (&q, x)| {
                    if q == 0.0 { sum } else { sum + x.clone() * q }
                },
            );
        }
    }

    fn bregman_in<N: Number>(&self, u: &[N], v: &[N]) -> N {
        let difference: Vec<N> = u.iter().zip(v).map(|(u, v)| u.clone() - v).collect();
        self.value_in(&difference)
    }
}
