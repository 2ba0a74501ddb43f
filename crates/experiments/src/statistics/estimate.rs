//! A measured number with its interval and the number of replicates behind it.

use crate::number::short;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A point estimate, an interval where one exists, and how many replicates it rests on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The point estimate.
    pub value: f64,
    /// The interval's ends (95 % where it is a confidence interval).
    pub interval: Option<(f64, f64)>,
    /// The number of replicates (seeds, cells, samples: the caller says which).
    pub replicates: usize,
}

impl Estimate {
    /// A number without uncertainty: a count, a maximum over everything checked.
    #[must_use]
    pub fn exact(value: f64) -> Self {
        Self { value, interval: None, replicates: 1 }
    }

    /// A number with an interval that rests on `replicates` measurements.
    #[must_use]
    pub fn with_interval(value: f64, low: f64, high: f64, replicates: usize) -> Self {
        Self { value, interval: Some((low, high)), replicates }
    }

    /// The interval's ends, or the value twice.
    #[must_use]
    pub fn range(&self) -> (f64, f64) {
        self.interval.unwrap_or((self.value, self.value))
    }
}

impl Default for Estimate {
    /// No measurement.
    fn default() -> Self {
        Self { value: f64::NAN, interval: None, replicates: 0 }
    }
}

impl fmt::Display for Estimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", short(self.value))?;
        match self.interval {
            Some((low, high)) => write!(f, " [{}, {}]", short(low), short(high)),
            None => Ok(()),
        }
    }
}
