//! T8: Mini-batch descent controls the local gradient energy, up to the interference between batches.
//!
//! **Statement.** `R = (1/n) sum l_i`; step k uses a batch of b samples with mean loss l_B, the others have mean loss l_C, and the *interference* is
//! `I_k = ((n-b)/n) [l_C(x_{k+1}) - l_C(x_k)]`. If `x_{k+1} = x_k - grad Phi*(g_k)`, `g_k = grad l_B(x_k)`, and `D_{l_B}(x_{k+1}, x_k) <= Phi(x_{k+1} - x_k) + c`, then
//! `(b/n) sum_{k<T} [Phi*(g_k) - c] <= R(x_0) - R(x_T) + sum_{k<T} I_k` for every T. Behind it stands an identity for any steps `s_k = x_k - x_{k+1}`:
//! `(b/n) sum_{k<T} [<g_k, s_k> - d_k] = R(x_0) - R(x_T) + sum_{k<T} I_k`, `d_k = D_{l_B}(x_{k+1}, x_k)`.
//!
//! **Assumptions.** Smoothness along each step and the form of the step, both measured; batches of one size without repetition, by the type.
//!
//! **What is computed.** Both sides at every prefix; a negative slack again in 256 bits on the recorded points, counted beyond 1e-12 of the energies, which covers the
//! rounding of a step (it counts squared). [`level`] examines the form with the gradient correlation factor M, for the sampled batch (a theorem) or for the maximum over batches (a
//! printed claim that is false): valid only where `b Phi*(eps) > (n - b) M`, and vacuous elsewhere. M is known only after the run. The floor that
//! the capacity of the model sets is in [`capacity_risk`](super::capacity_risk).
//!
//! **Reference.** Ours, in the spirit of ECS (arXiv 2410.05807); GCS (arXiv 2608.09523), Theorem 4.2.
//!
//! **Cost.** n values for each step.
//!
//! ```
//! use fenchel_convexity::catalogue::Quadratic;
//! use fenchel_convexity::moduli::Modulus;
//! use fenchel_convexity::norms::Norm;
//! use fenchel_convexity::objectives::Objective;
//! use fenchel_convexity::theorems::interference;
//! use fenchel_convexity::trajectory::{FiniteSum, GeneralisedDescent, MiniBatchDescent};
//! use fenchel_random::Seed;
//! use ndarray::array;
//! use std::sync::Arc;
//!
//! let parabola = |a, b| Quadratic::diagonal(&[a, b]).map(|f| Arc::new(f) as Arc<dyn Objective>);
//! let risk = FiniteSum::new(vec![parabola(1.0, 0.5)?, parabola(0.2, 1.0)?])?;
//! let modulus = Modulus::smooth(1.0, 2.0, Norm::L2)?;
//! let step = GeneralisedDescent::new(modulus.potential().clone(), 1.0)?;
//! let run = MiniBatchDescent::new(step, 1, Seed::new(0))?.run(&risk, array![1.0, 1.0].view(), 30)?;
//! assert!(interference::check(&risk, &run, &modulus)?.verdict().holds());
//! assert!(interference::identity(&risk, &run)?.verdict().holds());
//! # Ok::<(), fenchel_convexity::ConvexityError>(())
//! ```

mod ledger;

pub use ledger::{Ledger, LedgerRow};

use super::premise::lift;
use crate::error::{ConvexityError, require_positive, require_range};
use crate::inequality::{Evidence, Observation, Tally};
use crate::moduli::{Modulus, Side};
use crate::number::{Number, PreciseInterval};
use crate::objectives::{Evaluate, Objective};
use crate::trajectory::{BatchRun, FiniteSum, GeneralisedDescent};
use crate::verdict::{Hypothesis, Reason, Report, Verdict, Witness};
use ndarray::Array1;

/// What the rounding of steps may explain, relative to the energies.
const TOLERANCE: f64 = 1e-12;

