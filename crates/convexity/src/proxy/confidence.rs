//! Means over runs with one-sided confidence limits.

use std::f64::consts::PI;

/// The confidence of each one-sided limit: Student's t at every prefix by itself, on the mean over
/// independent runs.
pub(super) const CONFIDENCE: f64 = 0.99;

/// The mean of independent numbers with its two one-sided limits.
///
/// Student's t supposes that the mean is about normal. One number (a run without randomness) is its own
/// limit.
pub(super) fn limits(values: &[f64], quantile: f64) -> (f64, f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    if values.len() < 2 {
        return (mean, mean, mean);
    }
    let variance = values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (n - 1.0);
    let half = quantile * (variance / n).sqrt();
    (mean, mean - half, mean + half)
}

/// The quantile of Student's t distribution for [`CONFIDENCE`], by bisection.
pub(super) fn student_quantile(degrees: usize) -> f64 {
    let (mut low, mut high) = (0.0, 1e3);
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if below(middle, degrees) < CONFIDENCE { low = middle } else { high = middle }
    }
    high
}

/// P(X <= t), t >= 0, for integer degrees of freedom: a finite sum (Abramowitz and Stegun 26.7.3, 26.7.4).
fn below(t: f64, degrees: usize) -> f64 {
    let theta = (t / (degrees as f64).sqrt()).atan();
    let (sin, cos) = theta.sin_cos();
    let odd = degrees % 2 == 1;
    let mut term = if odd { cos } else { 1.0 };
    let mut sum = 0.0;
    let mut k = usize::from(odd);
    while k + 2 <= degrees {
        sum += term;
        k += 2;
        term *= cos * cos * (k as f64 - 1.0) / k as f64;
    }
    let central = if odd { 2.0 / PI * (theta + sin * sum) } else { sin * sum };
    0.5 + 0.5 * central
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_the_printed_table() {
        // Abramowitz and Stegun, table 26.10, column A = 0.98 (two-sided).
        for (degrees, t) in [(1, 31.821), (2, 6.965), (4, 3.747), (19, 2.539), (24, 2.492), (60, 2.390)] {
            assert!((student_quantile(degrees) - t).abs() < 6e-4, "{degrees}: {}", student_quantile(degrees));
        }
    }

    #[test]
    fn limits_lie_about_the_mean() {
        // Variance 1, three numbers.
        let (mean, lower, upper) = limits(&[1.0, 2.0, 3.0], 2.0);
        let half = 2.0 / 3.0_f64.sqrt();
        assert!(mean == 2.0 && (lower - (2.0 - half)).abs() < 1e-15 && (upper - (2.0 + half)).abs() < 1e-15);
        assert_eq!(limits(&[4.0], f64::NAN), (4.0, 4.0, 4.0));
    }
}
