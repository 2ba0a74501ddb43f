//! One hidden layer with fixed outer weights.

use fenchel_convexity::ConvexityError;
use fenchel_random::Seed;
use fenchel_tensor::Activation;
use fenchel_tensor::gemm::product;
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis};

use crate::NnError;

/// `f_W(x) = sum_j a_j sigma(w_j.x)` with `a_j = +-m^{-1/2}` fixed: the first half positive, the rest negative.
///
/// Weights are flat, `m d` numbers, unit by unit. At a kink sigma has the derivative of its left side.
///
/// ```
/// use fenchel_nn::proxy::HiddenLayer;
/// use fenchel_tensor::Activation;
/// use ndarray::array;
///
/// let net = HiddenLayer::new(2, 4, Activation::LeakyRelu { slope: 0.5 })?;
/// let weights = array![1.0, 0.0, 0.0, 1.0, -1.0, 0.0, 0.0, -1.0];
/// // (1 + 2 - (-0.5) - (-1)) / 2
/// assert_eq!(net.outputs(weights.view(), array![[1.0, 2.0]].view())?, array![2.25]);
/// # Ok::<(), fenchel_nn::NnError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct HiddenLayer {
    inputs: usize,
    width: usize,
    activation: Activation,
}

impl HiddenLayer {
    /// A layer of `width` units on `inputs` numbers.
    ///
    /// # Errors
    /// If either is 0.
    pub fn new(inputs: usize, width: usize, activation: Activation) -> Result<Self, NnError> {
        for (name, value) in [("inputs", inputs), ("width", width)] {
            if value == 0 {
                return Err(NnError::Setting { name, value: 0.0, needs: "at least 1" });
            }
        }
        Ok(Self { inputs, width, activation })
    }

    /// m.
    #[must_use]
    pub const fn width(&self) -> usize {
        self.width
    }

    /// d.
    #[must_use]
    pub const fn inputs(&self) -> usize {
        self.inputs
    }

    /// sigma.
    #[must_use]
    pub const fn activation(&self) -> Activation {
        self.activation
    }

    /// The number of weights, m d.
    #[must_use]
    pub const fn parameters(&self) -> usize {
        self.inputs * self.width
    }

    /// Independent Gaussian weights of a standard deviation.
    #[must_use]
    pub fn gaussian(&self, deviation: f64, seed: Seed) -> Array1<f64> {
        let mut stream = seed.derive("hidden layer").stream();
        Array1::from_shape_simple_fn(self.parameters(), || deviation * stream.normal())
    }

    /// `a_j`.
    #[must_use]
    pub fn outer_weight(&self, unit: usize) -> f64 {
        let size = 1.0 / (self.width as f64).sqrt();
        if unit < self.width.div_ceil(2) { size } else { -size }
    }

    /// The outputs for inputs `n x d`.
    ///
    /// # Errors
    /// If a shape does not fit.
    pub fn outputs(&self, weights: ArrayView1<f64>, inputs: ArrayView2<f64>) -> Result<Array1<f64>, NnError> {
        let z = self.pre_activations(weights, inputs)?;
        Ok(self.combine(&z, |z| self.activation.value(z)))
    }

    /// The pre-activations, `n x m`.
    pub(super) fn pre_activations(
        &self,
        weights: ArrayView1<f64>,
        inputs: ArrayView2<f64>,
    ) -> Result<Array2<f64>, NnError> {
        Ok(product(inputs, self.matrix(weights, inputs)?.t()))
    }

    /// sum_j a_j u(z_ij), for each sample.
    pub(super) fn combine(&self, z: &Array2<f64>, u: impl Fn(f64) -> f64) -> Array1<f64> {
        let half = self.width.div_ceil(2);
        let size = self.outer_weight(0);
        z.map_axis(Axis(1), |row| {
            let sum = |range: std::ops::Range<usize>| range.fold(0.0, |sum, j| sum + u(row[j]));
            size * (sum(0..half) - sum(half..self.width))
        })
    }

    /// The responses of the linearised network, `J_W D` for each sample: sum_j a_j sigma'(z_ij) (d_j.x_i).
    pub(super) fn linear_response(&self, z: &Array2<f64>, along: &Array2<f64>) -> Array1<f64> {
        Array1::from_shape_fn(z.nrows(), |i| {
            let row = z.row(i);
            let pairs = row.iter().zip(along.row(i)).enumerate();
            pairs.fold(0.0, |sum, (j, (&z, &d))| {
                sum + self.outer_weight(j) * self.activation.derivative(z) * d
            })
        })
    }

    /// The gradient of `sum_i c_i f_W(x_i)` in W, flat.
    pub(super) fn weighted_gradient(
        &self,
        z: &Array2<f64>,
        inputs: ArrayView2<f64>,
        weights_of_samples: ArrayView1<f64>,
    ) -> Array1<f64> {
        let mut back = z.mapv(|z| self.activation.derivative(z));
        for (mut row, &c) in back.rows_mut().into_iter().zip(weights_of_samples) {
            for (j, entry) in row.iter_mut().enumerate() {
                *entry *= c * self.outer_weight(j);
            }
        }
        product(back.t(), inputs)
            .into_shape_with_order(self.parameters())
            .expect("m x d is the number of weights")
    }

    /// `||grad_W f_W(x_i)||^2`, for each sample.
    pub(super) fn squared_gradients(&self, z: &Array2<f64>, inputs: ArrayView2<f64>) -> Array1<f64> {
        Array1::from_shape_fn(z.nrows(), |i| {
            let slopes = z.row(i).iter().fold(0.0, |sum, &z| sum + self.activation.derivative(z).powi(2));
            let x = inputs.row(i);
            slopes / self.width as f64 * x.dot(&x)
        })
    }

    /// The weights as `m x d`.
    fn matrix<'a>(
        &self,
        weights: ArrayView1<'a, f64>,
        inputs: ArrayView2<f64>,
    ) -> Result<ArrayView2<'a, f64>, NnError> {
        let fits = |argument, got, expected| {
            if got == expected { Ok(()) } else { Err(ConvexityError::Dimension { argument, expected, got }) }
        };
        fits("weights", weights.len(), self.parameters())?;
        fits("inputs", inputs.ncols(), self.inputs)?;
        Ok(weights.into_shape_with_order((self.width, self.inputs)).map_err(|_| {
            ConvexityError::Incompatible {
                what: "the weights and the layer",
                reason: "the weights do not lie side by side in memory".into(),
            }
        })?)
    }
}
