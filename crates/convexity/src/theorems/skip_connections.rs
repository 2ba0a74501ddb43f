//! T16: Skip connections keep the singular values of a product of Jacobians within fixed factors.
//!
//! **Statement.** If `||B_k||_2 <= b_k < 1` for all k, then `prod (1 - b_k) <= sigma_min(prod (I + B_k))
//! <= sigma_max(prod (I + B_k)) <= prod (1 + b_k)`, and with b the largest b_k `prod (1 - b_k) >=
//! exp(-sum b_k / (1 - b))`, `prod (1 + b_k) <= exp(sum b_k)`: bounded whatever the depth, if the sum is.
//!
//! **Assumptions.** The norms of the B_k, measured; b_k < 1.
//!
//! **What is computed.** The extreme singular values of every partial product by one-sided Jacobi
//! rotations, which keep small values accurate, against the bounds. Multiplying k matrices is off by some
//! `k (m + 2)` units of the product of the norms. Where a value breaks its bound, it is confirmed to lie
//! that near in 256 bits, by the signs of pivots of `P'P - sigma^2 I` for the exact product P, and so are
//! the norms of the blocks, before that round-off serves as forward error.
//!
//! **Reference.** `sigma_min(XY) >= sigma_min(X) sigma_min(Y)` for square matrices, and `sigma_min(I + B) >=
//! 1 - ||B||`.
//!
//! **Cost.** About 10 m^3 for each block.
//!
//! ```
//! use fenchel_convexity::theorems::skip_connections::check;
//! use ndarray::{array, aview1};
//!
//! let blocks = vec![array![[0.1, 0.2], [0.0, -0.1]]; 8];
//! let report = check(&blocks, &[0.25; 8])?;
//! assert!(report.verdict().holds());
//! # Ok::<(), fenchel_convexity::ConvexityError>(())
//! ```

mod singular_values;

pub use singular_values::singular_values;

use crate::error::{ConvexityError, require_dimension, require_finite};
use crate::inequality::{Evidence, Observation, Tally};
use crate::linear_algebra::inertia::{eigenvalues_below, extremes_are, gram};
use crate::number::{Number, PreciseInterval};
use crate::verdict::{Hypothesis, Report, Witness};
use ndarray::{Array2, aview1};

/// The bounds on the singular values of a product of blocks `I + B_k`, from bounds on the norms of the B_k.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ProductBounds {
    /// `prod (1 - b_k)`.
    pub least: f64,
    /// `prod (1 + b_k)`.
    pub most: f64,
    /// `exp(-sum b_k / (1 - b))`, at most `least`.
    pub coarse_least: f64,
    /// `exp(sum b_k)`, at least `most`.
    pub coarse_most: f64,
}

impl ProductBounds {
    /// The bounds for norms b_k in [0, 1).
    ///
    /// # Errors
    ///
    /// If there is none, or one is not in [0, 1).
    pub fn of(norms: &[f64]) -> Result<Self, ConvexityError> {
        require_finite("norms", &aview1(norms))?;
        if let Some(&value) = norms.iter().find(|b| !(0.0..1.0).contains(*b)) {
            return Err(ConvexityError::OutOfRange { argument: "norms", value, requirement: "in [0, 1)" });
        }
        let sum: f64 = norms.iter().sum();
        let largest = norms.iter().copied().fold(0.0, f64::max);
        Ok(Self {
            least: norms.iter().map(|b| 1.0 - b).product(),
            most: norms.iter().map(|b| 1.0 + b).product(),
            coarse_least: (-sum / (1.0 - largest)).exp(),
            coarse_most: sum.exp(),
        })
    }
}

/// Examines both ends at every partial product of the blocks `I + B_k`, the later ones to the left.
///
/// # Errors
///
/// If there is no block, they are not square of one size or not finite, there is not one norm for each,
/// or a norm is not in [0, 1).
pub fn check(blocks: &[Array2<f64>], norms: &[f64]) -> Result<Report, ConvexityError> {
    require_dimension("norms", norms.len(), blocks.len())?;
    ProductBounds::of(norms)?;
    let m = blocks[0].nrows();
    let tolerance = (m * m) as f64 * f64::EPSILON;
    let mut product = Array2::<f64>::eye(m);
    let mut residual = f64::NEG_INFINITY;
    let mut tally = Tally::new("T16");
    for (k, block) in blocks.iter().enumerate() {
        if block.dim() != (m, m) {
            return Err(ConvexityError::Matrix {
                argument: "blocks",
                requirement: "square and of one size",
                reason: format!(
                    "block {k} is {} x {}, and the first has {m} rows",
                    block.nrows(),
                    block.ncols()
                ),
            });
        }
        let norm = singular_values(block.view())?[m - 1];
        residual = residual.max(norm - norms[k]);
        product = (Array2::<f64>::eye(m) + block).dot(&product);
        let values = singular_values(product.view())?;
        let bounds = ProductBounds::of(&norms[..=k])?;
        let error = ((k + 1) * (m + 2) * m + 64) as f64 * f64::EPSILON * bounds.most;
        for (measured, bound, slack) in [
            (values[0], bounds.least, values[0] - bounds.least),
            (values[m - 1], bounds.most, bounds.most - values[m - 1]),
        ] {
            tally.observe(
                &Observation { measured, bound, slack, size: measured + bound },
                || Witness::default().with("blocks", &[(k + 1) as f64]).with("singular values", &values),
                || {
                    // Once for the values, and once for what the norms may exceed their b_k by.
                    let sure = product_is(&blocks[..=k], values[0], values[m - 1], error);
                    if sure { Evidence::Bounded(2.0 * error) } else { Evidence::Nothing }
                },
            );
        }
    }
    let name = "the norm of every block is at most b_k";
    let mut report = tally.finish(vec![Hypothesis::measured(name, residual, tolerance)]);
    let sure = || blocks.iter().zip(norms).all(|(block, b)| norm_is_at_most(block, b + tolerance));
    // A theorem is not said to be violated by norms that f64 alone calls small enough.
    if report.verdict().is_violated() && !sure() {
        report.hypotheses = vec![Hypothesis::assumed(name)];
    }
    Ok(report)
}

