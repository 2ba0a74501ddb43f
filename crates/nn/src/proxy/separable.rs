//! E3: one hidden layer of leaky ReLU on separable data, with or without flipped labels.
//!
//! **Setting.** `f_W(x) = sum_j a_j sigma(w_j.x)`, `a_j = +-m^{-1/2}` fixed, leaky ReLU of slope gamma in (0,
//! 1]; a unit vector v with `y v.x >= G > 0` for all samples but a share nu of them; `||x|| <= B`.
//! `L = E l(y f_W(x))`, `l(z) = log(1 + e^{-z})`, and the surrogate is `g(W) = E[-l'(y f_W(x))]`, in (0, 1).
//! Let V have the rows `sign(a_j) m^{-1/2} v`, so `||V||_F = 1`, and `xi = nu (1 + B/(gamma G))`.
//!
//! **Statement.**
//! ```text
//! (a) ||grad L(W)||_F >= gamma G (g(W) - xi):  a g-proxy, xi-optimal PL inequality with alpha = 1, mu = 2 gamma G
//! (b) the share of wrong answers is at most 2 g(W)
//! (c) after T steps of gradient descent with step eta, S = sum_{t<T} g(W_t), k = eta gamma G, n = ||W_0||:
//!     k (S - xi T) <= n + sqrt( n^2 + 2 c eta T + eta^2 B^2 S ),     c = max_z z/(1 + e^z) = 0.278465
//! ```
//! (d) SGD on single samples drawn afresh from a distribution, of which g, nu and B are then: (c) for E S; so the mean
//! over t < T of the probability that W_t errs on a fresh sample is at most 2/T times the bound on E S.
//!
//! Solved for S, (c) bounds the mean of g: `S <= (b + sqrt(b^2 - 4 k^2 d)) / (2 k^2)`,
//! `b = 2 k (n + k xi T) + eta^2 B^2`, `d = (n + k xi T)^2 - n^2 - 2 c eta T`. So the mean of g is at most
//! xi + O(T^{-1/2}), for every step size. For SGD the same bounds E S. The bound on the share of wrong answers
//! is void unless it is below 1, so (c) must be below 1/2; that needs xi < 1/2, about `nu < gamma G / (2B)`.
//!
//! **Proof.** `y <grad f_W(x), V> = (1/m) sum_j sigma'(w_j.x) y v.x`. It is at least gamma G on the samples
//! with margin G and at least -B on the others, and -l' lies in (0, 1), so
//! `-<grad L, V> >= gamma G g - nu (gamma G + B) = gamma G (g - xi)`: (a), as ||V|| = 1. And -l'(z) >= 1/2
//! for z <= 0: (b). (c) Summing `-<grad L, V>` over the steps, `<W_T, V> >= -n + k (S - xi T)`. f_W is
//! 1-homogeneous in W, so `-<grad L, W> = E[z/(1+e^z)] <= c`, z = y f_W(x); and
//! `||grad L||^2 <= B^2 g^2 <= B^2 g`, so `||W_T||^2 <= n^2 + 2 c eta T + eta^2 B^2 S`. Insert both into
//! `<W_T, V> <= ||W_T||`. For SGD both hold for each batch's own loss and surrogate, and
//! `E[g_batch(W_t) | W_t] = g(W_t)`; take expectations, the share of flipped labels in a batch has mean nu,
//! and the square root is concave. ∎
//!
//! Leaky ReLU is not smooth, so P3 with (a) applies where its descent inequality is measured at each step;
//! (c) does not need it.
//!
//! **Reference.** Brutzkus, Globerson, Malach, Shalev-Shwartz, 2018 (arXiv 1710.10174); Frei, Cao, Gu, 2021
//! (arXiv 2106.13805); (c) and the constants with flipped labels are this project's.

use fenchel_convexity::ConvexityError;
use fenchel_convexity::error::{require_dimension, require_finite};
use fenchel_convexity::proxy::check::{Checked, at_every_iterate, mean_surrogate};
use fenchel_convexity::proxy::{Comparator, ProxyPlGuarantee, Run, Step};
use fenchel_convexity::verdict::Hypothesis;
use fenchel_tensor::Activation;
use fenchel_tensor::gemm::product_with;
use ndarray::Array1;

use super::{Classification, ClassificationOracle, Surrogate};
use crate::NnError;

/// max z/(1 + e^z), W(1/e) for Lambert's W, rounded up.
const HOMOGENEITY: f64 = 0.278_464_542_762;

