//! The logistic loss of a [`HiddenLayer`] over two classes, as an oracle.

use fenchel_convexity::ConvexityError;
use fenchel_convexity::error::require_finite;
use fenchel_convexity::proxy::{Observation, Oracle, RoundOff, batch_second_moment, draw_batch};
use fenchel_random::Stream;
use ndarray::{Array1, Array2, ArrayRef1, ArrayView1, ArrayView2, Axis};

use super::HiddenLayer;
use crate::NnError;

/// `L(W) = mean_i l(y_i f_W(x_i))`, `l(z) = log(1 + e^{-z})`, y = +-1.
#[derive(Clone, Debug, PartialEq)]
pub struct Classification {
    net: HiddenLayer,
    inputs: Array2<f64>,
    labels: Array1<f64>,
    radius: f64,
}

/// What of a network's outputs the guarantees speak about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Margins {
    /// L(W).
    pub loss: f64,
    /// The mean of -l', in (0, 1): twice it bounds the share of wrong answers.
    pub slope: f64,
    /// The share of samples with `y f_W(x) <= 0`.
    pub wrong: f64,
}

impl Classification {
    /// The loss over inputs (n x d, one a row) with labels +1 and -1.
    ///
    /// # Errors
    /// If there is no sample, a shape does not fit, a number is not finite or a label is neither +1 nor -1.
    pub fn new(net: HiddenLayer, inputs: Array2<f64>, labels: Array1<f64>) -> Result<Self, NnError> {
        require_finite("labels", &labels)?;
        for x in inputs.rows() {
            require_finite("inputs", &x)?;
        }
        if inputs.nrows() != labels.len() {
            return Err(NnError::Rows {
                left: "inputs",
                left_rows: inputs.nrows(),
                right: "labels",
                right_rows: labels.len(),
            });
        }
        if inputs.ncols() != net.inputs() {
            let (expected, got) = (net.inputs(), inputs.ncols());
            return Err(ConvexityError::Dimension { argument: "inputs", expected, got }.into());
        }
        if let Some(&value) = labels.iter().find(|y| y.abs() != 1.0) {
            return Err(NnError::Setting { name: "label", value, needs: "+1 or -1" });
        }
        let radius = inputs.rows().into_iter().map(|x| x.dot(&x).sqrt()).fold(0.0, f64::max);
        Ok(Self { net, inputs, labels, radius })
    }

    /// The network.
    #[must_use]
    pub const fn net(&self) -> &HiddenLayer {
        &self.net
    }

    /// The inputs, one a row.
    #[must_use]
    pub fn inputs(&self) -> ArrayView2<'_, f64> {
        self.inputs.view()
    }

    /// The labels.
    #[must_use]
    pub fn labels(&self) -> ArrayView1<'_, f64> {
        self.labels.view()
    }

    /// B, the largest norm of an input.
    #[must_use]
    pub const fn radius(&self) -> f64 {
        self.radius
    }

    /// Loss, mean slope and share of wrong answers.
    ///
    /// # Errors
    /// If the weights do not fit.
    pub fn margins(&self, weights: ArrayView1<f64>) -> Result<Margins, NnError> {
        let outputs = self.net.outputs(weights, self.inputs.view())?;
        let n = outputs.len() as f64;
        let (mut loss, mut slope, mut wrong) = (0.0, 0.0, 0.0);
        for (f, y) in outputs.iter().zip(&self.labels) {
            let (l, s) = logistic(y * f);
            loss += l;
            slope += s;
            wrong += f64::from(u8::from(y * f <= 0.0));
        }
        Ok(Margins { loss: loss / n, slope: slope / n, wrong: wrong / n })
    }

    /// L(W) and its gradient.
    ///
    /// # Errors
    /// If the weights do not fit.
    pub fn loss_and_gradient(&self, weights: ArrayView1<f64>) -> Result<(f64, Array1<f64>), NnError> {
        let z = self.net.pre_activations(weights, self.inputs.view())?;
        let outputs = self.net.combine(&z, |z| self.net.activation().value(z));
        let n = outputs.len() as f64;
        let mut loss = 0.0;
        let by_output = Array1::from_shape_fn(outputs.len(), |i| {
            let (l, s) = logistic(self.labels[i] * outputs[i]);
            loss += l;
            -self.labels[i] * s / n
        });
        Ok((loss / n, self.net.weighted_gradient(&z, self.inputs.view(), by_output.view())))
    }

    /// The oracle whose surrogate is the mean slope (E3) or the loss (E4), and whose stochastic gradients are
    /// those of batches.
    ///
    /// # Errors
    /// If the batch is empty or larger than the set.
    pub fn oracle(&self, surrogate: Surrogate, batch: usize) -> Result<ClassificationOracle<'_>, NnError> {
        if batch == 0 || batch > self.labels.len() {
            let needs = "at least 1 and at most the number of samples";
            return Err(NnError::Setting { name: "batch", value: batch as f64, needs });
        }
        Ok(ClassificationOracle { task: self, surrogate, batch })
    }
}

