//! The terms of T8 in 256 bits, evaluated only as far as they are in doubt.

use crate::number::{Number, PreciseInterval};
use crate::objectives::Enclosure;
use crate::theorems::condition::lift;
use crate::theorems::steps::Steps;
use crate::trajectory::{BatchRun, FiniteSum};

/// Energies, the cost of rounded steps, and the change of the rest, for a growing prefix.
pub(super) struct Enclosed<'a> {
    sum: &'a FiniteSum,
    run: &'a BatchRun,
    steps: &'a Steps<'a>,
    rows: Vec<Row>,
    /// `(b/n) sum_{k<t} [Phi*(g_k) - cost_k - c] - sum_{k<t} I_k`.
    spent: Vec<PreciseInterval>,
}

/// One step.
pub(super) struct Row {
    /// `Phi*(g_k)`.
    pub(super) energy: PreciseInterval,
    /// What the rounding of the step and of the conjugate's constants costs.
    pub(super) cost: PreciseInterval,
    /// `l_C(x_{k+1}) - l_C(x_k)`.
    pub(super) rest: PreciseInterval,
}

impl<'a> Enclosed<'a> {
    pub(super) fn new(sum: &'a FiniteSum, run: &'a BatchRun, steps: &'a Steps<'a>) -> Self {
        Self { sum, run, steps, rows: Vec::new(), spent: vec![PreciseInterval::zero()] }
    }

    /// R at a recorded point.
    pub(super) fn risk(&self, k: usize) -> PreciseInterval {
        value(self.sum, &self.run.trajectory().states()[k].point.to_vec())
    }

    /// The slack of the inequality after t steps.
    pub(super) fn slack(&mut self, t: usize) -> PreciseInterval {
        self.extend(t);
        self.risk(0) - self.risk(t) - &self.spent[t]
    }

    /// The first t steps.
    pub(super) fn rows(&mut self, t: usize) -> &[Row] {
        self.extend(t);
        &self.rows[..t]
    }

    fn extend(&mut self, t: usize) {
        let Steps { modulus, method, steps } = self.steps;
        let n = self.sum.len() as f64;
        for (step, taken) in steps.iter().zip(self.run.steps()).take(t).skip(self.rows.len()) {
            let (energy, certain) = step.energies::<PreciseInterval>(modulus.potential(), method.dual());
            let rest = match self.sum.complement(&taken.batch) {
                Ok(Some(rest)) => value(&rest, step.to) - value(&rest, step.from),
                Ok(None) => PreciseInterval::zero(),
                Err(_) => PreciseInterval::unknown(),
            };
            let b = taken.batch.len() as f64;
            let least = Number::min(&energy, &certain);
            let spent = (least - modulus.offset()) * b / n - rest.clone() * (n - b) / n;
            let cost = Number::max(&(energy.clone() - certain), &PreciseInterval::zero());
            let before = self.spent[self.spent.len() - 1].clone();
            self.spent.push(before + spent);
            self.rows.push(Row { energy, cost, rest });
        }
    }
}

/// The value of a sum in 256 bits.
pub(super) fn value(sum: &FiniteSum, x: &[f64]) -> PreciseInterval {
    PreciseInterval::value(sum, &lift(sum, x))
}
