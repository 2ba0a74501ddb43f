//! Local ascent from a start pair: quasi-Newton while the landscape is smooth, then a compass search along the
//! directions in which violations are known to lie.
//!
//! Why not a general optimiser: the landscape has a symmetry (pairs at every scale are much alike), a noise floor
//! towards equal points, kinks exactly where the optimum often is, and constraints that are met by projection. The
//! compass directions below are the knowledge of this subject; an off-the-shelf method has no place for them.

mod compass;
mod quasi_newton;

use super::landscape::{Height, Landscape};
use crate::inequality::Pair;

/// A gain that is no progress any more, in units of the bound.
const SETTLED: f64 = 1e-2;

/// A pair with its height, and what it cost to get there.
pub(super) struct Climber<'a> {
    landscape: &'a Landscape<'a>,
    pub(super) pair: Pair,
    pub(super) height: Height,
    pub(super) evaluations: u64,
    /// The height when half of the budget was spent.
    halfway: f64,
    budget: u64,
    /// The height that is high enough.
    summit: f64,
}

impl<'a> Climber<'a> {
    pub(super) const fn new(
        landscape: &'a Landscape<'a>,
        pair: Pair,
        height: Height,
        budget: u64,
        summit: f64,
    ) -> Self {
        Self { landscape, pair, height, evaluations: 0, halfway: f64::NEG_INFINITY, budget, summit }
    }

    /// Climbs until neither method makes progress, the pair is high enough, or the budget is spent.
    pub(super) fn climb(mut self) -> Self {
        let (middle, _) = self.landscape.region.middle(&self.landscape.domain, self.landscape.dimension());
        let mut before = f64::NEG_INFINITY;
        while self.goes_on() && self.height.score - before > 1e-9 * self.height.score.abs() {
            before = self.height.score;
            quasi_newton::climb(&mut self);
            compass::climb(&mut self, &middle);
        }
        self
    }

    /// Whether the climb ended by itself, or hardly gained any more in the second half of its budget.
    pub(super) fn is_settled(&self) -> bool {
        self.evaluations < self.budget || self.height.score - self.halfway <= SETTLED
    }

    fn goes_on(&self) -> bool {
        self.evaluations < self.budget && self.height.score <= self.summit
    }

    /// Admits and evaluates a trial pair, and moves there if it is higher.
    fn try_pair(&mut self, mut trial: Pair) -> bool {
        self.landscape.admit(&mut trial);
        let height = self.landscape.height(&trial, self.height.score);
        self.evaluations += 1;
        if 2 * self.evaluations <= self.budget {
            self.halfway = self.height.score;
        }
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