/// A network on separable data, with the constants claimed of it.
///
/// ```
/// use fenchel_convexity::proxy::Descent;
/// use fenchel_nn::proxy::{Classification, HiddenLayer, SeparableInstance};
/// use fenchel_random::Seed;
/// use fenchel_tensor::Activation;
/// use ndarray::array;
///
/// let net = HiddenLayer::new(2, 8, Activation::LeakyRelu { slope: 0.5 })?;
/// let start = net.gaussian(0.1, Seed::new(0));
/// let inputs = array![[0.8, 0.6], [0.8, -0.6], [-0.8, 0.6], [-0.6, -0.8]];
/// let task = Classification::new(net, inputs, array![1.0, 1.0, -1.0, -1.0])?;
/// let instance = SeparableInstance::new(task, array![1.0, 0.0], 0.6, 0.5, 0.0)?;
/// let run = Descent::new(0.5, 2000)?.gradient(&instance.oracle(1)?, &start, &instance.comparator()?)?;
/// let checked = instance.check(&[run])?;
/// assert!(checked.verdict().holds());
/// assert!(checked.prefixes[1999].bound < 0.5);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct SeparableInstance {
    task: Classification,
    direction: Array1<f64>,
    margin: f64,
    slope: f64,
    flipped: f64,
}

impl SeparableInstance {
    /// The claim that all samples but a share nu have margin G along v, for a leaky ReLU of slope at least
    /// gamma.
    ///
    /// The claim is examined by [`SeparableInstance::hypotheses`], not here.
    ///
    /// # Errors
    /// If v does not fit, G or gamma is not positive, or nu is not in [0, 1].
    pub fn new(
        task: Classification,
        v: Array1<f64>,
        margin: f64,
        slope: f64,
        flipped: f64,
    ) -> Result<Self, NnError> {
        require_dimension("v", v.len(), task.net().inputs())?;
        require_finite("v", &v)?;
        let positive = |name, value: f64| {
            let fits = value.is_finite() && value > 0.0;
            if fits { Ok(()) } else { Err(NnError::Setting { name, value, needs: "positive" }) }
        };
        positive("margin", margin)?;
        positive("slope", slope)?;
        if !(0.0..=1.0).contains(&flipped) {
            return Err(NnError::Setting { name: "flipped", value: flipped, needs: "a share in [0, 1]" });
        }
        Ok(Self { task, direction: v, margin, slope, flipped })
    }

    /// The loss.
    #[must_use]
    pub const fn task(&self) -> &Classification {
        &self.task
    }

    /// `gamma G`.
    #[must_use]
    pub fn strength(&self) -> f64 {
        self.slope * self.margin
    }

    /// xi, 0 without flipped labels.
    #[must_use]
    pub fn xi(&self) -> f64 {
        self.flipped * (1.0 + self.task.radius() / self.strength())
    }

    /// V, the comparator of the proof, as the runner needs it.
    ///
    /// # Errors
    /// None for an instance that was built.
    pub fn comparator(&self) -> Result<Comparator, ConvexityError> {
        let (m, d) = (self.task.net().width(), self.task.net().inputs());
        let v = Array1::from_shape_fn(m * d, |i| self.task.net().outer_weight(i / d) * self.direction[i % d]);
        Comparator::new(v, 0.0)
    }

