//! The measurements of all samples: arrays, and a few lines for a reader.

use fenchel_nn::measurement::Side;

use crate::sample::{Judged, SampleMeasurement};

/// The arrays of a measurement with their shapes and meanings; `N` samples, `m` outputs, natural logarithms.
pub const QUANTITIES: [(&str, &str, &str); 12] = [
    ("logits", "N x m", "the network's outputs f"),
    ("loss", "N", "the loss l(y, f) of each sample, its weight included"),
    ("residual", "N x m", "e = grad_f l: softmax less one-hot for ce, outputs less target for squared"),
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

/// A sample that could not be measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Its index.
    pub sample: usize,
    /// Why, and what to do.
    pub reason: String,
}

/// The measurements of all samples but their structural matrices. What could not be measured is NaN.
#[derive(Clone, Debug)]
pub struct Measurement {
    outputs: usize,
    /// How many eigenvalues a sample has.
    width: usize,
    classified: usize,
    right: usize,
    violations: Vec<(usize, Side)>,
    failures: Vec<Failure>,
    unjudged: Vec<usize>,
    entropy: Option<Vec<f64>>,
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

/// One quantity over the samples that could be measured: its name, mean, minimum, median, maximum.
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

impl Measurement {
    pub(crate) fn new(outputs: usize, width: usize, count: usize, entropy: Option<Vec<f64>>) -> Self {
        let numbers = || Vec::with_capacity(count);
        let rows = |columns: usize| Vec::with_capacity(count.saturating_mul(columns));
        Self {
            outputs,
            width,
            classified: 0,
            right: 0,
            violations: Vec::new(),
            failures: Vec::new(),
            unjudged: Vec::new(),
            entropy,
            logits: rows(outputs),
            residual: rows(outputs),
            eigenvalues: rows(width),
            loss: numbers(),
            grad_norm_sq: numbers(),
            u: numbers(),
            l: numbers(),
            d: numbers(),
            lower: numbers(),
            upper: numbers(),
            roundoff: rows(2),
        }
    }

    pub(crate) fn push(&mut self, sample: SampleMeasurement) {
        let index = self.samples();
        let error = sample.extremes.structural_error();
        self.classified += usize::from(sample.right.is_some());
        self.right += usize::from(sample.right == Some(true));
        match sample.judged {
            Judged::By(side) => self.violations.extend(side.map(|side| (index, side))),
            Judged::Not => self.unjudged.push(index),
        }
        self.logits.extend(sample.logits);
        self.residual.extend(sample.residual);
        self.eigenvalues.extend(sample.eigenvalues);
        let numbers = [
            sample.loss,
            sample.squared_gradient_norm,
            error.u,
            error.l,
            error.d,
            sample.sandwich.lower,
            sample.sandwich.upper,
        ];
        self.push_numbers(numbers, [sample.roundoff.squared_norm, sample.roundoff.eigenvalue]);
    }

    pub(crate) fn push_failure(&mut self, reason: String) {
        self.failures.push(Failure { sample: self.samples(), reason });
        let (outputs, width) = (self.outputs, self.width);
        let unknown = |count| std::iter::repeat_n(f64::NAN, count);
        self.logits.extend(unknown(outputs));
        self.residual.extend(unknown(outputs));
        self.eigenvalues.extend(unknown(width));
        self.push_numbers([f64::NAN; 7], [f64::NAN; 2]);
    }

    fn push_numbers(&mut self, numbers: [f64; 7], roundoff: [f64; 2]) {
        let [loss, norm, u, l, d, lower, upper] = numbers;
        self.loss.push(loss);
        self.grad_norm_sq.push(norm);
        self.u.push(u);
        self.l.push(l);
        self.d.push(d);
        self.lower.push(lower);
        self.upper.push(upper);
        self.roundoff.extend(roundoff);
    }

    /// The number `N` of samples.
    #[must_use]
    pub fn samples(&self) -> usize {
        self.loss.len()
    }

    /// The number `m` of outputs.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// How many samples have a class and count, and how many of them are right.
    #[must_use]
    pub fn classified(&self) -> (usize, usize) {
        (self.classified, self.right)
    }

