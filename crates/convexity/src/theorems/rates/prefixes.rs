//! Prefixes of a run in 256 bits, evaluated only as far as they are in doubt.

use super::decided;
use crate::inequality::Evidence;
use crate::number::{Number, PreciseInterval};
use crate::objectives::{Evaluate, Objective};
use crate::theorems::descent::Exact;
use crate::theorems::gradient_bounds::Infimum;
use crate::theorems::premise::lift;
use crate::trajectory::{GeneralisedDescent, State};

/// Enclosures of values, energies and the round-off of steps, for a growing prefix.
pub(super) struct Prefixes<'a> {
    function: &'a dyn Objective,
    method: &'a GeneralisedDescent,
    states: &'a [State],
    infimum: &'a Infimum,
    least: PreciseInterval,
    values: Vec<PreciseInterval>,
    energies: Vec<PreciseInterval>,
    /// The sum of what round-off has moved the steps uphill.
    uphill: Vec<PreciseInterval>,
}

impl<'a> Prefixes<'a> {
    pub(super) fn new(
        function: &'a dyn Objective,
        method: &'a GeneralisedDescent,
        states: &'a [State],
        infimum: &'a Infimum,
    ) -> Self {
        Self {
            function,
            method,
            states,
            infimum,
            least: PreciseInterval::zero(),
            values: Vec::new(),
            energies: Vec::new(),
            uphill: vec![PreciseInterval::zero()],
        }
    }

    /// What the enclosures of the first T steps say of a slack.
    pub(super) fn slack(&mut self, t: usize, slack: impl FnOnce(&Self) -> PreciseInterval) -> Evidence {
        decided(self.extend(t).map(|()| slack(self)))
    }

    /// D_0.
    pub(super) fn first(&self) -> PreciseInterval {
        self.gap(0)
    }

    /// D_t.
    pub(super) fn gap(&self, t: usize) -> PreciseInterval {
        self.values[t].clone() - &self.least
    }

    /// By how much round-off raised the values of the first t steps, in sum.
    pub(super) fn uphill(&self, t: usize) -> PreciseInterval {
        self.uphill[t].clone()
    }

    /// The least gradient energy before t.
    pub(super) fn least_energy(&self, t: usize) -> PreciseInterval {
        self.energies[1..t].iter().fold(self.energies[0].clone(), |least, energy| least.min(energy))
    }

    fn extend(&mut self, t: usize) -> Option<()> {
        let formulas = self.function.enclosable()?;
        let value =
            |state: &State| Evaluate::<PreciseInterval>::value_of(formulas, &lift(state.point.view()));
        if self.values.is_empty() {
            self.values.push(value(&self.states[0]));
            self.least = match self.infimum {
                Infimum::At(point) => {
                    Evaluate::<PreciseInterval>::value_of(formulas, &lift(point.as_slice().into()))
                }
                Infimum::AtLeast(least) => PreciseInterval::from_f64(*least),
            };
        }
        while self.values.len() <= t {
            let k = self.values.len() - 1;
            let exact = Exact::new(self.function, self.method, &self.states[k])?;
            let after = value(&self.states[k + 1]);
            let moved = (after.clone() - exact.after).max(&PreciseInterval::zero());
            self.uphill.push(self.uphill[k].clone() + moved);
            self.energies.push(exact.energy);
            self.values.push(after);
        }
        Some(())
    }
}
