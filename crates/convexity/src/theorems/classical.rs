//! T9: The classical companion of T8: second moments of sampled gradients, and the expected decrease of one step.
//!
//! **Statement.** r = 2 in l_2, `R = (1/n) sum l_i`, each l_i L-smooth and at least l_i_inf, h > 0, batches whose mean gradient is unbiased, `x+ = x - h grad l_B(x)`:
//! `(1/n) sum ||grad l_i||^2 <= 2L (R - mean l_i_inf)` and `E R(x+) <= R - h ||grad R||^2 + (L h^2/2) E ||grad l_B||^2`. (h <= 1/L makes the second useful; it is true for
//! every h.)
//!
//! **Assumptions.** Every l_i L-smooth (searched for counterexamples); no recorded value below its infimum, and unbiased batches, measured.
//!
//! **What is computed.** Both inequalities at every recorded point, expectations as exact means over the batches given; a negative slack again in 256 bits.
//!
//! **Reference.** T4 with `Phi* = ||.||^2/(2L)`, averaged; the descent inequality of R, averaged.
//!
//! **Cost.** For each point n gradients, and n values for each batch; the budget for each sample.
//!
//! ```
//! use fenchel_convexity::catalogue::Quadratic;
//! use fenchel_convexity::search::SearchConfig;
//! use fenchel_convexity::objectives::Objective;
//! use fenchel_convexity::theorems::classical::{Instance, check};
//! use fenchel_convexity::trajectory::{FiniteSum, Trajectory};
//! use ndarray::array;
//! use std::sync::Arc;
//!
//! let parabola = |a, b| Quadratic::diagonal(&[a, b]).map(|f| Arc::new(f) as Arc<dyn Objective>);
//! let sum = FiniteSum::new(vec![parabola(1.0, 0.5)?, parabola(0.2, 1.0)?])?;
//! let trajectory = Trajectory::record(&sum, [array![1.0, 2.0]])?;
//! let instance = Instance { sum: &sum, trajectory: &trajectory, constant: 1.0, step: 0.5, infima: &[0.0, 0.0] };
//! let config = SearchConfig::budget(500);
//! for report in check(&instance, &[vec![0], vec![1]], &config)? {
//!     assert!(report.verdict().holds());
//! }
//! # Ok::<(), fenchel_convexity::ConvexityError>(())
//! ```

use super::descent::TOLERANCE;
use super::implication::premise;
use super::premise::lift;
use crate::error::{ConvexityError, require_dimension, require_finite, require_positive, require_range};
use crate::inequality::{Evidence, Observation, Tally};
use crate::moduli::Modulus;
use crate::norms::Norm;
use crate::number::{Number, PreciseInterval};
use crate::objectives::{Evaluate, Objective};
use crate::search::SearchConfig;
use crate::trajectory::{FiniteSum, Trajectory};
use crate::verdict::{Hypothesis, Report, Witness};
use ndarray::{Array1, ArrayView1};

/// A finite sum, the points at which it is examined, and the constants claimed.
#[derive(Clone, Copy, Debug)]
pub struct Instance<'a> {
    /// R and its samples.
    pub sum: &'a FiniteSum,
    /// The points.
    pub trajectory: &'a Trajectory,
    /// L.
    pub constant: f64,
    /// h.
    pub step: f64,
    /// l_i_inf, or lower bounds on them.
    pub infima: &'a [f64],
}

