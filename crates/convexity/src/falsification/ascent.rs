//! Local ascent from a start pair: quasi-Newton while the landscape is smooth, then a compass search along the
//! directions in which violations are known to lie.
//!
//! Why not a general optimiser: the landscape has a symmetry (pairs at every scale are much alike), a noise floor
//! towards equal points, kinks exactly where the optimum often is, and constraints that are met by projection. The
//! compass directions below are the knowledge of this subject; an off-the-shelf method has no place for them.

mod compass;
mod quasi_newton;

use super::problem::{Height, Pair, Problem};

/// A pair with its height, and what it cost to get there.
#[derive(Clone, Debug)]
pub(super) struct Climber<'a> {
    problem: &'a Problem<'a>,
    pub(super) pair: Pair,
    pub(super) height: Height,
    pub(super) evaluations: u64,
    budget: u64,
}

impl<'a> Climber<'a> {
    pub(super) fn new(problem: &'a Problem<'a>, pair: Pair, height: Height, budget: u64) -> Self {
        Self { problem, pair, height, evaluations: 0, budget }
    }

    /// Climbs until neither method makes progress or the budget is spent.
    pub(super) fn climb(mut self, middle: &[f64]) -> Self {
        let mut before = f64::NEG_INFINITY;
        while self.has_budget() && self.height.score - before > 1e-9 * self.height.score.abs() {
            before = self.height.score;
            quasi_newton::climb(&mut self);
            compass::climb(&mut self, middle);
        }
        self
    }

    fn has_budget(&self) -> bool {
        self.evaluations < self.budget
    }

    /// Admits and evaluates a trial pair, and moves there if it is higher.
    fn try_pair(&mut self, mut trial: Pair) -> bool {
        self.problem.admit(&mut trial);
        let height = self.problem.height(&trial);
        self.evaluations += 1;
        let better = height.score > self.height.score;
        if better {
            (self.pair, self.height) = (trial, height);
        }
        better
    }

    /// The distance between the two points, in l_2.
    fn distance(&self) -> f64 {
        self.pair.u.iter().zip(&self.pair.v).fold(0.0, |sum, (u, v)| sum + (u - v) * (u - v)).sqrt()
    }
}
