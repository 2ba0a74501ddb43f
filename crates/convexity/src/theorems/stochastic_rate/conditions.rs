//! What the rates of T19 assume of the points that may be reached, in any arithmetic.

use super::tree::Tree;
use crate::moduli::Modulus;
use crate::number::Number;
use crate::objectives::Enclosure;
use crate::potentials::Potential;
use crate::theorems::capacity_risk::BatchInfima;
use crate::theorems::condition::{Condition, Slack, difference, gradient};
use crate::theorems::gradient_bounds::conjugate_of_power;
use crate::theorems::infimum::Infimum;
use crate::theorems::steps::divergence;
use crate::trajectory::FiniteSum;

/// `||u - v||^2`.
pub(super) fn apart<E: Number>(u: &[E], v: &[E]) -> E {
    square(&difference(u, v))
}

fn square<E: Number>(x: &[E]) -> E {
    x.iter().fold(E::zero(), |sum, x| sum + x.square())
}

/// V_b at x, by its formula.
pub(super) fn variance<E: Enclosure>(sum: &FiniteSum, b: usize, x: &[E]) -> E {
    let (n, mean) = (sum.len() as f64, gradient(sum, x));
    let spread = sum
        .samples()
        .iter()
        .fold(E::zero(), |total, sample| total + apart(&gradient(sample.as_ref(), x), &mean));
    if sum.len() == 1 {
        return E::zero();
    }
    spread / n * (n - b as f64) / (b as f64 * (n - 1.0))
}

/// The point of a place and the batch whose step is made there.
fn step<E: Enclosure>(tree: &Tree<'_>, place: usize) -> (Vec<E>, usize) {
    (tree.point(place / tree.batches().len()), place % tree.batches().len())
}

/// `D_R(y, x) <= (L/2) ||y - x||^2` along every step.
pub(super) struct SmoothRisk<'a> {
    pub(super) tree: &'a Tree<'a>,
    pub(super) smoothness: f64,
}

impl Condition for SmoothRisk<'_> {
    fn slack<E: Enclosure>(&self, place: usize) -> Slack<E> {
        let (x, batch) = step::<E>(self.tree, place);
        let y = self.tree.next(&x, batch);
        let (divergence, terms) = divergence(self.tree.sum, &y, &x);
        Slack::of(divergence, apart(&y, &x) * self.smoothness / 2.0, terms)
    }
}

/// `R - R_inf <= ||grad R||^2 / (2 mu)`.
pub(super) struct Dominated<'a> {
    pub(super) tree: &'a Tree<'a>,
    pub(super) infimum: &'a Infimum,
    pub(super) domination: f64,
}

impl Condition for Dominated<'_> {
    fn slack<E: Enclosure>(&self, place: usize) -> Slack<E> {
        let (sum, x) = (self.tree.sum, self.tree.point::<E>(place));
        let (value, least) = (E::value(sum, &x), self.infimum.value_in::<E>(sum));
        let terms = value.to_f64().abs() + least.to_f64().abs();
        Slack::of(value - least, square(&gradient(sum, &x)) / (2.0 * self.domination), terms)
    }
}

/// `V_b <= V`.
pub(super) struct Noisy<'a> {
    pub(super) tree: &'a Tree<'a>,
    pub(super) variance: f64,
}

impl Condition for Noisy<'_> {
    fn slack<E: Enclosure>(&self, place: usize) -> Slack<E> {
        let x = self.tree.point::<E>(place);
        Slack::of(variance(self.tree.sum, self.tree.size(), &x), E::from_f64(self.variance), 0.0)
    }
}

/// The modulus of every batch along its step.
pub(super) struct SmoothBatches<'a> {
    pub(super) tree: &'a Tree<'a>,
    pub(super) modulus: &'a Modulus,
}

impl Condition for SmoothBatches<'_> {
    fn slack<E: Enclosure>(&self, place: usize) -> Slack<E> {
        let (x, batch) = step::<E>(self.tree, place);
        let y = self.tree.next(&x, batch);
        let (divergence, terms) = divergence(&self.tree.batches()[batch], &y, &x);
        Slack::of(divergence, self.modulus.bound_of(&difference(&y, &x)), terms)
    }
}

/// `l_B - inf l_B <= phi*(grad l_B) + c_phi` for every batch.
pub(super) struct DominatedBatches<'a> {
    pub(super) tree: &'a Tree<'a>,
    pub(super) modulus: &'a Modulus,
    pub(super) dual: &'a Potential,
    pub(super) infima: &'a BatchInfima,
}

impl Condition for DominatedBatches<'_> {
    fn slack<E: Enclosure>(&self, place: usize) -> Slack<E> {
        let (x, batch) = step::<E>(self.tree, place);
        let loss = &self.tree.batches()[batch];
        let (value, least) = (E::value(loss, &x), self.infima.infimum(batch).value_in::<E>(loss));
        let terms = value.to_f64().abs() + least.to_f64().abs();
        let energy = conjugate_of_power(self.modulus.potential(), self.dual, &gradient(loss, &x));
        Slack::of(value - least, energy + self.modulus.offset(), terms)
    }
}

/// The mean interference of the batches is at most a number.
pub(super) struct Interfering<'a> {
    pub(super) tree: &'a Tree<'a>,
    pub(super) interference: f64,
}

impl Condition for Interfering<'_> {
    fn slack<E: Enclosure>(&self, place: usize) -> Slack<E> {
        let x = self.tree.point::<E>(place);
        let count = self.tree.batches().len();
        let total = (0..count).fold(E::zero(), |total, batch| {
            total + self.tree.interference(&x, &self.tree.next(&x, batch), batch)
        });
        let terms = E::value(self.tree.sum, &x).to_f64().abs();
        Slack::of(total / count as f64, E::from_f64(self.interference), terms)
    }
}

/// No value lies below the infimum.
pub(super) struct Above<'a> {
    pub(super) tree: &'a Tree<'a>,
    pub(super) infimum: &'a Infimum,
}

impl Condition for Above<'_> {
    fn slack<E: Enclosure>(&self, place: usize) -> Slack<E> {
        let sum = self.tree.sum;
        Slack::of(self.infimum.value_in(sum), E::value(sum, &self.tree.point::<E>(place)), 0.0)
    }
}
