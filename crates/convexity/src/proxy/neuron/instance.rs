//! The rows of E2's table.

use super::oracle::Goal;
use super::{ActiveError, Neuron, NeuronOracle};
use crate::error::{ConvexityError, require_dimension, require_positive, require_range};
use crate::number::{Number, PreciseInterval};
use crate::objectives::{Enclosure, Objective, lift};
use crate::proxy::{Comparator, ProxyConvex, ProxyPl, ProxyPlGuarantee, SmoothGuarantee, Surrogate};
use ndarray::{Array1, Array2, ArrayRef1};
use std::sync::Arc;

/// A single neuron with its surrogates, its comparator and the constant that P2 needs.
///
/// ```
/// use fenchel_convexity::proxy::neuron::NeuronInstance;
/// use fenchel_convexity::proxy::Descent;
/// use ndarray::array;
///
/// let inputs = array![[1.0, 0.0], [0.0, 1.0], [-0.6, 0.8], [0.6, -0.8]];
/// let instance = NeuronInstance::realisable(inputs, array![1.0, -2.0], 0.5)?;
/// let oracle = instance.oracle(1)?;
/// let start = array![0.0, 0.0];
/// let run = Descent::new(1.0 / instance.smoothness(), 100)?
///     .gradient(&oracle, &start, instance.comparator())?;
/// assert!(instance.guarantee(&start)?.check(&[run])?.verdict().holds());
/// # Ok::<(), fenchel_convexity::ConvexityError>(())
/// ```
#[derive(Clone, Debug)]
pub struct NeuronInstance {
    neuron: Neuron,
    comparator: Comparator,
    proxy: ProxyConvex,
    goal: Goal,
    smoothness: f64,
}

impl NeuronInstance {
    /// Leaky ReLU of slope gamma with labels from the neuron v.
    ///
    /// # Errors
    ///
    /// If gamma is not in (0, 1], or as [`Neuron::new`].
    pub fn realisable(inputs: Array2<f64>, v: Array1<f64>, gamma: f64) -> Result<Self, ConvexityError> {
        require_slope(gamma)?;
        let neuron = Neuron::taught(inputs, &v, gamma)?;
        Self::realisable_as_claimed(neuron, v, gamma)
    }

    /// The realisable row for a neuron of any slope, with gamma as somebody claims it: true if
    /// `sigma' >= gamma` and sigma is increasing, else a near miss.
    ///
    /// # Errors
    ///
    /// If the claimed gamma is not positive, or v does not fit.
    pub fn realisable_as_claimed(neuron: Neuron, v: Array1<f64>, gamma: f64) -> Result<Self, ConvexityError> {
        require_range("gamma", gamma, gamma > 0.0, "positive")?;
        let smoothness = neuron.radius().powi(2) / gamma;
        Self::multiple(neuron, v, 2.0 * gamma, 0.0, smoothness)
    }

    /// Any labels and any comparator v, leaky ReLU of slope gamma.
    ///
    /// # Errors
    ///
    /// If gamma is not in (0, 1], or as [`Neuron::new`].
    pub fn agnostic(
        inputs: Array2<f64>,
        labels: Array1<f64>,
        v: Array1<f64>,
        gamma: f64,
    ) -> Result<Self, ConvexityError> {
        require_slope(gamma)?;
        Self::agnostic_as_claimed(Neuron::new(inputs, labels, gamma)?, v, gamma)
    }

    /// The agnostic row for a neuron of any slope, with gamma as somebody claims it.
    ///
    /// # Errors
    ///
    /// If the claimed gamma is not positive, or v does not fit.
    pub fn agnostic_as_claimed(neuron: Neuron, v: Array1<f64>, gamma: f64) -> Result<Self, ConvexityError> {
        require_range("gamma", gamma, gamma > 0.0, "positive")?;
        let smoothness = 4.0 * neuron.radius().powi(2) / gamma;
        Self::multiple(neuron, v, 0.5 * gamma, gamma + 1.0 / gamma, smoothness)
    }

    /// Least squares with any labels, compared with any v: the convex case, E1.
    ///
    /// # Errors
    ///
    /// As [`Neuron::new`].
    pub fn least_squares(
        inputs: Array2<f64>,
        labels: Array1<f64>,
        v: Array1<f64>,
    ) -> Result<Self, ConvexityError> {
        let neuron = Neuron::new(inputs, labels, 1.0)?;
        let smoothness = 2.0 * neuron.radius().powi(2);
        Self::multiple(neuron, v, 1.0, 1.0, smoothness)
    }

    /// ReLU with labels from the neuron v.
    ///
    /// # Errors
    ///
    /// As [`Neuron::new`].
    pub fn relu(inputs: Array2<f64>, v: Array1<f64>) -> Result<Self, ConvexityError> {
        let neuron = Neuron::taught(inputs, &v, 0.0)?;
        let f = Arc::new(neuron.clone());
        let h = Surrogate::new(f.clone(), 0.0, 0.0)?;
        let smoothness = positive(neuron.radius().powi(2))?;
        let proxy = ProxyConvex::new(f, ActiveError::new(neuron.clone()), h)?;
        let comparator = Comparator::new(v, 0.0)?;
        let goal = Goal::Active { labels: neuron.labels.clone(), factor: 1.0, constant: 0.0 };
        Ok(Self { neuron, comparator, proxy, goal, smoothness })
    }

