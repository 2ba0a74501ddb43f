//! What the second to the fourth rate assume of the points, in any arithmetic.

use crate::objectives::{Enclosure, Objective};
use crate::potentials::Potential;
use crate::theorems::condition::{Condition, Slack, difference, gradient, lift};
use crate::theorems::gradient_bounds::conjugate_of_power;
use crate::theorems::infimum::Infimum;

/// The minimum lies above the tangents at the points.
pub(super) struct Tangents<'a> {
    pub(super) function: &'a dyn Objective,
    pub(super) points: &'a [&'a [f64]],
    pub(super) minimiser: &'a [f64],
}

impl Condition for Tangents<'_> {
    fn slack<E: Enclosure>(&self, place: usize) -> Slack<E> {
        let (x, u) = (lift::<E>(self.function, self.points[place]), lift(self.function, self.minimiser));
        let along = E::dot(&gradient(self.function, &x), &difference(&u, &x));
        let (value, least) = (E::value(self.function, &x), E::value(self.function, &u));
        let size = value.to_f64().abs() + least.to_f64().abs() + along.to_f64().abs();
        Slack { slack: least - value - along, size, scale: size }
    }
}

/// The gap is at most `phi*(grad G) + c_phi` at the points.
pub(super) struct Domination<'a> {
    pub(super) function: &'a dyn Objective,
    pub(super) points: &'a [&'a [f64]],
    pub(super) phi: &'a Potential,
    pub(super) dual: &'a Potential,
    pub(super) offset: f64,
    pub(super) infimum: &'a Infimum,
}

impl Condition for Domination<'_> {
    fn slack<E: Enclosure>(&self, place: usize) -> Slack<E> {
        let x: Vec<E> = lift(self.function, self.points[place]);
        let (value, least) = (E::value(self.function, &x), self.infimum.value_in::<E>(self.function));
        let size = value.to_f64().abs() + least.to_f64().abs() + self.offset;
        let energy = conjugate_of_power(self.phi, self.dual, &gradient(self.function, &x));
        Slack { slack: energy + self.offset - (value - least), size, scale: size }
    }
}
