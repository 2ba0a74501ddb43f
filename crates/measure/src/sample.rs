//! What is measured of each sample, a chunk at a time.

use std::collections::BTreeMap;

use fenchel_convexity::ConvexityError;
use fenchel_nn::NnError;
use fenchel_nn::measurement::{ExtremeEigenvalues, MeasuredSample, SampleBounds, Sandwich, Side};
use fenchel_tensor::spectrum::{batched_eigenvalues, eigenvalues};
use fenchel_tensor::{BackwardRoundoff, Real};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis, s};

use crate::{MeasureError, Network, Targets};

/// Everything of one sample but its structural matrix.
#[derive(Clone, Debug)]
pub(crate) struct SampleMeasurement {
    pub(crate) logits: Vec<f64>,
    pub(crate) residual: Vec<f64>,
    pub(crate) loss: f64,
    pub(crate) squared_gradient_norm: f64,
    /// Ascending; of numbers from elsewhere perhaps the ends alone.
    pub(crate) eigenvalues: Vec<f64>,
    /// The ends that stand above round-off.
    pub(crate) extremes: ExtremeEigenvalues,
    pub(crate) sandwich: Sandwich,
    /// What is said of it: the bound that it crosses, if the theorem was judged.
    pub(crate) judged: Judged,
    pub(crate) roundoff: BackwardRoundoff,
    /// Whether the outputs put it on the right side; none where it has no class.
    pub(crate) right: Option<bool>,
}

/// Whether the theorem was judged on a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Judged {
    /// It was; the bound that is crossed by more than round-off, if one is.
    By(Option<Side>),
    /// Its numbers do not belong together, so nothing follows.
    Not,
}

/// One sample: its structural matrix, row-major, and the rest; or why it cannot be measured.
pub(crate) type Outcome = Result<(Vec<f64>, SampleMeasurement), String>;

/// Measures the rows of `inputs`, the first of which is sample `first` of the targets, on all threads.
pub(crate) fn measure_block<T: Real>(
    network: &Network<T>,
    inputs: ArrayView2<'_, T>,
    targets: &Targets,
    first: usize,
) -> Result<Vec<Outcome>, MeasureError> {
    let Network { engine, parameters, .. } = network;
    let relative = engine.tape().backward_roundoff::<T>();
    let chunks = engine.map_chunks(inputs.nrows(), |sweep, rows| {
        let (start, count) = (first + rows.start, rows.len());
        let inputs = inputs.slice(s![rows, ..]);
        let bad: BTreeMap<usize, String> =
            (0..count).filter_map(|row| Some((row, not_finite(inputs.row(row))?))).collect();
        let mut pass = sweep.forward(parameters, inputs)?;
        let logits = pass.outputs().mapv(T::as_f64);
        // A sample whose loss cannot be computed keeps the residual 0, so that it spoils no other.
        let mut residuals = Array2::<T>::zeros(logits.dim());
        let losses: Vec<Result<f64, String>> = (0..count)
            .map(|row| match bad.get(&row) {
                Some(reason) => Ok(Err(reason.clone())),
                None => evaluate(targets, start + row, logits.row(row), residuals.row_mut(row)),
            })
            .collect::<Result<_, MeasureError>>()?;
        let norms = pass.squared_gradient_norms(residuals.view())?;
        let structure = pass.structure();
        // All at once, unless one is not finite: then those beside it still count.
        let spectra = batched_eigenvalues(structure.view());
        let mut outcomes = Vec::with_capacity(count);
        for (row, loss) in losses.into_iter().enumerate() {
            let matrix = structure.index_axis(Axis(0), row);
            let spectrum = match &spectra {
                Ok(spectra) => Ok(spectra.row(row).to_vec()),
                Err(_) => eigenvalues(matrix).map_err(|_| overflow::<T>("structural matrix")),
            };
            let norm = norms[row].as_f64();
            let norm = if norm.is_finite() { Ok(norm) } else { Err(overflow::<T>("gradient")) };
            let (loss, squared_gradient_norm, spectrum) = match (loss, norm, spectrum) {
                (Ok(loss), Ok(norm), Ok(spectrum)) => (loss, norm, spectrum),
                (Err(reason), ..) | (_, Err(reason), _) | (.., Err(reason)) => {
                    outcomes.push(Err(reason));
                    continue;
                }
            };
            let sample = start + row;
            let (own, target) = (targets.loss(sample)?, targets.row(sample));
            let measured = MeasuredSample {
                residual: residuals.row(row),
                excess: loss - own.infimum(&target),
                squared_gradient_norm,
                ends: [spectrum[0], spectrum[spectrum.len() - 1]],
                sum_zero_ends: None,
            };
            let bounds = SampleBounds::new(&pass, row, &own.bounds(&target)?, &measured, relative)?;
            let logits = logits.row(row).to_vec();
            let measurement = SampleMeasurement {
                right: targets.is_right(sample, &logits),
                logits,
                residual: residuals.row(row).iter().map(|e| e.as_f64()).collect(),
                loss,
                squared_gradient_norm,
                eigenvalues: spectrum,
                extremes: bounds.eigenvalues,
                sandwich: bounds.sandwich,
                judged: Judged::By(bounds.sandwich.violation()),
                roundoff: bounds.roundoff,
            };
            outcomes.push(Ok((matrix.iter().map(|value| value.as_f64()).collect(), measurement)));
        }
        Ok::<_, MeasureError>(outcomes)
    })?;
    Ok(chunks.into_iter().flatten().collect())
}

/// Writes the residual of one sample and returns its loss, or why there is none.
pub(crate) fn evaluate<T: Real>(
    targets: &Targets,
    sample: usize,
    output: ArrayView1<'_, f64>,
    mut into: ndarray::ArrayViewMut1<'_, T>,
) -> Result<Result<f64, String>, MeasureError> {
    let mut residual = Array1::zeros(output.len());
    match targets.loss(sample)?.value_and_residual(&targets.row(sample), &output, &mut residual) {
        Ok(loss) => {
            into.zip_mut_with(&residual, |into, &e| *into = T::of(e));
            Ok(Ok(loss))
        }
        Err(ConvexityError::NotFinite { .. }) => Ok(Err(overflow::<T>("output"))),
        Err(source @ ConvexityError::Overflow { .. }) => Ok(Err(source.to_string())),
        Err(other) => Err(NnError::from(other).into()),
    }
}

/// What is wrong with an input that is not finite.
fn not_finite<T: Real>(input: ArrayView1<'_, T>) -> Option<String> {
    let (place, value) = input.iter().enumerate().find(|(_, value)| !value.is_finite())?;
    let value = value.as_f64();
    Some(format!(
        "number {place} of its input is {value} in {}; mend it, or measure in f64 if it is finite there",
        T::NAME
    ))
}

fn overflow<T: Real>(quantity: &str) -> String {
    let remedy = if T::NAME == f32::NAME { "measure in f64, or " } else { "" };
    format!(
        "its {quantity} is not finite: the network overflows; {remedy}look for parameters that grew without bound"
    )
}
