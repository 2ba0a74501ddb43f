//! Bootstrap intervals over replicates.

use super::quantile::of_sorted;
use super::{Estimate, check, median};
use crate::error::Result;
use fenchel_random::Seed;

const RESAMPLES: usize = 2000;

/// A 95 % percentile bootstrap interval of `statistic` over `replicates` (Efron, 1979), with 2000 resamples drawn
/// from the stream of `name`, so that the same data give the same interval.
///
/// With one replicate there is no interval. With few replicates (below about ten) a percentile interval is too
/// narrow; its ends are then those of the resampled statistic and say "between the seeds", no more.
///
/// # Errors
/// When `replicates` is empty or has NaN, or whatever `statistic` reports on the full sample.
///
/// # Panics
/// When `statistic` succeeds on the sample and fails on a resample.
///
/// ```
/// use fenchel_experiments::statistics::{bootstrap, median};
/// let correlations = [0.91, 0.95, 0.93, 0.96, 0.92];
/// let estimate = bootstrap("demo", &correlations, median).unwrap();
/// let (low, high) = estimate.range();
/// assert!(0.91 <= low && low <= 0.93 && 0.93 <= high && high <= 0.96);
/// ```
pub fn bootstrap(
    name: &str,
    replicates: &[f64],
    statistic: impl Fn(&[f64]) -> Result<f64>,
) -> Result<Estimate> {
    check("bootstrap", "replicates", replicates)?;
    let value = statistic(replicates)?;
    let n = replicates.len();
    if n == 1 {
        return Ok(Estimate { value, interval: None, replicates: 1 });
    }
    let mut stream = Seed::new(0).derive("bootstrap").derive(name).stream();
    let mut resample = vec![0.0; n];
    let mut values: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            resample.fill_with(|| replicates[stream.random_range(0..n)]);
            statistic(&resample).expect("a statistic that accepts a sample accepts its resamples")
        })
        .collect();
    values.sort_unstable_by(f64::total_cmp);
    Ok(Estimate::with_interval(value, of_sorted(&values, 0.025), of_sorted(&values, 0.975), n))
}

/// The median with its bootstrap interval; infinite replicates take part.
///
/// # Errors
/// When `replicates` is empty or has NaN.
pub fn bootstrap_median(name: &str, replicates: &[f64]) -> Result<Estimate> {
    bootstrap(name, replicates, median)
}

#[cfg(test)]
mod tests {
    use super::{Estimate, bootstrap, bootstrap_median};
    use fenchel_random::Seed;
    use proptest::prelude::{ProptestConfig, prop, prop_assert, prop_assert_eq, proptest};

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn the_interval_is_deterministic_and_within_the_sample(values in prop::collection::vec(-10.0..10.0_f64, 2..20)) {
            let estimate = bootstrap_median("t", &values).unwrap();
            prop_assert_eq!(estimate, bootstrap_median("t", &values).unwrap());
            let (low, high) = estimate.range();
            let smallest = values.iter().copied().fold(f64::INFINITY, f64::min);
            let largest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            prop_assert!(smallest <= low && low <= high && high <= largest);
        }
    }

    #[test]
    fn the_mean_is_covered_about_as_often_as_promised() {
        // 300 samples of 40 uniform numbers: the true mean is covered in about 94 % of them (a percentile
        // interval of the mean is slightly short); below 88 % is 4.4 standard deviations away.
        let mean = |sample: &[f64]| Ok(sample.iter().sum::<f64>() / sample.len() as f64);
        let mut stream = Seed::new(5).derive("coverage").stream();
        let covered = (0..300)
            .filter(|i| {
                let sample: Vec<f64> = (0..40).map(|_| stream.random()).collect();
                let (low, high) = bootstrap(&format!("coverage {i}"), &sample, mean).unwrap().range();
                low <= 0.5 && 0.5 <= high
            })
            .count();
        assert!((264..=298).contains(&covered), "{covered} of 300");
    }

    #[test]
    fn one_replicate_has_no_interval() {
        assert_eq!(bootstrap_median("t", &[3.0]).unwrap(), Estimate::exact(3.0));
        assert!(bootstrap_median("t", &[]).is_err());
        assert!(bootstrap_median("t", &[f64::NAN, 1.0]).is_err());
    }
}
