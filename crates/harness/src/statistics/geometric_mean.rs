//! The geometric mean.

use super::{check, fault};
use crate::error::Result;

/// The geometric mean of non-negative numbers; 0 as soon as one is 0 and none is infinite.
///
/// # Errors
/// When `values` is empty, has NaN or a negative number, or has both 0 and infinity.
///
/// ```
/// use fenchel_harness::statistics::geometric_mean;
/// assert!((geometric_mean(&[1.0, 4.0]).unwrap() - 2.0).abs() < 1e-15);
/// ```
pub fn geometric_mean(values: &[f64]) -> Result<f64> {
    check("geometric mean", "values", values)?;
    if let Some(at) = values.iter().position(|&value| value < 0.0) {
        return Err(fault(
            "geometric mean",
            format!("`values` is negative at index {at}; it needs numbers >= 0"),
        ));
    }
    let mean = values.iter().map(|value| value.ln()).sum::<f64>() / values.len() as f64;
    if mean.is_nan() {
        return Err(fault(
            "geometric mean",
            "`values` has both 0 and infinity; the product does not exist".into(),
        ));
    }
    Ok(mean.exp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn between_the_extremes_and_homogeneous(values in prop::collection::vec(1e-3..1e3_f64, 1..30), scale in 0.01..100.0_f64) {
            let mean = geometric_mean(&values).unwrap();
            let arithmetic = values.iter().sum::<f64>() / values.len() as f64;
            prop_assert!(mean <= arithmetic * (1.0 + 1e-12));
            prop_assert!(mean >= values.iter().copied().fold(f64::INFINITY, f64::min) * (1.0 - 1e-12));
            let scaled: Vec<f64> = values.iter().map(|v| scale * v).collect();
            prop_assert!((geometric_mean(&scaled).unwrap() / (scale * mean) - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn zeros_infinities_and_refusals() {
        assert_eq!(geometric_mean(&[0.0, 5.0]).unwrap(), 0.0);
        assert_eq!(geometric_mean(&[f64::INFINITY, 5.0]).unwrap(), f64::INFINITY);
        for bad in [&[][..], &[-1.0], &[0.0, f64::INFINITY], &[f64::NAN]] {
            assert!(geometric_mean(bad).is_err());
        }
    }
}
