//! A measured number with what is known of its uncertainty, and the number of replicates behind it.

use crate::number::short;
use std::fmt;

/// What is known of how far a number may be off.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Spread {
    /// Nothing is random in it, or there is one replicate.
    None,
    /// The least and the largest replicate: too few for an interval.
    Range(f64, f64),
    /// A confidence interval that covers the true value with probability 0.95 or more.
    Interval(f64, f64),
}

/// A point estimate, its spread, and how many replicates it rests on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The point estimate.
    pub value: f64,
    /// What is known of its uncertainty.
    pub spread: Spread,
    /// The number of replicates (seeds, cells, samples: the caller says which).
    pub replicates: usize,
}

impl Estimate {
    /// A number without uncertainty: a count, a maximum over everything checked.
    #[must_use]
    pub fn exact(value: f64) -> Self {
        Self { value, spread: Spread::None, replicates: 1 }
    }

    /// A number with an interval that rests on `replicates` measurements.
    #[must_use]
    pub fn with_interval(value: f64, low: f64, high: f64, replicates: usize) -> Self {
        Self { value, spread: Spread::Interval(low, high), replicates }
    }

    /// The ends of interval or range, or the value twice.
    #[must_use]
    pub fn range(&self) -> (f64, f64) {
        match self.spread {
            Spread::None => (self.value, self.value),
            Spread::Range(low, high) | Spread::Interval(low, high) => (low, high),
        }
    }

    /// The number less a known one.
    #[must_use]
    pub fn less(self, known: f64) -> Self {
        let spread = match self.spread {
            Spread::None => Spread::None,
            Spread::Range(low, high) => Spread::Range(low - known, high - known),
            Spread::Interval(low, high) => Spread::Interval(low - known, high - known),
        };
        Self { value: self.value - known, spread, ..self }
    }
}

impl Default for Estimate {
    /// No measurement.
    fn default() -> Self {
        Self { value: f64::NAN, spread: Spread::None, replicates: 0 }
    }
}

impl fmt::Display for Estimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", short(self.value))?;
        match self.spread {
            Spread::None => Ok(()),
            Spread::Range(low, high) => {
                write!(f, ", range {} to {} of {}", short(low), short(high), self.replicates)
            }
            Spread::Interval(low, high) => write!(f, " [{}, {}]", short(low), short(high)),
        }
    }
}
