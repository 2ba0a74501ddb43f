//! Criteria: what a measured number must satisfy.

use crate::number::short;
use serde::Serialize;
use std::fmt;

/// What a measured value must satisfy.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Criterion {
    /// value >= bound.
    AtLeast(f64),
    /// value > bound.
    Above(f64),
    /// value <= bound.
    AtMost(f64),
    /// value < bound.
    Below(f64),
    /// low <= value <= high.
    Between(f64, f64),
}

impl Criterion {
    /// Whether a single value satisfies the criterion; NaN never does.
    #[must_use]
    pub fn admits(self, value: f64) -> bool {
        match self {
            Self::AtLeast(bound) => value >= bound,
            Self::Above(bound) => value > bound,
            Self::AtMost(bound) => value <= bound,
            Self::Below(bound) => value < bound,
            Self::Between(low, high) => low <= value && value <= high,
        }
    }

    /// Whether the whole interval lies on the wrong side.
    pub(super) fn excludes(self, low: f64, high: f64) -> bool {
        match self {
            Self::AtLeast(_) | Self::Above(_) => !self.admits(high),
            Self::AtMost(_) | Self::Below(_) => !self.admits(low),
            Self::Between(from, to) => high < from || low > to,
        }
    }

    /// How far an interval reaches beyond the criterion: negative where it is met throughout.
    pub(super) fn distance(self, low: f64, high: f64) -> f64 {
        match self {
            Self::AtLeast(bound) | Self::Above(bound) => bound - low,
            Self::AtMost(bound) | Self::Below(bound) => high - bound,
            Self::Between(from, to) => (from - low).max(high - to),
        }
    }
}

impl fmt::Display for Criterion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtLeast(bound) => write!(f, "≥ {}", short(*bound)),
            Self::Above(bound) => write!(f, "> {}", short(*bound)),
            Self::AtMost(bound) => write!(f, "≤ {}", short(*bound)),
            Self::Below(bound) => write!(f, "< {}", short(*bound)),
            Self::Between(low, high) => write!(f, "in [{}, {}]", short(*low), short(*high)),
        }
    }
}
