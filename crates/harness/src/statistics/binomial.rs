//! A probability from counts, with limits that hold at every number of trials.

use super::{Estimate, fault};
use crate::error::Result;

/// The probability with which each limit may lie on the wrong side.
const TAIL: f64 = 0.025;

/// The share of successes with its 95 % interval (Clopper and Pearson, Biometrika 26, 1934): the probabilities
/// under which neither so few nor so many successes are rarer than 2.5 %.
///
/// # Errors
/// For no trials, or more successes than trials.
///
/// ```
/// use fenchel_harness::statistics::share;
/// // All of n: p^n = 0.025 at the lower limit.
/// let (low, high) = share(10, 10).unwrap().range();
/// assert!((low - 0.025_f64.powf(0.1)).abs() < 1e-12 && high == 1.0);
/// ```
pub fn share(successes: usize, trials: usize) -> Result<Estimate> {
    if trials == 0 || successes > trials {
        let reason = format!(
            "{successes} successes of {trials} trials; it needs trials, and no more successes than these"
        );
        return Err(fault("share", reason));
    }
    let value = successes as f64 / trials as f64;
    let low = 1.0 - upper_limit(trials - successes, trials);
    Ok(Estimate::with_interval(value, low, upper_limit(successes, trials), trials))
}

/// The largest probability under which `successes` or fewer still happen with probability [`TAIL`].
fn upper_limit(successes: usize, trials: usize) -> f64 {
    if successes == trials {
        return 1.0;
    }
    // The distribution function falls as p grows: halve until the ends are neighbours.
    let (mut low, mut high) = (0.0, 1.0);
    loop {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            return low;
        }
        if at_most(successes, trials, middle) >= TAIL {
            low = middle;
        } else {
            high = middle;
        }
    }
}

/// `P(X <= successes)` for a binomial X: each term from the one before, in logarithms.
fn at_most(successes: usize, trials: usize, p: f64) -> f64 {
    if p <= 0.0 {
        return 1.0;
    }
    let (ln_p, ln_q) = (p.ln(), (-p).ln_1p());
    let mut ln_term = trials as f64 * ln_q;
    let mut sum = ln_term.exp();
    for k in 1..=successes {
        ln_term += ((trials - k + 1) as f64 / k as f64).ln() + ln_p - ln_q;
        sum += ln_term.exp();
    }
    sum.min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distribution_adds_up() {
        // Binomial(4, 1/2): 1, 4, 6, 4, 1 of 16.
        for (k, sixteenths) in [1.0, 5.0, 11.0, 15.0, 16.0].into_iter().enumerate() {
            assert!((at_most(k, 4, 0.5) - sixteenths / 16.0).abs() < 1e-14, "{k}");
        }
    }

    #[test]
    fn the_limits_are_where_the_tails_are_the_level() {
        for (successes, trials) in [(3, 10), (14, 20), (870, 1000)] {
            let estimate = share(successes, trials).unwrap();
            let (low, high) = estimate.range();
            assert!(low < estimate.value && estimate.value < high);
            assert!((at_most(successes, trials, high) - TAIL).abs() < 1e-9);
            // At least so many successes: no more failures than these.
            assert!((at_most(trials - successes, trials, 1.0 - low) - TAIL).abs() < 1e-9);
        }
        // By the incomplete beta function: 0.8099 and 0.9600.
        let (low, high) = share(65, 72).unwrap().range();
        assert!((low - 0.81).abs() < 0.005 && (high - 0.96).abs() < 0.005, "{low} {high}");
        assert_eq!(share(0, 5).unwrap().range().0, 0.0);
        assert!(share(0, 0).is_err() && share(2, 1).is_err());
    }
}
