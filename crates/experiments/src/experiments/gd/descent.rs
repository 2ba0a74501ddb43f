//! A run of generalised gradient descent with the inequalities of T6 and T7 at every step.

use super::objective::Objective;
use super::potential::NormPower;
use super::{Constant, Run};
use crate::ingredients::Tally;
use serde::{Deserialize, Serialize};

/// A run to be made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Descent {
    pub(super) potential: NormPower,
    pub(super) alpha: f64,
    pub(super) iterations: usize,
}

/// The inequalities of one run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Checks {
    /// T6 at every step.
    pub decrease: Tally,
    /// T7(i) at every prefix; only α = 1.
    pub energy: Tally,
    /// T7(ii) at every prefix; only α = 1 and convex G.
    pub convex: Tally,
    /// T7(iii) at every prefix; only α = 1 and a known constant of gradient domination.
    pub dominated: Tally,
}

/// Below this the squares inside a norm would leave the normal numbers, where relative errors are no longer bounded.
const SMALLEST: f64 = 1e-140;
/// Above this a run has diverged.
const LARGEST: f64 = 1e140;

impl Descent {
    /// Runs from `start` until the iterations are done, the gap has vanished to rounding, or it leaves the number range.
    pub(super) fn run(&self, objective: &dyn Objective, start: &[f64], constant: Constant) -> Run {
        let potential = self.potential;
        let mut x = start.to_vec();
        let mut gap = objective.gap(&x);
        let mut gaps = vec![gap];
        let mut checks = Checks::default();
        let mut prefix = Prefix::new(potential, gap);
        let mut promise = f64::NAN;
        for k in 0..self.iterations {
            let rounding_here = objective.rounding(&x);
            if !(gap > 8.0 * rounding_here && (SMALLEST..LARGEST).contains(&gap)) {
                break;
            }
            let gradient = objective.gradient(&x);
            let energy = potential.conjugate(&gradient);
            let promised = potential.promise(self.alpha) * energy;
            if k == 0 {
                promise = promised / gap;
            }
            let distance = objective.distance(&x, potential.norm);
            for (v, step) in x.iter_mut().zip(potential.conjugate_gradient(&gradient)) {
                *v -= self.alpha * step;
            }
            let next = objective.gap(&x);
            // The two values of G, and the energy, whose relative error is that of q-th powers of the gradient.
            let powers = potential.q() * (x.len() as f64 + 16.0) * f64::EPSILON;
            let share = potential.q() * self.alpha + (potential.q() - 1.0) * self.alpha.powf(potential.r);
            let rounding = rounding_here + objective.rounding(&x) + powers * share * energy;
            checks.decrease.count(promised <= gap - next + rounding);
            if self.alpha == 1.0 {
                prefix.step(energy, distance, objective.dominated(), next, rounding, &mut checks);
            }
            gap = next;
            gaps.push(gap);
        }
        Run { constant, r: potential.r, c: potential.c, alpha: self.alpha, gaps, promise, checks }
    }
}

/// What the rates need of the steps so far.
struct Prefix {
    potential: NormPower,
    first: f64,
    steps: f64,
    least_energy: f64,
    farthest: f64,
}

impl Prefix {
    fn new(potential: NormPower, first: f64) -> Self {
        Self { potential, first, steps: 0.0, least_energy: f64::INFINITY, farthest: 0.0 }
    }

    /// Takes in a step and checks the three rates at the new length.
    fn step(
        &mut self,
        energy: f64,
        distance: Option<f64>,
        dominated: Option<f64>,
        gap: f64,
        rounding: f64,
        checks: &mut Checks,
    ) {
        self.steps += 1.0;
        self.least_energy = self.least_energy.min(energy);
        let NormPower { c, .. } = self.potential;
        let q = self.potential.q();
        checks.energy.count(self.least_energy <= self.first / self.steps + rounding);
        if let Some(distance) = distance {
            self.farthest = self.farthest.max(distance);
            // D_T <= (D_0^{−(q−1)} + (q−1) A T)^{−1/(q−1)}, A = (1/q) C^{−(q−1)} R^{−q}; D_0 taken out of the bracket.
            let slope = (self.first / (c * self.farthest)).powf(q - 1.0) / (q * self.farthest);
            let bound = self.first * (1.0 + (q - 1.0) * slope * self.steps).powf(-1.0 / (q - 1.0));
            checks.convex.count(gap <= bound + rounding);
        }
        if let Some(lower) = dominated {
            let bound = (1.0 - (lower / c).powf(q - 1.0)).powf(self.steps) * self.first;
            checks.dominated.count(gap <= bound + self.steps * rounding);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::objective::PowerOfNorm;
    use super::super::potential::Norm;
    use super::*;

    #[test]
    fn a_constant_that_is_no_majorant_is_caught_and_the_tight_one_passes() {
        let start = [0.3, -1.0, 0.7, 2.0];
        for r in [1.2, 1.5, 1.8] {
            let objective = PowerOfNorm { r };
            let run = |c: f64, alpha: f64| {
                let potential = NormPower { c, r, norm: Norm::L2 };
                Descent { potential, alpha, iterations: 50 }
                    .run(&objective, &start, Constant::Known)
                    .checks
                    .decrease
            };
            assert!(run(r, 2.0).violated > 0);
            let tight = run(r * super::super::potential::tight_constant(r), 2.0);
            assert!(tight.checked >= 40 && tight.violated == 0, "{tight:?}");
        }
    }

    #[test]
    fn too_fast_a_rate_is_caught() {
        // Quadratic with constant 1: claiming domination by 0.9 where it is 0.5 must fail.
        struct Lying;
        impl Objective for Lying {
            fn gap(&self, x: &[f64]) -> f64 {
                0.5 * (x[0] * x[0] + 0.5 * x[1] * x[1])
            }
            fn gradient(&self, x: &[f64]) -> Vec<f64> {
                vec![x[0], 0.5 * x[1]]
            }
            fn rounding(&self, _: &[f64]) -> f64 {
                1e-15
            }
            fn distance(&self, x: &[f64], norm: Norm) -> Option<f64> {
                Some(norm.of(x))
            }
            fn dominated(&self) -> Option<f64> {
                Some(0.9)
            }
        }
        let potential = NormPower { c: 1.0, r: 2.0, norm: Norm::L2 };
        let run = Descent { potential, alpha: 1.0, iterations: 20 }.run(&Lying, &[1.0, 1.0], Constant::Known);
        assert!(run.checks.dominated.violated > 0);
        assert_eq!(run.checks.convex.violated + run.checks.decrease.violated + run.checks.energy.violated, 0);
    }
}
