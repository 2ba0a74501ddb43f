//! P1: proxy convexity and stochastic gradients with a bounded second moment.
//!
//! **Statement.** `w_{t+1} = w_t - eta grad f(w_t; z_t)` with unbiased gradients, and at every iterate `<grad f(w_t), w_t - v> >= g(w_t) - h(v)` and
//! `E||grad f(w_t; z)||^2 <= L1^2`. Then
//! ```text
//! (1/T) sum_{t<T} E g(w_t) <= h(v) + ||w_0 - v||^2 / (2 eta T) + eta L1^2 / 2.
//! ```
//! **Assumptions.** v and w_0 fixed before the randomness; any eta > 0. Gradient descent is the case without randomness.
//!
//! **Proof.** `E||w_{t+1} - v||^2 = E||w_t - v||^2 - 2 eta E<grad f(w_t), w_t - v> + eta^2 E||grad f(w_t; z)||^2`; insert both hypotheses, sum over t, drop
//! `||w_T - v||^2`. ∎
//!
//! **Inverse.** The bound is at most h(v) + eps if `||w_0 - v||^2 / T <= eta (2 eps - eta L1^2)`. The right side is largest at `eta = eps / L1^2`, so
//! `T = ||w_0 - v||^2 L1^2 / eps^2` steps are enough, and no other constant step needs fewer by this bound.
//!
//! **Reference.** Frei, Gu, arXiv 2106.13792, Theorem 3.1.

use super::Plan;
use crate::error::{ConvexityError, require_positive, require_range};

/// The constants of P1.
///
/// ```
/// use fenchel_convexity::proxy::LipschitzGuarantee;
///
/// let guarantee = LipschitzGuarantee::new(2.0, 0.1, 9.0)?;
/// assert!((guarantee.bound(0.01, 1000)? - (0.1 + 0.2 + 0.045)).abs() < 1e-12);
/// let plan = guarantee.plan(0.25)?;
/// assert_eq!(plan.steps, 576);
/// assert!(guarantee.bound(plan.step, plan.steps)? <= 0.25 + 0.1 + 1e-12);
/// # Ok::<(), fenchel_convexity::ConvexityError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LipschitzGuarantee {
    distance: f64,
    comparator: f64,
    second_moment: f64,
}

impl LipschitzGuarantee {
    /// From `||w_0 - v||`, `h(v)` and `L1^2`.
    ///
    /// # Errors
    ///
    /// If the distance is negative, `L1^2` is not positive, or a number is not finite.
    pub fn new(distance: f64, comparator: f64, second_moment: f64) -> Result<Self, ConvexityError> {
        require_range("distance", distance, distance >= 0.0, "finite and at least 0")?;
        require_range("comparator", comparator, true, "finite")?;
        require_positive("second_moment", second_moment)?;
        Ok(Self { distance, comparator, second_moment })
    }

    /// `L1^2`.
    #[must_use]
    pub const fn second_moment(&self) -> f64 {
        self.second_moment
    }

    /// The bound on the mean of E g over the first T iterates.
    ///
    /// # Errors
    ///
    /// If the step is not positive or T is 0.
    pub fn bound(&self, step: f64, steps: u64) -> Result<f64, ConvexityError> {
        require_positive("step", step)?;
        require_range("steps", steps as f64, steps > 0, "at least 1")?;
        Ok(self.comparator
            + self.distance.powi(2) / (2.0 * step * steps as f64)
            + 0.5 * step * self.second_moment)
    }

    /// The step and the number of steps after which the bound is at most `h(v) + excess`.
    ///
    /// # Errors
    ///
    /// If the excess is not positive, or T is beyond 2^53.
    pub fn plan(&self, excess: f64) -> Result<Plan, ConvexityError> {
        require_positive("excess", excess)?;
        let step = excess / self.second_moment;
        Plan::new(step, (self.distance / excess).powi(2) * self.second_moment)
            .ok_or(ConvexityError::Overflow { what: "the number of steps" })
    }
}
