//! Quantiles and the median.

use super::{check, fault};
use crate::error::Result;

/// The `level` quantile of `values`, linear between order statistics (Hyndman and Fan's type 7). Infinite values
/// take part, as ends of the order.
///
/// # Errors
/// When `values` is empty or has NaN, or `level` is outside [0, 1].
///
/// ```
/// use fenchel_harness::statistics::quantile;
/// assert_eq!(quantile(&[3.0, 1.0, 2.0, 4.0], 0.5).unwrap(), 2.5);
/// ```
pub fn quantile(values: &[f64], level: f64) -> Result<f64> {
    check("quantile", "values", values)?;
    if !(0.0..=1.0).contains(&level) {
        return Err(fault("quantile", format!("`level` is {level}; it must lie in [0, 1]")));
    }
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    Ok(of_sorted(&sorted, level))
}

/// The median.
///
/// # Errors
/// When `values` is empty or has NaN.
pub fn median(values: &[f64]) -> Result<f64> {
    quantile(values, 0.5)
}

pub(super) fn of_sorted(sorted: &[f64], level: f64) -> f64 {
    let position = level * (sorted.len() - 1) as f64;
    let below = position.floor() as usize;
    let share = position - below as f64;
    let low = sorted[below];
    let high = sorted[(below + 1).min(sorted.len() - 1)];
    // Not low + share (high - low), which is NaN between infinities and may leave [low, high] by rounding.
    if share == 0.0 || low == high { low } else { ((1.0 - share) * low + share * high).clamp(low, high) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn quantiles_are_monotone_and_equivariant(
            values in prop::collection::vec(-1e3..1e3_f64, 1..40), a in 0.0..1.0_f64, b in 0.0..1.0_f64,
        ) {
            let (low, high) = (a.min(b), a.max(b));
            let (at_low, at_high) = (quantile(&values, low).unwrap(), quantile(&values, high).unwrap());
            prop_assert!(at_low <= at_high);
            let negated: Vec<f64> = values.iter().map(|v| -v).collect();
            let mirrored = -quantile(&negated, 1.0 - low).unwrap();
            // The position 1 - level rounds, by at most 2^-53 of the range times the number of gaps.
            prop_assert!((mirrored - at_low).abs() <= 2e3 * 40.0 * f64::EPSILON);
        }

        #[test]
        fn half_of_the_values_lie_on_each_side_of_the_median(values in prop::collection::vec(-1e3..1e3_f64, 1..40)) {
            let middle = median(&values).unwrap();
            prop_assert!(2 * values.iter().filter(|v| **v <= middle).count() >= values.len());
            prop_assert!(2 * values.iter().filter(|v| **v >= middle).count() >= values.len());
        }
    }

    #[test]
    fn ends_and_infinities() {
        assert_eq!(quantile(&[1.0, f64::INFINITY], 0.0).unwrap(), 1.0);
        assert_eq!(quantile(&[1.0, f64::INFINITY], 0.5).unwrap(), f64::INFINITY);
        assert_eq!(median(&[f64::INFINITY; 3]).unwrap(), f64::INFINITY);
        assert!(median(&[]).is_err());
        assert!(median(&[1.0, f64::NAN]).is_err());
        assert!(quantile(&[1.0], 1.5).is_err());
        assert!(quantile(&[1.0], f64::NAN).is_err());
    }
}
