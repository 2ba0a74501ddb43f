//! T9: Expected smoothness, the classical companion of T8: second moments of sampled gradients, and the
//! expected decrease of one step.
//!
//! **Statement.** r = 2 in l_2, `R = (1/n) sum l_i`, each l_i L-smooth and at least l_i_inf, h > 0,
//! batches whose mean gradient is unbiased, `x+ = x - h grad l_B(x)`: `(1/n) sum ||grad l_i||^2 <= 2L (R -
//! mean l_i_inf)` and `E R(x+) <= R - h ||grad R||^2 + (L h^2/2) E ||grad l_B||^2`. (h <= 1/L makes the
//! second useful; it is true for every h.)
//!
//! **Assumptions.** Where the proofs use them, and measured there: for the first, every l_i smooth along
//! its step of 1/L, and no loss below its infimum before or after that step; for the second, R smooth
//! along the step of every batch, and unbiased batches.
//!
//! **What is computed.** Both inequalities at every recorded point, expectations as exact means over the
//! batches given; a negative slack again in 256 bits, where a bias within its tolerance is granted.
//!
//! **Reference.** T4 with `Phi* = ||.||^2/(2L)`, averaged; the descent inequality of R, averaged.
//!
//! **Cost.** For each point n gradients, and n values for each batch.
//!
//! ```
//! use fenchel_convexity::catalogue::Quadratic;
//! use fenchel_convexity::objectives::Objective;
//! use fenchel_convexity::theorems::expected_smoothness::{Instance, check};
//! use fenchel_convexity::trajectory::{FiniteSum, Trajectory};
//! use ndarray::array;
//! use std::sync::Arc;
//!
//! let parabola = |a, b| Quadratic::diagonal(&[a, b]).map(|f| Arc::new(f) as Arc<dyn Objective>);
//! let sum = FiniteSum::new(vec![parabola(1.0, 0.5)?, parabola(0.2, 1.0)?])?;
//! let trajectory = Trajectory::record(&sum, [array![1.0, 2.0]])?;
//! let infima = &[0.0, 0.0];
//! let instance = Instance { sum: &sum, trajectory: &trajectory, constant: 1.0, step: 0.5, infima };
//! for report in check(&instance, &[vec![0], vec![1]])? {
//!     assert!(report.verdict().holds());
//! }
//! # Ok::<(), fenchel_convexity::ConvexityError>(())
//! ```

use super::condition::{Condition, Slack, difference, gradient, lift, measure};
use super::steps::{divergence, record_of};
use crate::error::{ConvexityError, require_dimension, require_finite, require_positive, require_range};
use crate::inequality::{Evidence, Observation, Tally};
use crate::number::{Number, PreciseInterval};
use crate::objectives::{Enclosure, Function, Objective, slope};
use crate::trajectory::{FiniteSum, Trajectory};
use crate::verdict::{Hypothesis, Report, Witness};
use ndarray::{Array1, ArrayRef1, aview1};

/// The bias of mean gradients that round-off may explain, relative to their root mean square.
const BIAS: f64 = 1e-12;

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

