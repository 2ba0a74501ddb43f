//! Recorded steps of descent, and what the proofs of T6 to T8 use of them.
//!
//! Put `s = x - x+`. From `D(x+, x) <= Phi(s) + c` follows `G(x) - G(x+) >= <g, s> - Phi(s) - c` for
//! *any* step and any g that is the slope in D. For the method's step `s = a grad Phi*(g)` the right side
//! is the theorem's share of `Phi*(g)`, less c (Fenchel-Young with equality). A recorded step is rounded,
//! and so are the constants of the conjugate; `<g, s> - Phi(s)`, evaluated at the recorded points, says
//! exactly what these roundings cost. That much is granted and no more.

use super::condition::{Condition, Slack, difference, gradient, lift, measure};
use crate::moduli::Modulus;
use crate::number::{Interval, Number};
use crate::objectives::{Enclosure, Objective};
use crate::potentials::Potential;
use crate::trajectory::{GeneralisedDescent, Trajectory};
use crate::verdict::Hypothesis;

/// Units of the two points in which `x - a d` may be rounded, whatever the order of the operations.
const UNITS_OF_POINTS: f64 = 2.0;

/// The same for the step, of a function whose gradient is enclosed.
const UNITS_OF_STEP: f64 = 64.0;

/// What a step may be off by, relative to its length, where nothing encloses the gradient; nothing is
/// certified there either.
const GRANTED_WITHOUT_FORMULA: f64 = 1e-9;

/// The same for a record, relative to the numbers in it.
const GRANTED_TO_RECORDS: f64 = 1e-12;

/// One recorded step on a function.
#[derive(Clone, Copy)]
pub(super) struct Step<'a> {
    pub(super) function: &'a dyn Objective,
    pub(super) from: &'a [f64],
    pub(super) to: &'a [f64],
}

impl Step<'_> {
    /// `Phi*(g)` at the point before the step, and `<g, s> - Phi(s)`.
    pub(super) fn energies<E: Enclosure>(&self, phi: &Potential, dual: &Potential) -> (E, E) {
        let (x, y) = (lift::<E>(self.function, self.from), lift(self.function, self.to));
        let (g, s) = (gradient(self.function, &x), difference(&x, &y));
        (dual.value_of(&g), E::dot(&g, &s) - phi.value_of(&s))
    }
}

/// The recorded steps of a method, with the modulus on which its descent rests.
pub(super) struct Steps<'a> {
    pub(super) modulus: &'a Modulus,
    pub(super) method: &'a GeneralisedDescent,
    pub(super) steps: Vec<Step<'a>>,
}

impl Steps<'_> {
    /// Whether every function is a formula.
    pub(super) fn are_enclosable(&self) -> bool {
        self.steps.iter().all(|step| step.function.enclosable().is_some())
    }

    /// Smoothness along every step, and the form of the steps.
    pub(super) fn hypotheses(&self) -> Vec<Hypothesis> {
        let off = self.steps.iter().fold(0.0, |most: f64, step| most.max(self.off(step)));
        vec![
            measure(
                format!("smooth along every step: {}", self.modulus),
                self,
                self.steps.len(),
                self.are_enclosable(),
            ),
            Hypothesis::measured("every step is x - a grad Phi*(g), up to round-off", off, 0.0),
        ]
    }

    /// By how much a step is none of the method's, relative to its length, round-off taken off.
    ///
    /// f64 makes of `x - a grad Phi*(g(x))` a number that lies in what f64 intervals make of it: the
    /// round-off of gradient and direction is theirs.
    fn off(&self, step: &Step<'_>) -> f64 {
        let (f, x) = (step.function, step.from);
        let enclosed: Vec<Interval> = {
            let x = lift(f, x);
            self.method.next_of(&x, &gradient(f, &x))
        };
        let known = f.enclosable().is_some() && enclosed.iter().all(Number::is_finite);
        let (expected, granted) = if known {
            (enclosed, UNITS_OF_STEP * f64::EPSILON)
        } else {
            let next = self.method.next_of(x, &gradient(f, x));
            (next.into_iter().map(Interval::point).collect(), GRANTED_WITHOUT_FORMULA)
        };
        let places = || x.iter().zip(step.to).zip(&expected);
        let length = places()
            .fold(0.0, |most: f64, ((x, y), z)| most.max((y - x).abs()).max((z.midpoint() - x).abs()));
        if length == 0.0 {
            return 0.0;
        }
        places().fold(0.0, |most: f64, ((x, y), z)| {
            let outside = (y - z.hi()).max(z.lo() - y);
            let units = UNITS_OF_POINTS * f64::EPSILON * (x.abs() + y.abs()) + granted * length;
            // A point beyond f64 is no step of the method.
            let off = (outside - units) / length;
            if off.is_nan() { f64::INFINITY } else { most.max(off) }
        })
    }
}

/// D(y, x) from values and the gradient, as the proofs have it, and the size of the values; by the
/// function's own formula where there is f64 only.
pub(super) fn divergence<E: Enclosure>(function: &dyn Objective, y: &[E], x: &[E]) -> (E, f64) {
    if function.enclosable().is_none() {
        return (E::bregman(function, y, x), 0.0);
    }
    let values = E::value(function, y).to_f64().abs() + E::value(function, x).to_f64().abs();
    (E::bregman_by_definition(function, y, x), values)
}

/// Whether the values and gradients of a record are the function's own.
pub(super) fn record_of(function: &dyn Objective, trajectory: &Trajectory) -> Hypothesis {
    let mut residual: f64 = 0.0;
    for state in trajectory.states() {
        let x = state.point.to_vec();
        let mut own = gradient::<f64>(function, &x);
        own.push(f64::value(function, &x));
        let recorded = state.gradient.iter().chain([&state.value]);
        let (apart, size) = own.iter().zip(recorded).fold((0.0, 0.0), |(apart, size): (f64, f64), (a, b)| {
            (apart + (a - b).abs(), size + a.abs() + b.abs())
        });
        // Where it cannot be evaluated it is not the function's.
        let off = if apart == 0.0 { 0.0 } else { apart / size };
        residual = if off.is_nan() { f64::INFINITY } else { residual.max(off) };
    }
    Hypothesis::measured("the record is the function's own", residual, GRANTED_TO_RECORDS)
}

/// The modulus at every pair of successive points.
impl Condition for Steps<'_> {
    fn slack<E: Enclosure>(&self, place: usize) -> Slack<E> {
        let Step { function, from, to } = self.steps[place];
        let (x, y) = (lift::<E>(function, from), lift::<E>(function, to));
        let (divergence, terms) = divergence(function, &y, &x);
        Slack::of(divergence, self.modulus.bound_of(&difference(&y, &x)), terms)
    }
}

#[cfg(test)]
mod tests;
