//! P2: proxy convexity and stochastic gradients that vanish with the surrogate.
//!
//! **Statement.** `w_{t+1} = w_t - eta grad f(w_t; z_t)` with unbiased gradients, g >= 0, and at every iterate `<grad f(w_t), w_t - v> >= g(w_t) - h(v)` and
//! `E||grad f(w_t; z)||^2 <= L2 g(w_t)`. Then for `eta < 2/L2`
//! ```text
//! (1/T) sum_{t<T} E g(w_t) <= [ ||w_0 - v||^2 / (eta T) + 2 h(v) ] / (2 - eta L2).
//! ```
//! **Assumptions.** v and w_0 fixed before the randomness. Gradient descent is the case without randomness.
//!
//! **Proof.** As for P1, but the last term is at most `eta^2 L2 E g(w_t)`, which the second absorbs: `eta (2 - eta L2) sum E g(w_t) <= ||w_0 - v||^2 + 2 eta T h(v)`. ∎
//!
//! **Inverse.** The bound is at most eps > h(v) if `||w_0 - v||^2 / T <= eta [ 2 (eps - h(v)) - eps eta L2 ]`. The right side is largest at
//! `eta = (eps - h(v)) / (eps L2)`, which is below 2/L2, so `T = ||w_0 - v||^2 eps L2 / (eps - h(v))^2` steps are enough. For h(v) = 0 that is a step of 1/L2
//! and `T = ||w_0 - v||^2 L2 / eps`.
//!
//! **Reference.** Frei, Gu, arXiv 2106.13792, Theorem 3.2.

use super::Plan;
use crate::error::{ConvexityError, require_positive, require_range};

/// The constants of P2.
///
/// ```
/// use fenchel_convexity::proxy::SmoothGuarantee;
///
/// let guarantee = SmoothGuarantee::new(2.0, 0.0, 10.0)?;
/// assert!((guarantee.bound(0.1, 100)? - 0.4).abs() < 1e-12);
/// let plan = guarantee.plan(0.4)?;
/// assert_eq!(plan.steps, 100);
/// assert!(guarantee.bound(0.2, 100).is_err());
/// # Ok::<(), fenchel_convexity::ConvexityError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SmoothGuarantee {
    distance: f64,
    comparator: f64,
    smoothness: f64,
}

impl SmoothGuarantee {
    /// From `||w_0 - v||`, `h(v)` and `L2`.
    ///
    /// # Errors
    ///
    /// If the distance or h(v) is negative (a mean of g >= 0 would lie below it), L2 is not positive, or a number is not finite.
    pub fn new(distance: f64, comparator: f64, smoothness: f64) -> Result<Self, ConvexityError> {
        require_range("distance", distance, distance >= 0.0, "finite and at least 0")?;
        require_range("comparator", comparator, comparator >= 0.0, "finite and at least 0")?;
        require_positive("smoothness", smoothness)?;
        Ok(Self { distance, comparator, smoothness })
    }

    /// L2.
    #[must_use]
    pub const fn smoothness(&self) -> f64 {
        self.smoothness
    }

    /// The bound on the mean of E g over the first T iterates.
    ///
    /// # Errors
    ///
    /// If the step is not in (0, 2/L2) or T is 0.
    pub fn bound(&self, step: f64, steps: u64) -> Result<f64, ConvexityError> {
        require_range(
            "step",
            step,
            step > 0.0 && step * self.smoothness < 2.0,
            "positive and less than 2/L2",
        )?;
        require_range("steps", steps as f64, steps > 0, "at least 1")?;
        Ok((self.distance.powi(2) / (step * steps as f64) + 2.0 * self.comparator)
            / (2.0 - step * self.smoothness))
    }

    /// The step and the number of steps after which the bound is at most `target`.
    ///
    /// # Errors
    ///
    /// If the target is not above h(v), or T is beyond 2^53.
    pub fn plan(&self, target: f64) -> Result<Plan, ConvexityError> {
        let excess = target - self.comparator;
        require_range("target", target, excess > 0.0, "greater than h(v)")?;
        let step = excess / (target * self.smoothness);
        Plan::new(step, self.distance.powi(2) * target * self.smoothness / excess.powi(2))
            .ok_or(ConvexityError::Overflow { what: "the number of steps" })
    }
}
