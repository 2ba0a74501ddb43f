//! The tally of sandwiches: either bound by itself, as an infinite upper bound says nothing.

use std::ops::AddAssign;

use fenchel_nn::measurement::ProbeMeasurement;
use serde::{Deserialize, Serialize};

/// How often each of the two bounds of T11 was checked, and how often it is violated by more than round-off. A
/// loss whose residuals sum to zero has two sandwiches a sample, the sharper one on the sum-zero directions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SandwichTally {
    /// Sandwiches checked, sample by sample.
    pub checked: usize,
    /// Losses below their lower bound.
    pub below: usize,
    /// Sandwiches whose upper bound is finite.
    pub finite: usize,
    /// Losses above their finite upper bound.
    pub above: usize,
}

impl SandwichTally {
    /// Adds the sandwiches of a measurement. A NaN anywhere counts as a violation.
    pub fn count(&mut self, measured: &ProbeMeasurement) {
        for sample in &measured.samples {
            for sandwich in [Some(sample.sandwich), sample.sum_zero_sandwich].into_iter().flatten() {
                let holds = |lower: f64, upper: f64| lower <= upper;
                self.checked += 1;
                self.below += usize::from(!holds(sandwich.lower, sandwich.excess));
                if sandwich.upper != f64::INFINITY {
                    self.finite += 1;
                    self.above += usize::from(!holds(sandwich.excess, sandwich.upper));
                }
            }
        }
    }

    /// Violations of either bound.
    #[must_use]
    pub fn violated(&self) -> usize {
        self.below + self.above
    }
}

impl AddAssign for SandwichTally {
    fn add_assign(&mut self, other: Self) {
        self.checked += other.checked;
        self.below += other.below;
        self.finite += other.finite;
        self.above += other.above;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingredients::loss;
    use fenchel_nn::measurement::Probe;
    use fenchel_nn::models::{DenseChain, Model};
    use fenchel_tensor::Shape;
    use ndarray::array;

    #[test]
    fn either_bound_is_counted_by_itself_and_an_infinite_one_is_not_counted_as_held() {
        let tape = DenseChain::new(0, 0).tape(Shape::vector(2), 2).unwrap();
        let probe = Probe::<f64>::new(tape, loss("squared").unwrap());
        let inputs = array![[1.0, 0.0], [0.0, 2.0], [1.0, 1.0], [2.0, 1.0]];
        let targets = array![[1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [0.0, 1.0]];
        let mut measured = probe.measure(&[0.0; 6], inputs.view(), targets.view()).unwrap();
        let mut tally = SandwichTally::default();
        tally.count(&measured);
        assert_eq!(tally, SandwichTally { checked: 4, below: 0, finite: 4, above: 0 });
        measured.samples[0].sandwich.upper = f64::INFINITY;
        measured.samples[1].sandwich.lower = 2.0;
        measured.samples[2].sandwich.upper = 0.25;
        measured.samples[3].sandwich.upper = f64::NAN;
        let mut tally = SandwichTally::default();
        tally.count(&measured);
        assert_eq!(tally, SandwichTally { checked: 4, below: 1, finite: 3, above: 2 });
        assert_eq!(tally.violated(), 3);
    }
}
