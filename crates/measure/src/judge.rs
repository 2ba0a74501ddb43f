//! Judging numbers that were computed elsewhere: on a GPU, in JAX, for layers that are not offered here.
//!
//! Outputs, answers, structural matrices (or their extreme eigenvalues) and squared gradient norms give U, L, D and the
//! two bounds of T11. What such numbers may be off by is not known here, so it is taken from whoever brings them: a
//! relative error of their backward passes, or a bound for each sample. A verdict is relative to it.
//!
//! With whole matrices more can be said: the squared gradient norm *is* `e' A e`, e the residual of the loss. Where the
//! two differ, or A is not positive semi-definite, the arrays are not those of one network, loss and sample, and nothing
//! is said of the theorem.

use fenchel_nn::measurement::{ExtremeEigenvalues, Sandwich, Side, estimated_roundoff};
use fenchel_tensor::BackwardRoundoff;
use fenchel_tensor::spectrum::eigenvalues;
use ndarray::{Array1, Array2, Array3, ArrayView2, Axis};

use crate::sample::{Judged, SampleMeasurement, evaluate};
use crate::{MeasureError, Measurement, Targets};

/// What stands for the structural matrices.
#[derive(Clone, Debug, PartialEq)]
pub enum Structure {
    /// The matrices, `N x m x m`.
    Matrices(Array3<f64>),
    /// Eigenvalues, ascending: `N x m`, all of them, or `N x 2`, the smallest and the largest.
    Eigenvalues(Array2<f64>),
}

/// What the numbers may be off by.
#[derive(Clone, Debug, PartialEq)]
pub enum Roundoff {
    /// The relative error of a backward pass: eigenvalues are off by so much of the largest, gradients by so much of
    /// `sqrt(lambda_max) ‖e‖`.
    Relative(f64),
    /// For each sample what its squared gradient norm and an eigenvalue may be off by, `N x 2`.
    BySample(Array2<f64>),
}

/// Numbers from elsewhere, of `N` samples with `m` outputs.
#[derive(Clone, Debug, PartialEq)]
pub struct Numbers {
    /// The outputs, `N x m`.
    pub logits: Array2<f64>,
    /// The structural matrices or their ends.
    pub structure: Structure,
    /// The squared norms of the gradients of the samples' losses, weights included, `N`.
    pub squared_gradient_norms: Vec<f64>,
    /// What they may be off by.
    pub roundoff: Roundoff,
}

/// What is allowed for where nobody states an error: that of a network with a million terms in the longest inner products
/// of its layers, `16 u 10^6`, 1.8e-9, for numbers in `f64`; with a thousand, 9.5e-4, for numbers in `f32`, of which a
/// million would leave nothing.
#[must_use]
pub fn default_error(single: bool) -> f64 {
    if single { 16e3 * f64::from(f32::EPSILON) / 2.0 } else { 16e6 * f64::EPSILON / 2.0 }
}

/// What is said of one sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Verdict {
    /// The loss lies between the bounds.
    Holds,
    /// The loss crosses a bound by more than the stated error: theorem, numbers or stated error are wrong.
    Violated(Side),
    /// `e' A e` is not the squared gradient norm, or cannot be: the arrays do not belong together.
    Apart {
        /// `e' A e`; of eigenvalues alone the end of its range that is nearer, `lambda ‖e‖²`.
        quadratic_form: f64,
    },
    /// The matrix is no `J J'`: it has a negative eigenvalue, or is not symmetric, by more than the stated error.
    Indefinite,
    /// A number is not finite; nothing can be said.
    Undefined,
}

impl Verdict {
    /// A number for arrays: 0 holds, 1 violated, 2 apart, 3 indefinite, 4 undefined.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Holds => 0,
            Self::Violated(_) => 1,
            Self::Apart { .. } => 2,
            Self::Indefinite => 3,
            Self::Undefined => 4,
        }
    }
}

