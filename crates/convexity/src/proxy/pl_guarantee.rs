//! P3: a proxy PL inequality and descent.
//!
//! **Statement.** f is L-smooth and `f >= f_inf`; at every iterate
//! `||grad f(w_t)||^alpha >= (mu/2)(g(w_t) - xi)`; `eta <= 1/L`. Gradient descent gives
//! ```text
//! min_{t<T} g(w_t) <= xi + (2/mu) B^{alpha/2},    B = 2 (f(w_0) - f_inf) / (eta T).
//! ```
//! SGD with unbiased gradients and `E||grad f(w; z) - grad f(w)||^2 <= s^2`: with
//! `B = 2 (f(w_0) - f_inf) / (eta T) + L eta s^2`
//! ```text
//! min_{t<T} E g(w_t) <= xi + (2/mu) B^{alpha/2}                                     for alpha <= 2
//! min_{t<T}   g(w_t) <= xi + (2/mu) (B/delta)^{alpha/2}   with probability 1 - delta, for every alpha.
//! ```
//! **Assumptions.** Smoothness is used only for the descent inequality
//! `f(w_{t+1}) <= f(w_t) - (eta/2) ||grad f(w_t)||^2`; where f is not smooth the guarantee stands if that
//! inequality is measured at every step. With noise it is used as
//! `f(w_{t+1}) <= f(w_t) + <grad f(w_t), d> + (L/2) ||d||^2`.
//!
//! **Proof.** Sum the descent inequality: `(1/T) sum ||grad f(w_t)||^2 <= B`, so the smallest
//! `||grad f(w_t)||^alpha` is at most `B^{alpha/2}`; insert the PL inequality. With noise,
//! `E||grad f(w; z)||^2 <= ||grad f(w)||^2 + s^2` and `L eta <= 1` give
//! `E f(w_{t+1}) <= E f(w_t) - (eta/2) E||grad f(w_t)||^2 + L eta^2 s^2 / 2`, so
//! `(1/T) sum E||grad f(w_t)||^2 <= B`. For alpha <= 2, `E||grad f||^alpha <= (E||grad f||^2)^{alpha/2}`
//! (Jensen), at the t where the right side is smallest. For every alpha,
//! `P[ (1/T) sum ||grad f(w_t)||^2 > B/delta ] < delta` (Markov). ∎
//!
//! For alpha > 2 the statement in expectation is false (Jensen points the other way; the theory's section 6
//! has the counterexample).
//!
//! **Inverse.** With `k = (mu eps / 2)^{2/alpha}` the bound is at most xi + eps if `B <= k`:
//! `2 (f(w_0) - f_inf) / T <= eta (k - L eta s^2)`. The right side is largest at
//! `eta = min(1/L, k / (2 L s^2))`.
//!
//! **Reference.** Frei, Gu, arXiv 2106.13792, Theorem 3.3; the forms with noise are this project's.

use super::check::{Checked, Conclusion, Summary};
use super::check::{above, at_most_one, require_alike, stated, worst};
use super::{Plan, Run, Step};
use crate::error::{ConvexityError, require_positive, require_range};

/// The constants of P3.
///
/// ```
/// use fenchel_convexity::proxy::ProxyPlGuarantee;
///
/// // ‖∇f‖ >= (1/2) g, f(w_0) - f_inf = 0.7, L = 1.
/// let guarantee = ProxyPlGuarantee {
///     start: 0.7, infimum: 0.0, xi: 0.0, alpha: 1.0, mu: 1.0, smoothness: 1.0, variance: 0.0,
/// };
/// assert!((guarantee.bound(1.0, 140)? - 2.0 * 0.01_f64.sqrt()).abs() < 1e-12);
/// let plan = guarantee.plan(0.2)?;
/// assert_eq!((plan.step, plan.steps), (1.0, 140));
/// // Noise of variance 0.01 needs a smaller step and more of them.
/// let noisy = ProxyPlGuarantee { variance: 0.01, ..guarantee };
/// assert!(noisy.plan(0.2)?.steps > 140);
/// # Ok::<(), fenchel_convexity::ConvexityError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ProxyPlGuarantee {
    /// f(w_0).
    pub start: f64,
    /// f_inf, at most f anywhere on the way.
    pub infimum: f64,
    /// xi.
    pub xi: f64,
    /// alpha.
    pub alpha: f64,
    /// mu.
    pub mu: f64,
    /// L.
    pub smoothness: f64,
    /// s^2; 0 for gradient descent.
    pub variance: f64,
}

