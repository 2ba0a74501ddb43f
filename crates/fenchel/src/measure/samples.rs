//! What is measured of each sample, block by block.

use fenchel_convexity::ConvexityError;
use fenchel_convexity::losses::Loss;
use fenchel_nn::NnError;
use fenchel_nn::measurement::{MeasuredSample, SampleBounds};
use fenchel_tensor::spectrum::{batched_eigenvalues, eigenvalues};
use fenchel_tensor::{Engine, Real};
use ndarray::{Array1, Array2, ArrayView2, ArrayViewMut2, Axis, s};

use super::MeasureError;

/// Everything of one sample.
pub(super) struct SampleMeasurement {
    pub(super) logits: Vec<f64>,
    pub(super) residual: Vec<f64>,
    pub(super) loss: f64,
    pub(super) squared_gradient_norm: f64,
    /// Row-major, `m x m`.
    pub(super) structure: Vec<f64>,
    /// Ascending.
    pub(super) eigenvalues: Vec<f64>,
    pub(super) bounds: SampleBounds,
    /// Whether the largest logit is the label's.
    pub(super) right: bool,
}

/// Measures the rows of `inputs`, the first of which is sample `first`, on all threads.
pub(super) fn measure_block<T: Real>(
    engine: &Engine<T>,
    parameters: &[T],
    loss: &dyn Loss,
    inputs: ArrayView2<'_, T>,
    targets: ArrayView2<'_, f64>,
    first: usize,
) -> Result<Vec<SampleMeasurement>, MeasureError> {
    let roundoff = engine.tape().backward_roundoff::<T>();
    let chunks = engine.map_chunks(inputs.nrows(), |sweep, rows| {
        let first = first + rows.start;
        let (inputs, targets) = (inputs.slice(s![rows.clone(), ..]), targets.slice(s![rows, ..]));
        let mut pass = sweep.forward(parameters, inputs)?;
        let logits = pass.outputs().to_owned();
        let mut residual = Array2::zeros(logits.dim());
        let losses = residuals(loss, logits.view(), targets, residual.view_mut(), 1.0)
            .map_err(|(row, error)| named(first + row, error))?;
        let norms = pass.squared_gradient_norms(residual.view())?;
        let structure = pass.structure();
        // All at once, unless one is not finite: then those before it still count.
        let spectra = batched_eigenvalues(structure.view());
        let mut samples = Vec::with_capacity(losses.len());
        for (row, &value) in losses.iter().enumerate() {
            let overflow = |quantity| MeasureError::Overflow { quantity, sample: first + row };
            let squared_gradient_norm = norms[row].as_f64();
            if !squared_gradient_norm.is_finite() {
                return Err(overflow("gradient"));
            }
            let spectrum = match &spectra {
                Ok(spectra) => spectra.row(row).to_vec(),
                Err(_) => eigenvalues(structure.index_axis(Axis(0), row))
                    .map_err(|_| overflow("structural matrix"))?,
            };
            let target = targets.row(row);
            let own = loss.bounds(&target).map_err(NnError::from)?;
            let measured = MeasuredSample {
                residual: residual.row(row),
                excess: value - loss.infimum(&target),
                squared_gradient_norm,
                ends: [spectrum[0], spectrum[spectrum.len() - 1]],
                sum_zero_ends: None,
            };
            let bounds = SampleBounds::new(&pass, row, &own, &measured, roundoff)?;
            let wide = |values: ndarray::ArrayView1<'_, T>| values.iter().map(|v| v.as_f64()).collect();
            let logits: Vec<f64> = wide(logits.row(row));
            samples.push(SampleMeasurement {
                right: largest(logits.iter().copied()) == largest(target.iter().copied()),
                logits,
                residual: wide(residual.row(row)),
                loss: value,
                squared_gradient_norm,
                structure: structure.index_axis(Axis(0), row).iter().map(|value| value.as_f64()).collect(),
                eigenvalues: spectrum,
                bounds,
            });
        }
        Ok(samples)
    })?;
    Ok(chunks.into_iter().flatten().collect())
}

/// Writes `share` times the residuals of the rows and returns their losses; an error comes with its row.
pub(super) fn residuals<T: Real>(
    loss: &dyn Loss,
    outputs: ArrayView2<'_, T>,
    targets: ArrayView2<'_, f64>,
    mut into: ArrayViewMut2<'_, T>,
    share: f64,
) -> Result<Vec<f64>, (usize, NnError)> {
    let mut residual = Array1::zeros(outputs.ncols());
    let rows = outputs.rows().into_iter().zip(targets.rows()).zip(into.rows_mut());
    let losses = rows.enumerate().map(|(row, ((output, target), mut into))| {
        let output = output.mapv(T::as_f64);
        let value = loss.value_and_residual(&target, &output, &mut residual);
        into.zip_mut_with(&residual, |into, &entry| *into = T::of(share * entry));
        value.map_err(|error| (row, error.into()))
    });
    losses.collect()
}

/// The error of one sample's loss under the sample's number.
fn named(sample: usize, error: NnError) -> MeasureError {
    match error {
        NnError::Convexity(source @ ConvexityError::NotFinite { .. }) => {
            MeasureError::Loss { sample, source }
        }
        other => other.into(),
    }
}

/// The index of the first largest entry.
fn largest(values: impl Iterator<Item = f64>) -> usize {
    let first = (0, f64::NEG_INFINITY);
    values.enumerate().fold(first, |best, (i, v)| if v > best.1 { (i, v) } else { best }).0
}