/// Examines the two inequalities, with expectations over these batches (each as likely): first the second
/// moment, then the step.
///
/// # Errors
///
/// If there is no batch or one does not fit the sum, there is not one infimum for each sample, L or h is
/// not positive.
pub fn check(instance: &Instance<'_>, batches: &[Vec<usize>]) -> Result<[Report; 2], ConvexityError> {
    let &Instance { sum, trajectory, constant, step, infima } = instance;
    require_positive("constant", constant)?;
    require_positive("step", step)?;
    require_finite("infima", &aview1(infima))?;
    require_dimension("infima", infima.len(), sum.len())?;
    require_dimension("trajectory", trajectory.dimension(), sum.dimension())?;
    require_range("batches", batches.len() as f64, !batches.is_empty(), "at least one")?;
    let parts: Vec<FiniteSum> = batches.iter().map(|batch| sum.batch(batch)).collect::<Result<_, _>>()?;
    let floor = infima.iter().sum::<f64>() / sum.len() as f64;
    let (mut moment, mut descent) = (Tally::new("T9"), Tally::new("T9"));
    let mut bias = 0.0_f64;
    for state in trajectory.states() {
        let x = &state.point;
        let mut squares = 0.0;
        for sample in sum.samples() {
            squares += square(&slope(sample.as_ref(), x)?) / sum.len() as f64;
        }
        let bound = 2.0 * constant * (state.value - floor);
        let size = squares + 2.0 * constant * (state.value.abs() + floor.abs());
        moment.observe(
            &Observation { measured: squares, bound, slack: bound - squares, size },
            || Witness::point(&state.point.to_vec()),
            || precise(sum, || moment_slack(sum, x, constant, infima)),
        );
        let count = parts.len() as f64;
        let (mut after, mut energy, mut mean) = (0.0, 0.0, Array1::<f64>::zeros(x.len()));
        for part in &parts {
            let gradient = slope(part, x)?;
            after += sum.value(&(&state.point - &(&gradient * step)).view())? / count;
            energy += square(&gradient) / count;
            mean += &(gradient / count);
        }
        bias = bias.max(square(&(&mean - &state.gradient)).sqrt() / energy.sqrt().max(f64::MIN_POSITIVE));
        let bound = state.value - step * square(&state.gradient) + constant * step * step / 2.0 * energy;
        let size = after.abs() + state.value.abs() + step * energy * (1.0 + constant * step);
        descent.observe(
            &Observation { measured: after, bound, slack: bound - after, size },
            || Witness::point(&state.point.to_vec()),
            || precise(sum, || step_slack(sum, &parts, x, constant, step)),
        );
    }
    let (enclosable, points) = (sum.enclosable().is_some(), trajectory.states().len());
    let first = vec![
        measure(
            "every loss is L-smooth along its step of 1/L",
            &SmoothSamples(instance),
            sum.len() * points,
            enclosable,
        ),
        measure(
            "no loss lies below its infimum, before or after its step of 1/L",
            &AboveInfima(instance),
            2 * sum.len() * points,
            enclosable,
        ),
        record_of(sum, trajectory),
    ];
    let second = vec![
        measure(
            "R is L-smooth along the step of every batch",
            &SmoothRisk { instance, parts: &parts },
            parts.len() * points,
            enclosable,
        ),
        Hypothesis::measured("the batches are unbiased", bias, BIAS),
        record_of(sum, trajectory),
    ];
    Ok([moment.finish(first), descent.finish(second)])
}

/// x, the gradient of a function there, and `x - h g`.
fn step_of<E: Enclosure>(function: &dyn Objective, x: &ArrayRef1<f64>, h: &E) -> [Vec<E>; 3] {
    let x: Vec<E> = lift(function, &x.to_vec());
    let g = gradient(function, &x);
    let next = x.iter().zip(&g).map(|(x, g)| x.clone() - g.clone() * h).collect();
    [x, g, next]
}

/// `D(x - g/L, x) <= ||g||^2 / (2L)` for the loss of every sample at every point.
struct SmoothSamples<'a>(&'a Instance<'a>);

impl Condition for SmoothSamples<'_> {
    fn slack<E: Enclosure>(&self, place: usize) -> Slack<E> {
        let Instance { sum, trajectory, constant, .. } = self.0;
        let (k, i) = (place / sum.len(), place % sum.len());
        let sample = sum.samples()[i].as_ref();
        let h = E::one() / *constant;
        let [x, _, next] = step_of(sample, &trajectory.states()[k].point, &h);
        smooth(sample, &x, &next, *constant)
    }
}

/// No loss lies below its infimum: at every point, and after its step of 1/L.
struct AboveInfima<'a>(&'a Instance<'a>);

impl Condition for AboveInfima<'_> {
    fn slack<E: Enclosure>(&self, place: usize) -> Slack<E> {
        let Instance { sum, trajectory, constant, infima, .. } = self.0;
        let (k, i) = (place / 2 / sum.len(), place / 2 % sum.len());
        let sample = sum.samples()[i].as_ref();
        let [x, _, next] = step_of(sample, &trajectory.states()[k].point, &(E::one() / *constant));
        let value = E::value(sample, if place.is_multiple_of(2) { &x } else { &next });
        Slack::of(E::from_f64(infima[i]), value, 0.0)
    }
}

/// `D_R(x - h g_B, x) <= (L/2) h^2 ||g_B||^2` for every batch at every point.
struct SmoothRisk<'a> {
    instance: &'a Instance<'a>,
    parts: &'a [FiniteSum],
}

impl Condition for SmoothRisk<'_> {
    fn slack<E: Enclosure>(&self, place: usize) -> Slack<E> {
        let Instance { sum, trajectory, constant, step, .. } = self.instance;
        let (k, part) = (place / self.parts.len(), &self.parts[place % self.parts.len()]);
        let [x, _, next] = step_of(part, &trajectory.states()[k].point, &E::from_f64(*step));
        smooth(*sum, &x, &next, *constant)
    }
}

