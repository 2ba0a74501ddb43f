//! E4: the tangent-kernel regime, where a network near its initialisation is almost linear in its weights.
//!
//! **Statement.** L(W) = E l(y f_W(x)) with l convex. On a set, let e be the supremum of the *nonlinearity*
//! ```text
//! e(W, V) = L(W) - L(V) - <grad L(W), W - V>.
//! ```
//! Then L is (L, L + e)-proxy convex there, by definition of e. It is enough to bound the error of the
//! linearisation (ours): `e(W, V) <= E |l'| |f_V - f_W - J_W (V - W)|`.
//!
//! **Proof of the second.**
//! `L(V) >= L(W) + E l' (f_V - f_W) >= L(W) + <grad L(W), V - W> - E |l'| |f_V - f_W - J_W(V - W)|`, as l is
//! convex and `grad L = E l' J_W`. ∎
//!
//! **Bounds (ours)** for the ball `||W - W_0||_F <= R`, a [`HiddenLayer`](super::HiddenLayer) and the
//! logistic loss (|l'| < 1):
//! - smooth sigma with `|sigma''| <= c`: by Taylor,
//!   `|f_V - f_W - J_W(V-W)| <= (c/2) m^{-1/2} ||V - W||^2 ||x||^2`, so `e <= 2 c B^2 R^2 m^{-1/2}`.
//! - leaky ReLU of slope gamma: a unit errs only if its pre-activation changes sign from a (at W) to b (at
//!   V), and then by `(1 - gamma) |b|`. Let z be its pre-activation at W_0, `p = a - z`, `q = b - z`;
//!   `sum_j p_j^2` and `sum_j q_j^2` are at most `R^2 ||x||^2`. The units with |p| >= |z| have
//!   `sum z^2 <= R^2 ||x||^2`, and so have those with |q| >= |z|; a unit that changes sign is in one of the
//!   two sets. Each has at most k units, the largest number of units whose `sum z^2` fits. On the first
//!   `|b| <= |z| + |q|`, on the rest of the second `|b| <= |q|`, so the sum of |b| is at most
//!   `sqrt(k) R ||x|| + sqrt(2k) R ||x||`, and
//!   `|f_V - f_W - J_W(V-W)| <= (1 - gamma) m^{-1/2} (1 + sqrt 2) sqrt(k) R ||x||`. For Gaussian weights k is
//!   about `(m R)^{2/3}`: the bound falls like `m^{-1/6}`.
//!
//! **What is computed.** The bound; and, from below, the largest e(W, V) that a search over the ball finds.
//! Random pairs alone find none. The search puts the units nearest to the kink of a sample, or of all samples
//! (or of highest curvature), on it, and climbs by projected gradient ascent from the best pairs for single
//! samples, from every pair for all samples, and from a few random ones:
//! `grad_V e = grad L(W) - grad L(V)` and `grad_W e = H(W)(V - W)`, the Hessian product as a difference of
//! gradients.
//!
//! **Guarantee.** With |sigma'| <= 1, `E||grad l||^2 <= B^2 E l'^2 <= B^2 L`, since `l'^2 <= |l'| <= l`: P2
//! with L2 = B^2, g = L, h(v) = L(v) + e.
//!
//! **Reference.** Allen-Zhu, Li, Song, 2019 (arXiv 1811.03962); Cao, Gu, 2020 (arXiv 1902.01384); Ji,
//! Telgarsky, 2020 (arXiv 1909.12292).

mod search;
mod starts;

use fenchel_convexity::ConvexityError;
use fenchel_convexity::proxy::check::Checked;
use fenchel_convexity::proxy::{Comparator, Run};
use fenchel_random::Seed;
use fenchel_tensor::Activation;
use ndarray::{Array1, ArrayView1};

use super::classification::logistic;
use super::{Classification, ClassificationOracle, Surrogate};
use crate::NnError;

