//! Pearson's correlation.

use super::{check_pair, fault};
use crate::error::Result;

/// Pearson's correlation of the pairs (x, y), in [-1, 1].
///
/// Two passes: the means first, so that a large common offset does not cancel the digits of the variance.
///
/// # Errors
/// When the lengths differ, there are fewer than two pairs, a value is NaN or infinite, or a variance is zero.
///
/// ```
/// use fenchel_harness::statistics::pearson;
/// assert!((pearson(&[1.0, 2.0, 3.0], &[2.0, 4.0, 6.0]).unwrap() - 1.0).abs() < 1e-15);
/// ```
pub fn pearson(x: &[f64], y: &[f64]) -> Result<f64> {
    check_pair("Pearson correlation", x, y, 2)?;
    unchecked(x, y).ok_or_else(|| {
        fault("Pearson correlation", "a variance is zero; the correlation does not exist".into())
    })
}

/// None where a variance is zero, or is lost in the rounding of the mean.
pub(super) fn unchecked(x: &[f64], y: &[f64]) -> Option<f64> {
    let n = x.len() as f64;
    let mean_x = mean(x);
    let mean_y = mean(y);
    let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
    for (&a, &b) in x.iter().zip(y) {
        let (a, b) = (a - mean_x, b - mean_y);
        xx += a * a;
        xy += a * b;
        yy += b * b;
    }
    // A constant series whose mean is rounded leaves deviations of at most n eps |mean| each.
    let noise = |mean: f64| n * (n * f64::EPSILON * mean.abs()).powi(2);
    if xx <= noise(mean_x) || yy <= noise(mean_y) {
        return None;
    }
    let correlation = xy / (xx.sqrt() * yy.sqrt());
    correlation.is_finite().then(|| correlation.clamp(-1.0, 1.0))
}

pub(super) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pairs() -> impl Strategy<Value = (Vec<f64>, Vec<f64>)> {
        (3_usize..40).prop_flat_map(|n| {
            (prop::collection::vec(-1.0..1.0_f64, n), prop::collection::vec(-1.0..1.0_f64, n))
        })
    }

    proptest! {
        #[test]
        fn symmetric_bounded_and_affine_invariant((x, y) in pairs(), scale in 0.1..10.0_f64, shift in -5.0..5.0_f64) {
            let r = pearson(&x, &y).unwrap();
            prop_assert!(r.abs() <= 1.0);
            prop_assert!((r - pearson(&y, &x).unwrap()).abs() <= 1e-14);
            let moved: Vec<f64> = x.iter().map(|v| scale * v + shift).collect();
            let mirrored: Vec<f64> = x.iter().map(|v| -v).collect();
            prop_assert!((r - pearson(&moved, &y).unwrap()).abs() <= 1e-9);
            prop_assert!((r + pearson(&mirrored, &y).unwrap()).abs() <= 1e-14);
        }

        #[test]
        fn an_exact_line_correlates_fully((x, _) in pairs()) {
            let y: Vec<f64> = x.iter().map(|v| -3.0 * v + 1.0).collect();
            prop_assert!((pearson(&x, &y).unwrap() + 1.0).abs() <= 1e-9);
        }
    }

    #[test]
    fn constants_have_no_correlation_even_when_their_mean_is_rounded() {
        assert!(pearson(&[0.1; 7], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]).is_err());
        assert!(pearson(&[1.0], &[1.0]).is_err());
        assert!(pearson(&[1.0, f64::INFINITY], &[1.0, 2.0]).is_err());
        assert!(pearson(&[1.0, 2.0, 3.0], &[1.0, 2.0]).is_err());
    }
}
