//! Certificates: the sign of a slack, decided by enclosures, and counterexamples that can be filed and verified.

mod counterexample;
mod exact;

pub use counterexample::Counterexample;
pub use exact::ExactFloat;

use super::{Claim, Region};
use crate::number::{Endpoint, Interval, Number, PreciseInterval};
use crate::objectives::{Certified, Evaluate};
use crate::verdict::{Certificate, Method, Reason, Witness};
use ndarray::{Array1, ArrayView1};

/// What is known of a suspected violation.
#[derive(Clone, Debug)]
pub(super) enum Decision {
    /// It is one.
    Refuted(Certificate),
    /// It is none; the slack is at least this.
    Fine(f64),
    /// It cannot be decided.
    Open(Reason),
}

/// Decides the sign of the slack at a pair: first in f64 intervals, then in 256 bits.
pub(super) fn decide(claim: &Claim<'_>, u: &[f64], v: &[f64]) -> Decision {
    let Some(function) = claim.objective.certified() else {
        return by_forward_error(claim, u, v);
    };
    if !claim.region.certainly_contains(|x| Some(enclosed_value(function, x)), u, v) {
        return outside();
    }
    let coarse: Interval = enclose(claim, function, u, v);
    let (method, slack) = if decided(&coarse) {
        (Method::Interval, coarse)
    } else {
        let fine: PreciseInterval = enclose(claim, function, u, v);
        (Method::Precise, fine.to_f64_interval())
    };
    match Certificate::new(method, slack.lo(), slack.hi()) {
        Some(certificate) => Decision::Refuted(certificate),
        None if slack.lo() >= -claim.negligible(u, v) => Decision::Fine(slack.lo()),
        None => Decision::Open(Reason::WithinRoundOff { slack: slack.to_f64(), error: 0.5 * slack.width() }),
    }
}

/// The function's value at an f64 vector, enclosed.
fn enclosed_value(function: &dyn Certified, x: &[f64]) -> Interval {
    function.value_of(&x.iter().map(|&x| Interval::point(x)).collect::<Vec<Interval>>())
}

fn outside() -> Decision {
    Decision::Open(Reason::HypothesisNotMet { name: "the pair lies in the region".into(), residual: 0.0 })
}

fn decided(slack: &Interval) -> bool {
    slack.hi() < 0.0 || slack.lo() >= 0.0
}

/// The slack at a pair, enclosed, by the function's own formula for its divergence.
fn enclose<E: Endpoint>(
    claim: &Claim<'_>,
    function: &(impl Evaluate<Interval<E>> + ?Sized),
    u: &[f64],
    v: &[f64],
) -> Interval<E> {
    let (u, v) = (claim.lift(u), claim.lift(v));
    claim.slack(&u, &v, function.bregman_of(&u, &v))
}

/// A function without a formula: its own bound on the round-off of value and gradient, if it states one.
fn by_forward_error(claim: &Claim<'_>, u: &[f64], v: &[f64]) -> Decision {
    let objective = claim.objective;
    let (u_view, v_view) = (ArrayView1::from(u), ArrayView1::from(v));
    let mut gradient = Array1::zeros(u.len());
    let (Ok(at_u), Ok(at_v), Ok(())) =
        (objective.value(u_view), objective.value(v_view), objective.gradient(v_view, gradient.view_mut()))
    else {
        return Decision::Open(Reason::Overflow { what: "the divergence".into() });
    };
    let errors = objective.forward_error(u_view).zip(objective.forward_error(v_view));
    // Each number is replaced by the interval in which its exact value lies; the rest is interval arithmetic.
    let within =
        |value: f64, error: f64| (Interval::point(value) - error).union(&(Interval::point(value) + error));
    let value = |x: &[f64]| {
        let at = objective.value(x.into()).ok()?;
        Some(within(at, objective.forward_error(x.into())?.value))
    };
    // On a segment not even the point is exact. What cannot be placed for want of an error bound is answered below.
    let placed = !matches!(claim.region, Region::Segment { .. })
        && (errors.is_none() || claim.region.certainly_contains(value, u, v));
    if !placed {
        return outside();
    }
    let (error_u, error_v) = errors.map_or((0.0, (0.0, 0.0)), |(u, v)| (u.value, (v.value, v.gradient)));
    let exact = |x: &[f64]| x.iter().map(|&x| Interval::point(x)).collect::<Vec<_>>();
    let (u_exact, v_exact) = (exact(u), exact(v));
    let mut divergence = within(at_u, error_u) - within(at_v, error_v.0);
    for i in 0..u.len() {
        divergence = divergence - within(gradient[i], error_v.1) * (u_exact[i] - v_exact[i]);
    }
    let slack = claim.slack(&u_exact, &v_exact, divergence);
    if slack.lo() >= 0.0 {
        return Decision::Fine(slack.lo());
    }
    match (Certificate::new(Method::ForwardError, slack.lo(), slack.hi()), errors) {
        (Some(certificate), Some(_)) => Decision::Refuted(certificate),
        (None, Some(_)) => {
            Decision::Open(Reason::WithinRoundOff { slack: slack.to_f64(), error: 0.5 * slack.width() })
        }
        (_, None) => {
            Decision::Open(Reason::NoCertificate { slack: slack.to_f64(), point: Witness::pair(u, v) })
        }
    }
}

/// The slack by the definition, from values and gradient in 256-bit intervals, and nothing else.
pub(super) fn slack_by_definition(
    claim: &Claim<'_>,
    function: &dyn Certified,
    u: &[f64],
    v: &[f64],
) -> PreciseInterval {
    let (u, v): (Vec<PreciseInterval>, Vec<_>) = (claim.lift(u), claim.lift(v));
    let mut gradient = vec![PreciseInterval::zero(); u.len()];
    function.gradient_of(&v, &mut gradient);
    let difference: Vec<PreciseInterval> = u.iter().zip(&v).map(|(u, v)| u.clone() - v).collect();
    let divergence = function.value_of(&u) - function.value_of(&v) - Number::dot(&gradient, &difference);
    claim.slack(&u, &v, divergence)
}
