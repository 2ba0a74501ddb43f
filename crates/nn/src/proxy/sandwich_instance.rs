//! E5: the sandwich T11 as a proxy PL inequality of one sample's loss.
//!
//! **Statement.** Let theta -> l(theta; z) be the loss of one sample (x, y), A_x its structural matrix and
//! `lambda_min(A_x) >= lambda > 0` along the way.
//! - If the loss has `hi(t) = K t^q`, it satisfies a g-proxy PL inequality with g = l, xi = l_inf, alpha = q
//!   and `mu = 2 lambda^{q/2} / K`. Squared error: q = 2, K = 1/2, mu = 4 lambda.
//! - Cross-entropy with a one-hot target and m classes has no such hi. There (ours) `g = 1 - p_y`, xi = 0,
//!   alpha = 1, `mu = 2 sqrt(lambda m/(m-1))`, where lambda need only bound A_x on the directions that sum to
//!   zero.
//!
//! **Proof.** `||grad_theta l|| = ||J_x' e|| >= sqrt(lambda) ||e||` (T10), so
//! `l - l_inf <= K ||e||^q <= K lambda^{-q/2} ||grad_theta l||^q`. Cross-entropy:
//! `||e||^2 = (1-p_y)^2 + sum_{k != y} p_k^2` and the rest of the mass, 1 - p_y, lies on m - 1 classes:
//! `||e||^2 >= (1-p_y)^2 m/(m-1)`. e sums to zero. ∎
//!
//! A network with a linear last layer that trains its bias has `lambda >= 1 + ||h||^2 >= 1` (T12): for
//! squared error `mu = 4` always, and P3 then says `min_{t<T} l <= (f(w_0) - f_inf)/(eta T)`.
//!
//! The network is one hidden layer, `f = U sigma(V x + b) + c`, all four trained. Its structural matrix in
//! closed form (T13) is `(||h||^2 + 1) I + (||x||^2 + 1) P P'`, `P = U diag(sigma'(V x + b))`.

use std::sync::Arc;

use fenchel_convexity::ConvexityError;
use fenchel_convexity::error::{require_finite, require_vector};
use fenchel_convexity::losses::{Loss, SoftmaxCrossEntropy, SquaredError};
use fenchel_convexity::proxy::{Observation, Oracle, ProxyPlGuarantee, RoundOff};
use fenchel_random::{Seed, Stream};
use fenchel_tensor::Activation;
use fenchel_tensor::gemm::{product, product_with};
use fenchel_tensor::spectrum::{eigenvalues, sum_zero_basis};
use ndarray::{Array1, ArrayRef1, ArrayView1, ArrayView2, s};

use crate::NnError;

/// The losses of E5.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Objective {
    /// Half the squared error; g is the loss.
    SquaredError,
    /// Cross-entropy with a one-hot target; g is 1 - p_y.
    CrossEntropy,
}

/// One sample, its loss and a network with one hidden layer, as an oracle.
///
/// ```
/// use fenchel_convexity::proxy::{Comparator, Descent};
/// use fenchel_nn::proxy::{SandwichInstance, SandwichObjective};
/// use fenchel_random::Seed;
/// use fenchel_tensor::Activation;
/// use ndarray::array;
///
/// let (x, y) = (array![0.6, 0.8], array![1.0, -1.0]);
/// let instance = SandwichInstance::new(x, y, 8, Activation::Tanh, SandwichObjective::SquaredError)?;
/// let start = instance.gaussian(Seed::new(0));
/// // v plays no part in P3.
/// let run = Descent::new(0.05, 100)?.gradient(&instance, &start, &Comparator::new(start.clone(), 0.0)?)?;
/// let guarantee = instance.guarantee(run.steps()[0].f, 1.0, 20.0)?;
/// assert!(guarantee.check(&[run])?.verdict().holds());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct SandwichInstance {
    input: Array1<f64>,
    target: Array1<f64>,
    width: usize,
    activation: Activation,
    objective: Objective,
    loss: Arc<dyn Loss>,
    deviation: f64,
}

/// The values of the network at one point.
struct Forward {
    hidden: Array1<f64>,
    slopes: Array1<f64>,
    output: Array1<f64>,
}

/// Loss, residual and gradient in the parameters, with the forward pass that they came from.
struct Backward {
    loss: f64,
    residual: Array1<f64>,
    gradient: Array1<f64>,
    forward: Forward,
}