/// Examines the inequality at every prefix of a run.
///
/// # Errors
///
/// If the run does not fit the sum, its batches differ in size, it has no step, or the modulus is of convexity.
pub fn check(sum: &FiniteSum, run: &BatchRun, modulus: &Modulus) -> Result<Report, ConvexityError> {
    let method = method_of(modulus)?;
    let ledger = Ledger::of(sum, run, &method)?;
    let states = run.trajectory().states();
    let share = ledger.batch_size() as f64 / sum.len() as f64;
    let offset = modulus.offset();
    let (mut energies, mut moved, mut size) = (0.0, 0.0, states[0].value.abs());
    let mut tally = Tally::new("T8");
    for (k, row) in ledger.rows().iter().enumerate() {
        energies += row.energy - offset;
        moved += row.interference;
        size += row.energy + offset + row.interference.abs();
        let (measured, bound) = (share * energies, states[0].value - states[k + 1].value + moved);
        tally.observe(
            &Observation { measured, bound, slack: bound - measured, size: size + states[k + 1].value.abs() },
            || Witness::default().with("T", &[(k + 1) as f64]).with("x_T", &states[k + 1].point.to_vec()),
            || certify(sum, run, &method, k + 1, offset),
        );
    }
    Ok(tally.finish(vec![smooth_along(sum, run, modulus)?, steps_are(sum, run, &method)?]))
}

/// Examines the identity, for any optimiser: its two sides may differ by round-off only.
///
/// # Errors
///
/// As [`check`].
pub fn identity(sum: &FiniteSum, run: &BatchRun) -> Result<Report, ConvexityError> {
    let states = run.trajectory().states();
    let mut tally = Tally::new("T8");
    let (mut left, mut right, mut size) = (0.0, 0.0, states[0].value.abs());
    let b = ledger::batch_size(run)? as f64;
    let n = sum.len() as f64;
    for (k, step) in run.steps().iter().enumerate() {
        let (here, there) = (states[k].point.view(), states[k + 1].point.view());
        let batch = sum.batch(&step.batch)?;
        let mut gradient = Array1::zeros(here.len());
        batch.gradient(here, gradient.view_mut())?;
        let inner: f64 = gradient
            .iter()
            .zip(&states[k].point)
            .zip(&states[k + 1].point)
            .map(|((g, x), y)| g * (x - y))
            .sum();
        // d_k from the function's own divergence, and so not from the values on the right.
        let mut divergence = 0.0;
        for sample in batch.samples() {
            divergence += sample.bregman(there, here)? / b;
        }
        left += b / n * (inner - divergence);
        let moved = match sum.complement(&step.batch)? {
            Some(rest) => (n - b) / n * (rest.value(there)? - rest.value(here)?),
            None => 0.0,
        };
        right += moved;
        size += inner.abs() + divergence.abs() + moved.abs() + 2.0 * states[k + 1].value.abs();
        let total = states[0].value - states[k + 1].value + right;
        let off = (left - total).abs();
        // Each term is off by a few units of its size, n samples and m coordinates summed.
        let error = (sum.len() + here.len() + 16) as f64 * f64::EPSILON * size;
        tally.observe(
            &Observation { measured: left, bound: total, slack: error - off, size },
            || Witness::default().with("T", &[(k + 1) as f64]),
            || Evidence::Bounded(0.0),
        );
    }
    Ok(tally.finish(vec![Hypothesis::known("batches of one size, without repetition")]))
}

/// Of which batches a level is claimed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Of {
    /// Of the batch sampled in the step: what follows from T8.
    SampledBatch,
    /// Of the maximum over these batches: what GCS's Theorem 4.2(1) prints; false.
    MaximumOver(Vec<Vec<usize>>),
}

