//! The least-squares slope with its 95 % interval.

use super::correlation::mean;
use super::{Estimate, check_pair, fault};
use crate::error::Result;

/// A fitted line y = intercept + slope x.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slope {
    /// The slope with its 95 % interval (Student's t with n - 2 degrees of freedom); none for two points.
    pub slope: Estimate,
    /// The value at x = 0.
    pub intercept: f64,
    /// The standard deviation of the residuals.
    pub residual: f64,
}

/// Fits a line by least squares.
///
/// The interval supposes independent residuals of one variance; series of successive steps are not independent,
/// and their interval is then too narrow.
///
/// # Errors
/// When the lengths differ, there are fewer than two pairs, a value is NaN or infinite, or all x are equal.
///
/// ```
/// use fenchel_experiments::statistics::slope;
/// let fit = slope(&[0.0, 1.0, 2.0, 3.0], &[1.0, 3.1, 4.9, 7.0]).unwrap();
/// assert!((fit.slope.value - 1.98).abs() < 1e-12);
/// ```
pub fn slope(x: &[f64], y: &[f64]) -> Result<Slope> {
    check_pair("slope", x, y, 2)?;
    let n = x.len();
    let (mean_x, mean_y) = (mean(x), mean(y));
    let (mut xx, mut xy) = (0.0, 0.0);
    for (&a, &b) in x.iter().zip(y) {
        xx += (a - mean_x) * (a - mean_x);
        xy += (a - mean_x) * (b - mean_y);
    }
    if x.iter().all(|&a| a == x[0]) || xx == 0.0 {
        return Err(fault("slope", "all `x` are equal; a slope needs at least two different ones".into()));
    }
    let value = xy / xx;
    let intercept = mean_y - value * mean_x;
    if n == 2 {
        return Ok(Slope {
            slope: Estimate { value, interval: None, replicates: n },
            intercept,
            residual: 0.0,
        });
    }
    let squares: f64 = x.iter().zip(y).map(|(&a, &b)| (b - mean_y - value * (a - mean_x)).powi(2)).sum();
    let degrees = (n - 2) as f64;
    let residual = (squares / degrees).sqrt();
    let half = student_t_975(n - 2) * residual / xx.sqrt();
    Ok(Slope { slope: Estimate::with_interval(value, value - half, value + half, n), intercept, residual })
}

/// The 0.975 quantile of Student's t distribution.
///
/// By bisection of the distribution function, whose closed form for integer degrees of freedom is a finite sum
/// (Abramowitz and Stegun 26.7.3 and 26.7.4).
fn student_t_975(degrees: usize) -> f64 {
    // Beyond this the finite sum only costs time: t differs from the normal quantile's expansion by < 1e-9.
    if degrees > 1000 {
        let z: f64 = 1.959_963_984_540_054;
        let nu = degrees as f64;
        return z
            + (z.powi(3) + z) / (4.0 * nu)
            + (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / (96.0 * nu * nu);
    }
    // two_sided(t) = P(|T| <= t) is increasing; bisect to the last bit that matters.
    let (mut low, mut high) = (1.9, 13.0);
    for _ in 0..100 {
        let middle = 0.5 * (low + high);
        if two_sided(middle, degrees) < 0.95 { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

/// P(|T| <= t) for Student's t with `degrees` degrees of freedom.
fn two_sided(t: f64, degrees: usize) -> f64 {
    let nu = degrees as f64;
    let theta = (t / nu.sqrt()).atan();
    let (sin, cos) = theta.sin_cos();
    let mut term = if degrees % 2 == 1 { cos } else { 1.0 };
    let mut sum = 0.0;
    let mut k = if degrees % 2 == 1 { 1 } else { 0 };
    while k + 2 <= degrees {
        sum += term;
        k += 2;
        term *= cos * cos * (k as f64 - 1.0) / k as f64;
    }
    if degrees % 2 == 1 { 2.0 / std::f64::consts::PI * (theta + sin * sum) } else { sin * sum }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fenchel_random::Seed;
    use proptest::prelude::*;

    #[test]
    fn students_quantiles_match_the_printed_table() {
        // Abramowitz and Stegun, table 26.10, column A = 0.95.
        for (degrees, t) in [
            (1, 12.706),
            (2, 4.303),
            (3, 3.182),
            (4, 2.776),
            (5, 2.571),
            (10, 2.228),
            (30, 2.042),
            (120, 1.980),
        ] {
            assert!((student_t_975(degrees) - t).abs() < 6e-4, "{degrees}: {}", student_t_975(degrees));
        }
        assert!((student_t_975(1000) - student_t_975(1001)).abs() < 1e-5);
    }

    proptest! {
        #[test]
        fn the_fit_is_equivariant_and_exact_on_lines(
            x in prop::collection::vec(-10.0..10.0_f64, 3..30), a in -5.0..5.0_f64, b in -5.0..5.0_f64,
        ) {
            let spread = x.iter().copied().fold(f64::NEG_INFINITY, f64::max) - x.iter().copied().fold(f64::INFINITY, f64::min);
            prop_assume!(spread > 0.1);
            let y: Vec<f64> = x.iter().map(|v| a + b * v).collect();
            let fit = slope(&x, &y).unwrap();
            prop_assert!((fit.slope.value - b).abs() < 1e-10 && (fit.intercept - a).abs() < 1e-9);
            // The residuals of the normal equations: orthogonal to x on any data.
            let bent: Vec<f64> = x.iter().map(|v| v * v).collect();
            let fit = slope(&x, &bent).unwrap();
            let moment: f64 = x.iter().zip(&bent).map(|(v, w)| v * (w - fit.intercept - fit.slope.value * v)).sum();
            prop_assert!(moment.abs() < 1e-8);
        }
    }

    #[test]
    fn the_interval_covers_the_true_slope() {
        let mut stream = Seed::new(2).derive("slope").stream();
        let covered = (0..400)
            .filter(|_| {
                let x: Vec<f64> = (0..6).map(f64::from).collect();
                // Sum of twelve uniforms minus six: nearly normal.
                let mut noise = || (0..12).map(|_| stream.random::<f64>()).sum::<f64>() - 6.0;
                let y: Vec<f64> = x.iter().map(|v| 2.0 * v + noise()).collect();
                let (low, high) = slope(&x, &y).unwrap().slope.range();
                low <= 2.0 && 2.0 <= high
            })
            .count();
        assert!((362..=397).contains(&covered), "{covered} of 400");
    }

    #[test]
    fn degenerate_fits_are_refused() {
        assert!(slope(&[1.0, 1.0], &[1.0, 2.0]).is_err());
        assert!(slope(&[1.0, 2.0], &[f64::INFINITY, 2.0]).is_err());
        assert_eq!(slope(&[0.0, 1.0], &[0.0, 2.0]).unwrap().slope.interval, None);
    }
}
