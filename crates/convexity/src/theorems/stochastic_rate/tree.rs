//! All points that mini-batch descent may reach from a start, in any arithmetic.

use super::Start;
use crate::error::{ConvexityError, require_range, require_vector};
use crate::number::Number;
use crate::objectives::{Enclosure, Function, Objective};
use crate::potentials::Potential;
use crate::theorems::capacity_risk::subsets;
use crate::theorems::condition::{difference, gradient, lift};
use crate::theorems::gradient_bounds::{SQUARE_OF_ROUNDING, conjugate_of_power};
use crate::trajectory::{FiniteSum, GeneralisedDescent};
use ndarray::aview1;

/// Points at most.
const MOST_POINTS: f64 = 20_000.0;

/// Steps at most from the start to all points, each for itself.
const MOST_STEPS: f64 = 400_000.0;

/// How a step follows from the gradient of a batch.
pub(super) enum Rule {
    /// `x - h g`.
    Rate(f64),
    /// `x - grad Phi*(g)`.
    Generalised(GeneralisedDescent),
}

impl Rule {
    fn next<E: Number>(&self, x: &[E], g: &[E]) -> Vec<E> {
        match self {
            Self::Rate(h) => x.iter().zip(g).map(|(x, g)| x.clone() - g.clone() * *h).collect(),
            Self::Generalised(method) => method.next_of(x, g),
        }
    }
}

/// The tree of all sequences of batches; its points are numbered level by level, the root first.
pub(super) struct Tree<'a> {
    pub(super) sum: &'a FiniteSum,
    /// The complement of each batch, if it is not empty.
    complements: Vec<Option<FiniteSum>>,
    batches: Vec<FiniteSum>,
    size: usize,
    rule: Rule,
    start: &'a [f64],
    steps: usize,
}

impl<'a> Tree<'a> {
    pub(super) fn new(start: &Start<'a>, rule: Rule) -> Result<Self, ConvexityError> {
        let &Start { sum, point, batch, steps, .. } = start;
        require_vector("point", &aview1(point), sum.dimension())?;
        require_range("batch", batch as f64, (1..=sum.len()).contains(&batch), "from 1 to n")?;
        require_range("steps", steps as f64, steps > 0, "at least 1")?;
        let places = subsets(sum.len(), batch)?;
        let batches = places.iter().map(|places| sum.batch(places)).collect::<Result<Vec<_>, _>>()?;
        let complements =
            places.iter().map(|places| sum.complement(places)).collect::<Result<Vec<_>, _>>()?;
        let (mut points, mut walked, mut level) = (1.0, 0.0, 1.0);
        for t in 1..=steps {
            level *= batches.len() as f64;
            (points, walked) = (points + level, walked + level * t as f64);
            let few = points <= MOST_POINTS && walked <= MOST_STEPS;
            let requirement =
                "few enough for a tree of 20,000 points and 400,000 steps from the start to all of them";
            require_range("steps", steps as f64, few, requirement)?;
        }
        Ok(Self { sum, complements, batches, size: batch, rule, start: point, steps })
    }

    pub(super) fn batches(&self) -> &[FiniteSum] {
        &self.batches
    }

    /// b.
    pub(super) const fn size(&self) -> usize {
        self.size
    }

    pub(super) fn is_enclosable(&self) -> bool {
        self.sum.enclosable().is_some()
    }

    /// Points from which a step may be made.
    pub(super) fn nodes(&self) -> usize {
        (0..self.steps).map(|t| self.batches.len().pow(t as u32)).sum()
    }

    /// All points.
    pub(super) fn points(&self) -> usize {
        self.nodes() + self.batches.len().pow(self.steps as u32)
    }

    /// The point with this number.
    pub(super) fn point<E: Enclosure>(&self, mut number: usize) -> Vec<E> {
        let (mut level, mut count) = (0, 1);
        while number >= count {
            number -= count;
            (level, count) = (level + 1, count * self.batches.len());
        }
        let mut x: Vec<E> = lift(self.sum, self.start);
        for _ in 0..level {
            count /= self.batches.len();
            x = self.next(&x, number / count);
            number %= count;
        }
        x
    }

    /// The point after x by the step of a batch.
    pub(super) fn next<E: Enclosure>(&self, x: &[E], batch: usize) -> Vec<E> {
        self.rule.next(x, &gradient(&self.batches[batch], x))
    }

    /// `((n-b)/n) (l_C(y) - l_C(x))` for the complement C of a batch.
    pub(super) fn interference<E: Enclosure>(&self, x: &[E], y: &[E], batch: usize) -> E {
        let Some(complement) = &self.complements[batch] else { return E::zero() };
        let share = complement.len() as f64;
        (E::value(complement, y) - E::value(complement, x)) * share / self.sum.len() as f64
    }

    /// What a step of one batch may leave of `Phi*(g)`, the mean over all sequences of the first 0, ..., T steps, in sum.
    ///
    /// A step is made with the rounded constants of the conjugate, so that `<g, x - y> - Phi(x - y)` falls short of
    /// Phi*(g) by their square; a premise about phi* may be granted as much.
    pub(super) fn lost<E: Enclosure>(
        &self,
        levels: &[Vec<Vec<E>>],
        phi: &Potential,
        dual: &Potential,
    ) -> Vec<E> {
        let mut lost = vec![E::zero()];
        for (t, pair) in levels.windows(2).enumerate() {
            let steps = pair[1].iter().enumerate().map(|(number, y)| {
                let (x, batch) = (&pair[0][number / self.batches.len()], number % self.batches.len());
                let (g, s) = (gradient(&self.batches[batch], x), difference(x, y));
                let energy = conjugate_of_power(phi, dual, &g) * (1.0 + SQUARE_OF_ROUNDING);
                energy - (E::dot(&g, &s) - phi.value_of(&s))
            });
            let total = steps.fold(E::zero(), |total, lost| total + lost);
            lost.push(total / pair[1].len() as f64 + &lost[t]);
        }
        lost
    }

    /// The points after 0, ..., T steps; those after a point stand in the order of the batches.
    pub(super) fn levels<E: Enclosure>(&self) -> Vec<Vec<Vec<E>>> {
        let mut levels: Vec<Vec<Vec<E>>> = vec![vec![lift(self.sum, self.start)]];
        for t in 0..self.steps {
            let batches = 0..self.batches.len();
            let next = levels[t]
                .iter()
                .flat_map(|x| batches.clone().map(move |batch| self.next(x, batch)))
                .collect();
            levels.push(next);
        }
        levels
    }

    /// The mean of R over all sequences, after 0, ..., T steps.
    pub(super) fn means<E: Enclosure>(&self, levels: &[Vec<Vec<E>>]) -> Vec<E> {
        let mean = |level: &Vec<Vec<E>>| {
            let sum = level.iter().fold(E::zero(), |sum, x| sum + E::value(self.sum, x));
            sum / level.len() as f64
        };
        levels.iter().map(mean).collect()
    }
}
