//! Hypotheses and conclusion of P1, P2 and P3 on recorded runs, at every prefix T.
//!
//! One run of gradient descent is checked by itself: its numbers are exact up to round-off, and a violation is certified by a bound on that round-off.
//! Several runs of SGD are checked in the mean, since the guarantees bound expectations: at every prefix the mean over the runs has one-sided limits of
//! 99 % confidence (Student's t, each prefix by itself). The claim *holds* where the upper limit is below the bound; it is counted as violated where the lower
//! limit is above it. A statistical violation is no proof, so the report then says `Undecided` and [`Checked::violations`] says how often.
//!
//! The hypotheses are examined at every iterate of every run. The second moment of the stochastic gradients is not sampled: oracles compute it.
//!
//! **Round-off.** The oracle bounds the errors of what it returns. A step is made up to `m = eta e + 2u (||w|| + eta ||s||)`, e the gradient's error, which moves
//! `||w_{t+1} - v||^2 / (2 eta)` by `m ||w_{t+1} - v|| / eta`; the mean of these over t is granted to the conclusions of P1 and P2.

mod conclusion;
mod hypotheses;

pub use conclusion::{Checked, Prefix};

use super::descent::Run;
use super::{DominanceGuarantee, LipschitzGuarantee, SmoothGuarantee};
use crate::error::{ConvexityError, require_range};
use crate::verdict::Hypothesis;
use conclusion::{Grant, conclude_mean, conclude_min};
use hypotheses::{above, at_most_where_needed, below_limit, proxy_inequality, worst};

/// Checks P1.
///
/// # Errors
///
/// If there is no run, gradient descent and SGD are mixed, or the runs differ in step, length or h(v).
pub fn lipschitz(runs: &[Run], guarantee: &LipschitzGuarantee) -> Result<Checked, ConvexityError> {
    let step = require_alike(runs)?;
    let limit = guarantee.second_moment();
    let hypotheses = vec![
        proxy_inequality(runs),
        worst("E‖∇f(w;z)‖² <= L1²", runs, |run, step| {
            let moment = run.moment(step);
            (moment - limit, step.moment_error())
        }),
    ];
    let bound = |steps| guarantee.bound(step, steps).unwrap_or(f64::INFINITY);
    Ok(conclude_mean("P1", runs, hypotheses, &bound, Grant::Drift(1.0)))
}

/// Checks P2.
///
/// # Errors
///
/// As [`lipschitz`].
pub fn smooth(runs: &[Run], guarantee: &SmoothGuarantee) -> Result<Checked, ConvexityError> {
    let step = require_alike(runs)?;
    let limit = guarantee.smoothness();
    let hypotheses = vec![
        proxy_inequality(runs),
        worst("E‖∇f(w;z)‖² <= L2 g(w)", runs, |run, step| {
            let moment = run.moment(step);
            (moment - limit * step.g, step.moment_error() + limit * step.error.g)
        }),
        worst("g >= 0", runs, |_, step| (-step.g, step.error.g)),
        below_limit("eta < 2/L2", step * limit, 2.0),
    ];
    let bound = |steps| guarantee.bound(step, steps).unwrap_or(f64::INFINITY);
    let factor = 2.0 / (2.0 - step * limit).max(f64::MIN_POSITIVE);
    Ok(conclude_mean("P2", runs, hypotheses, &bound, Grant::Drift(factor)))
}