/// The number of steps after which T8 promises a sampled batch with an energy of at most the level:
/// `T >= (n/b)(R_0 - R_inf) / (level - ((n-b)/b) M)`; none while `b level <= (n-b) M`.
///
/// # Errors
///
/// If the level is not positive, M not finite, or the gap negative.
pub fn steps_to_level(
    n: usize,
    b: usize,
    gap: f64,
    level: f64,
    correlation: f64,
) -> Result<Option<f64>, ConvexityError> {
    require_positive("level", level)?;
    require_range("correlation", correlation, true, "finite")?;
    require_range("gap", gap, gap >= 0.0, "finite and at least 0")?;
    require_range("b", b as f64, b > 0 && b <= n, "from 1 to n")?;
    let (n, b) = (n as f64, b as f64);
    let under = level - (n - b) / b * correlation;
    Ok((under > 0.0).then(|| n / b * gap / under))
}

/// Examines the claim that some step before T has an energy of at most a level, once T is large enough for the run's own M.
///
/// # Errors
///
/// As [`check`] and [`steps_to_level`]; the infimum is a lower bound on R.
pub fn level(
    sum: &FiniteSum,
    run: &BatchRun,
    modulus: &Modulus,
    infimum: f64,
    level: f64,
    of: &Of,
) -> Result<Report, ConvexityError> {
    let method = method_of(modulus)?;
    let ledger = Ledger::of(sum, run, &method)?;
    let states = run.trajectory().states();
    let hypotheses = vec![
        smooth_along(sum, run, modulus)?,
        steps_are(sum, run, &method)?,
        Hypothesis::measured("the modulus has no offset", modulus.offset(), 0.0),
        Hypothesis::measured(
            "R stays above the infimum",
            states.iter().fold(f64::MIN, |w, s| w.max(infimum - s.value)),
            0.0,
        ),
    ];
    let correlation = ledger.correlation();
    let gap = (states[0].value - infimum).max(0.0);
    let least = match of {
        Of::SampledBatch => ledger.rows().iter().map(|row| row.energy).fold(f64::INFINITY, f64::min),
        Of::MaximumOver(batches) => {
            let mut least = f64::INFINITY;
            // The last point counts too: the weaker, and so the fairer, reading of the printed claim.
            for state in states {
                let mut most: f64 = 0.0;
                for batch in batches {
                    let mut gradient = Array1::zeros(state.point.len());
                    sum.batch(batch)?.gradient(state.point.view(), gradient.view_mut())?;
                    most = most.max(method.dual().value_of(&gradient.to_vec()));
                }
                least = least.min(most);
            }
            least
        }
    };
    let needed = steps_to_level(sum.len(), ledger.batch_size(), gap, level, correlation)?;
    let why = match needed {
        None => {
            Some("b times the level is at most (n - b) M, and no number of steps is promised to reach it")
        }
        Some(needed) if (run.steps().len() as f64) < needed => {
            Some("the run is shorter than the number of steps that the level asks for")
        }
        Some(_) => None,
    };
    if let Some(why) = why {
        let claim = Verdict::undecided(Reason::Vacuous { why: why.into() });
        return Ok(Report {
            theorem: "T8",
            hypotheses,
            measured: least,
            bound: level,
            slack: level - least,
            claim,
        });
    }
    let mut tally = Tally::new("T8");
    tally.observe(
        &Observation { measured: least, bound: level, slack: level - least, size: level + least },
        || Witness::default().with("x_T", &states[states.len() - 1].point.to_vec()),
        || {
            // An energy is a power of a sum over the batch: a few hundred units cover it in the dimensions of interest.
            let error = (sum.len() + sum.dimension() + 64) as f64 * 8.0 * f64::EPSILON * (least + level);
            Evidence::Bounded(error)
        },
    );
    Ok(tally.finish(hypotheses))
}

fn method_of(modulus: &Modulus) -> Result<GeneralisedDescent, ConvexityError> {
    if modulus.side() != Side::Smooth {
        return Err(ConvexityError::Incompatible {
            what: "a run and a modulus",
            reason: "descent needs a modulus of smoothness".into(),
        });
    }
    GeneralisedDescent::new(modulus.potential().clone(), 1.0)
}

