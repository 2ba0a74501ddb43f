//! The error rate of P3's limits for SGD: `min_{t<T} E g(w_t)` against what is known of it.

use super::*;
use crate::error::ConvexityError;
use ndarray::{ArrayRef1, array};

/// f = w²/2 with noise of about normal numbers, and a surrogate whose means are known.
struct Known {
    /// g = 1 + w, or else w²/2.
    linear: bool,
}

impl Oracle for Known {
    fn dimension(&self) -> usize {
        1
    }

    fn observe(&self, w: &ArrayRef1<f64>) -> Result<Observation, ConvexityError> {
        let gradient = w.to_owned();
        let f = 0.5 * w[0] * w[0];
        let g = if self.linear { 1.0 + w[0] } else { f };
        Ok(Observation { gradient, f, g, second_moment: w[0] * w[0] + 1.0, error: Some(RoundOff::default()) })
    }

    fn sample(&self, w: &ArrayRef1<f64>, stream: &mut Stream) -> Result<Array1<f64>, ConvexityError> {
        let noise = (0..12).fold(-6.0, |sum, _| sum + stream.random::<f64>());
        Ok(array![w[0] + noise])
    }
}

const REPETITIONS: u64 = 2000;
const STEPS: usize = 30;

/// How often, from w_0 = 0, an upper limit after all steps is below the truth, the least of all upper limits
/// is, and a lower limit above it.
fn errors(oracle: &Known, eta: f64, truth: f64) -> [u64; 3] {
    let comparator = Comparator::new(array![0.0], 0.0).unwrap();
    let guarantee = ProxyPlGuarantee { variance: 1.0, ..pl(0.0, 1.0, 1.0) };
    let mut errors = [0; 3];
    for repetition in 0..REPETITIONS {
        let runs = Descent::new(eta, STEPS)
            .unwrap()
            .stochastic(oracle, &array![0.0], &comparator, RUNS, Seed::new(repetition))
            .unwrap();
        let prefixes = guarantee.check(&runs).unwrap().prefixes;
        // The first iterate is not random.
        let random = &prefixes[1..];
        let least = random.iter().map(|prefix| prefix.upper).fold(f64::INFINITY, f64::min);
        let last = prefixes[STEPS - 1];
        errors[0] += u64::from(last.upper < truth);
        errors[1] += u64::from(least < truth);
        errors[2] += u64::from(last.lower > truth);
    }
    errors
}

/// 1 % of 2,000 is 20, with a standard deviation of 4.5.
#[test]
fn limits_err_as_rarely_as_they_say() {
    // E g(w_t) = 1 for every t; w_{t+1} = w_t / 10 + noise, so that the iterates are almost independent.
    let [upper, least, lower] = errors(&Known { linear: true }, 0.9, 1.0);
    assert!((5..=36).contains(&upper), "{upper}");
    assert!(lower <= 36, "{lower}");
    // What the least of all limits would do: this is why it is not taken.
    assert!(least > 200, "{least}");
}

/// g = w²/2 with w about normal: what Student's t costs on few runs of a skewed surrogate, as the
/// documentation of `check` says.
#[test]
fn a_skewed_surrogate_errs_above_and_not_below() {
    // E w_{t+1}² = (1 - eta)² E w_t² + eta².
    let eta: f64 = 0.5;
    let mut square = 0.0;
    (0..STEPS - 1).for_each(|_| square = (1.0 - eta).powi(2) * square + eta * eta);
    let [upper, least, lower] = errors(&Known { linear: false }, eta, 0.5 * square);
    assert!((80..=160).contains(&upper), "{upper}");
    assert!(lower <= 2 && least > 1000, "{lower} {least}");
}