    /// The oracle, with the surrogate g and stochastic gradients of batches.
    ///
    /// # Errors
    /// If the batch is empty or larger than the set.
    pub fn oracle(&self, batch: usize) -> Result<ClassificationOracle<'_>, NnError> {
        self.task.oracle(Surrogate::Slope, batch)
    }

    /// What (c) says of the mean of g over T iterates from a start of norm `||W_0||`.
    ///
    /// # Errors
    /// If the step is not positive or T is 0.
    pub fn mean_bound(&self, start_norm: f64, step: f64, steps: u64) -> Result<f64, NnError> {
        if !(step.is_finite() && step > 0.0) {
            return Err(NnError::Setting { name: "step", value: step, needs: "positive" });
        }
        if steps == 0 {
            return Err(NnError::Setting { name: "steps", value: 0.0, needs: "at least 1" });
        }
        let t = steps as f64;
        let k = step * self.strength();
        let shifted = start_norm + k * self.xi() * t;
        let b = 2.0 * k * shifted + (step * self.task.radius()).powi(2);
        // d is below 0 for xi = 0; in general b² - 4 k² d >= 4 k² (n² + 2 c eta T) > 0.
        let d = (shifted - start_norm) * (shifted + start_norm) - 2.0 * HOMOGENEITY * step * t;
        Ok((b + (b * b - 4.0 * k * k * d).sqrt()) / (2.0 * k * k) / t)
    }

    /// The least T for which (c) brings the mean of g to a target, with a given step.
    ///
    /// # Errors
    /// If the target is not above xi, or no T up to 2^52 is enough.
    pub fn steps_for(&self, start_norm: f64, step: f64, target: f64) -> Result<u64, NnError> {
        if target <= self.xi() || target.is_nan() {
            return Err(NnError::Setting { name: "target", value: target, needs: "above xi" });
        }
        // The bound falls in T: every term of S/T does, but xi.
        let (mut low, mut high) = (0_u64, 1_u64 << 52);
        if self.mean_bound(start_norm, step, high)? > target {
            return Err(ConvexityError::Overflow { what: "the number of steps" }.into());
        }
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if self.mean_bound(start_norm, step, middle)? > target { low = middle } else { high = middle }
        }
        Ok(high)
    }

    /// P3 with (a), for a start of loss L(W_0) and steps of at most 1/L; whether descent is that of an
    /// L-smooth function is measured on the run.
    ///
    /// # Errors
    /// If a number is not finite.
    pub fn pl_guarantee(&self, start_loss: f64, smoothness: f64) -> Result<ProxyPlGuarantee, ConvexityError> {
        let (start, xi, mu) = (start_loss, self.xi(), 2.0 * self.strength());
        let (infimum, alpha, variance) = (0.0, 1.0, 0.0);
        ProxyPlGuarantee { start, infimum, xi, alpha, mu, smoothness, variance }.checked()
    }

    /// The hypotheses about data and network, each measured.
    #[must_use]
    pub fn hypotheses(&self) -> Vec<Hypothesis> {
        let rounding = (self.direction.len() + 4) as f64 * f64::EPSILON;
        let excused = rounding * self.task.radius();
        let margins = product_with(self.task.inputs(), self.direction.view()) * self.task.labels();
        let short = margins.iter().filter(|&&margin| margin < self.margin - excused).count();
        let share = short as f64 / margins.len() as f64;
        let length = self.direction.dot(&self.direction).sqrt();
        let (least, most) = match self.task.net().activation() {
            Activation::LeakyRelu { slope } => (slope.min(1.0), slope.abs().max(1.0)),
            Activation::Relu => (0.0, 1.0),
            // Others are not homogeneous.
            _ => (f64::NAN, f64::NAN),
        };
        vec![
            Hypothesis::measured(
                "the share of samples with y v.x < G is at most nu",
                share - self.flipped,
                0.0,
            ),
            Hypothesis::measured("||v|| = 1", (length - 1.0).abs(), rounding),
            Hypothesis::measured("sigma' >= gamma", self.slope - least, 0.0),
            Hypothesis::measured("sigma is homogeneous with |sigma'| <= 1", most - 1.0, 0.0),
        ]
    }

    /// Checks (c) at every prefix, and (a) and the proof's inequality at every iterate.
    ///
    /// The runs must have been compared with [`SeparableInstance::comparator`].
    ///
    /// # Errors
    /// As [`mean_surrogate`].
    pub fn check(&self, runs: &[Run]) -> Result<Checked, ConvexityError> {
        let (strength, xi) = (self.strength(), self.xi());
        let mut hypotheses = self.hypotheses();
        hypotheses.push(at_every_iterate("||grad L|| >= gamma G (g - xi)", runs, |step| {
            let excused = strength * step.error.g + step.error.gradient;
            (strength * (step.g - xi), step.gradient_square.sqrt(), excused)
        }));
        hypotheses.push(at_every_iterate("<grad L, W - V> >= gamma G (g - xi) - c", runs, |step| {
            let excused = strength * step.error.g + step.error.gradient * (step.distance + step.norm);
            (strength * (step.g - xi) - HOMOGENEITY, step.inner, excused + 8.0 * f64::EPSILON)
        }));
        let start = runs.first().and_then(|run| run.steps().first()).map_or(f64::NAN, |step| step.norm);
        let eta = runs.first().map_or(f64::NAN, Run::step_size);
        let bound = |steps| self.mean_bound(start, eta, steps).unwrap_or(f64::INFINITY);
        // Round-off moves `<W, V>` by at most as much as W; S is that over k, twice because it stands below
        // the root too.
        let granted = |run: &Run, step: &Step| {
            let eta = run.step_size();
            step.error.g + (1.0 + 2.0 / strength) * (step.error.gradient + step.drift(eta))
        };
        mean_surrogate("E3", runs, hypotheses, bound, granted)
    }
}
