//! The least-squares line.

use super::correlation::mean;
use super::{check_pair, fault};
use crate::error::Result;

/// A fitted line y = intercept + slope x.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slope {
    /// The slope. Its uncertainty is that over replicates, each with a line of its own: points of one replicate
    /// are seldom independent.
    pub slope: f64,
    /// The value at x = 0.
    pub intercept: f64,
    /// The standard deviation of the residuals; 0 for two points.
    pub residual: f64,
}

/// Fits a line by least squares.
///
/// # Errors
/// When the lengths differ, there are fewer than two pairs, a value is NaN or infinite, or all x are equal.
///
/// ```
/// use fenchel_harness::statistics::slope;
/// let fit = slope(&[0.0, 1.0, 2.0, 3.0], &[1.0, 3.1, 4.9, 7.0]).unwrap();
/// assert!((fit.slope - 1.98).abs() < 1e-12);
/// ```
pub fn slope(x: &[f64], y: &[f64]) -> Result<Slope> {
    check_pair("slope", x, y, 2)?;
    let (mean_x, mean_y) = (mean(x), mean(y));
    let (mut xx, mut xy) = (0.0, 0.0);
    for (&a, &b) in x.iter().zip(y) {
        xx += (a - mean_x) * (a - mean_x);
        xy += (a - mean_x) * (b - mean_y);
    }
    if x.iter().all(|&a| a == x[0]) || xx == 0.0 {
        return Err(fault("slope", "all `x` are equal; a slope needs at least two different ones".into()));
    }
    let slope = xy / xx;
    let squares: f64 = x.iter().zip(y).map(|(&a, &b)| (b - mean_y - slope * (a - mean_x)).powi(2)).sum();
    let residual = if x.len() == 2 { 0.0 } else { (squares / (x.len() - 2) as f64).sqrt() };
    Ok(Slope { slope, intercept: mean_y - slope * mean_x, residual })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_fit_is_equivariant_and_exact_on_lines(
            x in prop::collection::vec(-10.0..10.0_f64, 3..30), a in -5.0..5.0_f64, b in -5.0..5.0_f64,
        ) {
            let spread = x.iter().copied().fold(f64::NEG_INFINITY, f64::max) - x.iter().copied().fold(f64::INFINITY, f64::min);
            prop_assume!(spread > 0.1);
            let y: Vec<f64> = x.iter().map(|v| a + b * v).collect();
            let fit = slope(&x, &y).unwrap();
            prop_assert!((fit.slope - b).abs() < 1e-10 && (fit.intercept - a).abs() < 1e-9);
            // The residuals of the normal equations: orthogonal to x on any data.
            let bent: Vec<f64> = x.iter().map(|v| v * v).collect();
            let fit = slope(&x, &bent).unwrap();
            let moment: f64 = x.iter().zip(&bent).map(|(v, w)| v * (w - fit.intercept - fit.slope * v)).sum();
            prop_assert!(moment.abs() < 1e-8);
        }
    }

    #[test]
    fn degenerate_fits_are_refused() {
        assert!(slope(&[1.0, 1.0], &[1.0, 2.0]).is_err());
        assert!(slope(&[1.0, 2.0], &[f64::INFINITY, 2.0]).is_err());
        assert_eq!(slope(&[0.0, 1.0], &[0.0, 2.0]).unwrap().residual, 0.0);
    }
}
