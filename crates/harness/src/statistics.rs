//! The statistics of the claims: order statistics, correlations, slopes, and intervals over seeds.
//!
//! Nothing here is drawn at random, and sums run in a fixed order. What is called an interval covers the true
//! value with probability 0.95 or more: that is tested by simulation (`coverage`).
//! Inputs with NaN are refused by an error that names the argument, never skipped in silence.

mod binomial;
mod correlation;
mod estimate;
mod geometric_mean;
mod local_correlation;
mod median_interval;
mod quantile;
mod rank;
mod slope;

pub use binomial::share;
pub use correlation::pearson;
pub use estimate::{Estimate, Spread};
pub use geometric_mean::geometric_mean;
pub use local_correlation::{LocalCorrelation, local_pearson};
pub use median_interval::median_estimate;
pub use quantile::{median, quantile};
pub use rank::{ranks, spearman};
pub use slope::{Slope, slope};

use crate::error::{Error, Result};

/// Refuses an empty sample or one with NaN.
fn check(statistic: &'static str, argument: &str, values: &[f64]) -> Result<()> {
    if values.is_empty() {
        return Err(fault(statistic, format!("`{argument}` is empty; it needs at least one value")));
    }
    match values.iter().position(|value| value.is_nan()) {
        Some(at) => Err(fault(
            statistic,
            format!("`{argument}` is NaN at index {at}; remove such values and count them"),
        )),
        None => Ok(()),
    }
}

/// Refuses two samples that do not pair.
fn check_pair(statistic: &'static str, x: &[f64], y: &[f64], least: usize) -> Result<()> {
    check(statistic, "x", x)?;
    check(statistic, "y", y)?;
    if x.len() != y.len() {
        return Err(fault(
            statistic,
            format!("`x` has {} values and `y` has {}; they must pair", x.len(), y.len()),
        ));
    }
    if x.len() < least {
        return Err(fault(statistic, format!("{} pairs are too few; it needs at least {least}", x.len())));
    }
    if let Some(at) = x.iter().chain(y).position(|value| value.is_infinite()) {
        return Err(fault(
            statistic,
            format!("an infinite value at index {}; remove such pairs and count them", at % x.len()),
        ));
    }
    Ok(())
}

fn fault(statistic: &'static str, reason: String) -> Error {
    Error::Statistic { statistic, reason }
}
