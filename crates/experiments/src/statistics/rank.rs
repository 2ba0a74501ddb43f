//! Spearman's rank correlation.

use super::correlation::unchecked;
use super::{Estimate, check_pair, fault};
use crate::error::Result;

/// The ranks 1 ... n of `values`, ties sharing their mean rank.
///
/// ```
/// use fenchel_experiments::statistics::ranks;
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

/// Spearman's rank correlation with a 95 % interval by Fisher's z, with the variance (1 + rho^2/2) / (n - 3) of
/// Bonett and Wright (2000, Psychometrika 65, 23-28).
///
/// Below five pairs the interval is all of [-1, 1]: of the 24 orders of four pairs the two extreme ones
/// together have probability 1/12, so none is unusual among independent pairs. Where all pairs agree,
/// Fisher's z is infinite; the interval then reaches to the end of that of the next order, in which two
/// neighbours change places, `1 - 12 / (n³ - n)`.
///
/// Fewer than three pairs are no measurement.
///
/// # Errors
/// As [`spearman`], but for their number.
///
/// ```
/// use fenchel_experiments::statistics::spearman_interval;
/// let x: Vec<f64> = (0..12).map(f64::from).collect();
/// let y: Vec<f64> = x.iter().map(|v| -v.exp()).collect();
/// assert_eq!(spearman_interval(&x, &y).unwrap().value, -1.0);
/// ```
pub fn spearman_interval(x: &[f64], y: &[f64]) -> Result<Estimate> {
    let n = x.len();
    if n < 3 && n == y.len() {
        return Ok(Estimate { replicates: n, ..Estimate::default() });
    }
    let rho = spearman(x, y)?;
    if n < 5 {
        return Ok(Estimate::with_interval(rho, -1.0, 1.0, n));
    }
    let count = n as f64;
    let next = 1.0 - 12.0 / (count.powi(3) - count);
    let within = rho.clamp(-next, next);
    let half = 1.959_963_984_540_054 * ((1.0 + within * within / 2.0) / (count - 3.0)).sqrt();
    let z = within.atanh();
    Ok(Estimate::with_interval(rho, (z - half).tanh().min(rho), (z + half).tanh().max(rho), n))
}

#[cfg(test)]
mod tests {
    use super::*;
    use fenchel_random::Seed;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn invariant_under_increasing_maps(pairs in prop::collection::vec((-3.0..3.0_f64, -3.0..3.0_f64), 4..40)) {
            let (x, y): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
            let rho = spearman(&x, &y).unwrap();
            let mapped: Vec<f64> = x.iter().map(|v| v.exp()).collect();
            prop_assert_eq!(spearman(&mapped, &y).unwrap(), rho);
            let (low, high) = spearman_interval(&x, &y).unwrap().range();
            prop_assert!(-1.0 <= low && low <= rho && rho <= high && high <= 1.0);
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
    fn independent_samples_are_covered() {
        let mut stream = Seed::new(1).derive("rank").stream();
        let covered = (0..400)
            .filter(|_| {
                let x: Vec<f64> = (0..25).map(|_| stream.random()).collect();
                let y: Vec<f64> = (0..25).map(|_| stream.random()).collect();
                let (low, high) = spearman_interval(&x, &y).unwrap().range();
                low <= 0.0 && 0.0 <= high
            })
            .count();
        // 95 % of 400 is 380, standard deviation 4.4: four deviations below, and not always.
        assert!((362..=397).contains(&covered), "{covered} of 400");
    }

    #[test]
    fn ties_and_short_samples() {
        assert!(spearman(&[1.0, 1.0, 1.0], &[1.0, 2.0, 3.0]).is_err());
        assert!(spearman(&[1.0, 2.0], &[1.0, 2.0]).is_err(), "two pairs are always in order");
        assert!(spearman_interval(&[1.0, 2.0], &[1.0, 2.0]).unwrap().value.is_nan());
        for n in 3..5 {
            let x: Vec<f64> = (0..n).map(f64::from).collect();
            assert_eq!(spearman_interval(&x, &x).unwrap().range(), (-1.0, 1.0), "{n} pairs decide nothing");
        }
        // Perfect order is the surer the longer it lasts, and never without doubt.
        let low = |n: i32| {
            let x: Vec<f64> = (0..n).map(f64::from).collect();
            spearman_interval(&x, &x).unwrap().range().0
        };
        assert!(low(5) < low(6) && low(6) < low(20) && low(20) < 1.0);
    }
}
