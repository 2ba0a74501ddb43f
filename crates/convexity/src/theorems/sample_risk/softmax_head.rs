//! The least cross-entropy of a softmax head, between a risk and the dual at what its probabilities become when they
//! are made to satisfy the optimality condition.

use crate::error::{ConvexityError, require_dimension, require_finite};
use crate::linear_algebra::Bracket;
use crate::linear_algebra::inertia::{gram, solve};
use crate::number::{Number, PreciseInterval, Sign};
use ndarray::{Array1, ArrayView2};

type Exact = PreciseInterval;

/// A bracket of the least mean cross-entropy `(1/n) sum_i KL(y_i, softmax(W h_i))` over all W: h_i the rows of `features`
/// (n x d; a column of ones for a bias), y_i those of `targets` (n x m, on the simplex), at some `weights` W (m x d).
///
/// The upper end is the risk at W. The lower is that of T20 for Fenchel-Young losses,
/// `(1/n) sum [Omega(y_i) - Omega(q_i)]` with `Omega(p) = sum p ln p` and any probabilities q_i with
/// `sum (q_i - y_i) h_i' = 0`: those of W less `G S^-1 h_i`, where `G = sum (p_i - y_i) h_i'` is n times the gradient at W
/// and `S = sum h_i h_i'`. So the bracket is as narrow as the square of the gradient. Where a q_i has an entry that is not
/// certainly at least 0, W is too far from the optimum, and the lower end is 0.
///
/// All in 256 bits with outward rounding. Cost: `n m d + n d^2` products and n m exponentials and logarithms.
///
/// # Errors
///
/// If there is no sample or class, shapes do not fit, an entry is not finite, a target is off the simplex, or the features' columns are dependent as
/// far as 256 bits can tell.
///
/// ```
/// use fenchel_convexity::theorems::sample_risk::softmax_head;
/// use ndarray::array;
///
/// // A bias only, three samples of one class and one of the other: the entropy of (3/4, 1/4), at logits (ln 3, 0).
/// let targets = array![[1.0, 0.0], [1.0, 0.0], [1.0, 0.0], [0.0, 1.0]];
/// let near = array![[3.0_f64.ln() + 1e-6], [0.0]];
/// let least = softmax_head(array![[1.0], [1.0], [1.0], [1.0]].view(), targets.view(), near.view())?;
/// let entropy = 0.562_335_144_618_808_3;
/// assert!(least.lower <= entropy && entropy <= least.upper && least.upper - least.lower < 1e-12);
/// # Ok::<(), fenchel_convexity::ConvexityError>(())
/// ```
pub fn softmax_head(
    features: ArrayView2<f64>,
    targets: ArrayView2<f64>,
    weights: ArrayView2<f64>,
) -> Result<Bracket, ConvexityError> {
    super::require_samples(features, targets)?;
    require_dimension("weights (rows)", weights.nrows(), targets.ncols())?;
    require_dimension("weights (columns)", weights.ncols(), features.ncols())?;
    require_finite("weights", &Array1::from_iter(weights.iter().copied()))?;
    let (h, y, w) = (lift(features), lift(targets), lift(weights));
    for row in &y {
        // To the last bit: else no q_i on the simplex meets the condition.
        let off = Exact::sum(row) - 1.0;
        if row.iter().any(|p| p.sign() == Sign::Negative) || off.sign() != Sign::Zero {
            return Err(ConvexityError::Matrix {
                argument: "targets",
                requirement: "of rows on the simplex, to the last bit, such as one-hot ones",
                reason: "a row has a negative entry, or its sum is not 1".into(),
            });
        }
    }
    let logits: Vec<Vec<Exact>> =
        h.iter().map(|h| w.iter().map(|row| Exact::dot(row, h)).collect()).collect();
    let n = h.len() as f64;
    // Omega*(f) = ln sum exp f, by the largest logit.
    let conjugates: Vec<Exact> = logits.iter().map(|f| log_sum_exp(f)).collect();
    let entropy = y.iter().fold(Exact::zero(), |sum, y| sum + negentropy(y));
    let risk = logits
        .iter()
        .zip(&y)
        .zip(&conjugates)
        .fold(entropy.clone(), |sum, ((f, y), conjugate)| sum + conjugate - Exact::dot(f, y));
    let upper = (risk / n).to_f64_interval().hi();

    let probabilities: Vec<Vec<Exact>> = logits
        .iter()
        .zip(&conjugates)
        .map(|(f, conjugate)| f.iter().map(|f| (f.clone() - conjugate).exp()).collect())
        .collect();
    let corrections = corrections(&h, &y, &probabilities)?;
    let dual = probabilities.iter().zip(&h).try_fold(entropy, |sum, (p, h)| {
        let q: Vec<Exact> =
            p.iter().zip(&corrections).map(|(p, row)| p.clone() - Exact::dot(row, h)).collect();
        let certain = q.iter().all(|q| q.sign() == Sign::Positive);
        certain.then(|| sum - negentropy(&q))
    });
    // Every loss is at least 0.
    let lower = dual.map_or(0.0, |dual| (dual / n).to_f64_interval().lo().max(0.0));
    Ok(Bracket { lower, upper })
}

fn lift(matrix: ArrayView2<f64>) -> Vec<Vec<Exact>> {
    matrix.rows().into_iter().map(|row| row.iter().map(|&x| Exact::from_f64(x)).collect()).collect()
}

fn log_sum_exp(f: &[Exact]) -> Exact {
    let top = f.iter().skip(1).fold(f[0].clone(), |top, f| top.max(f));
    let terms: Vec<Exact> = f.iter().map(|f| (f.clone() - &top).exp()).collect();
    top + Exact::sum(&terms).ln()
}

