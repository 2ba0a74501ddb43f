//! Eigenvalues confirmed: how many lie below a number, by the signs of pivots.
//!
//! The eigenvalues of T14 to T16 are computed in f64 by rotations, whose round-off nobody bounded. But a
//! claim about them is easy to confirm: by Sylvester's law a symmetric matrix `A - shift I = L D L'` has
//! as many negative eigenvalues as D has negative entries. In interval arithmetic the signs of these
//! pivots are certain or undecided, and what is certain is a proof.

use crate::number::{Number, Sign};

/// The number of eigenvalues of a symmetric matrix below a shift; none if a pivot's sign is not certain.
///
/// Only the lower triangle is read.
pub(crate) fn eigenvalues_below<N: Number>(matrix: &[Vec<N>], shift: &N) -> Option<usize> {
    pivots(matrix, shift)
        .iter()
        .map(|pivot| match pivot.sign() {
            Sign::Negative => Some(1),
            Sign::Positive => Some(0),
            Sign::Zero | Sign::Undecided => None,
        })
        .sum()
}

/// The squared distance of the last vector from the span of the others, the last pivot of their Gram matrix; or
/// the first of the others that does not certainly add a dimension.
pub(crate) fn distance_from_span<N: Number>(vectors: &[Vec<N>]) -> Result<N, usize> {
    let mut pivots = pivots(&gram(vectors), &N::zero());
    match pivots.iter().take(vectors.len() - 1).position(|pivot| pivot.sign() != Sign::Positive) {
        Some(dependent) => Err(dependent),
        None => Ok(pivots.swap_remove(vectors.len() - 1)),
    }
}

/// The pivots of `A - shift I`, to the first whose sign is not certain; only the lower triangle is read.
fn pivots<N: Number>(matrix: &[Vec<N>], shift: &N) -> Vec<N> {
    let mut a = matrix.to_vec();
    let mut pivots = Vec::with_capacity(a.len());
    for k in 0..a.len() {
        let pivot = a[k][k].clone() - shift;
        pivots.push(pivot.clone());
        if matches!(pivot.sign(), Sign::Zero | Sign::Undecided) {
            break;
        }
        for i in k + 1..a.len() {
            let factor = a[i][k].clone() / &pivot;
            for j in k + 1..=i {
                a[i][j] = a[i][j].clone() - factor.clone() * &a[j][k];
            }
        }
    }
    pivots
}

/// The rows `x` with `x A = row`, for a positive definite A of which only the lower triangle is read; or the first
/// column whose pivot is not certainly positive.
pub(crate) fn solve<N: Number>(matrix: &[Vec<N>], mut rows: Vec<Vec<N>>) -> Result<Vec<Vec<N>>, usize> {
    let d = matrix.len();
    let mut a = matrix.to_vec();
    // A = L D L', the factors below the diagonal.
    for k in 0..d {
        if a[k][k].sign() != Sign::Positive {
            return Err(k);
        }
        for i in k + 1..d {
            let factor = a[i][k].clone() / &a[k][k];
            for j in k + 1..=i {
                a[i][j] = a[i][j].clone() - factor.clone() * &a[j][k];
            }
        }
        let pivot = a[k][k].clone();
        for row in a.iter_mut().skip(k + 1) {
            row[k] = row[k].clone() / &pivot;
        }
    }
    for x in &mut rows {
        for i in 0..d {
            for j in 0..i {
                x[i] = x[i].clone() - a[i][j].clone() * &x[j];
            }
        }
        for i in (0..d).rev() {
            x[i] = x[i].clone() / &a[i][i];
            for j in i + 1..d {
                x[i] = x[i].clone() - a[j][i].clone() * &x[j];
            }
        }
    }
    Ok(rows)
}

/// Whether the least and the largest eigenvalue lie between these numbers beyond doubt: `[below least,
/// above least]` and `[below most, above most]`.
pub(crate) fn extremes_are<N: Number>(matrix: &[Vec<N>], least: [N; 2], most: [N; 2]) -> bool {
    let below = |shift: &N| eigenvalues_below(matrix, shift);
    let m = matrix.len();
    below(&least[0]) == Some(0)
        && below(&least[1]).is_some_and(|count| count >= 1)
        && below(&most[0]).is_some_and(|count| count < m)
        && below(&most[1]) == Some(m)
}