/// Judges every sample.
///
/// ```
/// use fenchel_measure::judge::{Numbers, Roundoff, Structure, Verdict, judge};
/// use fenchel_measure::{Answers, Criterion};
/// use fenchel_nn::losses::LossName;
/// use ndarray::array;
///
/// // Two samples with A = 4 I under half the squared error: ‖grad‖² = 4 ‖e‖². The second gradient is of another sample.
/// let numbers = Numbers {
///     logits: array![[3.0, 0.0], [0.0, 2.0]],
///     structure: Structure::Matrices(array![[[4.0, 0.0], [0.0, 4.0]], [[4.0, 0.0], [0.0, 4.0]]]),
///     squared_gradient_norms: vec![16.0, 99.0],
///     roundoff: Roundoff::Relative(1e-12),
/// };
/// let targets = Criterion::new(LossName::Squared)?.targets(&Answers::labels(&[0, 1]), None, 2, 2)?;
/// let (measured, verdicts) = judge(&numbers, &targets)?;
/// assert_eq!(verdicts, [Verdict::Holds, Verdict::Apart { quadratic_form: 4.0 }]);
/// assert_eq!(measured.loss(), [2.0, 0.5]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// If the shapes of the arrays do not fit each other, or the stated error is negative or not finite.
pub fn judge(numbers: &Numbers, targets: &Targets) -> Result<(Measurement, Vec<Verdict>), MeasureError> {
    let width = check(numbers, targets)?;
    let (count, outputs) = numbers.logits.dim();
    let mut measured = Measurement::new(outputs, width, count, targets.entropies());
    let mut verdicts = Vec::with_capacity(count);
    for sample in 0..count {
        match one(numbers, targets, sample)? {
            Ok((measurement, verdict)) => {
                measured.push(measurement);
                verdicts.push(verdict);
            }
            Err(reason) => {
                measured.push_failure(reason);
                verdicts.push(Verdict::Undefined);
            }
        }
    }
    Ok((measured, verdicts))
}

/// One sample, or why nothing can be said of it.
fn one(
    numbers: &Numbers,
    targets: &Targets,
    sample: usize,
) -> Result<Result<(SampleMeasurement, Verdict), String>, MeasureError> {
    let logits = numbers.logits.row(sample);
    let mut residual = Array1::<f64>::zeros(logits.len());
    let loss = match evaluate(targets, sample, logits, residual.view_mut())? {
        Ok(loss) => loss,
        Err(reason) => return Ok(Err(reason)),
    };
    let norm = numbers.squared_gradient_norms[sample];
    let spectrum = match &numbers.structure {
        Structure::Matrices(matrices) => eigenvalues(matrices.index_axis(Axis(0), sample)).ok(),
        Structure::Eigenvalues(rows) => Some(rows.row(sample).to_vec()),
    };
    let finite = |spectrum: &Vec<f64>| spectrum.iter().all(|value| value.is_finite());
    let Some(spectrum) = spectrum.filter(finite) else {
        return Ok(Err("its structural matrix is not finite".to_owned()));
    };
    if !norm.is_finite() {
        return Ok(Err("its squared gradient norm is not finite".to_owned()));
    }
    let ends = [spectrum[0], spectrum[spectrum.len() - 1]];
    let square = residual.dot(&residual);
    let roundoff = match &numbers.roundoff {
        Roundoff::Relative(relative) => estimated_roundoff::<f64>(*relative, norm, square, ends[1]),
        Roundoff::BySample(rows) => {
            BackwardRoundoff { squared_norm: rows[[sample, 0]], eigenvalue: rows[[sample, 1]] }
        }
    };
    // The eigenvalues of whole matrices are computed here, by a solver with an error of its own.
    let m = residual.len() as f64;
    let solver = match &numbers.structure {
        Structure::Matrices(_) => 8.0 * (16.0 + m) * m * f64::EPSILON * ends[1].abs(),
        Structure::Eigenvalues(_) => 0.0,
    };
    let roundoff = BackwardRoundoff { eigenvalue: roundoff.eigenvalue + solver, ..roundoff };
    let (own, target) = (targets.loss(sample)?, targets.row(sample));
    let extremes = ExtremeEigenvalues::above_roundoff(ends, roundoff.eigenvalue);
    let sandwich =
        Sandwich::new(&own.bounds(&target)?, loss - own.infimum(&target), norm, extremes, roundoff);
    let (quadratic_form, asymmetry) = match &numbers.structure {
        Structure::Matrices(matrices) => {
            let matrix = matrices.index_axis(Axis(0), sample);
            (residual.dot(&matrix.dot(&residual)), asymmetry(matrix))
        }
        Structure::Eigenvalues(_) => (norm, 0.0),
    };
    // The form carries the error of A, and m roundings of its own in each of two sums.
    let own_rounding = 4.0 * (residual.len() + 2) as f64 * f64::EPSILON;
    let allowed = roundoff.squared_norm + square * (roundoff.eigenvalue + own_rounding * ends[1].abs());
    // Each entry is off by no more than the matrix in norm, which is what an eigenvalue may be off by.
    let outside = |form: f64| (form - norm).abs() > allowed;
    let (least, most) = (square * ends[0], square * ends[1]);
    let verdict = if ends[0] < -roundoff.eigenvalue || asymmetry > 2.0 * roundoff.eigenvalue {
        Verdict::Indefinite
    } else if norm < least && outside(least) {
        Verdict::Apart { quadratic_form: least }
    } else if norm > most && outside(most) {
        Verdict::Apart { quadratic_form: most }
    } else if outside(quadratic_form) {
        Verdict::Apart { quadratic_form }
    } else {
        sandwich.violation().map_or(Verdict::Holds, Verdict::Violated)
    };
    let judged = match verdict {
        Verdict::Holds => Judged::By(None),
        Verdict::Violated(side) => Judged::By(Some(side)),
        _ => Judged::Not,
    };
    let logits = logits.to_vec();
    let measurement = SampleMeasurement {
        right: targets.is_right(sample, &logits),
        logits,
        residual: residual.to_vec(),
        loss,
        squared_gradient_norm: norm,
        eigenvalues: spectrum,
        extremes,
        sandwich,
        judged,
        roundoff,
    };
    Ok(Ok((measurement, verdict)))
}