impl ProxyPlGuarantee {
    /// The constants, if a guarantee can be made of them; every method asks for it.
    ///
    /// # Errors
    ///
    /// If f(w_0) is below f_inf, alpha, mu or L is not positive, the variance is negative, or a number is not
    /// finite.
    pub fn checked(self) -> Result<Self, ConvexityError> {
        require_range("infimum", self.infimum, true, "finite")?;
        require_range("start", self.start, self.start >= self.infimum, "finite and at least the infimum")?;
        require_range("xi", self.xi, true, "finite")?;
        require_positive("alpha", self.alpha)?;
        require_positive("mu", self.mu)?;
        require_positive("smoothness", self.smoothness)?;
        require_range("variance", self.variance, self.variance >= 0.0, "finite and at least 0")?;
        Ok(self)
    }

    /// The bound on the least E g(w_t), t < T.
    ///
    /// # Errors
    ///
    /// If the step is not in (0, 1/L], T is 0, there is noise and alpha > 2, where the statement is false, or
    /// as [`ProxyPlGuarantee::checked`].
    pub fn bound(&self, step: f64, steps: u64) -> Result<f64, ConvexityError> {
        self.require_in_expectation(self.variance > 0.0)?;
        Ok(self.at_mean_square(self.mean_square(step, steps)?))
    }

    /// The bound on the least g(w_t), t < T, that holds with probability `1 - delta`, for every alpha.
    ///
    /// # Errors
    ///
    /// If delta is not in (0, 1), or as [`ProxyPlGuarantee::bound`].
    pub fn bound_in_probability(&self, step: f64, steps: u64, delta: f64) -> Result<f64, ConvexityError> {
        require_range("delta", delta, delta > 0.0 && delta < 1.0, "in (0, 1)")?;
        Ok(self.at_mean_square(self.mean_square(step, steps)? / delta))
    }

    /// B, the bound on the mean of E||grad f(w_t)||^2.
    ///
    /// # Errors
    ///
    /// If the step is not in (0, 1/L], T is 0, or as [`ProxyPlGuarantee::checked`].
    pub fn mean_square(&self, step: f64, steps: u64) -> Result<f64, ConvexityError> {
        self.checked()?;
        // 1/L is often computed as such: its rounding is not a fault of the caller.
        let admissible = step > 0.0 && step * self.smoothness <= 1.0 + 2.0 * f64::EPSILON;
        require_range("step", step, admissible, "positive and at most 1/L")?;
        require_range("steps", steps as f64, steps > 0, "at least 1")?;
        let gap = self.start - self.infimum;
        Ok(2.0 * gap / (step * steps as f64) + self.smoothness * step * self.variance)
    }

    /// xi + (2/mu) B^{alpha/2}.
    fn at_mean_square(&self, mean_square: f64) -> f64 {
        self.xi + 2.0 / self.mu * mean_square.powf(0.5 * self.alpha)
    }

    fn require_in_expectation(&self, noisy: bool) -> Result<(), ConvexityError> {
        let fits = !noisy || self.alpha <= 2.0;
        require_range("alpha", self.alpha, fits, "at most 2 with noise; ask for the bound in probability")
    }

    /// The step and the number of steps after which the bound is at most `xi + excess`.
    ///
    /// # Errors
    ///
    /// If the excess is not positive, T is beyond 2^53, there is noise and alpha > 2, or as
    /// [`ProxyPlGuarantee::checked`].
    pub fn plan(&self, excess: f64) -> Result<Plan, ConvexityError> {
        self.checked()?;
        require_positive("excess", excess)?;
        self.require_in_expectation(self.variance > 0.0)?;
        let allowed = (0.5 * self.mu * excess).powf(2.0 / self.alpha);
        let noise = self.smoothness * self.variance;
        let step = (1.0 / self.smoothness).min(allowed / (2.0 * noise));
        Plan::new(step, 2.0 * (self.start - self.infimum) / (step * (allowed - noise * step)))
            .ok_or(ConvexityError::Overflow { what: "the number of steps" })
    }

