//! A limit on a probability from counts: Clopper and Pearson's, which holds at every number of trials.

use super::fault;
use crate::error::Result;

/// The largest probability of success under which `successes` or fewer of `trials` still happen with probability `level`.
///
/// A claim "the probability is at least p" is refuted, at that level, by a limit below p. Clopper and Pearson, Biometrika 26, 1934.
///
/// # Errors
/// For no trials, more successes than trials, or a level outside (0, 1).
///
/// ```
/// use fenchel_experiments::statistics::upper_probability;
/// // None of n: (1 - p)^n = level.
/// let limit = upper_probability(0, 10, 0.05).unwrap();
/// assert!((limit - (1.0 - 0.05_f64.powf(0.1))).abs() < 1e-12);
/// assert_eq!(upper_probability(10, 10, 0.05).unwrap(), 1.0);
/// ```
pub fn upper_probability(successes: usize, trials: usize, level: f64) -> Result<f64> {
    if trials == 0 || successes > trials || !(level > 0.0 && level < 1.0) {
        let reason = format!(
            "{successes} successes of {trials} trials at the level {level}; it needs trials, no more successes than these, and a \
             level in (0, 1)"
        );
        return Err(fault("upper_probability", reason));
    }
    if successes == trials {
        return Ok(1.0);
    }
    // The distribution function falls as p grows; 200 halvings reach the last bit.
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if at_most(successes, trials, middle) >= level {
            low = middle;
        } else {
            high = middle;
        }
    }
    Ok(low)
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
    fn the_limit_is_where_the_tail_is_the_level() {
        for (successes, trials) in [(0, 1), (3, 10), (14, 20), (870, 1000)] {
            let limit = upper_probability(successes, trials, 0.01).unwrap();
            assert!(limit > successes as f64 / trials as f64);
            assert!((at_most(successes, trials, limit) - 0.01).abs() < 1e-9);
        }
        for (successes, trials, level) in [(0, 0, 0.1), (2, 1, 0.1), (0, 1, 0.0), (0, 1, f64::NAN)] {
            assert!(upper_probability(successes, trials, level).is_err());
        }
    }
}
