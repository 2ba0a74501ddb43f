//! The identity behind T8, for any optimiser.

use super::{batches, enclosed::value, ledger};
use crate::error::ConvexityError;
use crate::inequality::{Evidence, Observation, Tally};
use crate::number::{Number, PreciseInterval};
use crate::objectives::{Enclosure, Objective};
use crate::theorems::condition::{Condition, Slack, difference, gradient, lift, measure};
use crate::theorems::steps::record_of;
use crate::trajectory::{BatchRun, FiniteSum};
use crate::verdict::{Hypothesis, Report, Witness};

/// Examines the identity, for any optimiser: its two sides may differ by round-off only.
///
/// In f64 a difference of a few units of the terms is no sign of anything; a larger one is judged in 256
/// bits, where both sides are enclosed. The divergences are by the functions' own formulas, which have to
/// be those of values and gradients: without that there is no identity.
///
/// # Errors
///
/// As [`check`](super::check).
pub fn identity(sum: &FiniteSum, run: &BatchRun) -> Result<Report, ConvexityError> {
    let states = run.trajectory().states();
    let mut tally = Tally::new("T8.identity");
    let (mut left, mut right, mut size) = (0.0, 0.0, states[0].value.abs());
    let b = ledger::batch_size(run)? as f64;
    let n = sum.len() as f64;
    let batches = batches(sum, run)?;
    let own = Divergences { run, batches: &batches };
    for (k, (step, batch)) in run.steps().iter().zip(&batches).enumerate() {
        let (here, there) = (states[k].point.view(), states[k + 1].point.view());
        let gradient = batch.gradient(&here)?;
        let inner = gradient.dot(&(&here - &there));
        // d_k from the function's own divergence, and so not from the values on the right.
        let mut divergence = 0.0;
        for sample in batch.samples() {
            divergence += sample.bregman(&there, &here)? / b;
        }
        left += b / n * (inner - divergence);
        let moved = match sum.complement(&step.batch)? {
            Some(rest) => (n - b) / n * (rest.value(&there)? - rest.value(&here)?),
            None => 0.0,
        };
        right += moved;
        size += inner.abs() + divergence.abs() + moved.abs() + 2.0 * states[k + 1].value.abs();
        let total = states[0].value - states[k + 1].value + right;
        let off = (left - total).abs();
        // A few units for each of n samples and m coordinates: a doubt beyond them, and no proof.
        let units = (sum.len() + here.len() + 16) as f64 * f64::EPSILON * size;
        tally.observe(
            &Observation { measured: left, bound: total, slack: units - off, size },
            || Witness::default().with("T", &[(k + 1) as f64]),
            || match sum.enclosable() {
                Some(_) => Evidence::Enclosed(-Number::abs(&own.difference(sum, k + 1))),
                None => Evidence::Nothing,
            },
        );
    }
    Ok(tally.finish(vec![
        Hypothesis::known("batches of one size, without repetition"),
        measure(
            "the divergences are those of values and gradients",
            &own,
            batches.len(),
            sum.enclosable().is_some(),
        ),
        record_of(sum, run.trajectory()),
    ]))
}

/// The divergences of the batches by their own formulas are those of their values and gradients.
struct Divergences<'a> {
    run: &'a BatchRun,
    batches: &'a [FiniteSum],
}

impl Divergences<'_> {
    fn step<E: Enclosure>(&self, k: usize) -> [Vec<E>; 2] {
        let states = self.run.trajectory().states();
        [k, k + 1].map(|k| lift(&self.batches[0], &states[k].point.to_vec()))
    }

    /// The left side less the right one after t steps, in 256 bits.
    fn difference(&self, sum: &FiniteSum, t: usize) -> PreciseInterval {
        let states = self.run.trajectory().states();
        let n = sum.len() as f64;
        let risk = |k: usize| value(sum, &states[k].point.to_vec());
        let mut off = risk(t) - risk(0);
        for (k, (step, batch)) in self.run.steps().iter().zip(self.batches).enumerate().take(t) {
            let b = batch.len() as f64;
            let [x, y] = self.step::<PreciseInterval>(k);
            let inner = PreciseInterval::dot(&gradient(batch, &x), &difference(&x, &y));
            off = off + (inner - PreciseInterval::bregman(batch, &y, &x)) * b / n;
            off = off
                - match sum.complement(&step.batch) {
                    Ok(Some(rest)) => {
                        let moved = PreciseInterval::value(&rest, &y) - PreciseInterval::value(&rest, &x);
                        moved * (n - b) / n
                    }
                    Ok(None) => PreciseInterval::zero(),
                    Err(_) => PreciseInterval::unknown(),
                };
        }
        off
    }
}

impl Condition for Divergences<'_> {
    fn slack<E: Enclosure>(&self, place: usize) -> Slack<E> {
        let batch = &self.batches[place];
        let [x, y] = self.step::<E>(place);
        let own = E::bregman(batch, &y, &x);
        let values = [&x, &y].map(|x| E::value(batch, x).to_f64().abs());
        let size = own.to_f64().abs() + values[0] + values[1];
        let slack = -Number::abs(&(own - E::bregman_by_definition(batch, &y, &x)));
        Slack { slack, size, scale: size }
    }
}
