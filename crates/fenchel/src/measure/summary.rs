//! The measurements of all samples: the arrays of the file, and a few lines for a reader.

use fenchel_nn::description::Row;
use fenchel_nn::weights::{NpzWriter, WeightsError};
use fenchel_tensor::BackwardRoundoff;

use super::samples::SampleMeasurement;

/// The arrays of the file with their shapes and meanings; `N` samples, `m` outputs, natural logarithms.
pub const QUANTITIES: [(&str, &str, &str); 12] = [
    ("logits", "N x m", "the network's outputs f"),
    ("loss", "N", "the loss l(y, f) of each sample"),
    ("residual", "N x m", "e = grad_f l: softmax less one-hot for ce, outputs less one-hot for squared"),
    ("grad_norm_sq", "N", "the squared norm of the gradient of each sample's loss in all parameters"),
    ("structure", "N x m x m", "the structural matrices A = J J', J the Jacobian of f in the parameters"),
    ("eigenvalues", "N x m", "those of A, ascending; what is below 0 is round-off"),
    ("U", "N", "-log lambda_min(A), infinite where A is singular up to round-off"),
    ("L", "N", "-log lambda_max(A), infinite where A is 0 up to round-off"),
    ("D", "N", "U - L = log of A's condition number: the structural error; infinite where A is singular"),
    (
        "lower",
        "N",
        "lo(|grad| / sqrt(lambda_max)), round-off taken off: theorem T11 says lower <= loss <= upper",
    ),
    (
        "upper",
        "N",
        "hi(|grad| / sqrt(lambda_min)), round-off added; infinite where the theorem gives no bound",
    ),
    ("roundoff", "N x 2", "what grad_norm_sq and an eigenvalue may be off by"),
];

/// The measurements of all samples.
#[derive(Clone, Debug)]
pub struct Measured {
    /// The rows of the network's table.
    pub network: Vec<Row>,
    /// The number `m` of outputs.
    pub outputs: usize,
    /// How many samples have their largest logit at their label.
    pub right: usize,
    /// How many samples violate the sandwich by more than round-off.
    pub violations: usize,
    /// The squared norm of the gradient of the mean loss, where gradients were asked for.
    pub squared_mean_gradient_norm: Option<f64>,
    logits: Vec<f64>,
    residual: Vec<f64>,
    eigenvalues: Vec<f64>,
    loss: Vec<f64>,
    grad_norm_sq: Vec<f64>,
    u: Vec<f64>,
    l: Vec<f64>,
    d: Vec<f64>,
    lower: Vec<f64>,
    upper: Vec<f64>,
    roundoff: Vec<f64>,
}

/// One quantity over the samples: its name, mean, minimum, median, maximum.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// The quantity.
    pub name: &'static str,
    /// Its mean; infinite if an entry is.
    pub mean: f64,
    /// Its smallest value.
    pub min: f64,
    /// Its median.
    pub median: f64,
    /// Its largest value.
    pub max: f64,
}

impl Measured {
    pub(super) fn new(network: Vec<Row>, outputs: usize, count: usize) -> Self {
        let numbers = || Vec::with_capacity(count);
        let rows = || Vec::with_capacity(count.saturating_mul(outputs));
        Self {
            network,
            outputs,
            right: 0,
            violations: 0,
            squared_mean_gradient_norm: None,
            logits: rows(),
            residual: rows(),
            eigenvalues: rows(),
            loss: numbers(),
            grad_norm_sq: numbers(),
            u: numbers(),
            l: numbers(),
            d: numbers(),
            lower: numbers(),
            upper: numbers(),
            roundoff: Vec::with_capacity(2 * count),
        }
    }

    pub(super) fn push(&mut self, sample: SampleMeasurement) {
        let error = sample.bounds.eigenvalues.structural_error();
        self.right += usize::from(sample.right);
        self.violations += usize::from(sample.bounds.sandwich.violation().is_some());
        self.logits.extend(sample.logits);
        self.residual.extend(sample.residual);
        self.eigenvalues.extend(sample.eigenvalues);
        self.loss.push(sample.loss);
        self.grad_norm_sq.push(sample.squared_gradient_norm);
        self.u.push(error.u);
        self.l.push(error.l);
        self.d.push(error.d);
        self.lower.push(sample.bounds.sandwich.lower);
        self.upper.push(sample.bounds.sandwich.upper);
        let BackwardRoundoff { squared_norm, eigenvalue } = sample.bounds.roundoff;
        self.roundoff.extend([squared_norm, eigenvalue]);
    }

    /// Writes every array but the structural matrices, which are in the file already.
    pub(super) fn write(&self, file: &mut NpzWriter) -> Result<(), WeightsError> {
        let (n, m) = (self.samples(), self.outputs);
        for (name, values) in
            [("logits", &self.logits), ("residual", &self.residual), ("eigenvalues", &self.eigenvalues)]
        {
            file.array(name, &[n, m], values)?;
        }
        for (name, values) in self.by_sample() {
            file.array(name, &[n], values)?;
        }
        file.array("roundoff", &[n, 2], &self.roundoff)?;
        Ok(())
    }

    fn by_sample(&self) -> [(&'static str, &[f64]); 7] {
        [
            ("loss", &self.loss),
            ("grad_norm_sq", &self.grad_norm_sq),
            ("U", &self.u),
            ("L", &self.l),
            ("D", &self.d),
            ("lower", &self.lower),
            ("upper", &self.upper),
        ]
    }

    /// The number `N` of samples.
    #[must_use]
    pub fn samples(&self) -> usize {
        self.loss.len()
    }

    /// Every quantity with one number a sample, and the ends of the spectrum, over the samples.
    #[must_use]
    pub fn lines(&self) -> Vec<Line> {
        let end = |index: usize| self.eigenvalues.chunks_exact(self.outputs).map(move |row| row[index]);
        let ends = [("lambda_min", end(0).collect()), ("lambda_max", end(self.outputs - 1).collect())];
        let numbers = self.by_sample().map(|(name, values)| (name, values.to_vec()));
        let mut lines: Vec<Line> = numbers.into_iter().chain(ends).map(Line::of).collect();
        // The spectrum before the logarithms of its ends.
        lines[2..].rotate_right(2);
        lines
    }
}

impl Line {
    fn of((name, mut values): (&'static str, Vec<f64>)) -> Self {
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        values.sort_unstable_by(f64::total_cmp);
        let last = values.len() - 1;
        let (a, b) = (values[last / 2], values[last.div_ceil(2)]);
        // Two infinities of one sign have themselves as their middle, which a difference would not give.
        let median = if a == b { a } else { a / 2.0 + b / 2.0 };
        Self { name, mean, min: values[0], median, max: values[last] }
    }
}