/// A network, a set of samples, and a ball about the initial weights.
///
/// ```
/// use fenchel_nn::proxy::{Classification, HiddenLayer, TangentInstance};
/// use fenchel_random::Seed;
/// use fenchel_tensor::Activation;
/// use ndarray::array;
///
/// let found = |width| -> Result<f64, fenchel_nn::NnError> {
///     let net = HiddenLayer::new(2, width, Activation::Tanh)?;
///     let start = net.gaussian(1.0, Seed::new(0));
///     let task = Classification::new(net, array![[1.0, 0.0], [0.6, 0.8]], array![1.0, -1.0])?;
///     let instance = TangentInstance::new(task, start, 1.0)?;
///     let found = instance.search(Seed::new(1), 30)?;
///     assert!(found.e <= instance.bound()?);
///     assert!(instance.random_pairs(Seed::new(1), 20)? < found.e);
///     Ok(found.e)
/// };
/// assert!(found(1024)? < 0.5 * found(16)?);
/// # Ok::<(), fenchel_nn::NnError>(())
/// ```
#[derive(Clone, Debug)]
pub struct TangentInstance {
    task: Classification,
    start: Array1<f64>,
    radius: f64,
}

/// A pair of weights in the ball with its nonlinearity.
#[derive(Clone, Debug, PartialEq)]
pub struct Nonlinearity {
    /// `e(W, V)`.
    pub e: f64,
    /// `E |l'| |f_V - f_W - J_W(V - W)|`, at least e.
    pub linearisation: f64,
    /// W.
    pub w: Array1<f64>,
    /// V.
    pub v: Array1<f64>,
}

impl TangentInstance {
    /// The ball of radius R about the weights W_0.
    ///
    /// # Errors
    /// If the weights do not fit or the radius is not positive.
    pub fn new(task: Classification, start: Array1<f64>, radius: f64) -> Result<Self, NnError> {
        task.margins(start.view())?;
        if !(radius.is_finite() && radius > 0.0) {
            return Err(NnError::Setting { name: "radius", value: radius, needs: "positive" });
        }
        Ok(Self { task, start, radius })
    }

    /// The loss.
    #[must_use]
    pub const fn task(&self) -> &Classification {
        &self.task
    }

