//! Lengths and angles of a Jacobian's rows, from their Gram matrix.

use fenchel_harness::Failure;
use ndarray::ArrayView2;

/// What T15 asks of rows, measured: like [`fenchel_convexity::theorems::gradient_independence::RowGeometry`], but without the rows, which are as long
/// as the network has parameters. Their Gram matrix is the structural matrix.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Angles {
    /// The smallest norm over the largest.
    pub evenness: f64,
    /// The largest |cos| of a pair.
    pub largest_cosine: f64,
    /// `n_eff`, one over the mean of cos² over pairs; infinite for orthogonal rows.
    pub effective_dimension: f64,
}

impl Angles {
    /// Of the rows with this Gram matrix, of at least 2 rows.
    ///
    /// # Errors
    /// If a row is 0 or not finite, so that it has no direction.
    pub(super) fn of_gram(gram: ArrayView2<'_, f64>) -> Result<Self, Failure> {
        let norms: Vec<f64> = gram.diag().iter().map(|square| square.sqrt()).collect();
        if let Some(row) = norms.iter().position(|norm| !(norm.is_finite() && *norm > 0.0)) {
            return Err(
                format!("row {row} of the Jacobian has norm {} and so no direction", norms[row]).into()
            );
        }
        let (mut largest, mut squares, mut pairs) = (0.0_f64, 0.0, 0.0);
        for i in 0..norms.len() {
            for j in 0..i {
                let cosine = gram[[i, j]] / (norms[i] * norms[j]);
                largest = largest.max(cosine.abs());
                squares += cosine * cosine;
                pairs += 1.0;
            }
        }
        let shortest = norms.iter().copied().fold(f64::INFINITY, f64::min);
        let longest = norms.iter().copied().fold(0.0, f64::max);
        Ok(Self {
            evenness: shortest / longest,
            largest_cosine: largest,
            effective_dimension: pairs / squares,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fenchel_convexity::theorems::gradient_independence::{BallModel, RowGeometry};
    use fenchel_random::Seed;
    use ndarray::array;

    #[test]
    fn the_gram_matrix_tells_what_the_rows_tell() {
        let rows = BallModel::new(7, 40).unwrap().draw(2.5, Seed::new(4));
        let direct = RowGeometry::of(rows.view()).unwrap();
        let angles = Angles::of_gram(rows.dot(&rows.t()).view()).unwrap();
        assert!((angles.effective_dimension / direct.effective_dimension() - 1.0).abs() < 1e-13);
        assert!((angles.evenness - direct.shortest / direct.longest).abs() < 1e-15);
        // Independent directions in R^40 have mean cos² 1/40; with 21 pairs it is within a factor 2.
        assert!((20.0..80.0).contains(&angles.effective_dimension), "{angles:?}");
    }

    #[test]
    fn orthogonal_equal_and_missing_rows() {
        let angles = Angles::of_gram(array![[4.0, 0.0], [0.0, 1.0]].view()).unwrap();
        assert_eq!(
            (angles.evenness, angles.largest_cosine, angles.effective_dimension),
            (0.5, 0.0, f64::INFINITY)
        );
        assert_eq!(Angles::of_gram(array![[4.0, 2.0], [2.0, 1.0]].view()).unwrap().effective_dimension, 1.0);
        let message = Angles::of_gram(array![[1.0, 0.0], [0.0, 0.0]].view()).unwrap_err().to_string();
        assert!(message.contains("row 1"), "{message}");
    }
}