    /// Examines every hypothesis on the runs, and the conclusion at every prefix, as [`check`](super::check)
    /// says.
    ///
    /// For gradient descent the descent inequality is measured at every step, whatever the smoothness of f,
    /// and `L` serves only as the limit of the step, `eta <= 1/L`. For SGD the smoothness is measured along
    /// the steps made.
    ///
    /// # Errors
    ///
    /// As [`LipschitzGuarantee::check`](super::LipschitzGuarantee::check); also for SGD with alpha > 2, where
    /// the statement in expectation is false.
    pub fn check(&self, runs: &[Run]) -> Result<Checked, ConvexityError> {
        self.checked()?;
        let run = require_alike(runs)?;
        self.require_in_expectation(run.stochastic)?;
        let &Self { infimum, xi, alpha, mu, smoothness, variance, .. } = self;
        let (eta, first) = (run.step, run.bounded(0).unwrap_or(run.steps[0]));
        let pl_excuse = |run: &Run, step: &Step| {
            let norm = step.gradient_square.sqrt();
            let above = (norm * (1.0 + run.rounding()) + step.error.gradient).powf(alpha);
            let rounding = 8.0 * f64::EPSILON * (above + 0.5 * mu * (step.g.abs() + xi.abs()));
            above - norm.powf(alpha) + 0.5 * mu * step.error.g + rounding
        };
        let mut hypotheses = vec![
            stated("f(w_0)", self.start, first.f, 2.0 * first.error.f + 4.0 * f64::EPSILON * first.f.abs()),
            worst("‖∇f(w)‖^alpha >= (mu/2)(g(w) - xi)", runs, |run, step| {
                let right = 0.5 * mu * (step.g - xi);
                (right - step.gradient_square.sqrt().powf(alpha), pl_excuse(run, step))
            }),
            above("f >= f_inf", runs, infimum),
            at_most_one("eta <= 1/L", eta * smoothness),
        ];
        if run.stochastic {
            let name = "f(w+) <= f(w) + <∇f(w), w+ - w> + (L/2)‖w+ - w‖², at every step made";
            hypotheses.push(worst(name, runs, |run, step| {
                let right = step.f - eta * step.slope + 0.5 * smoothness * eta * eta * step.step_square;
                (step.next - right, run.descent_error(step))
            }));
            hypotheses.push(worst("E‖∇f(w;z) - ∇f(w)‖² <= s²", runs, |run, step| {
                let noise = step.second_moment - step.gradient_square;
                (noise - variance, 2.0 * run.moment_error(step))
            }));
        } else {
            let name = "f(w+) <= f(w) - (eta/2)‖∇f(w)‖², at every step";
            hypotheses.push(worst(name, runs, |run, step| {
                let right = step.f - 0.5 * eta * step.gradient_square;
                (step.next - right, run.descent_error(step))
            }));
        }
        // The gap is the run's own; a step beyond 1/L or a start below f_inf leaves no bound.
        let own = Self { start: first.f, variance: if run.stochastic { variance } else { 0.0 }, ..*self };
        let granted = |steps, worst: f64, excess: f64| match own.mean_square(eta, steps) {
            Ok(square) => worst + own.at_mean_square(square + excess) - own.at_mean_square(square),
            Err(_) => f64::INFINITY,
        };
        let conclusion = Conclusion {
            theorem: "P3",
            summary: Summary::Least,
            bound: &|steps| own.bound(eta, steps).unwrap_or(f64::INFINITY),
            // Once for the descent inequality and once for f >= f_inf at the end, in the sum of the squares.
            excused: &|run, step| {
                let pointwise = step.error.g + 2.0 / mu * pl_excuse(run, step);
                (pointwise, 4.0 * run.descent_error(step) / eta)
            },
            granted: &granted,
        };
        Ok(conclusion.check(runs, hypotheses))
    }
}
