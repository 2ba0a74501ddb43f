//! The median over replicates with an interval that supposes nothing of their distribution.

use super::estimate::Spread;
use super::quantile::of_sorted;
use super::{Estimate, check};
use crate::error::Result;

/// The probability with which an interval may miss the true median.
const MISSED: f64 = 0.05;

/// The median with its interval between two order statistics, `x_(k)` and `x_(n+1−k)`; infinite replicates take
/// part.
///
/// Each replicate lies below the true median with probability 1/2 at most, so the interval misses it with
/// probability `2 P(Binomial(n, 1/2) < k)` at most, whatever the distribution; k is the largest for which that
/// is 0.05 or less. Below six replicates there is none, as all of them together miss it with probability
/// `2^{1−n}`, 1/4 for three: what is given then is their range, and is called so.
///
/// # Errors
/// When `replicates` is empty or has NaN.
///
/// ```
/// use fenchel_harness::statistics::{Spread, median_estimate};
/// let three = median_estimate(&[0.95, 0.91, 0.93]).unwrap();
/// assert_eq!((three.value, three.spread), (0.93, Spread::Range(0.91, 0.95)));
/// let nine: Vec<f64> = (1..=9).map(f64::from).collect();
/// // 2 (1 + 9) / 512 = 0.039, and with k = 3 it would be 0.18.
/// assert_eq!(median_estimate(&nine).unwrap().spread, Spread::Interval(2.0, 8.0));
/// ```
pub fn median_estimate(replicates: &[f64]) -> Result<Estimate> {
    check("median", "replicates", replicates)?;
    let mut sorted = replicates.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let (n, value) = (sorted.len(), of_sorted(&sorted, 0.5));
    let spread = match missed_beyond(n) {
        0 if n == 1 => Spread::None,
        0 => Spread::Range(sorted[0], sorted[n - 1]),
        k => Spread::Interval(sorted[k - 1], sorted[n - k]),
    };
    Ok(Estimate { value, spread, replicates: n })
}

/// The largest k with `2 P(Binomial(n, 1/2) < k) <= 0.05`; 0 where there is none.
fn missed_beyond(n: usize) -> usize {
    // P(X = j) from that before, in logarithms: 2^{-n} underflows beyond a thousand replicates.
    let (mut ln_term, mut below, mut k) = (n as f64 * 0.5_f64.ln(), 0.0, 0);
    loop {
        below += ln_term.exp();
        if 2.0 * below > MISSED {
            return k;
        }
        ln_term += ((n - k) as f64 / (k + 1) as f64).ln();
        k += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_interval_lies_within_the_sample_about_the_median(values in prop::collection::vec(-10.0..10.0_f64, 1..40)) {
            let estimate = median_estimate(&values).unwrap();
            let (low, high) = estimate.range();
            let smallest = values.iter().copied().fold(f64::INFINITY, f64::min);
            let largest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            prop_assert!(smallest <= low && low <= estimate.value && estimate.value <= high && high <= largest);
        }
    }

    #[test]
    fn the_order_statistics_are_those_of_the_sign_test() {
        // From tables of the sign test, two-sided at 0.05.
        for (n, k) in [(1, 0), (5, 0), (6, 1), (8, 1), (9, 2), (11, 2), (12, 3), (20, 6), (25, 8), (50, 18)] {
            assert_eq!(missed_beyond(n), k, "{n}");
        }
        // By the normal distribution, n/2 − 0.98 √n.
        assert!((4900..=4903).contains(&missed_beyond(10_000)));
    }

    #[test]
    fn few_replicates_have_a_range_and_one_has_none() {
        assert_eq!(median_estimate(&[3.0]).unwrap(), Estimate::exact(3.0));
        let infinite = median_estimate(&[f64::INFINITY, 1.0, 2.0]).unwrap();
        assert_eq!((infinite.value, infinite.spread), (2.0, Spread::Range(1.0, f64::INFINITY)));
        assert_eq!(infinite.to_string(), "2, range 1 to ∞ of 3");
        assert!(matches!(median_estimate(&[0.0; 6]).unwrap().spread, Spread::Interval(..)));
        assert!(median_estimate(&[]).is_err() && median_estimate(&[f64::NAN, 1.0]).is_err());
    }
}
