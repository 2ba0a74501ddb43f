//! How often an inequality held.

use std::iter::Sum;

use serde::{Deserialize, Serialize};

/// How often something was compared, and how often it did not hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Comparisons.
    pub checked: usize,
    /// Failures.
    pub violated: usize,
}

impl Tally {
    /// Counts a comparison. Given the one that must hold, NaN is a failure.
    pub fn count(&mut self, holds: bool) {
        self.checked += 1;
        self.violated += usize::from(!holds);
    }
}

impl Sum for Tally {
    fn sum<I: Iterator<Item = Self>>(tallies: I) -> Self {
        tallies.fold(Self::default(), |sum, Self { checked, violated }| Self {
            checked: sum.checked + checked,
            violated: sum.violated + violated,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_counted_and_nan_is_one() {
        let mut tally = Tally::default();
        for value in [f64::NAN, 1.0, 1.2] {
            tally.count(value <= 1.0);
        }
        assert_eq!(tally, Tally { checked: 3, violated: 2 });
        assert_eq!([tally, tally].into_iter().sum::<Tally>(), Tally { checked: 6, violated: 4 });
    }
}