/// Checks that the arrays fit each other, and returns how many eigenvalues a sample has.
fn check(numbers: &Numbers, targets: &Targets) -> Result<usize, MeasureError> {
    let (count, outputs) = numbers.logits.dim();
    let wrong = |array, got: &[usize], needs: String| {
        Err(MeasureError::Array { array, got: format!("has shape {got:?}"), needs })
    };
    if count == 0 || outputs == 0 {
        return wrong("logits", numbers.logits.shape(), "[N, m], with at least one sample".to_owned());
    }
    if (targets.len(), targets.outputs()) != (count, outputs) {
        return wrong(
            "y",
            &[targets.len(), targets.outputs()],
            format!("answers to {count} samples of {outputs} outputs"),
        );
    }
    if numbers.squared_gradient_norms.len() != count {
        return wrong("grad_norm_sq", &[numbers.squared_gradient_norms.len()], format!("[{count}]"));
    }
    if let Some(sample) = numbers.squared_gradient_norms.iter().position(|&norm| norm < 0.0) {
        let got = format!("is negative for sample {sample}");
        return Err(MeasureError::Array { array: "grad_norm_sq", got, needs: "squared norms".to_owned() });
    }
    let width = match &numbers.structure {
        Structure::Matrices(matrices) => {
            if matrices.shape() != [count, outputs, outputs] {
                return wrong("structure", matrices.shape(), format!("[{count}, {outputs}, {outputs}]"));
            }
            outputs
        }
        Structure::Eigenvalues(rows) => {
            let width = rows.ncols();
            if rows.nrows() != count || (width != outputs && width != 2) {
                let needs = format!(
                    "[{count}, {outputs}], all of them, or [{count}, 2], the smallest and the largest"
                );
                return wrong("eigenvalues", rows.shape(), needs);
            }
            for (sample, row) in rows.rows().into_iter().enumerate() {
                if row.iter().zip(row.iter().skip(1)).any(|(a, b)| a > b) {
                    let (got, needs) = (format!("falls in sample {sample}"), "ascending rows".to_owned());
                    return Err(MeasureError::Array { array: "eigenvalues", got, needs });
                }
            }
            width
        }
    };
    let bad = |value: &f64| !(value.is_finite() && *value >= 0.0);
    match &numbers.roundoff {
        Roundoff::Relative(relative) if bad(relative) => {
            let (got, needs) = (format!("is {relative}"), "a number from 0 on".to_owned());
            Err(MeasureError::Array { array: "roundoff", got, needs })
        }
        Roundoff::BySample(rows) if rows.dim() != (count, 2) || rows.iter().any(bad) => {
            let needs = format!("[{count}, 2] numbers from 0 on");
            wrong("roundoff", rows.shape(), needs)
        }
        _ => Ok(width),
    }
}

/// The largest difference between an entry and its mirror.
fn asymmetry(matrix: ArrayView2<'_, f64>) -> f64 {
    matrix.indexed_iter().fold(0.0, |most, ((i, j), value)| most.max((value - matrix[[j, i]]).abs()))
}
