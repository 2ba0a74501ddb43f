//! T6: Generalised gradient descent decreases a smooth function by a share of its gradient energy.
//!
//! **Statement.** G H(Phi)-smooth with offset c, `x+ = x - a grad Phi*(grad G(x))`. For a = 1 and every
//! potential: `G(x) - G(x+) >= Phi*(grad G(x)) - c`. For `Phi = N(C, r, .)`, r > 1, and every a > 0:
//! `G(x) - G(x+) >= [q a - (q-1) a^r] Phi*(grad G(x)) - c`. The share is largest at a = 1, where it is 1,
//! and positive up to `a = r^{1/(r-1)}`. The best step of the *bound* is 1; the function itself may fall
//! more elsewhere.
//!
//! **Assumptions.** The modulus at successive points, the only place where the proof uses it; every
//! recorded point in the region, if one is named; the steps are the method's. All measured, in 256 bits
//! where f64 leaves a doubt.
//!
//! **What is computed.** Decrease and share of the energy at every step. A negative slack is evaluated
//! again in 256 bits on the recorded points, and counts beyond `share Phi*(g) - (<g, s> - Phi(s))`, s the
//! recorded step: exactly what the rounding of the step and of the conjugate's constants costs.
//!
//! **Reference.** GCS (arXiv 2608.09523), section 4; put u = x+ into the definition and use `<g, grad
//! Phi*(g)> = q Phi*(g)`.
//!
//! **Cost.** One conjugate and one divergence for each step.
//!
//! ```
//! use fenchel_convexity::catalogue::{LogCosh, Separable};
//! use fenchel_convexity::moduli::Modulus;
//! use fenchel_convexity::norms::Norm;
//! use fenchel_convexity::theorems::descent::{self, Run};
//! use fenchel_convexity::trajectory::GeneralisedDescent;
//! use ndarray::array;
//!
//! let function = Separable::new(LogCosh, 2)?;
//! let modulus = Modulus::smooth(1.0, 2.0, Norm::L2)?;
//! let method = GeneralisedDescent::new(modulus.potential().clone(), 1.5)?;
//! let trajectory = method.run(&function, &array![3.0, -1.0], 30)?;
//! let report = descent::check(&Run::new(&function, &modulus, &trajectory), 1.5)?;
//! assert!(report.verdict().holds());
//! # Ok::<(), fenchel_convexity::ConvexityError>(())
//! ```

use super::condition::{Condition, Slack, difference, lift, measure};
use super::steps::{Step, Steps, record_of};
use crate::error::{ConvexityError, require_dimension, require_positive, require_range};
use crate::inequality::{Evidence, Observation, Tally};
use crate::moduli::{Modulus, Side};
use crate::number::{Number, PreciseInterval};
use crate::objectives::{Enclosure, Objective, Region};
use crate::trajectory::{GeneralisedDescent, Trajectory};
use crate::verdict::{Hypothesis, Report, Witness};

/// A recorded run of generalised gradient descent on a function with a smooth modulus.
#[derive(Clone, Debug)]
pub struct Run<'a> {
    pub(super) function: &'a dyn Objective,
    pub(super) modulus: &'a Modulus,
    pub(super) trajectory: &'a Trajectory,
    pub(super) region: Region,
}

impl<'a> Run<'a> {
    /// A run, with the modulus claimed on the function's whole domain.
    #[must_use]
    pub const fn new(function: &'a dyn Objective, modulus: &'a Modulus, trajectory: &'a Trajectory) -> Self {
        Self { function, modulus, trajectory, region: Region::Everywhere }
    }

    /// The same run, with the modulus claimed on a region only: a ball or a sublevel set.
    #[must_use]
    pub fn within(mut self, region: Region) -> Self {
        self.region = region;
        self
    }

    pub(super) fn require(&self) -> Result<(), ConvexityError> {
        require_dimension("trajectory", self.trajectory.dimension(), self.function.dimension())?;
        require_range("steps", self.trajectory.steps() as f64, self.trajectory.steps() > 0, "at least 1")?;
        self.modulus.potential().require_dimension("modulus", self.function.dimension())?;
        require_smooth(self.modulus)
    }

    /// The recorded points.
    pub(super) fn points(&self) -> Vec<&[f64]> {
        self.trajectory.states().iter().filter_map(|state| state.point.as_slice()).collect()
    }