/// Checks P3: with gradient descent the descent inequality is measured at every step, whatever the smoothness of f.
///
/// For gradient descent `L` of the guarantee then serves only as the limit of the step, `eta <= 1/L`. For SGD the smoothness is measured along the steps made.
/// `f_inf` is the infimum that the guarantee's gap was computed with.
///
/// # Errors
///
/// As [`lipschitz`]; also for SGD with alpha > 2, where the statement in expectation is false.
pub fn dominance(
    runs: &[Run],
    guarantee: &DominanceGuarantee,
    f_inf: f64,
) -> Result<Checked, ConvexityError> {
    let step = require_alike(runs)?;
    let stochastic = runs[0].stochastic;
    require_range("alpha", guarantee.alpha(), !stochastic || guarantee.alpha() <= 2.0, "at most 2 for SGD")?;
    let (alpha, mu, xi, smoothness) =
        (guarantee.alpha(), guarantee.mu(), guarantee.xi(), guarantee.smoothness());
    let mut hypotheses = vec![
        worst("‖∇f(w)‖^alpha >= (mu/2)(g(w) - xi)", runs, |_, step| {
            let norm = step.gradient_square.sqrt();
            let above = (norm + step.error.gradient).powf(alpha);
            let right = 0.5 * mu * (step.g - xi);
            let rounding = 8.0 * f64::EPSILON * (above + 0.5 * mu * (step.g.abs() + xi.abs()));
            (right - norm.powf(alpha), above - norm.powf(alpha) + 0.5 * mu * step.error.g + rounding)
        }),
        above("f >= f_inf", runs, f_inf),
        below_limit("the gap of the guarantee is f(w_0) - f_inf", runs[0].steps[0].f - f_inf, {
            guarantee.gap() * (1.0 + 4.0 * f64::EPSILON) + f64::MIN_POSITIVE
        }),
        at_most_where_needed("eta <= 1/L", step * smoothness),
    ];
    hypotheses.push(if stochastic {
        worst(
            "f(w+) <= f(w) + <∇f(w), w+ - w> + (L/2)‖w+ - w‖², at every step made",
            runs,
            |run, step| {
                let eta = run.step;
                let right = step.f - eta * step.slope + 0.5 * smoothness * eta * eta * step.step_square;
                (step.next - right, step.descent_error(run.step))
            },
        )
    } else {
        worst("f(w+) <= f(w) - (eta/2)‖∇f(w)‖², at every step", runs, |run, step| {
            let right = step.f - 0.5 * run.step * step.gradient_square;
            (step.next - right, step.descent_error(run.step))
        })
    });
    if stochastic {
        let variance = guarantee.variance();
        hypotheses.push(worst("E‖∇f(w;z) - ∇f(w)‖² <= s²", runs, |_, step| {
            let noise = step.second_moment - step.gradient_square;
            (noise - variance, 2.0 * step.moment_error())
        }));
    }
    // What was excused in the descent inequality, the conclusion must be granted.
    let excused = runs.iter().flat_map(Run::steps).map(|s| s.descent_error(step)).fold(0.0, f64::max);
    let bound = |steps| match guarantee.bound(step, steps).and(guarantee.mean_square(step, steps)) {
        Ok(mean_square) => guarantee.at_mean_square(mean_square + 2.0 * excused / step),
        Err(_) => f64::INFINITY,
    };
    Ok(conclude_min("P3", runs, hypotheses, &bound))
}

/// Checks a bound on the mean of E g over the first T iterates that is neither P1's nor P2's, with hypotheses examined by the caller.
///
/// # Errors
///
/// As [`lipschitz`].
pub fn mean_surrogate(
    theorem: &'static str,
    runs: &[Run],
    hypotheses: Vec<Hypothesis>,
    bound: &(dyn Fn(u64) -> f64 + Sync),
) -> Result<Checked, ConvexityError> {
    require_alike(runs)?;
    Ok(conclude_mean(theorem, runs, hypotheses, bound, Grant::Drift(1.0)))
}

/// An inequality `left <= right` at every iterate of every run, as a hypothesis with its worst residual.
///
/// `sides` gives both sides at an iterate, and what round-off excuses.
#[must_use]
pub fn at_every_iterate(
    name: &str,
    runs: &[Run],
    sides: impl Fn(&super::Step) -> (f64, f64, f64),
) -> Hypothesis {
    worst(name, runs, |_, step| {
        let (left, right, excused) = sides(step);
        (left - right, excused)
    })
}

/// The common step size of runs that belong together.
fn require_alike(runs: &[Run]) -> Result<f64, ConvexityError> {
    let Some(first) = runs.first() else {
        return Err(ConvexityError::Empty { argument: "runs" });
    };
    let alike = |run: &Run| {
        run.step == first.step
            && run.steps.len() == first.steps.len()
            && run.cost == first.cost
            && run.stochastic == first.stochastic
    };
    if !runs.iter().all(alike) {
        return Err(ConvexityError::Incompatible {
            what: "the runs",
            reason: "they differ in method, step, length or comparator".into(),
        });
    }
    let enough = if first.stochastic { runs.len() >= 2 } else { runs.len() == 1 };
    require_range(
        "runs",
        runs.len() as f64,
        enough,
        "1 for gradient descent and at least 2 for SGD, whose guarantees are about means",
    )?;
    Ok(first.step)
}