/// Which number is g.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Surrogate {
    /// The mean of -l'.
    Slope,
    /// The loss.
    Loss,
}

/// A [`Classification`] as the runner of [`fenchel_convexity::proxy`] sees it.
#[derive(Clone, Copy, Debug)]
pub struct ClassificationOracle<'a> {
    task: &'a Classification,
    surrogate: Surrogate,
    batch: usize,
}

impl Oracle for ClassificationOracle<'_> {
    fn dimension(&self) -> usize {
        self.task.net.parameters()
    }

    fn observe(&self, w: &ArrayRef1<f64>) -> Result<Observation, ConvexityError> {
        require_finite("w", w)?;
        let w = w.view();
        let task = self.task;
        let (net, n) = (&task.net, task.labels.len());
        let z = net.pre_activations(w, task.inputs.view()).map_err(into_convexity)?;
        let outputs = net.combine(&z, |z| net.activation().value(z));
        let (mut loss, mut slope, mut moments) = (0.0, 0.0, 0.0);
        let squares = net.squared_gradients(&z, task.inputs.view());
        let by_output = Array1::from_shape_fn(n, |i| {
            let (l, s) = logistic(task.labels[i] * outputs[i]);
            loss += l;
            slope += s;
            moments += s * s * squares[i];
            -task.labels[i] * s / n as f64
        });
        let gradient = net.weighted_gradient(&z, task.inputs.view(), by_output.view());
        let count = n as f64;
        let (loss, slope) = (loss / count, slope / count);
        let second_moment = batch_second_moment(gradient.dot(&gradient), moments / count, n, self.batch);
        if !(loss.is_finite() && second_moment.is_finite()) {
            return Err(ConvexityError::Overflow { what: "the loss" });
        }
        let error = self.roundoff(w, loss, slope, moments / count);
        let g = if self.surrogate == Surrogate::Slope { slope } else { loss };
        Ok(Observation { gradient, f: loss, g, second_moment, error: Some(error) })
    }

    fn sample(&self, w: &ArrayRef1<f64>, stream: &mut Stream) -> Result<Array1<f64>, ConvexityError> {
        let task = self.task;
        let batch = draw_batch(stream, task.labels.len(), self.batch);
        let inputs = task.inputs.select(Axis(0), &batch);
        let z = task.net.pre_activations(w.view(), inputs.view()).map_err(into_convexity)?;
        let outputs = task.net.combine(&z, |z| task.net.activation().value(z));
        let by_output = Array1::from_shape_fn(batch.len(), |k| {
            let y = task.labels[batch[k]];
            -y * logistic(y * outputs[k]).1 / batch.len() as f64
        });
        Ok(task.net.weighted_gradient(&z, inputs.view(), by_output.view()))
    }
}

impl ClassificationOracle<'_> {
    /// First-order round-off: an output is summed of m terms `a_j sigma(w_j.x)`, `|sigma(z)| <= |sigma(0)| + s |z|`
    /// with s the steepest slope, so its error is below `(d + m + 8) u (s ||W|| B + |sigma(0)| sum |a_j|)`; l and
    /// -l' have slopes at most |l'| times that, and the gradient inherits it through l'' <= |l'|.
    fn roundoff(&self, w: ArrayView1<f64>, loss: f64, slope: f64, mean_square: f64) -> RoundOff {
        let unit = f64::EPSILON;
        let net = &self.task.net;
        let (n, lengths) = (self.task.labels.len() as f64, (net.inputs() + net.width() + 8) as f64);
        let steepest = net.activation().steepest().max(1.0);
        // The outer weights have size 1/sqrt(m).
        let at_zero = net.activation().value(0.0_f64).abs() * (net.width() as f64).sqrt();
        let output = lengths * unit * (steepest * w.dot(&w).sqrt() * self.task.radius + at_zero);
        RoundOff {
            f: slope * output + (n + 16.0) * unit * loss,
            g: slope * output + (n + 16.0) * unit * slope.max(loss),
            gradient: steepest * self.task.radius * slope * output
                + (n + lengths) * unit * mean_square.sqrt().max(steepest * self.task.radius * slope),
        }
    }
}

/// l(z) and -l'(z), accurate in both tails.
pub(super) fn logistic(z: f64) -> (f64, f64) {
    let e = (-z.abs()).exp();
    if z >= 0.0 { (e.ln_1p(), e / (1.0 + e)) } else { (e.ln_1p() - z, 1.0 / (1.0 + e)) }
}

/// Shapes were checked when the oracle was made, so what is left is a misfit of w.
pub(super) fn into_convexity(error: NnError) -> ConvexityError {
    match error {
        NnError::Convexity(error) => error,
        other => ConvexityError::Incompatible { what: "w and the network", reason: other.to_string() },
    }
}