/// `sum p ln p`, with `0 ln 0 = 0`.
fn negentropy(p: &[Exact]) -> Exact {
    let positive = p.iter().filter(|p| p.sign() != Sign::Zero);
    positive.fold(Exact::zero(), |sum, p| sum + p.clone() * p.ln())
}

/// The rows of `G S^-1`, m x d.
fn corrections(
    h: &[Vec<Exact>],
    y: &[Vec<Exact>],
    probabilities: &[Vec<Exact>],
) -> Result<Vec<Vec<Exact>>, ConvexityError> {
    let d = h[0].len();
    let columns: Vec<Vec<Exact>> = (0..d).map(|j| h.iter().map(|row| row[j].clone()).collect()).collect();
    let gradient = (0..y[0].len()).map(|k| {
        let errors: Vec<Exact> = probabilities.iter().zip(y).map(|(p, y)| p[k].clone() - &y[k]).collect();
        columns.iter().map(|column| Exact::dot(&errors, column)).collect()
    });
    solve(&gram(&columns), gradient.collect()).map_err(super::dependent)
}

#[cfg(test)]
mod tests {
    use super::*;
    use fenchel_random::{Seed, Stream};
    use ndarray::{Array2, Axis, array};

    fn softmax(f: &Array2<f64>) -> Array2<f64> {
        let mut p = f.clone();
        for mut row in p.axis_iter_mut(Axis(0)) {
            let top = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            row.mapv_inplace(|f| (f - top).exp());
            let sum = row.sum();
            row /= sum;
        }
        p
    }

    fn risk(h: &Array2<f64>, y: &Array2<f64>, w: &Array2<f64>) -> f64 {
        let p = softmax(&h.dot(&w.t()));
        -(y * &p.mapv(f64::ln)).sum() / h.nrows() as f64
    }

    /// Features with a bias, labels that no head separates, and the head that plain descent of `steps` steps finds.
    fn problem(stream: &mut Stream, steps: usize) -> [Array2<f64>; 3] {
        let (n, d, m) = (24, 3, 3);
        let mut h = Array2::from_shape_simple_fn((n, d), || stream.random_range(-1.0..1.0));
        h.column_mut(0).fill(1.0);
        let mut y = Array2::zeros((n, m));
        for i in 0..n {
            y[[i, stream.random_range(0..m)]] = 1.0;
        }
        let mut w = Array2::zeros((m, d));
        for _ in 0..steps {
            let gradient = (softmax(&h.dot(&w.t())) - &y).t().dot(&h) / n as f64;
            w = w - gradient * 1.3;
        }
        [h, y, w]
    }

    #[test]
    fn the_bracket_holds_the_least_risk_and_is_as_narrow_as_the_square_of_the_gradient() {
        let mut stream = Seed::new(20).stream();
        for _ in 0..6 {
            let [h, y, w] = problem(&mut stream, 2000);
            let least = softmax_head(h.view(), y.view(), w.view()).unwrap();
            assert!(least.lower <= least.upper && least.upper - least.lower < 1e-10, "{least:?}");
            assert!((least.upper - risk(&h, &y, &w)).abs() < 1e-14);
            // No head does better than the lower end; the bracket of one nearby holds this one's.
            for size in [1e-6, 1e-3, 1.0] {
                let off = Array2::from_shape_simple_fn(w.dim(), || size * stream.random_range(-1.0..1.0));
                let other = &w + &off;
                assert!(risk(&h, &y, &other) >= least.lower);
                let wider = softmax_head(h.view(), y.view(), other.view()).unwrap();
                assert!(wider.lower <= least.upper && least.lower <= wider.upper, "{wider:?} {least:?}");
                assert!(size > 1e-5 || wider.upper - wider.lower < 1e-9, "{wider:?}");
            }
            // Far from the optimum nothing is promised but what is always so.
            let far = softmax_head(h.view(), y.view(), (&w * 50.0).view()).unwrap();
            assert!(far.lower <= least.upper && far.upper >= least.lower);
        }
    }

    #[test]
    fn a_separable_problem_has_no_floor_and_misfits_are_refused() {
        let (h, y) = (array![[1.0], [-1.0]], array![[1.0, 0.0], [0.0, 1.0]]);
        let least = softmax_head(h.view(), y.view(), array![[9.0], [-9.0]].view()).unwrap();
        assert!(least.lower < 1e-7 && least.upper < 1e-7 && least.upper > 0.0, "{least:?}");
        let w = array![[0.0], [0.0]];
        assert!(softmax_head(h.view(), array![[0.5, 0.4], [0.0, 1.0]].view(), w.view()).is_err());
        assert!(softmax_head(h.view(), array![[1.5, -0.5], [0.0, 1.0]].view(), w.view()).is_err());
        assert!(softmax_head(h.view(), y.view(), array![[0.0, 0.0]].view()).is_err());
        assert!(softmax_head(h.view(), y.view(), array![[f64::NAN], [0.0]].view()).is_err());
        assert!(softmax_head(Array2::zeros((0, 1)).view(), Array2::zeros((0, 2)).view(), w.view()).is_err());
        let none = Array2::zeros((0, 1));
        assert!(softmax_head(h.view(), Array2::zeros((2, 0)).view(), none.view()).is_err());
        let dependent = array![[1.0, 2.0], [2.0, 4.0]];
        assert!(softmax_head(dependent.view(), y.view(), Array2::zeros((2, 2)).view()).is_err());
    }
}