impl SandwichInstance {
    /// The sample (x, y) on a network of `width` hidden units.
    ///
    /// # Errors If a vector is empty or not finite, the width is 0, or the target does not fit the loss
    /// (cross-entropy: one-hot, two classes or more).
    pub fn new(
        input: Array1<f64>,
        target: Array1<f64>,
        width: usize,
        activation: Activation,
        objective: Objective,
    ) -> Result<Self, NnError> {
        require_finite("input", &input)?;
        require_finite("target", &target)?;
        if width == 0 {
            return Err(NnError::Setting { name: "width", value: 0.0, needs: "at least 1" });
        }
        let loss: Arc<dyn Loss> = match objective {
            Objective::SquaredError => Arc::new(SquaredError),
            Objective::CrossEntropy => Arc::new(SoftmaxCrossEntropy),
        };
        let one_hot = target.iter().filter(|&&y| y == 1.0).count() == 1
            && target.iter().all(|&y| y == 0.0 || y == 1.0)
            && target.len() > 1;
        if objective == Objective::CrossEntropy && !one_hot {
            return Err(ConvexityError::OutsideDomain {
                argument: "target",
                reason: "it must be one-hot, with two classes or more".into(),
            }
            .into());
        }
        Ok(Self { input, target, width, activation, objective, loss, deviation: 0.0 })
    }

    /// The same with stochastic gradients: additive noise, `+-s` times a random coordinate vector.
    ///
    /// # Errors
    /// If s is negative or not finite.
    pub fn with_noise(mut self, deviation: f64) -> Result<Self, NnError> {
        if !(deviation.is_finite() && deviation >= 0.0) {
            let needs = "finite and at least 0";
            return Err(NnError::Setting { name: "deviation", value: deviation, needs });
        }
        self.deviation = deviation;
        Ok(self)
    }

    /// m.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.target.len()
    }

    /// Gaussian weights of variance 1 over fan-in and biases of zero; the layout is V (width x d), b, U (m x
    /// width), c.
    #[must_use]
    pub fn gaussian(&self, seed: Seed) -> Array1<f64> {
        let mut stream = seed.derive("sandwich instance").stream();
        let mut parameters = Array1::zeros(self.dimension());
        let (k, d, m) = (self.width, self.input.len(), self.target.len());
        for i in 0..k * d {
            parameters[i] = stream.normal() / (d as f64).sqrt();
        }
        for i in k * d + k..k * d + k + m * k {
            parameters[i] = stream.normal() / (k as f64).sqrt();
        }
        parameters
    }

    /// mu for a lower bound lambda of the structural matrix.
    ///
    /// # Errors
    /// If lambda is not positive.
    pub fn mu(&self, lambda: f64) -> Result<f64, NnError> {
        if !(lambda.is_finite() && lambda > 0.0) {
            return Err(NnError::Setting { name: "lambda", value: lambda, needs: "positive" });
        }
        let m = self.target.len() as f64;
        Ok(match self.objective {
            Objective::SquaredError => 4.0 * lambda,
            Objective::CrossEntropy => 2.0 * (lambda * m / (m - 1.0)).sqrt(),
        })
    }

    /// P3 for a start of this loss, with lambda and the smoothness L; its check examines all three on the
    /// run.
    ///
    /// # Errors
    /// If a constant is not positive.
    pub fn guarantee(
        &self,
        start_loss: f64,
        lambda: f64,
        smoothness: f64,
    ) -> Result<ProxyPlGuarantee, NnError> {
        let alpha = if self.objective == Objective::SquaredError { 2.0 } else { 1.0 };
        let (mu, variance) = (self.mu(lambda)?, self.deviation * self.deviation);
        let (start, infimum, xi) = (start_loss, 0.0, 0.0);
        Ok(ProxyPlGuarantee { start, infimum, xi, alpha, mu, smoothness, variance }.checked()?)
    }

    /// lambda_min of the structural matrix; for cross-entropy on the directions that sum to zero.
    ///
    /// # Errors
    /// If the parameters do not fit or the matrix is not finite.
    pub fn lambda_min(&self, parameters: ArrayView1<f64>) -> Result<f64, NnError> {
        let forward = self.forward(parameters)?;
        let p = &self.outer(parameters) * &forward.slopes;
        let m = self.target.len();
        let mut matrix = product(p.view(), p.t()) * (self.input.dot(&self.input) + 1.0);
        let head = forward.hidden.dot(&forward.hidden) + 1.0;
        (0..m).for_each(|i| matrix[[i, i]] += head);
        if self.objective == Objective::CrossEntropy {
            let basis = sum_zero_basis(m);
            matrix = product(product(basis.t(), matrix.view()).view(), basis.view());
        }
        let values = eigenvalues(matrix.view())?;
        Ok(values.into_iter().fold(f64::INFINITY, f64::min))
    }

    fn outer<'a>(&self, parameters: ArrayView1<'a, f64>) -> ArrayView2<'a, f64> {
        let (k, d, m) = (self.width, self.input.len(), self.target.len());
        let flat = parameters.slice_move(s![k * d + k..k * d + k + m * k]);
        flat.into_shape_with_order((m, k)).expect("a slice of contiguous parameters")
    }

    fn forward(&self, parameters: ArrayView1<f64>) -> Result<Forward, ConvexityError> {
        require_vector("parameters", &parameters, self.dimension())?;
        if parameters.as_slice().is_none() {
            return Err(ConvexityError::Incompatible {
                what: "the parameters and the network",
                reason: "the parameters do not lie side by side in memory".into(),
            });
        }
        let (k, d, m) = (self.width, self.input.len(), self.target.len());
        let inner = parameters.slice(s![..k * d]).into_shape_with_order((k, d)).expect("contiguous");
        let z = product_with(inner, self.input.view()) + parameters.slice(s![k * d..k * d + k]);
        let hidden = z.mapv(|z| self.activation.value(z));
        let slopes = z.mapv(|z| self.activation.derivative(z));
        let output = product_with(self.outer(parameters), hidden.view())
            + parameters.slice(s![self.dimension() - m..]);
        Ok(Forward { hidden, slopes, output })
    }

    /// Loss and residual, and the gradient in the parameters.
    fn backward(&self, parameters: ArrayView1<f64>) -> Result<Backward, ConvexityError> {
        let forward = self.forward(parameters)?;
        let (k, d, m) = (self.width, self.input.len(), self.target.len());
        let mut residual = Array1::zeros(m);
        let loss = self.loss.value_and_residual(&self.target, &forward.output, &mut residual)?;
        let back = product_with(self.outer(parameters).t(), residual.view()) * &forward.slopes;
        let mut gradient = Array1::zeros(self.dimension());
        for j in 0..k {
            gradient.slice_mut(s![j * d..(j + 1) * d]).assign(&(&self.input * back[j]));
        }
        gradient.slice_mut(s![k * d..k * d + k]).assign(&back);
        for i in 0..m {
            let row = k * d + k + i * k;
            gradient.slice_mut(s![row..row + k]).assign(&(&forward.hidden * residual[i]));
        }
        gradient.slice_mut(s![self.dimension() - m..]).assign(&residual);
        Ok(Backward { loss, residual, gradient, forward })
    }
}