    /// W_0.
    #[must_use]
    pub fn start(&self) -> ArrayView1<'_, f64> {
        self.start.view()
    }

    /// R.
    #[must_use]
    pub const fn radius(&self) -> f64 {
        self.radius
    }

    /// The nonlinearity of a pair, and the error of the linearisation that bounds it.
    ///
    /// # Errors
    /// If the weights do not fit.
    pub fn nonlinearity(&self, w: ArrayView1<f64>, v: ArrayView1<f64>) -> Result<(f64, f64), NnError> {
        let (net, inputs, labels) = (self.task.net(), self.task.inputs(), self.task.labels());
        let (at_w, at_v) = (net.pre_activations(w, inputs)?, net.pre_activations(v, inputs)?);
        let value = |z| net.activation().value(z);
        let (f_w, f_v) = (net.combine(&at_w, value), net.combine(&at_v, value));
        let linear = net.linear_response(&at_w, &(&at_v - &at_w));
        let (mut e, mut linearisation) = (0.0, 0.0);
        for i in 0..labels.len() {
            let ((l_w, slope), (l_v, _)) = (logistic(labels[i] * f_w[i]), logistic(labels[i] * f_v[i]));
            // grad l . (W - V) = l' y J_W (W - V) = slope y J_W (V - W).
            e += l_w - l_v - slope * labels[i] * linear[i];
            linearisation += slope * (f_v[i] - f_w[i] - linear[i]).abs();
        }
        let n = labels.len() as f64;
        Ok((e / n, linearisation / n))
    }

    /// The bound on e over the ball, proved above: for smooth activations from their curvature, for leaky
    /// ReLU from the pre-activations at W_0.
    ///
    /// # Errors
    /// If the activation has kinks and is neither ReLU nor leaky ReLU of a slope in [0, 1].
    pub fn bound(&self) -> Result<f64, NnError> {
        let net = self.task.net();
        let root = (net.width() as f64).sqrt();
        let by_curvature = |c: f64| 2.0 * c * (self.task.radius() * self.radius).powi(2) / root;
        match net.activation() {
            Activation::Relu => self.kink_bound(0.0),
            Activation::LeakyRelu { slope } if (0.0..=1.0).contains(&slope) => self.kink_bound(slope),
            smooth if smooth.kinks().is_empty() => Ok(by_curvature(smooth.curvature())),
            kinked => Err(ConvexityError::Unsupported {
                name: kinked.name().into(),
                what: "bound on its nonlinearity",
            }
            .into()),
        }
    }

    fn kink_bound(&self, slope: f64) -> Result<f64, NnError> {
        let net = self.task.net();
        let z = net.pre_activations(self.start.view(), self.task.inputs())?;
        let mut sum = 0.0;
        for (row, x) in z.rows().into_iter().zip(self.task.inputs().rows()) {
            let reach = self.radius * x.dot(&x).sqrt();
            let mut squares: Vec<f64> = row.iter().map(|z| z * z).collect();
            squares.sort_by(f64::total_cmp);
            let mut spent = 0.0;
            let fits = |square: &&f64| {
                spent += **square;
                spent <= reach * reach
            };
            let k = squares.iter().take_while(fits).count() as f64;
            sum += (1.0 - slope) * (1.0 + 2.0_f64.sqrt()) * k.sqrt() * reach / (net.width() as f64).sqrt();
        }
        Ok(sum / z.nrows() as f64)
    }

    /// The largest nonlinearity among random pairs on the ball's surface.
    ///
    /// # Errors
    /// None for an instance that was built.
    pub fn random_pairs(&self, seed: Seed, pairs: usize) -> Result<f64, NnError> {
        let mut most = f64::NEG_INFINITY;
        for k in 0..pairs {
            let (w, v) = starts::random(self, seed.index(k as u64));
            most = most.max(self.nonlinearity(w.view(), v.view())?.0);
        }
        Ok(most)
    }

    /// Searches the ball for the largest nonlinearity, with so many steps of ascent from each of the best
    /// starts.
    ///
    /// What it finds is a lower bound on e.
    ///
    /// # Errors
    /// None for an instance that was built.
    pub fn search(&self, seed: Seed, iterations: usize) -> Result<Nonlinearity, NnError> {
        search::search(self, seed, iterations)
    }

    /// A comparator V in the ball: where `steps` of gradient descent of step `step` from W_0 lead, pulled
    /// back into the ball; it costs `L(V) + e`.
    ///
    /// # Errors
    /// If the loss leaves f64.
    pub fn comparator(&self, step: f64, steps: usize, e: f64) -> Result<Comparator, NnError> {
        let mut w = self.start.clone();
        for _ in 0..steps {
            let (_, gradient) = self.task.loss_and_gradient(w.view())?;
            w.scaled_add(-step, &gradient);
        }
        let v = self.pulled_back(w);
        let loss = self.task.margins(v.view())?.loss;
        Ok(Comparator::new(v, loss + e)?)
    }

    /// The oracle with the loss as its own surrogate.
    ///
    /// # Errors
    /// If the batch is empty or larger than the set.
    pub fn oracle(&self, batch: usize) -> Result<ClassificationOracle<'_>, NnError> {
        self.task.oracle(Surrogate::Loss, batch)
    }

    /// P2 for runs from W_0 compared with v, which cost `L(v) + e`.
    ///
    /// # Errors
    /// As [`SmoothGuarantee::check`](fenchel_convexity::proxy::SmoothGuarantee::check).
    pub fn check(&self, runs: &[Run], comparator: &Comparator) -> Result<Checked, ConvexityError> {
        comparator.guarantee(&self.start, self.task.radius().powi(2))?.check(runs)
    }

    /// The point of the ball nearest to w.
    pub(super) fn pulled_back(&self, mut w: Array1<f64>) -> Array1<f64> {
        let offset = &w - &self.start;
        let distance = offset.dot(&offset).sqrt();
        if distance > self.radius {
            w = &self.start + &(offset * (self.radius * (1.0 - 1e-12) / distance));
        }
        w
    }
}
