//! T8: Mini-batch descent controls the local gradient energy, up to the interference between batches.
//!
//! **Statement.** `R = (1/n) sum l_i`; step k uses a batch of b samples with mean loss l_B, the others
//! have mean loss l_C, and the *interference* is `I_k = ((n-b)/n) [l_C(x_{k+1}) - l_C(x_k)]`. If `x_{k+1} =
//! x_k - grad Phi*(g_k)`, `g_k = grad l_B(x_k)`, and `D_{l_B}(x_{k+1}, x_k) <= Phi(x_{k+1} - x_k) + c`,
//! then `(b/n) sum_{k<T} [Phi*(g_k) - c] <= R(x_0) - R(x_T) + sum_{k<T} I_k` for every T. Behind it
//! stands an identity for any steps `s_k = x_k - x_{k+1}`: `(b/n) sum_{k<T} [<g_k, s_k> - d_k] = R(x_0) -
//! R(x_T) + sum_{k<T} I_k`, `d_k = D_{l_B}(x_{k+1}, x_k)`.
//!
//! **Assumptions.** Smoothness along each step and the form of the step, both measured, in 256 bits where
//! f64 leaves a doubt; batches of one size without repetition, by the type.
//!
//! **What is computed.** Both sides at every prefix; a negative slack again in 256 bits on the recorded
//! points, counted beyond what the rounding of the steps costs: `Phi*(g) - (<g, s> - Phi(s))` for each, s
//! the recorded step. [`identity`] examines the identity, and [`level`] the form with the gradient
//! correlation factor M, known only after the run. The floor that the capacity of the model sets is in
//! [`capacity_risk`](super::capacity_risk).
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
//! let run = MiniBatchDescent::new(step, 1, Seed::new(0))?.run(&risk, &array![1.0, 1.0], 30)?;
//! assert!(interference::check(&risk, &run, &modulus)?.verdict().holds());
//! assert!(interference::identity(&risk, &run)?.verdict().holds());
//! # Ok::<(), fenchel_convexity::ConvexityError>(())
//! ```

mod enclosed;
mod identity;
mod ledger;
mod levels;

pub use identity::identity;
pub use ledger::{Ledger, LedgerRow};
pub use levels::{Of, level, steps_to_level};

use super::descent::require_smooth;
use super::steps::{Step, Steps, record_of};
use crate::error::ConvexityError;
use crate::inequality::{Evidence, Observation, Tally};
use crate::moduli::Modulus;
use crate::objectives::Objective;
use crate::trajectory::{BatchRun, FiniteSum, GeneralisedDescent};
use crate::verdict::{Report, Witness};
use enclosed::Enclosed;

/// Examines the inequality at every prefix of a run.
///
/// # Errors
///
/// If the run does not fit the sum, its batches differ in size, it has no step, or the modulus is of
/// convexity.
pub fn check(sum: &FiniteSum, run: &BatchRun, modulus: &Modulus) -> Result<Report, ConvexityError> {
    let method = method_of(modulus)?;
    let ledger = Ledger::of(sum, run, &method)?;
    let batches = batches(sum, run)?;
    let steps = steps_of(run, &batches, modulus, &method);
    let mut enclosed = Enclosed::new(sum, run, &steps);
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
            || match sum.enclosable() {
                Some(_) => Evidence::Enclosed(enclosed.slack(k + 1)),
                None => Evidence::Nothing,
            },
        );
    }
    let mut hypotheses = steps.hypotheses();
    hypotheses.push(record_of(sum, run.trajectory()));
    Ok(tally.finish(hypotheses))
}

fn method_of(modulus: &Modulus) -> Result<GeneralisedDescent, ConvexityError> {
    require_smooth(modulus)?;
    GeneralisedDescent::new(modulus.potential().clone(), 1.0)
}

/// The mean loss of the batch of every step.
fn batches(sum: &FiniteSum, run: &BatchRun) -> Result<Vec<FiniteSum>, ConvexityError> {
    run.steps().iter().map(|step| sum.batch(&step.batch)).collect()
}

/// The recorded steps, each on its batch's loss.
fn steps_of<'a>(
    run: &'a BatchRun,
    batches: &'a [FiniteSum],
    modulus: &'a Modulus,
    method: &'a GeneralisedDescent,
) -> Steps<'a> {
    let points: Vec<&[f64]> =
        run.trajectory().states().iter().filter_map(|state| state.point.as_slice()).collect();
    let step =
        |(batch, pair): (&'a FiniteSum, &[&'a [f64]])| Step { function: batch, from: pair[0], to: pair[1] };
    Steps { modulus, method, steps: batches.iter().zip(points.windows(2)).map(step).collect() }
}

#[cfg(test)]
mod by_hand;
#[cfg(test)]
mod tests;
