//! Hypotheses that are inequalities at the places where a proof uses them.
//!
//! A hypothesis that passes by round-off lets a checker call a true theorem violated. So each is judged
//! as a conclusion is: by the one rule, in 256 bits, so that no floats of the platform's library decide. It is
//! *not met* only where it certainly fails, and *not checked* where nothing can be told. Of a function
//! without a formula there is only f64, with some round-off granted; no violation is ever certified
//! there, so that this decides between `Holds` and `Undecided` alone.

use crate::inequality::{Decision, decide};
use crate::number::{Number, PreciseInterval};
use crate::objectives::{Enclosure, Objective};
use crate::verdict::{Hypothesis, Method};

/// What f64 leaves open of a function without a formula, relative to the terms.
const GRANTED_IN_F64: f64 = 1e-12;

/// An inequality at several places.
pub(super) trait Condition {
    /// What must not be negative at one of them.
    fn slack<E: Enclosure>(&self, place: usize) -> Slack<E>;
}

/// A slack, and what it is compared with.
pub(super) struct Slack<E> {
    pub(super) slack: E,
    /// The size of the two sides: residuals are relative to it.
    pub(super) size: f64,
    /// The size of all that they are made of: round-off is relative to it.
    pub(super) scale: f64,
}

impl<E: Number> Slack<E> {
    /// The slack of `smaller <= larger`, made of terms of this scale beside the two sides.
    pub(super) fn of(smaller: E, larger: E, terms: f64) -> Self {
        let size = smaller.to_f64().abs() + larger.to_f64().abs();
        Self { slack: larger - smaller, size, scale: size + terms }
    }
}

/// Examines a condition at so many places; `enclosable` says whether all functions in it are formulas.
pub(super) fn measure(
    name: impl Into<String>,
    condition: &impl Condition,
    places: usize,
    enclosable: bool,
) -> Hypothesis {
    let name = name.into();
    let relative = |slack: f64, size: f64| (-slack / size.max(f64::MIN_POSITIVE)).max(-1.0);
    let (mut residual, mut open) = (f64::NEG_INFINITY, None);
    for place in 0..places {
        if !enclosable {
            let Slack { slack, size, .. } = condition.slack::<f64>(place);
            if slack.is_nan() {
                return Hypothesis::measured(name, f64::NAN, GRANTED_IN_F64);
            }
            residual = residual.max(relative(slack, size));
            continue;
        }
        let Slack { slack: exact, size, scale } = condition.slack::<PreciseInterval>(place);
        match decide(&exact, scale, Method::Precise) {
            // However small: what is certain counts.
            Decision::Violated(_) => {
                residual = residual.max(relative(exact.to_f64(), size).max(f64::MIN_POSITIVE));
            }
            Decision::Holds(slack) => residual = residual.max(relative(slack, size)),
            Decision::RoundOff => residual = residual.max(0.0),
            Decision::Open(reason) => {
                open.get_or_insert(reason);
            }
        }
    }
    match open {
        Some(reason) if residual <= 0.0 => Hypothesis::assumed(format!("{name} ({reason})")),
        _ => Hypothesis::measured(name, residual, if enclosable { 0.0 } else { GRANTED_IN_F64 }),
    }
}

/// A point of the function's domain in another arithmetic, moved exactly into the domain.
pub(super) fn lift<N: Number>(function: &dyn Objective, x: &[f64]) -> Vec<N> {
    let mut x = crate::objectives::lift(x);
    function.domain().snap(&mut x);
    x
}

/// u - v.
pub(super) fn difference<N: Number>(u: &[N], v: &[N]) -> Vec<N> {
    u.iter().zip(v).map(|(u, v)| u.clone() - v).collect()
}

/// The chosen subgradient.
pub(super) fn gradient<E: Enclosure>(function: &dyn Objective, x: &[E]) -> Vec<E> {
    let mut gradient = vec![E::zero(); x.len()];
    E::gradient(function, x, &mut gradient);
    gradient
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::Status;

    /// The first place is undefined, every other one holds with room.
    struct Undefined;

    impl Condition for Undefined {
        fn slack<E: Enclosure>(&self, place: usize) -> Slack<E> {
            let larger = if place == 0 { E::unknown() } else { E::one() };
            Slack::of(E::zero(), larger, 1.0)
        }
    }

    #[test]
    fn what_cannot_be_told_somewhere_is_not_met() {
        let closure = measure("a", &Undefined, 2, false);
        assert!(matches!(closure.status, Status::Measured { residual, .. } if residual.is_nan()));
        assert!(closure.obstacle().is_some());
        let formula = measure("a", &Undefined, 2, true);
        assert!(formula.status == Status::Assumed && formula.name.starts_with("a ("), "{formula:?}");
        assert!(formula.obstacle().is_some());
    }
}
