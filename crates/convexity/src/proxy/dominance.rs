//! P3: a proxy PL inequality and descent.
//!
//! **Statement.** f is L-smooth and `f >= f_inf`; at every iterate `||grad f(w_t)||^alpha >= (mu/2)(g(w_t) - xi)`; `eta <= 1/L`. Gradient descent gives
//! ```text
//! min_{t<T} g(w_t) <= xi + (2/mu) B^{alpha/2},    B = 2 (f(w_0) - f_inf) / (eta T).
//! ```
//! SGD with unbiased gradients and `E||grad f(w; z) - grad f(w)||^2 <= s^2`: with `B = 2 (f(w_0) - f_inf) / (eta T) + L eta s^2`
//! ```text
//! min_{t<T} E g(w_t) <= xi + (2/mu) B^{alpha/2}                                     for alpha <= 2
//! min_{t<T}   g(w_t) <= xi + (2/mu) (B/delta)^{alpha/2}   with probability 1 - delta, for every alpha.
//! ```
//! **Assumptions.** Smoothness is used only for the descent inequality `f(w_{t+1}) <= f(w_t) - (eta/2) ||grad f(w_t)||^2`; where f is not smooth the
//! guarantee stands if that inequality is measured at every step. With noise it is used as `f(w_{t+1}) <= f(w_t) + <grad f(w_t), d> + (L/2) ||d||^2`.
//!
//! **Proof.** Sum the descent inequality: `(1/T) sum ||grad f(w_t)||^2 <= B`, so the smallest `||grad f(w_t)||^alpha` is at most `B^{alpha/2}`; insert the PL
//! inequality. With noise, `E||grad f(w; z)||^2 <= ||grad f(w)||^2 + s^2` and `L eta <= 1` give
//! `E f(w_{t+1}) <= E f(w_t) - (eta/2) E||grad f(w_t)||^2 + L eta^2 s^2 / 2`, so `(1/T) sum E||grad f(w_t)||^2 <= B`. For alpha <= 2,
//! `E||grad f||^alpha <= (E||grad f||^2)^{alpha/2}` (Jensen), at the t where the right side is smallest. For every alpha,
//! `P[ (1/T) sum ||grad f(w_t)||^2 > B/delta ] < delta` (Markov). ∎
//!
//! For alpha > 2 the statement in expectation is false (Jensen points the other way; the theory's section 6 has the counterexample).
//!
//! **Inverse.** With `k = (mu eps / 2)^{2/alpha}` the bound is at most xi + eps if `B <= k`: `2 (f(w_0) - f_inf) / T <= eta (k - L eta s^2)`. The right side is
//! largest at `eta = min(1/L, k / (2 L s^2))`.
//!
//! **Reference.** Frei, Gu, arXiv 2106.13792, Theorem 3.3; the forms with noise are this project's.

use super::Plan;
use crate::error::{ConvexityError, require_positive, require_range};

/// The constants of P3.
///
/// ```
/// use fenchel_convexity::proxy::DominanceGuarantee;
///
/// // ‖∇f‖ >= (1/2) g, f(w_0) - f_inf = 0.7, L = 1.
/// let guarantee = DominanceGuarantee::new(0.7, 0.0, 1.0, 1.0, 1.0)?;
/// assert!((guarantee.bound(1.0, 140)? - 2.0 * 0.01_f64.sqrt()).abs() < 1e-12);
/// let plan = guarantee.plan(0.2)?;
/// assert_eq!((plan.step, plan.steps), (1.0, 140));
/// // Noise of variance 0.01 needs a smaller step and more of them.
/// assert!(guarantee.with_noise(0.01)?.plan(0.2)?.steps > 140);
/// # Ok::<(), fenchel_convexity::ConvexityError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DominanceGuarantee {
    gap: f64,
    xi: f64,
    alpha: f64,
    mu: f64,
    smoothness: f64,
    variance: f64,
}

impl DominanceGuarantee {
    /// From `f(w_0) - f_inf`, xi, alpha, mu and L.
    ///
    /// # Errors
    ///
    /// If the gap is negative, alpha, mu or L is not positive, or a number is not finite.
    pub fn new(gap: f64, xi: f64, alpha: f64, mu: f64, smoothness: f64) -> Result<Self, ConvexityError> {
        require_range("gap", gap, gap >= 0.0, "finite and at least 0")?;
        require_range("xi", xi, true, "finite")?;
        require_positive("alpha", alpha)?;
        require_positive("mu", mu)?;
        require_positive("smoothness", smoothness)?;
        Ok(Self { gap, xi, alpha, mu, smoothness, variance: 0.0 })
    }

