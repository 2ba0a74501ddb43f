//! T8, the floor: at every point the mean energy of all batches lies around the gap plus the model
//! capacity risk.
//!
//! **Statement.** `R = (1/n) sum l_i`, B a batch of size b, each as likely, with mean loss l_B; `R_G(b) =
//! R_inf - E_B inf l_B` is the *model capacity risk* (what single batches could do better than one x for
//! all). At every x, with offsets c: every l_B H(Phi)-smooth on R^m: `E_B Phi*(grad l_B) - c <= R - R_inf +
//! R_G(b)`; every l_B H(phi)-convex: `R - R_inf + R_G(b) <= E_B phi*(grad l_B) + c`. And `R_G(b) >= 0`,
//! it never rises with b, `R_G(n) = 0`. So where all batches are to have `phi*(grad l_B) <= e` at one x,
//! e is at least `R_G(b) - c`: a floor of the energy, not of the risk.
//!
//! **Assumptions.** The modulus of every batch (searched for counterexamples); the infima: for the smooth
//! side lower bounds serve, for the convex side and for R_G they must be attained, at points that are
//! stationary. A recorded value below an infimum is noticed.
//!
//! **What is computed.** [`check`]: both sides of one inequality at every recorded point, as exact means
//! over all batches of one size; a negative slack again in 256 bits, where the rounding of the
//! conjugate's constants is granted as in T4. [`check_risks`]: R_G for b = 1, ..., n.
//!
//! **Reference.** GCS (arXiv 2608.09523), Theorem 4.2 with the definitions before it; T4 averaged over B.
//! Monotony: a minimiser of the mean over b+1 samples is no better than the minimisers of its b-subsets,
//! whose mean losses average to it.
//!
//! **Cost.** `C(n, b)` gradients for each point, and the budget for each batch; `2^n n` values for all R_G.
//!
//! ```
//! use fenchel_convexity::catalogue::Quadratic;
//! use fenchel_convexity::moduli::Modulus;
//! use fenchel_convexity::search::SearchConfig;
//! use fenchel_convexity::norms::Norm;
//! use fenchel_convexity::objectives::{Objective, Precomposed};
//! use fenchel_convexity::theorems::capacity_risk::{BatchInfima, check, check_risks};
//! use fenchel_convexity::theorems::gradient_bounds::Infimum;
//! use fenchel_convexity::trajectory::{FiniteSum, Trajectory};
//! use ndarray::array;
//! use std::sync::Arc;
//!
//! // (x - a)^2/2 for three a: the minimiser of a batch is the mean of its a.
//! let centres = [0.0, 1.0, 5.0];
//! let parabola = |a: f64| -> Result<Arc<dyn Objective>, fenchel_convexity::ConvexityError> {
//!     Ok(Arc::new(Precomposed::new(Quadratic::diagonal(&[1.0])?, array![[1.0]], array![-a])?))
//! };
//! let sum = FiniteSum::new(centres.iter().map(|&a| parabola(a)).collect::<Result<_, _>>()?)?;
//! let mean = |batch: &[usize]| {
//!     Infimum::At(array![batch.iter().map(|&i| centres[i]).sum::<f64>() / batch.len() as f64])
//! };
//! let pairs = BatchInfima::new(&sum, 2, mean)?;
//! let points = Trajectory::record(&sum, [array![0.5], array![7.0]])?;
//! let config = SearchConfig::budget(1000);
//! for modulus in [Modulus::smooth(1.0, 2.0, Norm::L2)?, Modulus::convex(1.0, 2.0, Norm::L2)?] {
//!     assert!(check(&sum, &pairs, &points, &modulus, &config)?.verdict().holds());
//! }
//! let (risks, report) = check_risks(&sum, mean)?;
//! assert!(report.verdict().holds() && risks[0] > risks[1] && risks[2] == 0.0);
//! # Ok::<(), fenchel_convexity::ConvexityError>(())
//! ```

mod batch_infima;

pub use batch_infima::BatchInfima;
pub(super) use batch_infima::subsets;

use super::condition::{gradient, lift, measure};
use super::gradient_bounds::{self, Infimum};
use super::premise::premise;
use super::steps::record_of;
use crate::error::{ConvexityError, require_dimension, require_range};
use crate::inequality::{Evidence, Observation, Tally};
use crate::moduli::{Modulus, Side};
use crate::number::{Number, PreciseInterval};
use crate::objectives::{Enclosure, Function, Objective};
use crate::search::SearchConfig;
use crate::trajectory::{FiniteSum, Trajectory};
use crate::verdict::{Hypothesis, Report, Witness};
use batch_infima::Unbeaten;

/// How far a recorded loss may lie below its infimum, relative to both: round-off of two values.
const TOLERANCE: f64 = 1e-13;

/// Samples of which all subsets are visited at most.
const MOST_SAMPLES: usize = 16;

