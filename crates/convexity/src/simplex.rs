//! The probability simplex: which points count as its points, the projection onto it, and sums without round-off.

use crate::error::ConvexityError;

/// How far from 1 the entries of a point of the simplex may sum: far above round-off, far below a mistake.
const SUM_TOLERANCE: f64 = 1e-9;

/// The simplex in words.
pub(crate) const NAME: &str = "the probability simplex (entries at least 0 that sum to 1)";

/// By how much x fails to lie in the simplex, in its worst condition; zero if it does, up to the tolerance.
pub(crate) fn residual(x: impl Iterator<Item = f64> + Clone) -> f64 {
    let excess = (sum(x.clone()) - 1.0).abs();
    x.fold(if excess > SUM_TOLERANCE { excess } else { 0.0 }, |worst, x| worst.max(-x))
}

/// The error for a point that violates a condition of a set by `residual`.
pub(crate) fn outside(argument: &'static str, set: &str, residual: f64) -> ConvexityError {
    let reason = format!("it violates a condition of {set} by {residual}; project it first");
    ConvexityError::OutsideDomain { argument, reason }
}

/// A sum that carries the round-off of its additions along: as good as one in twice the precision, rounded.
pub(crate) fn sum(terms: impl Iterator<Item = f64>) -> f64 {
    let (sum, lost) = terms.fold((0.0, 0.0), |(sum, lost): (f64, f64), term| {
        let (next, error) = add(sum, term);
        (next, lost + error)
    });
    // Beyond f64 the round-off is not a number.
    if sum.is_finite() { sum + lost } else { sum }
}

/// `a + b` rounded, and what rounding lost (Knuth); exact unless the sum overflows.
pub(crate) fn add(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let b_seen = sum - a;
    (sum, (a - (sum - b_seen)) + (b - b_seen))
}

/// The Euclidean projection onto the simplex: subtract a threshold and cut at zero.
///
/// Measured from the largest entry, so that entries of any size keep their differences.
pub(crate) fn project(x: &mut [f64]) {
    let max = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut sorted: Vec<f64> = x.iter().map(|x| x - max).collect();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let (mut sum, mut threshold) = (0.0, -1.0);
    for (k, &entry) in sorted.iter().enumerate() {
        sum += entry;
        let candidate = (sum - 1.0) / (k + 1) as f64;
        if entry <= candidate {
            break;
        }
        threshold = candidate;
    }
    x.iter_mut().for_each(|x| *x = ((*x - max) - threshold).max(0.0));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_keep_what_additions_lose() {
        assert_eq!(sum([1.0, 1e-17, 1e-17, -1.0].into_iter()), 2e-17);
        assert_eq!(sum([1e308, 1e308].into_iter()), f64::INFINITY);
        assert_eq!(residual([f64::MAX, f64::MAX].into_iter()), f64::INFINITY);
    }

    #[test]
    fn entries_of_any_size_are_projected() {
        for (mut x, nearest) in [
            ([1e300, 0.0, -1e300], [1.0, 0.0, 0.0]),
            ([1e16, 1e16, 0.0], [0.5, 0.5, 0.0]),
            ([-1e300, -1e300, -1e300], [1.0 / 3.0; 3]),
            ([f64::MAX, -f64::MAX, 0.0], [1.0, 0.0, 0.0]),
        ] {
            project(&mut x);
            assert_eq!(x, nearest);
        }
    }
}
