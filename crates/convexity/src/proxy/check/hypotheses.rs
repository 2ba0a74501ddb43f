//! The hypotheses of the guarantees, examined at every iterate.

use crate::proxy::descent::{Run, Step};
use crate::verdict::Hypothesis;

impl Run {
    /// The second moment of the gradients by which the steps were made.
    pub(super) fn moment(&self, step: &Step) -> f64 {
        if self.stochastic { step.second_moment } else { step.gradient_square }
    }
}

impl Step {
    /// What round-off may do to a second moment.
    pub(super) fn moment_error(&self) -> f64 {
        let moment = self.second_moment.max(self.gradient_square);
        (2.0 * moment.sqrt() + self.error.gradient) * self.error.gradient + 8.0 * f64::EPSILON * moment
    }

    /// How far the step may be from the one that theory makes.
    pub(super) fn step_error(&self, eta: f64) -> f64 {
        let length = eta * self.step_square.sqrt();
        eta * self.error.gradient + 2.0 * f64::EPSILON * (self.norm + length)
    }

    /// What round-off may do to `f(w_{t+1}) - f(w_t)` and to the terms that it is compared with.
    pub(super) fn descent_error(&self, eta: f64) -> f64 {
        let moments = self.second_moment.max(self.gradient_square).max(self.step_square);
        let values = self.error.f + self.next_error + 4.0 * f64::EPSILON * (self.f.abs() + self.next.abs());
        values + self.step_error(eta) * moments.sqrt() + 0.5 * eta * self.moment_error()
    }
}

/// `<grad f(w_t), w_t - v> >= g(w_t) - h(v)` at every iterate.
pub(super) fn proxy_inequality(runs: &[Run]) -> Hypothesis {
    worst("<∇f(w), w - v> >= g(w) - h(v)", runs, |run, step| {
        let length = step.gradient_square.sqrt() * step.distance;
        let rounding = 8.0 * f64::EPSILON * (step.g.abs() + run.cost.abs() + length);
        let excused = step.error.g + step.error.gradient * step.distance + rounding;
        (step.g - run.cost - step.inner, excused)
    })
}

/// f(w_t) at least a number at every iterate and at the end.
pub(super) fn above(name: &str, runs: &[Run], least: f64) -> Hypothesis {
    worst(name, runs, |_, step| {
        let lower = step.f.min(step.next);
        (least - lower, step.error.f.max(step.next_error))
    })
}

/// A number strictly below a limit.
pub(super) fn below_limit(name: &str, value: f64, limit: f64) -> Hypothesis {
    Hypothesis::measured(name, value - limit, -f64::MIN_POSITIVE)
}

/// A product at most 1, up to the rounding of 1/L.
pub(super) fn at_most_where_needed(name: &str, value: f64) -> Hypothesis {
    Hypothesis::measured(name, value - 1.0, 2.0 * f64::EPSILON)
}

/// The residual that exceeds its tolerance most, over all iterates of all runs; NaN counts as the worst.
pub(super) fn worst(name: &str, runs: &[Run], residual: impl Fn(&Run, &Step) -> (f64, f64)) -> Hypothesis {
    let (mut most, mut tolerance) = (f64::NEG_INFINITY, 0.0);
    for run in runs {
        for step in &run.steps {
            let (found, excused) = residual(run, step);
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