    /// The recorded steps.
    pub(super) fn steps<'b>(&'b self, method: &'b GeneralisedDescent) -> Steps<'b> {
        let step = |pair: &[&'b [f64]]| Step { function: self.function, from: pair[0], to: pair[1] };
        let steps = self.points().windows(2).map(step).collect();
        Steps { modulus: self.modulus, method, steps }
    }

    /// The assumptions about the run: the modulus at its steps, their form, whose record it is, and the
    /// region.
    pub(super) fn hypotheses(&self, steps: &Steps<'_>) -> Vec<Hypothesis> {
        let mut all = steps.hypotheses();
        all.push(record_of(self.function, self.trajectory));
        all.push(match self.region {
            Region::Segment { .. } | Region::Around { .. } => Hypothesis::assumed(IN_REGION),
            Region::Everywhere | Region::Ball { .. } | Region::Sublevel { .. } => {
                measure(IN_REGION, self, self.points().len(), self.function.enclosable().is_some())
            }
        });
        all
    }
}

const IN_REGION: &str = "every point lies in the region";

/// Every recorded point lies in the region.
impl Condition for Run<'_> {
    fn slack<E: Enclosure>(&self, place: usize) -> Slack<E> {
        let point = self.points()[place];
        let x: Vec<E> = lift(self.function, point);
        let (slack, size) = match &self.region {
            Region::Ball { centre, radius, norm } => {
                let centre: Vec<E> = crate::objectives::lift(centre);
                (-norm.value_of(&difference(&x, &centre)) + *radius, *radius)
            }
            Region::Sublevel { level, .. } => {
                let value = E::value(self.function, &x);
                let size = level.abs() + value.to_f64().abs();
                (-value + *level, size)
            }
            // A record exists of points of the domain only.
            Region::Everywhere | Region::Segment { .. } | Region::Around { .. } => {
                (-E::from_f64(self.function.domain().residual(point)), 1.0)
            }
        };
        Slack { slack, size, scale: size }
    }
}

/// Refuses a modulus of convexity.
pub(super) fn require_smooth(modulus: &Modulus) -> Result<(), ConvexityError> {
    match modulus.side() {
        Side::Smooth => Ok(()),
        Side::Convex => Err(ConvexityError::Incompatible {
            what: "a run and a modulus",
            reason: "descent needs a modulus of smoothness".into(),
        }),
    }
}

/// The share `q a - (q-1) a^r` of the gradient energy by which a relative step a decreases a function
/// with a majorant of exponent r.
///
/// # Errors
///
/// If r is not in (1, inf) or a is not finite and positive.
///
/// ```
/// use fenchel_convexity::theorems::descent::guaranteed_share;
///
/// assert_eq!(guaranteed_share(2.0, 1.0)?, 1.0);
/// assert_eq!(guaranteed_share(2.0, 2.0)?, 0.0);
/// assert_eq!(guaranteed_share(1.5, 2.25)?, 0.0);
/// # Ok::<(), fenchel_convexity::ConvexityError>(())
/// ```
pub fn guaranteed_share(r: f64, step: f64) -> Result<f64, ConvexityError> {
    require_range("r", r, r > 1.0, "in (1, inf)")?;
    require_positive("step", step)?;
    let q = r / (r - 1.0);
    // q - 1 = q/r.
    Ok(q * (step - step.powf(r) / r))
}

/// The least step that is not guaranteed to decrease the function, `r^{1/(r-1)}`.
///
/// # Errors
///
/// If r is not in (1, inf).
pub fn critical_step(r: f64) -> Result<f64, ConvexityError> {
    require_range("r", r, r > 1.0, "in (1, inf)")?;
    Ok(r.powf(1.0 / (r - 1.0)))
}

/// Examines the decrease at every step of a run with the relative step a.
///
/// # Errors
///
/// If dimensions do not fit, there is no step, the modulus is of convexity, or the potential is no norm
/// power with r > 1 and a is not 1.
pub fn check(run: &Run<'_>, step: f64) -> Result<Report, ConvexityError> {
    run.require()?;
    let method = GeneralisedDescent::new(run.modulus.potential().clone(), step)?;
    let (share, weight) = match run.modulus.as_norm_power() {
        Some((_, r, _)) if r.get() > 1.0 => {
            let r = r.get();
            (guaranteed_share(r, step)?, r / (r - 1.0) * (step + step.powf(r)))
        }
        _ if step == 1.0 => (1.0, 1.0),
        _ => {
            return Err(ConvexityError::OutOfRange {
                argument: "step",
                value: step,
                requirement: "1 for a potential that is no norm power with r > 1",
            });
        }
    };
    let offset = run.modulus.offset();
    let steps = run.steps(&method);
    let mut tally = Tally::new("T6");
    for (pair, recorded) in run.trajectory.states().windows(2).zip(&steps.steps) {
        let energy = method.dual().value_of(&pair[0].gradient.to_vec());
        let (measured, bound) = (pair[0].value - pair[1].value, share * energy - offset);
        let size = weight * energy + pair[0].value.abs() + pair[1].value.abs() + offset;
        tally.observe(
            &Observation { measured, bound, slack: measured - bound, size },
            || Witness::point(recorded.from),
            || match run.function.enclosable() {
                Some(_) => Evidence::Enclosed(slack(recorded, run.modulus, &method, share)),
                None => Evidence::Nothing,
            },
        );
    }
    Ok(tally.finish(run.hypotheses(&steps)))
}

