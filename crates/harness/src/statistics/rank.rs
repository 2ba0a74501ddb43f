//! Spearman's rank correlation.

use super::correlation::unchecked;
use super::{check_pair, fault};
use crate::error::Result;

/// The ranks 1 ... n of `values`, ties sharing their mean rank.
///
/// ```
/// use fenchel_harness::statistics::ranks;
/// assert_eq!(ranks(&[10.0, 30.0, 10.0]), [1.5, 3.0, 1.5]);
/// ```
#[must_use]
pub fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut first = 0;
    while first < order.len() {
        let same = order[first..].iter().take_while(|&&i| values[i] == values[order[first]]).count().max(1);
        // The mean of the ranks first + 1 ... first + same.
        let shared = first as f64 + (same as f64 + 1.0) / 2.0;
        for &i in &order[first..first + same] {
            ranks[i] = shared;
        }
        first += same;
    }
    ranks
}

/// Spearman's rank correlation of the pairs (x, y), in [-1, 1].
///
/// # Errors
/// When the lengths differ, there are fewer than three pairs (two are always in some order), a value is NaN
/// or infinite, or all ranks of one side tie.
pub fn spearman(x: &[f64], y: &[f64]) -> Result<f64> {
    check_pair("rank correlation", x, y, 3)?;
    let rho = unchecked(&ranks(x), &ranks(y));
    // Ranks are exact; below ±1 the next possible value is some 6/n³ away, so this only undoes rounding.
    let rho = rho.map(|rho| if rho.abs() >= 1.0 - 4.0 * f64::EPSILON { rho.signum() } else { rho });
    rho.ok_or_else(|| {
        fault("rank correlation", "all values of one side tie; the correlation does not exist".into())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn invariant_under_increasing_maps(pairs in prop::collection::vec((-3.0..3.0_f64, -3.0..3.0_f64), 4..40)) {
            let (x, y): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
            let rho = spearman(&x, &y).unwrap();
            let mapped: Vec<f64> = x.iter().map(|v| v.exp()).collect();
            prop_assert_eq!(spearman(&mapped, &y).unwrap(), rho);
        }

        #[test]
        fn ranks_sum_to_the_triangle_number(values in prop::collection::vec(0_i32..6, 1..40)) {
            let values: Vec<f64> = values.into_iter().map(f64::from).collect();
            let n = values.len() as f64;
            prop_assert_eq!(ranks(&values).iter().sum::<f64>(), n * (n + 1.0) / 2.0);
            for (i, &rank) in ranks(&values).iter().enumerate() {
                // Without sorting: the values below, and half of the ties including oneself.
                let below = values.iter().filter(|v| **v < values[i]).count() as f64;
                let ties = values.iter().filter(|v| **v == values[i]).count() as f64;
                prop_assert_eq!(rank, below + (ties + 1.0) / 2.0);
            }
        }
    }

    #[test]
    fn ties_and_short_samples() {
        assert!(spearman(&[1.0, 1.0, 1.0], &[1.0, 2.0, 3.0]).is_err());
        assert!(spearman(&[1.0, 2.0], &[1.0, 2.0]).is_err(), "two pairs are always in order");
    }
}