/// `D(y, x) <= (L/2) ||y - x||^2`.
fn smooth<E: Enclosure>(function: &dyn Objective, x: &[E], y: &[E], constant: f64) -> Slack<E> {
    let (divergence, terms) = divergence(function, y, x);
    Slack::of(divergence, squares(&difference(y, x)) * constant / 2.0, terms)
}

fn square(x: &Array1<f64>) -> f64 {
    x.dot(x)
}

fn precise(sum: &FiniteSum, slack: impl FnOnce() -> PreciseInterval) -> Evidence {
    if sum.enclosable().is_some() { Evidence::Enclosed(slack()) } else { Evidence::Nothing }
}

fn moment_slack(sum: &FiniteSum, x: &ArrayRef1<f64>, constant: f64, infima: &[f64]) -> PreciseInterval {
    let (x, n) = (lift::<PreciseInterval>(sum, &x.to_vec()), sum.len() as f64);
    let mut slack = PreciseInterval::zero();
    for (sample, &infimum) in sum.samples().iter().zip(infima) {
        let gap = PreciseInterval::value(sample.as_ref(), &x) - infimum;
        slack = slack + (gap * (2.0 * constant) - squares(&gradient(sample.as_ref(), &x))) / n;
    }
    slack
}

fn step_slack(
    sum: &FiniteSum,
    parts: &[FiniteSum],
    x: &ArrayRef1<f64>,
    constant: f64,
    step: f64,
) -> PreciseInterval {
    let (count, h) = (parts.len() as f64, PreciseInterval::from_f64(step));
    let at: Vec<PreciseInterval> = lift(sum, &x.to_vec());
    let whole = gradient(sum, &at);
    let mut slack = PreciseInterval::value(sum, &at) - squares(&whole) * &h;
    let (mut mean, mut energies) = (vec![PreciseInterval::zero(); at.len()], PreciseInterval::zero());
    for part in parts {
        let [_, g, next] = step_of(part, x, &h);
        let energy = squares(&g) / count;
        slack = slack + energy.clone() * constant / 2.0 * step * step
            - PreciseInterval::value(sum, &next) / count;
        energies = energies + energy;
        mean = mean.into_iter().zip(g).map(|(mean, g)| mean + g / count).collect();
    }
    // What the second term gains from a bias, as far as the hypothesis lets it pass.
    let bias = Number::abs(&PreciseInterval::dot(&whole, &difference(&mean, &whole))) * &h;
    let most = energies * BIAS * step;
    slack + Number::min(&bias, &most)
}

fn squares<N: Number>(x: &[N]) -> N {
    x.iter().fold(N::zero(), |sum, x| sum + x.square())
}

#[cfg(test)]
mod by_hand;
#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{LogCosh, Quadratic, Separable};
    use crate::objectives::Precomposed;
    use ndarray::array;
    use std::sync::Arc;

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
        check(&instance, batches).unwrap()
    }

    #[test]
    fn both_inequalities_hold_for_single_samples_and_for_halves() {
        for quadratic in [true, false] {
            let sum = sum_of(quadratic);
            for batches in [vec![vec![0], vec![1], vec![2], vec![3]], vec![vec![0, 2], vec![3, 1]]] {
                for step in [0.1, 1.0, 3.0] {
                    // 0.6^2 + 0.8^2 is above 1 in f64.
                    for report in reports(&sum, 1.0 + 1e-15, step, &batches) {
                        assert!(report.verdict().holds(), "{step}: {}", report.verdict());
                    }
                }
            }
        }
    }

    #[test]
    fn parabolas_attain_them_and_smaller_constants_fail() {
        // ||grad l_i||^2 = 2 l_i for a unit row; and in one dimension R has the curvature of its samples.
        let one =
            FiniteSum::new(vec![shifted(true, [1.0, 0.0], 0.5), shifted(true, [1.0, 0.0], -2.0)]).unwrap();
        let single = [vec![0], vec![1]];
        for report in reports(&one, 1.0, 0.7, &single) {
            assert!(report.verdict().holds() && report.slack.abs() < 1e-13, "{}", report.slack);
        }
        for report in reports(&one, 0.99, 0.7, &single) {
            assert!(
                report.inequality.is_violated() && report.verdict().is_undecided(),
                "{}",
                report.inequality
            );
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
        let [moment, _] = check(&instance, &[vec![0, 1, 2, 3]]).unwrap();
        assert!(moment.verdict().is_undecided());
        assert!(check(&Instance { infima: &[0.0], ..instance }, &[vec![0]]).is_err());
        assert!(check(&instance, &[]).is_err());
        assert!(check(&Instance { step: f64::NAN, ..instance }, &[vec![0]]).is_err());
    }
}