impl Oracle for SandwichInstance {
    fn dimension(&self) -> usize {
        let (k, d, m) = (self.width, self.input.len(), self.target.len());
        k * d + k + m * k + m
    }

    fn observe(&self, w: &ArrayRef1<f64>) -> Result<Observation, ConvexityError> {
        let w = w.view();
        let Backward { loss: f, residual, gradient, forward } = self.backward(w)?;
        let g = match self.objective {
            Objective::SquaredError => f,
            // 1 - p_y is minus the residual's entry at the label.
            Objective::CrossEntropy => -residual.dot(&self.target),
        };
        let square = gradient.dot(&gradient);
        let second_moment = square + self.deviation * self.deviation;
        // First order: the output is summed of k terms, each hidden value of d; the residual has slope at
        // most 1 in the output.
        let unit = f64::EPSILON;
        let lengths = (self.width + self.input.len() + 16) as f64;
        let outer = self.outer(w);
        let size = outer.iter().map(|u| u * u).sum::<f64>().sqrt();
        let steepest = self.activation.steepest().max(1.0);
        let carried = steepest * size * (self.input.dot(&self.input).sqrt() * w.dot(&w).sqrt() + 1.0);
        let output = lengths
            * unit
            * (size * forward.hidden.dot(&forward.hidden).sqrt()
                + carried
                + forward.output.dot(&forward.output).sqrt()
                + self.target.dot(&self.target).sqrt());
        let norm = residual.dot(&residual).sqrt();
        let through = (steepest * size).powi(2) * (self.input.dot(&self.input) + 1.0);
        let jacobian = (forward.hidden.dot(&forward.hidden) + 1.0 + through).sqrt();
        let error = RoundOff {
            f: (norm + output) * output + lengths * unit * f,
            g: match self.objective {
                Objective::SquaredError => (norm + output) * output + lengths * unit * g,
                Objective::CrossEntropy => g * output + 16.0 * unit * g,
            },
            gradient: 1.5 * jacobian * (output + lengths * unit * norm),
        };
        Ok(Observation { gradient, f, g, second_moment, error: Some(error) })
    }

    fn sample(&self, w: &ArrayRef1<f64>, stream: &mut Stream) -> Result<Array1<f64>, ConvexityError> {
        let mut gradient = self.backward(w.view())?.gradient;
        let i = stream.random_range(0..w.len());
        gradient[i] += if stream.random_bool(0.5) { self.deviation } else { -self.deviation };
        Ok(gradient)
    }
}
