//! Weighted Euclidean norms `sqrt(u'Qu)` and their duals `sqrt(s'Q^{-1}s)`.

use super::lp;
use crate::error::ConvexityError;
use crate::exponent::Exponent;
use crate::number::{Number, Sign};
use ndarray::{Array2, ArrayView2};

/// The weight of a Euclidean norm: Q = L L', held as its Cholesky factor L, or the inverse of such a matrix.
///
/// The norm *is* that of the computed factor: `||u|| = ||L'u||_2`, and the dual `||L^{-1} s||_2` by forward substitution. So in exact arithmetic
/// norm and dual belong together, and L L' differs from the Q that was passed by round-off only.
#[derive(Clone, Debug, PartialEq)]
pub struct Weight {
    factor: Array2<f64>,
    inverted: bool,
}

impl Weight {
    /// The weight of a symmetric positive definite matrix.
    ///
    /// # Errors
    ///
    /// If the matrix is empty, not square, not finite, not symmetric or not positive definite.
    pub fn new(matrix: ArrayView2<f64>) -> Result<Self, ConvexityError> {
        let m = matrix.nrows();
        let refuse = |requirement, reason| ConvexityError::Matrix { argument: "matrix", requirement, reason };
        if m == 0 {
            return Err(ConvexityError::Empty { argument: "matrix" });
        }
        if matrix.ncols() != m {
            return Err(refuse("square", format!("it is {m} x {}", matrix.ncols())));
        }
        for ((i, j), &entry) in matrix.indexed_iter() {
            if !entry.is_finite() {
                return Err(refuse("finite", format!("entry ({i}, {j}) is {entry}")));
            }
            let size = entry.abs().max(matrix[[j, i]].abs());
            if (entry - matrix[[j, i]]).abs() > 8.0 * f64::EPSILON * size {
                return Err(refuse("symmetric", format!("entries ({i}, {j}) and ({j}, {i}) differ")));
            }
        }
        let mut factor = Array2::zeros((m, m));
        for j in 0..m {
            for i in j..m {
                let mut entry = matrix[[i, j]];
                for k in 0..j {
                    entry -= factor[[i, k]] * factor[[j, k]];
                }
                if i > j {
                    factor[[i, j]] = entry / factor[[j, j]];
                } else if entry > 0.0 {
                    factor[[j, j]] = entry.sqrt();
                } else {
                    return Err(refuse("positive definite", format!("pivot {j} is {entry}")));
                }
            }
        }
        Ok(Self { factor, inverted: false })
    }

    /// The Cholesky factor L, lower triangular.
    #[must_use]
    pub const fn factor(&self) -> &Array2<f64> {
        &self.factor
    }

    /// Whether the norm is `sqrt(u'(LL')^{-1}u)` rather than `sqrt(u'LL'u)`.
    #[must_use]
    pub const fn is_inverted(&self) -> bool {
        self.inverted
    }

    pub(super) fn dimension(&self) -> usize {
        self.factor.nrows()
    }

    pub(super) fn inverse(&self) -> Self {
        Self { factor: self.factor.clone(), inverted: !self.inverted }
    }

    pub(super) fn value<N: Number>(&self, u: &[N]) -> N {
        lp::value(Exponent::TWO, &self.image(u))
    }

    pub(super) fn power<N: Number>(&self, u: &[N], r: f64) -> N {
        lp::power(Exponent::TWO, &self.image(u), r)
    }

    pub(super) fn subgradient<N: Number>(&self, u: &[N], out: &mut [N]) {
        let mut image = self.image(u);
        let norm = lp::value(Exponent::TWO, &image);
        let decided = norm.sign() == Sign::Positive;
        for z in &mut image {
            *z = if decided { z.clone() / &norm } else { lp::near_origin(&norm) };
        }
        // The transpose of the map of `image`: L z, or the solution of L' s = z.
        let m = image.len();
        if self.inverted {
            for i in (0..m).rev() {
                let tail = (i + 1..m).fold(N::zero(), |sum, k| sum + out[k].clone() * self.factor[[k, i]]);
                out[i] = (image[i].clone() - tail) / self.factor[[i, i]];
            }
        } else {
            for i in 0..m {
                out[i] = (0..=i).fold(N::zero(), |sum, k| sum + image[k].clone() * self.factor[[i, k]]);
            }
        }
    }

    /// The vector whose Euclidean norm it is: L'u, or the solution of L z = u.
    fn image<N: Number>(&self, u: &[N]) -> Vec<N> {
        let m = u.len();
        let mut image: Vec<N> = Vec::with_capacity(m);
        for i in 0..m {
            image.push(if self.inverted {
                let head = (0..i).fold(N::zero(), |sum, k| sum + image[k].clone() * self.factor[[i, k]]);
                (u[i].clone() - head) / self.factor[[i, i]]
            } else {
                (i..m).fold(N::zero(), |sum, k| sum + u[k].clone() * self.factor[[k, i]])
            });
        }
        image
    }
}
