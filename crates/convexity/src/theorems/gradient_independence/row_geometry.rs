//! Lengths and angles of rows, against the model of independent ones.

use crate::error::{ConvexityError, require_range};
use ndarray::ArrayView2;

/// What is measured of the rows of a Jacobian to compare them with independent ones.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RowGeometry {
    /// The smallest norm.
    pub shortest: f64,
    /// The largest norm.
    pub longest: f64,
    /// The largest product of two different rows, in absolute value.
    pub largest_product: f64,
    /// The mean of cos^2 over pairs of rows; 1/n for independent directions.
    pub mean_square_cosine: f64,
}

impl RowGeometry {
    /// Measures rows.
    ///
    /// # Errors
    ///
    /// If there are fewer than 2 rows, or a row is 0 or not finite.
    pub fn of(rows: ArrayView2<f64>) -> Result<Self, ConvexityError> {
        let m = rows.nrows();
        require_range("rows", m as f64, m >= 2, "at least 2")?;
        let gram = rows.dot(&rows.t());
        let norms: Vec<f64> = gram.diag().iter().map(|square| square.sqrt()).collect();
        for &norm in &norms {
            require_range("rows", norm, norm > 0.0, "finite and of positive length each")?;
        }
        let (mut product, mut cosines) = (0.0_f64, 0.0);
        for i in 0..m {
            for j in 0..i {
                product = product.max(gram[[i, j]].abs());
                cosines += (gram[[i, j]] / (norms[i] * norms[j])).powi(2);
            }
        }
        Ok(Self {
            shortest: norms.iter().copied().fold(f64::INFINITY, f64::min),
            longest: norms.iter().copied().fold(0.0, f64::max),
            largest_product: product,
            mean_square_cosine: cosines / (m * (m - 1) / 2) as f64,
        })
    }

    /// `n_eff = 1 / mean cos^2`, the dimension in which independent rows would have such angles; infinite
    /// for orthogonal rows.
    #[must_use]
    pub fn effective_dimension(&self) -> f64 {
        1.0 / self.mean_square_cosine
    }
}