/// The slack of a recorded step in 256 bits, with what its rounding costs.
fn slack(step: &Step<'_>, modulus: &Modulus, method: &GeneralisedDescent, share: f64) -> PreciseInterval {
    let value = |x: &[f64]| PreciseInterval::value(step.function, &lift(step.function, x));
    let (energy, certain) = step.energies::<PreciseInterval>(modulus.potential(), method.dual());
    value(step.from) - value(step.to) + modulus.offset() - Number::min(&(energy * share), &certain)
}

#[cfg(test)]
mod by_hand;
#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{PotentialFunction, entries};
    use crate::moduli::norm_power_smoothness;
    use crate::norms::Norm;
    use crate::potentials::Potential;
    use crate::verdict::{Status, Verdict};
    use ndarray::{Array1, array};

    fn run_of(
        function: &dyn Objective,
        modulus: &Modulus,
        step: f64,
        start: &[f64],
        steps: usize,
    ) -> Trajectory {
        let method = GeneralisedDescent::new(modulus.potential().clone(), step).unwrap();
        method.run(function, &Array1::from(start.to_vec()).view(), steps).unwrap()
    }

    #[test]
    fn the_catalogue_descends_at_every_step_size() {
        let mut checked = 0;
        for entry in entries(2).unwrap() {
            let function = entry.objective();
            for known in entry.constants() {
                let r = known.modulus.as_norm_power().map_or(0.0, |(_, r, _)| r.get());
                if known.modulus.side() != Side::Smooth || r <= 1.0 {
                    continue;
                }
                for step in [0.3, 1.0, 1.7] {
                    let trajectory = run_of(function, &known.modulus, step, &[1.3, -0.4], 20);
                    let report = check(&Run::new(function, &known.modulus, &trajectory), step).unwrap();
                    assert!(
                        report.verdict().holds(),
                        "{}: {}: {}",
                        function.name(),
                        known.modulus,
                        report.verdict()
                    );
                    checked += 1;
                }
            }
        }
        assert!(checked >= 60, "{checked}");
    }

    #[test]
    fn the_bound_is_attained_by_the_square_of_any_norm_in_one_dimension() {
        // On C x^2/2 the decrease is exactly the share, so that a wrong sign, exponent or constant shows.
        for (r, step) in [(2.0, 0.5), (2.0, 1.0), (2.0, 1.9), (2.0, 2.5)] {
            let modulus = Modulus::smooth(3.0, r, Norm::L2).unwrap();
            let function = PotentialFunction::new(modulus.potential().clone(), 1).unwrap();
            let trajectory = run_of(&function, &modulus, step, &[1.0], 3);
            let report = check(&Run::new(&function, &modulus, &trajectory), step).unwrap();
            let Verdict::Holds { margin, .. } = report.verdict() else { panic!("{}", report.verdict()) };
            assert!(margin.abs() < 1e-13, "{margin}");
        }
    }

    #[test]
    fn where_no_point_of_f64_can_be_told_to_lie_the_region_is_assumed() {
        let modulus = Modulus::smooth(3.0, 2.0, Norm::L2).unwrap();
        let function = PotentialFunction::new(modulus.potential().clone(), 1).unwrap();
        let trajectory = run_of(&function, &modulus, 1.0, &[1.0], 2);
        let segment = Region::Segment { from: vec![0.0], to: vec![1.0] };
        let run = Run::new(&function, &modulus, &trajectory).within(segment);
        let report = check(&run, 1.0).unwrap();
        let region = report.hypotheses.iter().find(|hypothesis| hypothesis.name == IN_REGION).unwrap();
        assert!(region.status == Status::Assumed && report.verdict().is_undecided());
    }

    #[test]
    fn the_share_is_one_at_one_and_less_elsewhere() {
        for r in [1.2, 1.5, 2.0, 3.0, 7.0] {
            assert!((guaranteed_share(r, 1.0).unwrap() - 1.0).abs() < 1e-14);
            let critical = critical_step(r).unwrap();
            assert!(guaranteed_share(r, critical).unwrap().abs() < 1e-12 * critical);
            for step in [0.1, 0.9, 1.1, 0.99 * critical] {
                let share = guaranteed_share(r, step).unwrap();
                assert!(share > 0.0 && share < 1.0, "{r} {step} {share}");
                // The definition itself: <g, a s> - Phi(a s) for s = grad Phi*(g), in units of Phi*(g).
                let phi = Potential::norm_power(0.7, r, Norm::L2).unwrap();
                let dual = phi.conjugate().unwrap();
                let (g, mut s) = ([1.9], [0.0]);
                dual.gradient_of(&g, &mut s);
                let direct = (g[0] * step * s[0] - phi.value_of(&[step * s[0]])) / dual.value_of(&g);
                assert!((share - direct).abs() < 1e-12, "{share} {direct}");
            }
        }
        assert!(guaranteed_share(1.0, 1.0).is_err() && guaranteed_share(2.0, -1.0).is_err());
        assert!(critical_step(f64::NAN).is_err());
    }

    #[test]
    fn a_constant_that_is_no_majorant_is_refuted_by_the_run_itself() {
        let r = 1.5;
        let function = PotentialFunction::new(Potential::norm_power(1.0, r, Norm::L2).unwrap(), 2).unwrap();
        for (c, holds) in [(1.0, false), (norm_power_smoothness(r).unwrap(), true)] {
            let modulus = Modulus::smooth(c, r, Norm::L2).unwrap();
            let trajectory = run_of(&function, &modulus, 2.0, &[0.6, 0.8], 1);
            let report = check(&Run::new(&function, &modulus, &trajectory), 2.0).unwrap();
            assert_eq!(report.inequality.is_violated(), !holds, "{c}: {}", report.inequality);
            assert_eq!(report.verdict().holds(), holds, "{c}: {}", report.verdict());
        }
    }

    #[test]
    fn every_potential_serves_with_the_step_one() {
        for potential in [
            Potential::hyperbolic_cosine(Norm::L2),
            Potential::exponential(Norm::L2),
            Potential::norm_power(5.0, 2.0, Norm::lp(3.0).unwrap()).unwrap(),
        ] {
            let modulus = Modulus::new(Side::Smooth, potential, 0.0).unwrap();
            // x^2/2 lies below cosh x - 1; its divergence is the square of a displacement. e^t - t - 1
            // lies above it too.
            let function = crate::catalogue::Quadratic::diagonal(&[1.0, 0.5]).unwrap();
            let trajectory = run_of(&function, &modulus, 1.0, &[2.0, 1.0], 10);
            let run = Run::new(&function, &modulus, &trajectory);
            assert!(check(&run, 1.0).unwrap().verdict().holds());
        }
        let modulus = Modulus::new(Side::Smooth, Potential::hyperbolic_cosine(Norm::L2), 0.0).unwrap();
        let function = crate::catalogue::Quadratic::diagonal(&[1.0]).unwrap();
        let trajectory = run_of(&function, &modulus, 1.0, &[2.0], 2);
        assert!(check(&Run::new(&function, &modulus, &trajectory), 0.5).is_err());
    }

    #[test]
    fn a_foreign_step_and_a_small_region_are_noticed() {
        let function = crate::catalogue::Quadratic::diagonal(&[1.0]).unwrap();
        let modulus = Modulus::smooth(1.0, 2.0, Norm::L2).unwrap();
        let foreign = Trajectory::record(&function, [array![1.0], array![0.4]]).unwrap();
        let report = check(&Run::new(&function, &modulus, &foreign), 1.0).unwrap();
        assert!(report.verdict().is_undecided());
        let own = run_of(&function, &modulus, 1.0, &[1.0], 2);
        let ball = |radius| Region::Ball { centre: vec![0.0], radius, norm: Norm::L2 };
        let within = |radius| check(&Run::new(&function, &modulus, &own).within(ball(radius)), 1.0).unwrap();
        assert!(within(1.0).verdict().holds() && within(0.9).verdict().is_undecided());
        let convex = Modulus::convex(1.0, 2.0, Norm::L2).unwrap();
        assert!(check(&Run::new(&function, &convex, &own), 1.0).is_err());
    }
}
