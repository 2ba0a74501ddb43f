//! Prefixes of a run in 256 bits, evaluated only as far as they are in doubt.

use crate::inequality::Evidence;
use crate::number::{Number, PreciseInterval};
use crate::objectives::Enclosure;
use crate::theorems::condition::lift;
use crate::theorems::infimum::Infimum;
use crate::theorems::steps::{Step, Steps};

/// Enclosures of values, energies and the round-off of steps, for a growing prefix.
pub(super) struct Prefixes<'a> {
    steps: &'a Steps<'a>,
    infimum: &'a Infimum,
    least: PreciseInterval,
    values: Vec<PreciseInterval>,
    energies: Vec<PreciseInterval>,
    /// The sums of what the rounding of the steps costs.
    granted: Vec<PreciseInterval>,
}

impl<'a> Prefixes<'a> {
    pub(super) fn new(steps: &'a Steps<'a>, infimum: &'a Infimum) -> Self {
        let least = PreciseInterval::zero();
        Self { steps, infimum, least, values: Vec::new(), energies: Vec::new(), granted: Vec::new() }
    }

    /// What the enclosures of the first T steps say of a slack; nothing if the function is no formula.
    pub(super) fn slack(&mut self, t: usize, slack: impl FnOnce(&Self) -> PreciseInterval) -> Evidence {
        if !self.steps.are_enclosable() {
            return Evidence::Nothing;
        }
        self.extend(t);
        Evidence::Enclosed(slack(self))
    }

    /// D_t.
    pub(super) fn gap(&self, t: usize) -> PreciseInterval {
        self.values[t].clone() - &self.least
    }

    /// The least of D_0, ..., D_t.
    pub(super) fn least_gap(&self, t: usize) -> PreciseInterval {
        (1..=t).fold(self.gap(0), |least, k| least.min(&self.gap(k)))
    }

    /// What the rounding of the first t steps costs, in sum.
    pub(super) fn granted(&self, t: usize) -> PreciseInterval {
        self.granted[t].clone()
    }

    /// The least gradient energy before t.
    pub(super) fn least_energy(&self, t: usize) -> PreciseInterval {
        self.energies[1..t].iter().fold(self.energies[0].clone(), |least, energy| least.min(energy))
    }

    fn extend(&mut self, t: usize) {
        let Steps { modulus, method, steps } = self.steps;
        let value =
            |step: &Step<'_>, x: &[f64]| PreciseInterval::value(step.function, &lift(step.function, x));
        if self.values.is_empty() {
            self.values.push(value(&steps[0], steps[0].from));
            self.granted.push(PreciseInterval::zero());
            self.least = self.infimum.enclosed(steps[0].function);
        }
        while self.values.len() <= t {
            let k = self.values.len() - 1;
            let (energy, certain) = steps[k].energies::<PreciseInterval>(modulus.potential(), method.dual());
            let lost = Number::max(&(energy.clone() - certain), &PreciseInterval::zero());
            self.granted.push(self.granted[k].clone() + lost);
            self.energies.push(energy);
            self.values.push(value(&steps[k], steps[k].to));
        }
    }
}