/// Examines the two inequalities, with expectations over these batches (each as likely): first the second moment, then the step.
///
/// # Errors
///
/// If there is no batch or one does not fit the sum, there is not one infimum for each sample, L or h is not positive, or the budget is 0.
pub fn check(
    instance: &Instance<'_>,
    batches: &[Vec<usize>],
    config: &SearchConfig,
) -> Result<[Report; 2], ConvexityError> {
    let &Instance { sum, trajectory, constant, step, infima } = instance;
    require_positive("constant", constant)?;
    require_positive("step", step)?;
    require_finite("infima", infima.into())?;
    require_dimension("infima", infima.len(), sum.len())?;
    require_dimension("trajectory", trajectory.dimension(), sum.dimension())?;
    require_range("batches", batches.len() as f64, !batches.is_empty(), "at least one")?;
    let parts: Vec<FiniteSum> = batches.iter().map(|batch| sum.batch(batch)).collect::<Result<_, _>>()?;
    let floor = infima.iter().sum::<f64>() / sum.len() as f64;
    let (mut moment, mut descent) = (Tally::new("T9"), Tally::new("T9"));
    let (mut below, mut bias) = (f64::NEG_INFINITY, 0.0_f64);
    for state in trajectory.states() {
        let x = state.point.view();
        let mut squares = 0.0;
        for (sample, infimum) in sum.samples().iter().zip(infima) {
            let value = sample.value(x)?;
            below = below.max((infimum - value) / (infimum.abs() + value.abs()).max(f64::MIN_POSITIVE));
            squares += square(&gradient_of(sample.as_ref(), x)?) / sum.len() as f64;
        }
        let bound = 2.0 * constant * (state.value - floor);
        let size = squares + 2.0 * constant * (state.value.abs() + floor.abs());
        moment.observe(
            &Observation { measured: squares, bound, slack: bound - squares, size },
            || Witness::point(&state.point.to_vec()),
            || precise(sum, |sum| moment_slack(sum, x, constant, infima)),
        );
        let count = parts.len() as f64;
        let (mut after, mut energy, mut mean) = (0.0, 0.0, Array1::<f64>::zeros(x.len()));
        for part in &parts {
            let gradient = gradient_of(part, x)?;
            after += sum.value((&state.point - &(&gradient * step)).view())? / count;
            energy += square(&gradient) / count;
            mean += &(gradient / count);
        }
        bias = bias.max(square(&(&mean - &state.gradient)).sqrt() / energy.sqrt().max(f64::MIN_POSITIVE));
        let bound = state.value - step * square(&state.gradient) + constant * step * step / 2.0 * energy;
        let size = after.abs() + state.value.abs() + step * energy * (1.0 + constant * step);
        descent.observe(
            &Observation { measured: after, bound, slack: bound - after, size },
            || Witness::point(&state.point.to_vec()),
            || precise(sum, |sum| step_slack(sum, &parts, x, constant, step)),
        );
    }
    let modulus = Modulus::smooth(constant, 2.0, Norm::L2)?;
    let smooth: Vec<Hypothesis> = sum
        .samples()
        .iter()
        .map(|sample| premise(sample.as_ref(), &modulus, config))
        .collect::<Result<_, _>>()?;
    let mut first = smooth.clone();
    first.push(Hypothesis::measured("no recorded loss lies below its infimum", below, TOLERANCE));
    let mut second = smooth;
    second.push(Hypothesis::measured("the batches are unbiased", bias, 1e-12));
    Ok([moment.finish(first), descent.finish(second)])
}

fn gradient_of(function: &dyn Objective, x: ArrayView1<f64>) -> Result<Array1<f64>, ConvexityError> {
    let mut gradient = Array1::zeros(x.len());
    function.gradient(x, gradient.view_mut())?;
    Ok(gradient)
}

fn square(x: &Array1<f64>) -> f64 {
    x.dot(x)
}

fn precise(sum: &FiniteSum, slack: impl FnOnce(&FiniteSum) -> Option<PreciseInterval>) -> Evidence {
    sum.enclosable().and_then(|_| slack(sum)).map_or(Evidence::Nothing, |slack| Evidence::Enclosed(slack))
}

fn moment_slack(
    sum: &FiniteSum,
    x: ArrayView1<f64>,
    constant: f64,
    infima: &[f64],
) -> Option<PreciseInterval> {
    let (x, n) = (lift(x), sum.len() as f64);
    let mut slack = PreciseInterval::zero();
    for (sample, &infimum) in sum.samples().iter().zip(infima) {
        let formulas = sample.enclosable()?;
        let mut gradient = vec![PreciseInterval::zero(); x.len()];
        Evaluate::<PreciseInterval>::gradient_of(formulas, &x, &mut gradient);
        let gap = Evaluate::<PreciseInterval>::value_of(formulas, &x) - infimum;
        slack = slack + (gap * (2.0 * constant) - squares(&gradient)) / n;
    }
    Some(slack)
}

fn step_slack(
    sum: &FiniteSum,
    parts: &[FiniteSum],
    x: ArrayView1<f64>,
    constant: f64,
    step: f64,
) -> Option<PreciseInterval> {
    let x = lift(x);
    let value = |x: &[PreciseInterval]| Evaluate::<PreciseInterval>::value_of(sum, x);
    let mut whole = vec![PreciseInterval::zero(); x.len()];
    Evaluate::<PreciseInterval>::gradient_of(sum, &x, &mut whole);
    let mut slack = value(&x) - squares(&whole) * step;
    for part in parts {
        let mut gradient = vec![PreciseInterval::zero(); x.len()];
        Evaluate::<PreciseInterval>::gradient_of(part, &x, &mut gradient);
        let next: Vec<PreciseInterval> =
            x.iter().zip(&gradient).map(|(x, g)| x.clone() - g.clone() * step).collect();
        let energy = squares(&gradient) * constant / 2.0 * step * step;
        slack = slack + (energy - value(&next)) / parts.len() as f64;
    }
    Some(slack)
}

