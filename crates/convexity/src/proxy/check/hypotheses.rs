//! The hypotheses of the guarantees, examined at every iterate, and what round-off excuses in them.

use crate::proxy::{Run, Step};
use crate::verdict::Hypothesis;

impl Run {
    /// The second moment of the gradients by which the steps were made.
    pub(in crate::proxy) fn moment(&self, step: &Step) -> f64 {
        if self.stochastic { step.second_moment } else { step.gradient_square }
    }

    /// The relative round-off of an inner product in the space of w, and of a few operations more.
    pub(in crate::proxy) fn rounding(&self) -> f64 {
        (self.last.len() + 8) as f64 * f64::EPSILON
    }

    /// What round-off may do to a second moment.
    pub(in crate::proxy) fn moment_error(&self, step: &Step) -> f64 {
        let moment = step.second_moment.max(step.gradient_square);
        (2.0 * moment.sqrt() + step.error.gradient) * step.error.gradient + self.rounding() * moment
    }

    /// What round-off may do to `f(w_{t+1}) - f(w_t)` and to the terms that it is compared with.
    pub(in crate::proxy) fn descent_error(&self, step: &Step) -> f64 {
        let moments = step.second_moment.max(step.gradient_square).max(step.step_square);
        let values = step.error.f + step.next_error + 4.0 * f64::EPSILON * (step.f.abs() + step.next.abs());
        values + step.step_error(self.step) * moments.sqrt() + 0.5 * self.step * self.moment_error(step)
    }
}

impl Step {
    /// How far the step may be from the one that theory makes.
    fn step_error(&self, eta: f64) -> f64 {
        let length = eta * self.step_square.sqrt();
        eta * self.error.gradient + 2.0 * f64::EPSILON * (self.norm + length)
    }

    /// By how much round-off may have moved `||w_{t+1} - v||^2 / (2 eta)`.
    #[must_use]
    pub fn drift(&self, eta: f64) -> f64 {
        let error = self.step_error(eta);
        error * (self.distance + eta * self.step_square.sqrt() + error) / eta
    }
}

/// `<grad f(w_t), w_t - v> >= g(w_t) - h(v)` at every iterate.
pub(in crate::proxy) fn proxy_inequality(runs: &[Run]) -> Hypothesis {
    worst("<∇f(w), w - v> >= g(w) - h(v)", runs, |run, step| {
        (step.g - run.cost - step.inner, inequality_excuse(run, step))
    })
}

fn inequality_excuse(run: &Run, step: &Step) -> f64 {
    let length = step.gradient_square.sqrt() * step.distance;
    let rounding = run.rounding() * (step.g.abs() + run.cost.abs() + length);
    step.error.g + step.error.gradient * step.distance + rounding
}

/// What the mean of g is granted for an iterate: its own error, what the inequality was excused, and the
/// drift.
pub(in crate::proxy) fn proxy_excuse(run: &Run, step: &Step) -> f64 {
    step.error.g + inequality_excuse(run, step) + step.drift(run.step)
}

/// f(w_t) at least a number at every iterate and at the end.
pub(in crate::proxy) fn above(name: &str, runs: &[Run], least: f64) -> Hypothesis {
    worst(name, runs, |_, step| {
        let lower = step.f.min(step.next);
        (least - lower, step.error.f.max(step.next_error))
    })
}

/// A number of the guarantee that is the run's, up to what two ways of computing it may differ by.
pub(in crate::proxy) fn stated(name: &str, stated: f64, measured: f64, rounding: f64) -> Hypothesis {
    let name = format!("{name} of the guarantee is that of the run: {stated:?} and {measured:?}");
    Hypothesis::measured(name, (stated - measured).abs(), rounding)
}

/// `||w_0 - v||` and h(v) of the guarantee are the run's.
pub(in crate::proxy) fn compared_alike(run: &Run, distance: f64, cost: f64) -> [Hypothesis; 2] {
    let measured = run.steps[0].distance;
    [
        stated("‖w_0 - v‖", distance, measured, run.rounding() * measured),
        stated("h(v)", cost, run.cost, 4.0 * f64::EPSILON * run.cost.abs()),
    ]
}

/// `||w_0 - v||`, rounded up.
pub(in crate::proxy) fn distance_above(run: &Run) -> f64 {
    run.steps[0].distance * (1.0 + run.rounding())
}

/// A number strictly below a limit.
pub(in crate::proxy) fn below_limit(name: &str, value: f64, limit: f64) -> Hypothesis {
    Hypothesis::measured(name, value - limit, -f64::MIN_POSITIVE)
}

/// A product at most 1, up to the rounding of 1/L.
pub(in crate::proxy) fn at_most_one(name: &str, value: f64) -> Hypothesis {
    Hypothesis::measured(name, value - 1.0, 2.0 * f64::EPSILON)
}

/// The residual that exceeds its tolerance most, over all iterates of all runs; NaN counts as the worst.
///
/// The errors of the numbers are asked for only where a residual is not excused without them.
pub(in crate::proxy) fn worst(
    name: &str,
    runs: &[Run],
    residual: impl Fn(&Run, &Step) -> (f64, f64),
) -> Hypothesis {
    let (mut most, mut tolerance) = (f64::NEG_INFINITY, 0.0);
    for run in runs {
        for (t, step) in run.steps.iter().enumerate() {
            let (mut found, mut excused) = residual(run, step);
            if found > excused
                && let Some(step) = run.bounded(t)
            {
                (found, excused) = residual(run, &step);
            }
            let beyond = found - excused;
            if beyond.is_nan() {
                return Hypothesis::measured(name, f64::NAN, 0.0);
            }
            if beyond > most - tolerance {
                (most, tolerance) = (found, excused);
            }
        }
    }
    Hypothesis::measured(name, most, tolerance)
}