/// The Gram matrix of rows.
pub(crate) fn gram<N: Number>(rows: &[Vec<N>]) -> Vec<Vec<N>> {
    rows.iter()
        .enumerate()
        .map(|(i, row)| rows[..=i].iter().map(|other| N::dot(row, other)).collect())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::{Interval, PreciseInterval};

    fn lift<N: Number>(rows: &[&[f64]]) -> Vec<Vec<N>> {
        rows.iter().map(|row| row.iter().map(|&x| N::from_f64(x)).collect()).collect()
    }

    #[test]
    fn a_solution_gives_the_right_hand_side_back() {
        let lower: Vec<Vec<PreciseInterval>> = lift(&[&[4.0], &[1.0, 3.0], &[-2.0, 0.5, 5.0]]);
        let rows = lift(&[&[1.0, 2.0, 3.0], &[0.0, -1.0, 0.25]]);
        let entry = |i: usize, j: usize| lower[i.max(j)][i.min(j)].clone();
        for (x, row) in solve(&lower, rows.clone()).unwrap().iter().zip(&rows) {
            for (j, expected) in row.iter().enumerate() {
                let product = (0..3).fold(PreciseInterval::zero(), |sum, i| sum + x[i].clone() * entry(i, j));
                assert!((product - expected).to_f64().abs() < 1e-60);
            }
        }
        // The third column is the sum of the others.
        let singular: Vec<Vec<PreciseInterval>> = lift(&[&[1.0], &[0.0, 1.0], &[1.0, 1.0, 2.0]]);
        assert_eq!(solve(&singular, rows), Err(2));
    }

    #[test]
    fn pivots_count_the_eigenvalues_below() {
        // [[2, 1], [1, 2]]: 1 and 3. And diag(-1, 0.5, 4) turned by a reflection has no zero entry.
        let pair: Vec<Vec<Interval>> = lift(&[&[2.0], &[1.0, 2.0]]);
        for (shift, count) in [(0.5, 0), (0.999, 0), (1.5, 1), (2.5, 1), (3.001, 2)] {
            assert_eq!(eigenvalues_below(&pair, &Interval::point(shift)), Some(count), "{shift}");
        }
        // At an eigenvalue, and where the first pivot vanishes, nothing is certain.
        assert_eq!(eigenvalues_below(&pair, &Interval::point(3.0)), None);
        assert_eq!(eigenvalues_below(&pair, &Interval::point(2.0)), None);
        let v = [2.0 / 3.0, 1.0 / 3.0, 2.0 / 3.0];
        let entry = |i: usize, j: usize| {
            let reflected = |k: usize, i: usize| f64::from(u8::from(k == i)) - 2.0 * v[k] * v[i];
            [-1.0, 0.5, 4.0]
                .iter()
                .enumerate()
                .map(|(k, d)| d * reflected(k, i) * reflected(k, j))
                .sum::<f64>()
        };
        let turned: Vec<Vec<PreciseInterval>> =
            (0..3).map(|i| (0..=i).map(|j| PreciseInterval::from_f64(entry(i, j))).collect()).collect();
        for (shift, count) in [(-1.001, 0), (-0.999, 1), (0.499, 1), (0.501, 2), (3.999, 2), (4.001, 3)] {
            assert_eq!(eigenvalues_below(&turned, &PreciseInterval::from_f64(shift)), Some(count), "{shift}");
        }
        let p = PreciseInterval::from_f64;
        assert!(extremes_are(&turned, [p(-1.01), p(-0.99)], [p(3.99), p(4.01)]));
        for (least, most) in [
            ([-0.9, 0.0], [3.9, 4.1]),
            ([-1.1, -1.01], [3.9, 4.1]),
            ([-1.1, -0.9], [4.01, 4.1]),
            ([-1.1, -0.9], [3.0, 3.9]),
        ] {
            assert!(!extremes_are(&turned, least.map(p), most.map(p)));
        }
    }

    #[test]
    fn the_gram_matrix_has_its_lower_triangle() {
        let rows: Vec<Vec<Interval>> = lift(&[&[1.0, 2.0], &[3.0, -1.0]]);
        let expected: Vec<Vec<Interval>> = lift(&[&[5.0], &[1.0, 10.0]]);
        assert!(
            gram(&rows)
                .iter()
                .flatten()
                .zip(expected.iter().flatten())
                .all(|(a, b)| a.contains(b.midpoint()))
        );
    }
}