fn squares(x: &[PreciseInterval]) -> PreciseInterval {
    x.iter().fold(PreciseInterval::zero(), |sum, x| sum + x.square())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{LogCosh, Quadratic, Separable};
    use crate::objectives::Precomposed;
    use ndarray::array;
    use std::sync::Arc;

    const CONFIG: fn() -> SearchConfig = || SearchConfig::budget(500);

    fn shifted(quadratic: bool, matrix: [f64; 2], shift: f64) -> Arc<dyn Objective> {
        let matrix = array![[matrix[0], matrix[1]]];
        if quadratic {
            Arc::new(Precomposed::new(Quadratic::diagonal(&[1.0]).unwrap(), matrix, array![shift]).unwrap())
        } else {
            Arc::new(Precomposed::new(Separable::new(LogCosh, 1).unwrap(), matrix, array![shift]).unwrap())
        }
    }

    fn sum_of(quadratic: bool) -> FiniteSum {
        let rows = [([1.0, 0.0], 0.5), ([0.6, -0.8], -1.0), ([0.0, 1.0], 2.0), ([0.8, 0.6], 0.1)];
        FiniteSum::new(rows.iter().map(|&(row, shift)| shifted(quadratic, row, shift)).collect()).unwrap()
    }

    fn reports(sum: &FiniteSum, constant: f64, step: f64, batches: &[Vec<usize>]) -> [Report; 2] {
        let points = [[1.0, 1.0], [-3.0, 0.2], [0.1, -0.4]].map(|x| array![x[0], x[1]]);
        let trajectory = Trajectory::record(sum, points).unwrap();
        let infima = vec![0.0; sum.len()];
        let instance = Instance { sum, trajectory: &trajectory, constant, step, infima: &infima };
        check(&instance, batches, &CONFIG()).unwrap()
    }

    #[test]
    fn both_inequalities_hold_for_single_samples_and_for_halves() {
        for quadratic in [true, false] {
            let sum = sum_of(quadratic);
            for batches in [vec![vec![0], vec![1], vec![2], vec![3]], vec![vec![0, 2], vec![3, 1]]] {
                for step in [0.1, 1.0, 3.0] {
                    for report in reports(&sum, 1.0, step, &batches) {
                        assert!(report.verdict().holds(), "{step}: {}", report.verdict());
                    }
                }
            }
        }
    }

    #[test]
    fn parabolas_attain_them_and_smaller_constants_fail() {
        // ||grad l_i||^2 = 2 l_i for a unit row; and in one dimension R has the same curvature as its samples.
        let one =
            FiniteSum::new(vec![shifted(true, [1.0, 0.0], 0.5), shifted(true, [1.0, 0.0], -2.0)]).unwrap();
        let single = [vec![0], vec![1]];
        for report in reports(&one, 1.0, 0.7, &single) {
            assert!(report.verdict().holds() && report.slack.abs() < 1e-13, "{}", report.slack);
        }
        for report in reports(&one, 0.99, 0.7, &single) {
            assert!(report.claim.is_violated() && report.verdict().is_undecided(), "{}", report.claim);
        }
    }

    #[test]
    fn biased_batches_and_wrong_infima_are_noticed() {
        let sum = sum_of(false);
        let [_, step] = reports(&sum, 1.0, 0.5, &[vec![0], vec![1]]);
        assert!(step.verdict().is_undecided());
        let trajectory = Trajectory::record(&sum, [array![0.0, 0.0]]).unwrap();
        let instance = Instance {
            sum: &sum,
            trajectory: &trajectory,
            constant: 1.0,
            step: 0.5,
            infima: &[1.0, 0.0, 0.0, 0.0],
        };
        let [moment, _] = check(&instance, &[vec![0, 1, 2, 3]], &CONFIG()).unwrap();
        assert!(moment.verdict().is_undecided());
        assert!(check(&Instance { infima: &[0.0], ..instance }, &[vec![0]], &CONFIG()).is_err());
        assert!(check(&instance, &[], &CONFIG()).is_err());
        assert!(check(&Instance { step: f64::NAN, ..instance }, &[vec![0]], &CONFIG()).is_err());
    }
}
