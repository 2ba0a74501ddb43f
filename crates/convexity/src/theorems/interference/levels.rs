//! The form of T8 with the gradient correlation factor M: levels that some energy falls to.

use super::{Ledger, batches, enclosed::Enclosed, method_of, steps_of};
use crate::error::{ConvexityError, require_positive, require_range};
use crate::inequality::{Evidence, Observation, Tally};
use crate::moduli::Modulus;
use crate::number::{Number, PreciseInterval};
use crate::objectives::Objective;
use crate::theorems::condition::{gradient, lift};
use crate::theorems::infimum::Infimum;
use crate::theorems::steps::record_of;
use crate::trajectory::{BatchRun, FiniteSum};
use crate::verdict::{Hypothesis, Reason, Report, Verdict, Witness};

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

/// Examines the claim that some step before T has an energy of at most a level, once T is large enough
/// for the run's own M: for the sampled batch (a theorem) or for the maximum over batches (a printed
/// claim that is false). Void where `b level <= (n - b) M`.
///
/// Where f64 shows an energy above the level, both are compared in 256 bits, the level raised to what T8
/// promises for this T if the rounding of the number of steps makes that larger, with the cost of rounded
/// steps.
///
/// # Errors
///
/// As [`check`](super::check) and [`steps_to_level`]; the infimum is a lower bound on R.
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
    let batches = batches(sum, run)?;
    let steps = steps_of(run, &batches, modulus, &method);
    let states = run.trajectory().states();
    let points: Vec<&[f64]> = states.iter().filter_map(|state| state.point.as_slice()).collect();
    let mut hypotheses = steps.hypotheses();
    hypotheses.push(record_of(sum, run.trajectory()));
    hypotheses.push(Hypothesis::measured("the modulus has no offset", modulus.offset(), 0.0));
    hypotheses.extend(Infimum::AtLeast(infimum).hypotheses(sum, &points));
    let gap = (states[0].value - infimum).max(0.0);
    let over: Vec<FiniteSum> = match of {
        Of::SampledBatch => Vec::new(),
        Of::MaximumOver(batches) => batches.iter().map(|batch| sum.batch(batch)).collect::<Result<_, _>>()?,
    };
    let least = match of {
        Of::SampledBatch => ledger.rows().iter().map(|row| row.energy).fold(f64::INFINITY, f64::min),
        Of::MaximumOver(_) => {
            let mut least = f64::INFINITY;
            // The last point counts too: the weaker, and so the fairer, reading of the printed claim.
            for state in states {
                let mut most: f64 = 0.0;
                for batch in &over {
                    let gradient = batch.gradient(&state.point)?;
                    most = most.max(method.dual().value_of(&gradient.to_vec()));
                }
                least = least.min(most);
            }
            least
        }
    };
    let needed = steps_to_level(sum.len(), ledger.batch_size(), gap, level, ledger.correlation())?;
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
        return Ok(Report {
            theorem: "T8.level",
            hypotheses,
            measured: least,
            bound: level,
            slack: level - least,
            inequality: Verdict::undecided(Reason::Vacuous { why: why.into() }),
        });
    }
    let mut tally = Tally::new("T8.level");
    tally.observe(
        &Observation { measured: least, bound: level, slack: level - least, size: level + least },
        || Witness::default().with("x_T", points[points.len() - 1]),
        || {
            if sum.enclosable().is_none() {
                return Evidence::Nothing;
            }
            let mut enclosed = Enclosed::new(sum, run, &steps);
            let promised = promised(sum, &mut enclosed, ledger.batch_size(), steps.steps.len(), infimum);
            let rows = enclosed.rows(steps.steps.len());
            let least = match of {
                Of::SampledBatch => {
                    rows[1..].iter().fold(rows[0].energy.clone(), |least, row| least.min(&row.energy))
                }
                Of::MaximumOver(_) => points
                    .iter()
                    .map(|point| {
                        over.iter().fold(PreciseInterval::zero(), |most, batch| {
                            let x = lift::<PreciseInterval>(batch, point);
                            most.max(&method.dual().value_of(&gradient(batch, &x)))
                        })
                    })
                    .reduce(|least, energy| least.min(&energy))
                    .unwrap_or_else(PreciseInterval::unknown),
            };
            Evidence::Enclosed(promised.max(&PreciseInterval::from_f64(level)) - least)
        },
    );
    Ok(tally.finish(hypotheses))
}

/// `(n/b) (R_0 - R_inf) / T + ((n-b)/b) M`, and the mean cost of the steps' rounding.
fn promised(
    sum: &FiniteSum,
    enclosed: &mut Enclosed<'_>,
    size: usize,
    steps: usize,
    infimum: f64,
) -> PreciseInterval {
    let (n, b, t) = (sum.len() as f64, size as f64, steps as f64);
    let gap = (enclosed.risk(0) - infimum).max(&PreciseInterval::zero());
    let rows = enclosed.rows(steps);
    let most = rows[1..].iter().fold(rows[0].rest.clone(), |most, row| most.max(&row.rest));
    let cost = rows.iter().fold(PreciseInterval::zero(), |sum, row| sum + &row.cost);
    (gap * n / b + cost) / t + most * (n - b) / b
}