    /// ReLU with any labels and any comparator v.
    ///
    /// # Errors
    ///
    /// As [`Neuron::new`], or if v does not fit.
    pub fn agnostic_relu(
        inputs: Array2<f64>,
        labels: Array1<f64>,
        v: Array1<f64>,
    ) -> Result<Self, ConvexityError> {
        let taught = Neuron::taught(inputs.clone(), &v, 0.0)?;
        let neuron = Neuron::new(inputs, labels, 0.0)?;
        let f: Arc<dyn Objective> = Arc::new(neuron.clone());
        f.value(&v)?;
        // Both rounded up, from 256 bits: inner products may cancel.
        let at: Vec<PreciseInterval> = lift(&v.to_vec());
        let mut missed = PreciseInterval::zero();
        for (x, &label) in neuron.inputs.rows().into_iter().zip(&neuron.labels) {
            let inner = PreciseInterval::dot(&lift::<PreciseInterval>(&x.to_vec()), &at);
            missed = missed + Number::max(&-inner, &PreciseInterval::zero()) * label.max(0.0);
        }
        let own: PreciseInterval = Enclosure::value(&*f, &at);
        let constant = own.to_f64_interval().hi();
        let cost = (own + missed / neuron.labels.len() as f64 + constant).to_f64_interval().hi();
        let goal = Goal::Active { labels: taught.labels.clone(), factor: 0.5, constant };
        let g = Surrogate::new(ActiveError::new(taught), 0.5, constant)?;
        let h = Surrogate::new(f.clone(), 0.0, cost)?;
        let smoothness = positive(4.0 * neuron.radius().powi(2))?;
        let (proxy, comparator) = (ProxyConvex::new(f, g, h)?, Comparator::new(v, cost)?);
        Ok(Self { neuron, comparator, proxy, goal, smoothness })
    }

    /// g = factor f, h = at_comparator f.
    fn multiple(
        neuron: Neuron,
        v: Array1<f64>,
        factor: f64,
        at_comparator: f64,
        smoothness: f64,
    ) -> Result<Self, ConvexityError> {
        require_dimension("v", v.len(), neuron.inputs.ncols())?;
        let f: Arc<dyn Objective> = Arc::new(neuron.clone());
        let cost = at_comparator * f.value(&v)?;
        let g = Surrogate::new(f.clone(), factor, 0.0)?;
        let h = Surrogate::new(f.clone(), at_comparator, 0.0)?;
        let proxy = ProxyConvex::new(f, g, h)?;
        let (smoothness, comparator) = (positive(smoothness)?, Comparator::new(v, cost)?);
        Ok(Self { neuron, comparator, proxy, goal: Goal::Multiple(factor), smoothness })
    }

    /// The same inequality as a proxy PL inequality on the ball of this radius about v: xi = h(v), alpha = 1, mu =
    /// 2/radius.
    ///
    /// # Errors
    ///
    /// If the radius is not positive.
    pub fn pl(&self, radius: f64) -> Result<ProxyPl, ConvexityError> {
        require_positive("radius", radius)?;
        let (f, g) = (self.proxy.f().clone(), self.proxy.g().clone());
        ProxyPl::new(f, g, self.comparator.cost(), 1.0, 2.0 / radius)
    }

    /// P3 with it for gradient descent from a start, as long as this leads no further away from v, for steps of at
    /// most 1/L; whether descent is that of an L-smooth function is measured on the run.
    ///
    /// # Errors
    ///
    /// If w_0 does not fit or is v, or L is not positive.
    pub fn pl_guarantee(
        &self,
        start: &ArrayRef1<f64>,
        smoothness: f64,
    ) -> Result<ProxyPlGuarantee, ConvexityError> {
        let value = self.proxy.f().value(start)?;
        let pl = self.pl(self.guarantee(start)?.distance)?;
        ProxyPlGuarantee {
            start: value,
            infimum: 0.0,
            xi: pl.xi(),
            alpha: pl.alpha(),
            mu: pl.mu(),
            smoothness,
            variance: 0.0,
        }
        .checked()
    }

    /// f with its surrogates, as formulas.
    #[must_use]
    pub const fn proxy(&self) -> &ProxyConvex {
        &self.proxy
    }

    /// v with h(v).
    #[must_use]
    pub const fn comparator(&self) -> &Comparator {
        &self.comparator
    }

    /// P2 for a start.
    ///
    /// # Errors
    ///
    /// If w_0 does not fit.
    pub fn guarantee(&self, start: &ArrayRef1<f64>) -> Result<SmoothGuarantee, ConvexityError> {
        self.comparator.guarantee(start, self.smoothness)
    }

    /// L2 with `E||grad f(w; z)||^2 <= L2 g(w)`.
    #[must_use]
    pub const fn smoothness(&self) -> f64 {
        self.smoothness
    }

    /// The oracle whose stochastic gradients are those of batches drawn without repetition.
    ///
    /// # Errors
    ///
    /// If the batch is empty or larger than the set.
    pub fn oracle(&self, batch: usize) -> Result<NeuronOracle, ConvexityError> {
        NeuronOracle::new(self.neuron.clone(), self.goal.clone(), self.comparator.point().to_owned(), batch)
    }
}

fn require_slope(gamma: f64) -> Result<(), ConvexityError> {
    require_range("gamma", gamma, gamma > 0.0 && gamma <= 1.0, "in (0, 1]")
}

fn positive(smoothness: f64) -> Result<f64, ConvexityError> {
    require_range(
        "inputs",
        smoothness,
        smoothness > 0.0,
        "not all zero, and of a size whose square is an f64",
    )?;
    Ok(smoothness)
}