    /// The samples that violate T11 by more than round-off, with the bound that they cross.
    #[must_use]
    pub fn violations(&self) -> &[(usize, Side)] {
        &self.violations
    }

    /// The samples whose numbers, brought from elsewhere, do not belong together: nothing is said of the theorem there.
    #[must_use]
    pub fn unjudged(&self) -> &[usize] {
        &self.unjudged
    }

    /// On how many samples the theorem was judged.
    #[must_use]
    pub fn judged(&self) -> usize {
        self.samples() - self.failures.len() - self.unjudged.len()
    }

    /// The samples that could not be measured.
    #[must_use]
    pub fn failures(&self) -> &[Failure] {
        &self.failures
    }

    /// The losses, the weight of each sample included.
    #[must_use]
    pub fn loss(&self) -> &[f64] {
        &self.loss
    }

    /// The squared norms of the samples' gradients.
    #[must_use]
    pub fn squared_gradient_norm(&self) -> &[f64] {
        &self.grad_norm_sq
    }

    /// The lower bounds of T11.
    #[must_use]
    pub fn lower(&self) -> &[f64] {
        &self.lower
    }

    /// The upper bounds of T11.
    #[must_use]
    pub fn upper(&self) -> &[f64] {
        &self.upper
    }

    /// The structural errors `D`.
    #[must_use]
    pub fn structural_error(&self) -> &[f64] {
        &self.d
    }

    /// The eigenvalues of each sample, ascending.
    pub fn spectra(&self) -> impl Iterator<Item = &[f64]> {
        self.eigenvalues.chunks_exact(self.width)
    }

    /// Every array with its name and shape, row-major, as [`QUANTITIES`] lists them; then `entropy`, of N numbers, where a
    /// cross-entropy has soft labels: what other systems add to the loss.
    #[must_use]
    pub fn arrays(&self) -> Vec<(&'static str, Vec<usize>, &[f64])> {
        let n = self.samples();
        let mut arrays = vec![
            ("logits", vec![n, self.outputs], &self.logits[..]),
            ("residual", vec![n, self.outputs], &self.residual),
            ("eigenvalues", vec![n, self.width], &self.eigenvalues),
        ];
        arrays.extend(self.by_sample().map(|(name, values)| (name, vec![n], values)));
        arrays.push(("roundoff", vec![n, 2], &self.roundoff));
        arrays.extend(self.entropy.as_ref().map(|values| ("entropy", vec![n], &values[..])));
        arrays
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

    /// Every quantity with one number a sample, and the ends of the spectrum, over the samples that could be measured.
    #[must_use]
    pub fn lines(&self) -> Vec<Line> {
        let end = |index: usize| self.eigenvalues.chunks_exact(self.width).map(move |row| row[index]);
        let ends = [("lambda_min", end(0).collect()), ("lambda_max", end(self.width - 1).collect())];
        let numbers = self.by_sample().map(|(name, values)| (name, values.to_vec()));
        let is_measured = |&(index, _): &(usize, f64)| !self.loss[index].is_nan();
        let measured =
            |values: Vec<f64>| values.into_iter().enumerate().filter(is_measured).map(|(_, v)| v).collect();
        let lines = numbers.into_iter().chain(ends).map(|(name, values)| Line::of(name, measured(values)));
        let mut lines: Vec<Line> = lines.collect();
        // The spectrum before the logarithms of its ends.
        lines[2..].rotate_right(2);
        lines
    }
}

impl Line {
    fn of(name: &'static str, mut values: Vec<f64>) -> Self {
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        values.sort_unstable_by(f64::total_cmp);
        let Some(last) = values.len().checked_sub(1) else {
            return Self { name, mean, min: f64::NAN, median: f64::NAN, max: f64::NAN };
        };
        let (a, b) = (values[last / 2], values[last.div_ceil(2)]);
        // Two infinities of one sign have themselves as their middle, which a difference would not give.
        let median = if a == b { a } else { a / 2.0 + b / 2.0 };
        Self { name, mean, min: values[0], median, max: values[last] }
    }
}