/// `D_{l_B}(x_{k+1}, x_k) <= Phi(x_{k+1} - x_k) + c` at every step, relative to the terms.
fn smooth_along(sum: &FiniteSum, run: &BatchRun, modulus: &Modulus) -> Result<Hypothesis, ConvexityError> {
    let mut residual = f64::NEG_INFINITY;
    for (step, pair) in run.steps().iter().zip(run.trajectory().states().windows(2)) {
        let batch = sum.batch(&step.batch)?;
        let mut divergence = 0.0;
        for sample in batch.samples() {
            divergence += sample.bregman(pair[1].point.view(), pair[0].point.view())? / batch.len() as f64;
        }
        let displacement = (&pair[1].point - &pair[0].point).to_vec();
        let bound = modulus.bound_of(&displacement);
        let size = divergence.abs() + bound + f64::MIN_POSITIVE;
        let mut over = (divergence - bound) / size;
        if over > TOLERANCE && batch.enclosable().is_some() {
            // Steps as small as the round-off of the points: 256 bits tell.
            let (x, y) = (lift(pair[0].point.view()), lift(pair[1].point.view()));
            let displacement: Vec<PreciseInterval> = y.iter().zip(&x).map(|(y, x)| y.clone() - x).collect();
            let exact = modulus.slack(Evaluate::<PreciseInterval>::bregman_of(&batch, &y, &x), &displacement);
            over = -exact.to_f64_interval().lo() / size;
        }
        residual = residual.max(over);
    }
    Ok(Hypothesis::measured("each batch's loss is smooth along its step", residual, TOLERANCE))
}

fn steps_are(
    sum: &FiniteSum,
    run: &BatchRun,
    method: &GeneralisedDescent,
) -> Result<Hypothesis, ConvexityError> {
    let mut residual: f64 = 0.0;
    for (step, pair) in run.steps().iter().zip(run.trajectory().states().windows(2)) {
        let mut gradient = Array1::zeros(pair[0].point.len());
        sum.batch(&step.batch)?.gradient(pair[0].point.view(), gradient.view_mut())?;
        let expected = method.next(pair[0].point.view(), gradient.view())?;
        let size = |x: &Array1<f64>| x.iter().fold(0.0, |most: f64, x| most.max(x.abs()));
        let off = size(&(&pair[1].point - &expected));
        if off > 0.0 {
            residual = residual.max(off / (size(&pair[0].point) + size(&pair[1].point)));
        }
    }
    Ok(Hypothesis::measured("every step is x - grad Phi*(grad l_B(x)), up to round-off", residual, 1e-13))
}

/// The slack of a prefix in 256 bits, with the tolerance granted.
fn certify(sum: &FiniteSum, run: &BatchRun, method: &GeneralisedDescent, t: usize, offset: f64) -> Evidence {
    if sum.enclosable().is_none() {
        return Evidence::Nothing;
    }
    let states = run.trajectory().states();
    let value =
        |sum: &FiniteSum, k: usize| Evaluate::<PreciseInterval>::value_of(sum, &lift(states[k].point.view()));
    let n = sum.len() as f64;
    let mut slack = value(sum, 0) - value(sum, t);
    for (k, step) in run.steps().iter().enumerate().take(t) {
        let (Ok(batch), Ok(rest)) = (sum.batch(&step.batch), sum.complement(&step.batch)) else {
            return Evidence::Nothing;
        };
        let b = batch.len() as f64;
        let mut gradient = vec![PreciseInterval::zero(); sum.dimension()];
        Evaluate::<PreciseInterval>::gradient_of(&batch, &lift(states[k].point.view()), &mut gradient);
        let energy = method.dual().value_of(&gradient);
        slack = slack + (-energy * (1.0 - TOLERANCE) + offset) * b / n;
        if let Some(rest) = rest {
            slack = slack + (value(&rest, k + 1) - value(&rest, k)) * (n - b) / n;
        }
    }
    Evidence::Enclosed(slack)
}

#[cfg(test)]
mod tests;
