//! P2: proxy convexity and stochastic gradients that vanish with the surrogate.
//!
//! **Statement.** `w_{t+1} = w_t - eta grad f(w_t; z_t)` with unbiased gradients, g >= 0, and at every
//! iterate `<grad f(w_t), w_t - v> >= g(w_t) - h(v)` and `E||grad f(w_t; z)||^2 <= L2 g(w_t)`. Then for
//! `eta < 2/L2`
//! ```text
//! (1/T) sum_{t<T} E g(w_t) <= [ ||w_0 - v||^2 / (eta T) + 2 h(v) ] / (2 - eta L2).
//! ```
//! **Assumptions.** v and w_0 fixed before the randomness. Gradient descent is the case without randomness.
//!
//! **Proof.** As for P1, but the last term is at most `eta^2 L2 E g(w_t)`, which the second absorbs:
//! `eta (2 - eta L2) sum E g(w_t) <= ||w_0 - v||^2 + 2 eta T h(v)`. ∎
//!
//! **Inverse.** The bound is at most eps > h(v) if
//! `||w_0 - v||^2 / T <= eta [ 2 (eps - h(v)) - eps eta L2 ]`. The right side is largest at
//! `eta = (eps - h(v)) / (eps L2)`, which is below 2/L2, so `T = ||w_0 - v||^2 eps L2 / (eps - h(v))^2` steps
//! are enough. For h(v) = 0 that is a step of 1/L2 and `T = ||w_0 - v||^2 L2 / eps`.
//!
//! **Reference.** Frei, Gu, arXiv 2106.13792, Theorem 3.2.

use super::check::{Checked, Conclusion, Summary};
use super::check::{
    below_limit, compared_alike, distance_above, proxy_excuse, proxy_inequality, require_alike, worst,
};
use super::{Plan, Run};
use crate::error::{ConvexityError, require_positive, require_range};

/// The constants of P2.
///
/// ```
/// use fenchel_convexity::proxy::SmoothGuarantee;
///
/// let guarantee = SmoothGuarantee { distance: 2.0, comparator_cost: 0.0, smoothness: 10.0 };
/// assert!((guarantee.bound(0.1, 100)? - 0.4).abs() < 1e-12);
/// let plan = guarantee.plan(0.4)?;
/// assert_eq!(plan.steps, 100);
/// assert!(guarantee.bound(0.2, 100).is_err());
/// # Ok::<(), fenchel_convexity::ConvexityError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SmoothGuarantee {
    /// `||w_0 - v||`.
    pub distance: f64,
    /// h(v).
    pub comparator_cost: f64,
    /// L2.
    pub smoothness: f64,
}

impl SmoothGuarantee {
    /// The constants, if a guarantee can be made of them; every method asks for it.
    ///
    /// # Errors
    ///
    /// If the distance or h(v) is negative (a mean of g >= 0 would lie below it), L2 is not positive, or a
    /// number is not finite.
    pub fn checked(self) -> Result<Self, ConvexityError> {
        require_range("distance", self.distance, self.distance >= 0.0, "finite and at least 0")?;
        let cost = self.comparator_cost;
        require_range("comparator_cost", cost, cost >= 0.0, "finite and at least 0")?;
        require_positive("smoothness", self.smoothness)?;
        Ok(self)
    }

    /// The bound on the mean of E g over the first T iterates.
    ///
    /// # Errors
    ///
    /// If the step is not in (0, 2/L2) or T is 0, or as [`SmoothGuarantee::checked`].
    pub fn bound(&self, step: f64, steps: u64) -> Result<f64, ConvexityError> {
        self.checked()?;
        let admissible = step > 0.0 && step * self.smoothness < 2.0;
        require_range("step", step, admissible, "positive and less than 2/L2")?;
        require_range("steps", steps as f64, steps > 0, "at least 1")?;
        Ok(self.at(step, steps))
    }

    /// The bound, infinite from the limit of the step on.
    fn at(&self, step: f64, steps: u64) -> f64 {
        let room = 2.0 - step * self.smoothness;
        if room <= 0.0 {
            return f64::INFINITY;
        }
        (self.distance.powi(2) / (step * steps as f64) + 2.0 * self.comparator_cost) / room
    }

    /// The step and the number of steps after which the bound is at most `target`.
    ///
    /// # Errors
    ///
    /// If the target is not above h(v), T is beyond 2^53, or as [`SmoothGuarantee::checked`].
    pub fn plan(&self, target: f64) -> Result<Plan, ConvexityError> {
        self.checked()?;
        let excess = target - self.comparator_cost;
        require_range("target", target, excess > 0.0, "greater than h(v)")?;
        let step = excess / (target * self.smoothness);
        Plan::new(step, self.distance.powi(2) * target * self.smoothness / excess.powi(2))
            .ok_or(ConvexityError::Overflow { what: "the number of steps" })
    }

    /// Examines every hypothesis on the runs, and the conclusion at every prefix, as [`check`](super::check)
    /// says.
    ///
    /// # Errors
    ///
    /// As [`LipschitzGuarantee::check`](super::LipschitzGuarantee::check).
    pub fn check(&self, runs: &[Run]) -> Result<Checked, ConvexityError> {
        self.checked()?;
        let run = require_alike(runs)?;
        let (eta, limit) = (run.step, self.smoothness);
        let [distance, cost] = compared_alike(run, self.distance, self.comparator_cost);
        let moment_excuse = |run: &Run, step: &super::Step| run.moment_error(step) + limit * step.error.g;
        let hypotheses = vec![
            distance,
            cost,
            proxy_inequality(runs),
            worst("E‖∇f(w;z)‖² <= L2 g(w)", runs, |run, step| {
                (run.moment(step) - limit * step.g, moment_excuse(run, step))
            }),
            worst("g >= 0", runs, |_, step| (-step.g, step.error.g)),
            below_limit("eta < 2/L2", eta * limit, 2.0),
        ];
        let own = Self { distance: distance_above(run), comparator_cost: run.cost, ..*self };
        let factor = 2.0 / (2.0 - eta * limit).max(f64::MIN_POSITIVE);
        let conclusion = Conclusion {
            theorem: "P2",
            summary: Summary::Mean,
            bound: &|steps| own.at(eta, steps),
            excused: &|run, step| (0.0, proxy_excuse(run, step) + 0.5 * eta * moment_excuse(run, step)),
            granted: &|_, _, mean| factor * mean,
        };
        Ok(conclusion.check(runs, hypotheses))
    }
}
