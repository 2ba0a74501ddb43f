//! The neuron's loss and ReLU's surrogate as formulas.

use crate::error::{ConvexityError, require_dimension, require_finite, require_range};
use crate::number::Number;
use crate::objectives::{Formula, Kink};
use ndarray::{Array1, Array2, ArrayRef1, ArrayView1};

/// `(1/2) mean_i (sigma(w.x_i) - y_i)^2`, sigma of slope 1 above zero and a given slope below.
#[derive(Clone, Debug, PartialEq)]
pub struct Neuron {
    pub(super) inputs: Array2<f64>,
    pub(super) labels: Array1<f64>,
    pub(super) slope: f64,
    /// The neuron that labels the inputs: then labels are exact in every arithmetic, and the ones above
    /// rounded.
    pub(super) teacher: Option<Array1<f64>>,
}

impl Neuron {
    /// The loss over inputs (n x d, one a row) with n labels.
    ///
    /// Slopes outside [0, 1] are admitted: they are near misses, for which the instances' hypotheses fail.
    ///
    /// # Errors
    ///
    /// If there is no input, the labels do not fit, or a number is not finite.
    pub fn new(inputs: Array2<f64>, labels: Array1<f64>, slope: f64) -> Result<Self, ConvexityError> {
        require_finite("labels", &labels)?;
        require_dimension("labels", labels.len(), inputs.nrows())?;
        for x in inputs.rows() {
            require_finite("inputs", &x)?;
        }
        require_range("slope", slope, true, "finite")?;
        Ok(Self { inputs, labels, slope, teacher: None })
    }

    /// The loss with the labels that the neuron v gives, exactly.
    ///
    /// Rounded labels are not quite realisable, and a search with certificates finds that: formulas therefore
    /// compute the labels in their own arithmetic.
    ///
    /// # Errors
    ///
    /// As [`Neuron::new`], or if v does not fit.
    pub fn taught(inputs: Array2<f64>, v: &ArrayRef1<f64>, slope: f64) -> Result<Self, ConvexityError> {
        require_dimension("v", v.len(), inputs.ncols())?;
        let labels = inputs.dot(v).mapv(|z| if z > 0.0 { z } else { slope * z });
        Ok(Self { teacher: Some(v.to_owned()), ..Self::new(inputs, labels, slope)? })
    }

    /// B, the largest norm of an input.
    #[must_use]
    pub fn radius(&self) -> f64 {
        self.inputs.rows().into_iter().map(|x| x.dot(&x).sqrt()).fold(0.0, f64::max)
    }

    /// `w.x_i`.
    fn pre_activation<N: Number>(&self, w: &[N], i: usize) -> N {
        w.iter().zip(self.inputs.row(i)).fold(N::zero(), |sum, (w, x)| sum + w.clone() * *x)
    }

    /// y_i.
    fn label<N: Number>(&self, i: usize) -> N {
        match &self.teacher {
            Some(v) => {
                let v: Vec<N> = v.iter().map(|&v| N::from_f64(v)).collect();
                self.activation(&self.pre_activation(&v, i))
            }
            None => N::from_f64(self.labels[i]),
        }
    }

    fn activation<N: Number>(&self, z: &N) -> N {
        z.join(|| z.clone() * self.slope, || z.clone())
    }

    /// The derivative, at 0 that of the left side.
    fn derivative<N: Number>(&self, z: &N) -> N {
        (-z.clone()).select(N::one, || N::from_f64(self.slope))
    }
}

impl Formula for Neuron {
    fn name(&self) -> String {
        format!("neuron of slope {} on {} samples", self.slope, self.labels.len())
    }

    fn dimension(&self) -> usize {
        self.inputs.ncols()
    }

    fn value_in<N: Number>(&self, w: &[N]) -> N {
        let mut sum = N::zero();
        for i in 0..self.labels.len() {
            sum = sum + (self.activation(&self.pre_activation(w, i)) - self.label::<N>(i)).square();
        }
        sum / (2.0 * self.labels.len() as f64)
    }

    fn gradient_in<N: Number>(&self, w: &[N], gradient: &mut [N]) {
        gradient.iter_mut().for_each(|s| *s = N::zero());
        for i in 0..self.labels.len() {
            let z = self.pre_activation(w, i);
            let e = (self.activation(&z) - self.label::<N>(i)) * self.derivative(&z);
            for (s, x) in gradient.iter_mut().zip(self.inputs.row(i)) {
                *s = s.clone() + e.clone() * *x;
            }
        }
        gradient.iter_mut().for_each(|s| *s = s.clone() / self.labels.len() as f64);
    }

    fn kinks(&self) -> Vec<Kink> {
        let plane = |x: ArrayView1<f64>| Kink::Hyperplane { normal: x.to_vec(), offset: 0.0 };
        let planes = self.inputs.rows().into_iter().filter(|x| x.iter().any(|&x| x != 0.0)).map(plane);
        // All planes meet in the origin, where no sample is active.
        planes.chain([Kink::Point(vec![0.0; self.inputs.ncols()])]).collect()
    }
}

/// `mean_i (sigma(w.x_i) - y_i)^2 sigma'(w.x_i)`: what the active samples err.
#[derive(Clone, Debug, PartialEq)]
pub struct ActiveError(pub(super) Neuron);

impl ActiveError {
    /// The surrogate of a neuron.
    #[must_use]
    pub const fn new(neuron: Neuron) -> Self {
        Self(neuron)
    }
}

impl Formula for ActiveError {
    fn name(&self) -> String {
        format!("active error of a {}", Formula::name(&self.0))
    }

    fn dimension(&self) -> usize {
        Formula::dimension(&self.0)
    }

    fn value_in<N: Number>(&self, w: &[N]) -> N {
        let neuron = &self.0;
        let mut sum = N::zero();
        for i in 0..neuron.labels.len() {
            let z = neuron.pre_activation(w, i);
            let error = (neuron.activation(&z) - neuron.label::<N>(i)).square();
            sum = sum + error * neuron.derivative(&z);
        }
        sum / neuron.labels.len() as f64
    }

    fn kinks(&self) -> Vec<Kink> {
        Formula::kinks(&self.0)
    }
}