    /// The same for SGD with gradients of variance at most s^2.
    ///
    /// # Errors
    ///
    /// If the variance is negative or not finite.
    pub fn with_noise(mut self, variance: f64) -> Result<Self, ConvexityError> {
        require_range("variance", variance, variance >= 0.0, "finite and at least 0")?;
        self.variance = variance;
        Ok(self)
    }

    /// `f(w_0) - f_inf`.
    #[must_use]
    pub const fn gap(&self) -> f64 {
        self.gap
    }

    /// xi.
    #[must_use]
    pub const fn xi(&self) -> f64 {
        self.xi
    }

    /// alpha.
    #[must_use]
    pub const fn alpha(&self) -> f64 {
        self.alpha
    }

    /// mu.
    #[must_use]
    pub const fn mu(&self) -> f64 {
        self.mu
    }

    /// L.
    #[must_use]
    pub const fn smoothness(&self) -> f64 {
        self.smoothness
    }

    /// s^2.
    #[must_use]
    pub const fn variance(&self) -> f64 {
        self.variance
    }

    /// The bound on the least E g(w_t), t < T.
    ///
    /// # Errors
    ///
    /// If the step is not in (0, 1/L], T is 0, or there is noise and alpha > 2, where the statement is false.
    pub fn bound(&self, step: f64, steps: u64) -> Result<f64, ConvexityError> {
        require_range(
            "alpha",
            self.alpha,
            self.variance == 0.0 || self.alpha <= 2.0,
            "at most 2 with noise; ask for the bound in probability",
        )?;
        Ok(self.at_mean_square(self.mean_square(step, steps)?))
    }

    /// The bound on the least g(w_t), t < T, that holds with probability `1 - delta`, for every alpha.
    ///
    /// # Errors
    ///
    /// If delta is not in (0, 1), or as [`DominanceGuarantee::bound`].
    pub fn bound_in_probability(&self, step: f64, steps: u64, delta: f64) -> Result<f64, ConvexityError> {
        require_range("delta", delta, delta > 0.0 && delta < 1.0, "in (0, 1)")?;
        Ok(self.at_mean_square(self.mean_square(step, steps)? / delta))
    }

    /// B, the bound on the mean of E||grad f(w_t)||^2.
    ///
    /// # Errors
    ///
    /// If the step is not in (0, 1/L] or T is 0.
    pub fn mean_square(&self, step: f64, steps: u64) -> Result<f64, ConvexityError> {
        // 1/L is often computed as such: its rounding is not a fault of the caller.
        let admissible = step > 0.0 && step * self.smoothness <= 1.0 + 2.0 * f64::EPSILON;
        require_range("step", step, admissible, "positive and at most 1/L")?;
        require_range("steps", steps as f64, steps > 0, "at least 1")?;
        Ok(2.0 * self.gap / (step * steps as f64) + self.smoothness * step * self.variance)
    }

    /// xi + (2/mu) B^{alpha/2}.
    pub(super) fn at_mean_square(&self, mean_square: f64) -> f64 {
        self.xi + 2.0 / self.mu * mean_square.powf(0.5 * self.alpha)
    }

    /// The step and the number of steps after which the bound is at most `xi + excess`.
    ///
    /// # Errors
    ///
    /// If the excess is not positive, T is beyond 2^53, or there is noise and alpha > 2.
    pub fn plan(&self, excess: f64) -> Result<Plan, ConvexityError> {
        require_positive("excess", excess)?;
        require_range(
            "alpha",
            self.alpha,
            self.variance == 0.0 || self.alpha <= 2.0,
            "at most 2 with noise",
        )?;
        let allowed = (0.5 * self.mu * excess).powf(2.0 / self.alpha);
        let noise = self.smoothness * self.variance;
        let step = (1.0 / self.smoothness).min(allowed / (2.0 * noise));
        Plan::new(step, 2.0 * self.gap / (step * (allowed - noise * step)))
            .ok_or(ConvexityError::Overflow { what: "the number of steps" })
    }
}
