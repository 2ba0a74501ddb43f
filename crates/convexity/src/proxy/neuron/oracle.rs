//! A single neuron as the runner sees it: plain f64, sample by sample.

use super::Neuron;
use crate::error::{ConvexityError, require_range, require_vector};
use crate::proxy::{Observation, Oracle, RoundOff, batch_second_moment, draw_batch};
use fenchel_random::Stream;
use ndarray::{Array1, ArrayRef1};

/// What g is.
#[derive(Clone, Debug)]
pub(super) enum Goal {
    /// A multiple of f.
    Multiple(f64),
    /// `constant + factor mean (sigma(w.x_i) - label_i)^2 sigma'(w.x_i)`.
    Active { labels: Array1<f64>, factor: f64, constant: f64 },
}

/// The oracle of a [`NeuronInstance`](super::NeuronInstance).
#[derive(Clone, Debug)]
pub struct NeuronOracle {
    neuron: Neuron,
    goal: Goal,
    /// The neuron of which labels may be, for their round-off.
    comparator: Array1<f64>,
    batch: usize,
}

impl NeuronOracle {
    pub(super) fn new(
        neuron: Neuron,
        goal: Goal,
        comparator: Array1<f64>,
        batch: usize,
    ) -> Result<Self, ConvexityError> {
        let fits = batch > 0 && batch <= neuron.labels.len();
        require_range("batch", batch as f64, fits, "at least 1 and at most the number of samples")?;
        Ok(Self { neuron, goal, comparator, batch })
    }

    /// `sigma(w.x_i) - y_i` and `sigma'(w.x_i)`.
    fn residual(&self, w: &ArrayRef1<f64>, i: usize) -> (f64, f64) {
        let z = self.neuron.inputs.row(i).dot(w);
        let derivative = if z > 0.0 { 1.0 } else { self.neuron.slope };
        (z * derivative - self.neuron.labels[i], derivative)
    }
}

impl Oracle for NeuronOracle {
    fn dimension(&self) -> usize {
        self.neuron.inputs.ncols()
    }

    fn observe(&self, w: &ArrayRef1<f64>) -> Result<Observation, ConvexityError> {
        require_vector("w", w, self.dimension())?;
        let unit = f64::EPSILON;
        let (n, d) = (self.neuron.labels.len(), w.len() as f64);
        // A taught label is an inner product too, with an error of its own.
        let taught = self.comparator.dot(&self.comparator).sqrt();
        let norm = w.dot(w).sqrt() + taught;
        let steepest = self.neuron.slope.abs().max(1.0);
        let mut gradient = Array1::<f64>::zeros(w.len());
        let (mut squares, mut active, mut moments) = (0.0, 0.0, 0.0);
        let (mut squares_error, mut active_error, mut gradient_error) = (0.0, 0.0, 0.0_f64);
        for i in 0..n {
            let x = self.neuron.inputs.row(i);
            let (e, derivative) = self.residual(w, i);
            let length = x.dot(&x);
            squares += e * e;
            moments += (e * derivative).powi(2) * length;
            gradient.scaled_add(e * derivative / n as f64, &x);
            // The inner product's error bound, and that of the subtraction.
            let error = unit * steepest * ((d + 2.0) * norm * length.sqrt() + self.neuron.labels[i].abs());
            squares_error += (2.0 * e.abs() + error) * error;
            if let Goal::Active { labels, .. } = &self.goal {
                let apart = e + self.neuron.labels[i] - labels[i];
                let error = error + unit * steepest * labels[i].abs();
                active += apart * apart * derivative;
                active_error += (2.0 * apart.abs() + error) * error;
            }
            let summed = error + (n as f64 + 4.0) * unit * e.abs();
            gradient_error = gradient_error.max(steepest * length.sqrt() * summed);
        }
        let n = n as f64;
        let f = 0.5 * squares / n;
        let f_error = 0.5 * squares_error / n + (n + 4.0) * unit * f;
        let (g, g_error) = match &self.goal {
            Goal::Multiple(factor) => (factor * f, factor * steepest * f_error),
            Goal::Active { factor, constant, .. } => {
                let g = constant + factor * active / n;
                (g, factor * steepest * active_error / n + (n + 4.0) * unit * g)
            }
        };
        let second_moment =
            batch_second_moment(gradient.dot(&gradient), moments / n, self.neuron.labels.len(), self.batch);
        if !(f.is_finite() && second_moment.is_finite()) {
            return Err(ConvexityError::Overflow { what: "the neuron's loss" });
        }
        let error = RoundOff { f: f_error, g: g_error, gradient: gradient_error };
        Ok(Observation { gradient, f, g, second_moment, error: Some(error) })
    }

    fn sample(&self, w: &ArrayRef1<f64>, stream: &mut Stream) -> Result<Array1<f64>, ConvexityError> {
        let n = self.neuron.labels.len();
        let mut gradient = Array1::zeros(w.len());
        for i in draw_batch(stream, n, self.batch) {
            let (e, derivative) = self.residual(w, i);
            gradient.scaled_add(e * derivative / self.batch as f64, &self.neuron.inputs.row(i));
        }
        Ok(gradient)
    }
}