/// The columns of a matrix in 256 bits.
fn columns(matrix: &Array2<f64>) -> Vec<Vec<PreciseInterval>> {
    let lift = |x: &f64| PreciseInterval::from_f64(*x);
    matrix.columns().into_iter().map(|column| column.iter().map(lift).collect()).collect()
}

/// Whether the extreme singular values of the exact product of the blocks `I + B_k` certainly lie within
/// `off` of these.
fn product_is(blocks: &[Array2<f64>], least: f64, most: f64, off: f64) -> bool {
    let m = blocks[0].nrows();
    let mut product = columns(&Array2::eye(m));
    for block in blocks {
        let block = columns(block);
        for column in &mut product {
            let moved = (0..m)
                .map(|i| (0..m).fold(column[i].clone(), |sum, j| sum + block[j][i].clone() * &column[j]));
            *column = moved.collect();
        }
    }
    // Below 0 there is no singular value, and nothing to confirm.
    let square = |value: f64| PreciseInterval::from_f64(value.abs()).square() * value.signum();
    let around = |value: f64| [square(value - off), square(value + off)];
    extremes_are(&gram(&product), around(least), around(most))
}

/// Whether `||B||_2 <= b` certainly.
fn norm_is_at_most(block: &Array2<f64>, b: f64) -> bool {
    eigenvalues_below(&gram(&columns(block)), &PreciseInterval::from_f64(b).square()) == Some(block.nrows())
}

#[cfg(test)]
mod by_hand;
#[cfg(test)]
mod tests {
    use super::*;
    use fenchel_random::Seed;
    use ndarray::array;

    fn random_blocks(depth: usize, m: usize, norm: f64, seed: u64) -> Vec<Array2<f64>> {
        let mut stream = Seed::new(seed).stream();
        (0..depth)
            .map(|_| {
                let block = Array2::from_shape_fn((m, m), |_| stream.random_range(-1.0..1.0));
                let own = singular_values(block.view()).unwrap()[m - 1];
                block * (norm / own)
            })
            .collect()
    }

    #[test]
    fn random_blocks_stay_within_the_bounds_at_every_depth() {
        for seed in 0..5 {
            for norm in [0.05, 0.4, 0.9] {
                let blocks = random_blocks(30, 4, norm, seed);
                let report = check(&blocks, &[norm; 30]).unwrap();
                assert!(report.verdict().holds(), "{norm}: {}", report.verdict());
            }
        }
    }

    #[test]
    fn scaled_identities_attain_both_ends() {
        let bounds = [0.1, 0.5, 0.3];
        for sign in [-1.0, 1.0] {
            let blocks: Vec<_> = bounds.iter().map(|b| Array2::eye(3) * (sign * b)).collect();
            let report = check(&blocks, &bounds).unwrap();
            assert!(report.verdict().holds() && report.slack.abs() < 1e-14, "{}", report.slack);
            // Claimed one per cent smaller: refuted, and the hypothesis says why.
            let report = check(&blocks, &bounds.map(|b| 0.99 * b)).unwrap();
            assert!(report.inequality.is_violated() && report.verdict().is_undecided());
        }
        let known = ProductBounds::of(&bounds).unwrap();
        assert!(
            (known.least - 0.9 * 0.5 * 0.7).abs() < 1e-15 && (known.most - 1.1 * 1.5 * 1.3).abs() < 1e-15
        );
        assert!((known.coarse_most - 0.9f64.exp()).abs() < 1e-15);
        assert!((known.coarse_least - (-1.8f64).exp()).abs() < 1e-15);
    }

    #[test]
    fn a_bounded_sum_bounds_any_depth() {
        for depth in [10, 100, 1000] {
            let bounds = ProductBounds::of(&vec![0.8 / depth as f64; depth]).unwrap();
            assert!(bounds.coarse_least <= bounds.least && bounds.most <= bounds.coarse_most);
            assert!(bounds.most <= 0.8f64.exp() && bounds.least >= (-0.8 / 0.92f64).exp());
        }
    }

    #[test]
    fn misfits_are_refused() {
        let blocks = [array![[0.1]], array![[0.2]]];
        assert!(check(&blocks, &[0.5]).is_err() && check(&blocks, &[0.5, 1.0]).is_err());
        assert!(check(&[], &[]).is_err());
        assert!(check(&[array![[0.1, 0.0]]], &[0.5]).is_err());
        assert!(check(&[array![[f64::NAN]]], &[0.5]).is_err());
    }
}
