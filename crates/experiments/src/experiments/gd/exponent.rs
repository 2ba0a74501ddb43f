//! T7(iv) on |x|^p / p: with Φ = N(C, 2) the gap falls like T^{−p/(p−2)}, and the measured exponent says so.

use fenchel_harness::Failure;
use fenchel_harness::statistics::slope;
use serde::{Deserialize, Serialize};

use crate::ingredients::Tally;

/// What was measured for one p.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Measured {
    /// The exponent p.
    pub p: f64,
    /// T, D_T and T7(iv)'s bound, at T spaced evenly in the logarithm.
    pub series: Vec<(f64, f64, f64)>,
    /// The slope of log D_T over log T in the last decade.
    pub slope: f64,
    /// T7(iv) at every prefix.
    pub checks: Tally,
}

impl Measured {
    /// The exponent that T7(iv) attains: −p/(p−2).
    pub(super) fn expected(&self) -> f64 {
        -self.p / (self.p - 2.0)
    }
}

/// Runs `iterations` steps of α = 1 from x = 1.
///
/// On [−1, 1] the second derivative is at most p − 1, so Φ = N(p − 1, 2) and the step is x − x^{p−1} / (p − 1). It
/// cannot leave the interval. Gradient domination is an equation: |x|^p / p = (1/p) |g|^{p/(p−1)}.
pub(super) fn measure(p: f64, iterations: usize) -> Result<Measured, Failure> {
    let c = p - 1.0;
    let (q_upper, q_lower) = (2.0, p / (p - 1.0));
    let kappa = q_upper / q_lower;
    let (k_upper, k_lower) = (1.0 / (2.0 * c), 1.0 / p);
    let rate = k_upper * f64::powf(k_lower, -kappa);
    let first = 1.0 / p;
    let bound = |t: f64| (first.powf(1.0 - kappa) + (kappa - 1.0) * rate * t).powf(-1.0 / (kappa - 1.0));
    let (mut x, mut checks, mut series) = (1.0_f64, Tally::default(), Vec::new());
    let mut next_noted = 1.0;
    for t in 1..=iterations {
        x -= x.powf(p - 1.0) / c;
        let (t, gap) = (t as f64, x.powf(p) / p);
        // Each step rounds x by one unit, which moves the gap by p units; the errors only shrink afterwards.
        checks.count(gap <= bound(t) + 4.0 * p * t * f64::EPSILON * gap);
        if t >= next_noted || t == iterations as f64 {
            series.push((t, gap, bound(t)));
            next_noted = (t * 1.05).max(t + 1.0);
        }
    }
    let last: Vec<(f64, f64)> = series
        .iter()
        .filter(|point| point.0 >= 0.1 * iterations as f64)
        .map(|point| (point.0.ln(), point.1.ln()))
        .collect();
    let (log_t, log_gap): (Vec<f64>, Vec<f64>) = last.into_iter().unzip();
    Ok(Measured { p, series, slope: slope(&log_t, &log_gap)?.slope, checks })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exponent_is_attained_and_the_bound_holds() {
        for p in [3.0, 4.0, 6.0] {
            let measured = measure(p, 20_000).unwrap();
            assert_eq!(measured.checks.violated, 0);
            assert!((measured.slope / measured.expected() - 1.0).abs() < 0.05, "{p}: {}", measured.slope);
        }
    }
}
