//! P1: proxy convexity and stochastic gradients with a bounded second moment.
//!
//! **Statement.** `w_{t+1} = w_t - eta grad f(w_t; z_t)` with unbiased gradients, and at every iterate
//! `<grad f(w_t), w_t - v> >= g(w_t) - h(v)` and `E||grad f(w_t; z)||^2 <= L1^2`. Then
//! ```text
//! (1/T) sum_{t<T} E g(w_t) <= h(v) + ||w_0 - v||^2 / (2 eta T) + eta L1^2 / 2.
//! ```
//! **Assumptions.** v and w_0 fixed before the randomness; any eta > 0. Gradient descent is the case without
//! randomness.
//!
//! **Proof.**
//! `E||w_{t+1} - v||^2 = E||w_t - v||^2 - 2 eta E<grad f(w_t), w_t - v> + eta^2 E||grad f(w_t; z)||^2`;
//! insert both hypotheses, sum over t, drop `||w_T - v||^2`. ∎
//!
//! **Inverse.** The bound is at most h(v) + eps if `||w_0 - v||^2 / T <= eta (2 eps - eta L1^2)`. The right
//! side is largest at `eta = eps / L1^2`, so `T = ||w_0 - v||^2 L1^2 / eps^2` steps are enough, and no other
//! constant step needs fewer by this bound.
//!
//! **Reference.** Frei, Gu, arXiv 2106.13792, Theorem 3.1.

use super::check::{Checked, Conclusion, Summary};
use super::check::{compared_alike, distance_above, proxy_excuse, proxy_inequality, require_alike, worst};
use super::{Plan, Run};
use crate::error::{ConvexityError, require_positive, require_range};

/// The constants of P1.
///
/// ```
/// use fenchel_convexity::proxy::LipschitzGuarantee;
///
/// let guarantee = LipschitzGuarantee { distance: 2.0, comparator_cost: 0.1, second_moment: 9.0 };
/// assert!((guarantee.bound(0.01, 1000)? - (0.1 + 0.2 + 0.045)).abs() < 1e-12);
/// let plan = guarantee.plan(0.25)?;
/// assert_eq!(plan.steps, 576);
/// assert!(guarantee.bound(plan.step, plan.steps)? <= 0.25 + 0.1 + 1e-12);
/// # Ok::<(), fenchel_convexity::ConvexityError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LipschitzGuarantee {
    /// `||w_0 - v||`.
    pub distance: f64,
    /// h(v).
    pub comparator_cost: f64,
    /// `L1^2`.
    pub second_moment: f64,
}

impl LipschitzGuarantee {
    /// The constants, if a guarantee can be made of them; every method asks for it.
    ///
    /// # Errors
    ///
    /// If the distance is negative, `L1^2` is not positive, or a number is not finite.
    pub fn checked(self) -> Result<Self, ConvexityError> {
        require_range("distance", self.distance, self.distance >= 0.0, "finite and at least 0")?;
        require_range("comparator_cost", self.comparator_cost, true, "finite")?;
        require_positive("second_moment", self.second_moment)?;
        Ok(self)
    }

    /// The bound on the mean of E g over the first T iterates.
    ///
    /// # Errors
    ///
    /// If the step is not positive or T is 0, or as [`LipschitzGuarantee::checked`].
    pub fn bound(&self, step: f64, steps: u64) -> Result<f64, ConvexityError> {
        self.checked()?;
        require_positive("step", step)?;
        require_range("steps", steps as f64, steps > 0, "at least 1")?;
        Ok(self.at(step, steps))
    }

    fn at(&self, step: f64, steps: u64) -> f64 {
        self.comparator_cost
            + self.distance.powi(2) / (2.0 * step * steps as f64)
            + 0.5 * step * self.second_moment
    }

    /// The step and the number of steps after which the bound is at most `h(v) + excess`.
    ///
    /// # Errors
    ///
    /// If the excess is not positive, T is beyond 2^53, or as [`LipschitzGuarantee::checked`].
    pub fn plan(&self, excess: f64) -> Result<Plan, ConvexityError> {
        self.checked()?;
        require_positive("excess", excess)?;
        let step = excess / self.second_moment;
        Plan::new(step, (self.distance / excess).powi(2) * self.second_moment)
            .ok_or(ConvexityError::Overflow { what: "the number of steps" })
    }

    /// Examines every hypothesis on the runs, and the conclusion at every prefix, as [`check`](super::check)
    /// says.
    ///
    /// # Errors
    ///
    /// If the constants make no guarantee, there is no run, gradient descent and SGD are mixed, or the runs
    /// differ in start, step, length or comparator.
    pub fn check(&self, runs: &[Run]) -> Result<Checked, ConvexityError> {
        self.checked()?;
        let run = require_alike(runs)?;
        let (eta, limit) = (run.step, self.second_moment);
        let [distance, cost] = compared_alike(run, self.distance, self.comparator_cost);
        let hypotheses = vec![
            distance,
            cost,
            proxy_inequality(runs),
            worst("E‖∇f(w;z)‖² <= L1²", runs, |run, step| {
                (run.moment(step) - limit, run.moment_error(step))
            }),
        ];
        let own = Self { distance: distance_above(run), comparator_cost: run.cost, ..*self };
        let conclusion = Conclusion {
            theorem: "P1",
            summary: Summary::Mean,
            bound: &|steps| own.at(eta, steps),
            excused: &|run, step| (0.0, proxy_excuse(run, step) + 0.5 * eta * run.moment_error(step)),
            granted: &|_, _, mean| mean,
        };
        Ok(conclusion.check(runs, hypotheses))
    }
}