/// Examines one of the two inequalities at recorded points: the smooth or the convex one, by the side of
/// the modulus.
///
/// # Errors
///
/// If the infima are of another sum, dimensions do not fit, a value leaves f64, or the budget is 0.
pub fn check(
    sum: &FiniteSum,
    infima: &BatchInfima,
    points: &Trajectory,
    modulus: &Modulus,
    config: &SearchConfig,
) -> Result<Report, ConvexityError> {
    require_range("budget", config.budget as f64, config.budget > 0, "at least 1")?;
    require_dimension("points", points.dimension(), sum.dimension())?;
    modulus.potential().require_dimension("modulus", sum.dimension())?;
    let batches: Vec<FiniteSum> =
        infima.batches().iter().map(|batch| sum.batch(batch)).collect::<Result<_, _>>()?;
    let dual = modulus.potential().conjugate()?;
    let (count, offset, floor) = (batches.len() as f64, modulus.offset(), infima.mean());
    let mut below = f64::NEG_INFINITY;
    let mut tally = Tally::new("T8.floor");
    for state in points.states() {
        let x = &state.point;
        let (mut energy, mut size) = (0.0, state.value.abs() + offset);
        for (batch, &least) in batches.iter().zip(infima.values()) {
            let gradient = batch.gradient(x)?;
            energy += dual.value_of(&gradient.to_vec()) / count;
            let value = batch.value(x)?;
            size += least.abs() / count;
            below = below.max((least - value) / (least.abs() + value.abs()).max(f64::MIN_POSITIVE));
        }
        // R - R_inf + R_G(b), in which R_inf cancels.
        let gap = state.value - floor;
        size += energy;
        let (measured, bound) = match modulus.side() {
            Side::Smooth => (energy - offset, gap),
            Side::Convex => (gap, energy + offset),
        };
        tally.observe(
            &Observation { measured, bound, slack: bound - measured, size },
            || Witness::point(&state.point.to_vec()),
            || match sum.enclosable() {
                Some(_) => {
                    let x: Vec<PreciseInterval> = lift(sum, &state.point.to_vec());
                    let gap = PreciseInterval::value(sum, &x) - infima.enclosed_mean(&batches);
                    let gradients = batches.iter().map(|batch| gradient(batch, &x));
                    Evidence::Enclosed(gradient_bounds::exact(modulus, &dual, gap, gradients))
                }
                None => Evidence::Nothing,
            },
        );
    }
    let mut hypotheses: Vec<Hypothesis> =
        batches.iter().map(|batch| premise(batch, modulus, config)).collect::<Result<_, _>>()?;
    hypotheses.push(Hypothesis::measured(
        "no recorded loss lies below its batch's infimum",
        below,
        TOLERANCE,
    ));
    hypotheses.push(record_of(sum, points));
    hypotheses.extend(infima.stationary(&batches));
    if modulus.side() == Side::Convex && !infima.are_attained() {
        hypotheses.push(Hypothesis::assumed("the lower bounds are the infima"));
    }
    Ok(tally.finish(hypotheses))
}

/// The model capacity risks R_G(1), ..., R_G(n), and whether they fall to 0.
///
/// The infima must be attained: the hypothesis is that no minimiser of a batch beats the minimiser of one
/// of its subsets on that subset's loss.
///
/// # Errors
///
/// If there are more than 16 samples, an infimum is a bound only or of another dimension, or a value
/// leaves f64.
pub fn check_risks(
    sum: &FiniteSum,
    mut infimum: impl FnMut(&[usize]) -> Infimum,
) -> Result<(Vec<f64>, Report), ConvexityError> {
    let n = sum.len();
    require_range("samples", n as f64, n <= MOST_SAMPLES, "at most 16")?;
    let levels: Vec<BatchInfima> =
        (1..=n).map(|b| BatchInfima::new(sum, b, &mut infimum)).collect::<Result<_, _>>()?;
    if !levels.iter().all(BatchInfima::are_attained) {
        return Err(ConvexityError::Incompatible {
            what: "lower bounds on infima and capacity risks",
            reason: "a risk is a difference of infima; name the minimisers".into(),
        });
    }
    let batches: Vec<Vec<FiniteSum>> = levels
        .iter()
        .map(|level| level.batches().iter().map(|batch| sum.batch(batch)).collect())
        .collect::<Result<_, _>>()?;
    let least = levels[n - 1].mean();
    let risks: Vec<f64> = levels.iter().map(|level| least - level.mean()).collect();
    let mut tally = Tally::new("T8.floor");
    for (b, pair) in levels.windows(2).enumerate() {
        let [smaller, larger] = pair else { continue };
        let size = smaller.size() + larger.size();
        let slack = larger.mean() - smaller.mean();
        tally.observe(
            &Observation { measured: risks[b + 1], bound: risks[b], slack, size },
            || Witness::default().with("b", &[(b + 1) as f64]),
            || match sum.enclosable() {
                Some(_) => Evidence::Enclosed(
                    larger.enclosed_mean(&batches[b + 1]) - smaller.enclosed_mean(&batches[b]),
                ),
                None => Evidence::Nothing,
            },
        );
    }
    if n == 1 {
        // One sample, one batch: R_G(1) = 0 is all there is.
        tally.observe(
            &Observation { measured: 0.0, bound: 0.0, slack: 0.0, size: levels[0].size() },
            || Witness::default().with("b", &[1.0]),
            || Evidence::Enclosed(PreciseInterval::zero()),
        );
    }
    let unbeaten = Unbeaten::of(sum, &levels)?;
    let name = "no minimiser of a batch beats those of its subsets on their own losses";
    let mut hypotheses = vec![measure(name, &unbeaten, unbeaten.cases(), sum.enclosable().is_some())];
    for (level, batches) in levels.iter().zip(&batches) {
        hypotheses.extend(level.stationary(batches));
    }
    Ok((risks, tally.finish(hypotheses)))
}

#[cfg(test)]
mod by_hand;
#[cfg(test)]
mod tests;
