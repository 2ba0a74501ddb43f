//! Measuring all samples of a set, and what goes beyond single samples.

use fenchel_nn::measurement::{LayerSum, StructuralPart, layer_sums};
use fenchel_tensor::{Engine, Real, TensorError};
use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis, s};

use crate::sample::{evaluate, measure_block};
use crate::{Failure, MeasureError, Measurement, Network, Targets};

/// The most rows that a tangent kernel may have: 2 GiB of numbers.
const KERNEL_ROWS: usize = 1 << 14;

/// Measures every sample: `inputs` is `N x d`.
///
/// The structural matrices, `m x m` and row-major, go to `keep` in order as they come, so that none but those of a block
/// need be in memory; those of a sample that cannot be measured are NaN. `progress` hears how many samples are done, of
/// how many. The result has the same bits at any number of threads.
///
/// # Errors
/// If shapes do not fit, `keep` fails, or no sample at all can be measured.
pub fn measure<T: Real>(
    network: &Network<T>,
    inputs: ArrayView2<'_, T>,
    targets: &Targets,
    mut keep: impl FnMut(&[f64]) -> Result<(), MeasureError>,
    mut progress: impl FnMut(usize, usize),
) -> Result<Measurement, MeasureError> {
    check(network, inputs, targets)?;
    let (count, outputs) = (inputs.nrows(), network.outputs());
    let mut measured = Measurement::new(outputs, outputs, count, targets.entropies());
    let unknown = vec![f64::NAN; outputs * outputs];
    let block = block_rows(&network.engine);
    progress(0, count);
    for start in (0..count).step_by(block) {
        let end = count.min(start + block);
        for outcome in measure_block(network, inputs.slice(s![start..end, ..]), targets, start)? {
            match outcome {
                Ok((structure, sample)) => {
                    keep(&structure)?;
                    measured.push(sample);
                }
                Err(reason) => {
                    keep(&unknown)?;
                    measured.push_failure(reason);
                }
            }
        }
        progress(end, count);
    }
    if let [Failure { reason, .. }, ..] = measured.failures()
        && measured.failures().len() == count
    {
        return Err(MeasureError::All { samples: count, reason: reason.clone() });
    }
    Ok(measured)
}

/// The gradient of the mean loss, `sum w_i l_i / sum w_i`, in all parameters.
///
/// # Errors
/// If shapes do not fit, a sample's loss cannot be computed, or all weights are 0.
pub fn mean_gradient<T: Real>(
    network: &Network<T>,
    inputs: ArrayView2<'_, T>,
    targets: &Targets,
) -> Result<Vec<T>, MeasureError> {
    check(network, inputs, targets)?;
    let total = targets.total_weight();
    if total <= 0.0 {
        let (got, needs) = ("is 0 for every sample".to_owned(), "one positive weight at least".to_owned());
        return Err(MeasureError::Array { array: "weight", got, needs });
    }
    let mut gradient = vec![T::zero(); network.parameters.len()];
    network.engine.gradient_sum::<MeasureError>(
        &network.parameters,
        inputs,
        &mut gradient,
        |rows, outputs, into| {
            let mut into: ArrayViewMut2<'_, T> = into;
            for (row, sample) in rows.enumerate() {
                let loss =
                    evaluate(targets, sample, outputs.row(row).mapv(T::as_f64).view(), into.row_mut(row))?;
                loss.map_err(|reason| MeasureError::Sample { sample, reason })?;
            }
            into.mapv_inplace(|e| T::of(e.as_f64() / total));
            Ok(())
        },
    )?;
    Ok(gradient)
}

/// The structural matrices by layer.
#[derive(Clone, Debug)]
pub struct LayerParts {
    /// The paths of the layers with parameters.
    pub layers: Vec<String>,
    /// Sample by sample; none for those that were left out.
    pub samples: Vec<Option<LayerSum>>,
}

/// A number of a part of a structural matrix, under its name.
pub type PartNumber = (&'static str, fn(&StructuralPart) -> f64);

impl LayerParts {
    /// What is written of each part.
    pub const NUMBERS: [PartNumber; 3] = [
        ("trace", |part| part.trace),
        ("lambda_min", |part| part.eigenvalues.min),
        ("lambda_max", |part| part.eigenvalues.max),
    ];

    /// A number of a part of each sample, NaN where it was left out.
    pub fn numbers(&self, number: impl Fn(&LayerSum) -> f64) -> Vec<f64> {
        self.samples.iter().map(|sample| sample.as_ref().map_or(f64::NAN, &number)).collect()
    }
}

/// The structural matrix of each sample by layer (T13), with what is left below the head (T12); of all samples but those
/// that are known to fail.
///
/// # Errors
/// If the inputs do not fit, or a number of a sample that is not left out is not finite.
pub fn layer_parts<T: Real>(
    network: &Network<T>,
    inputs: ArrayView2<'_, T>,
    failures: &[Failure],
) -> Result<LayerParts, MeasureError> {
    network.check_inputs(inputs.shape())?;
    network.engine.tape().check_ids(inputs)?;
    let fails = |sample: &usize| failures.binary_search_by_key(sample, |failure| failure.sample).is_ok();
    let left: Vec<usize> = (0..inputs.nrows()).filter(|sample| !fails(sample)).collect();
    let sums = layer_sums(&network.engine, &network.parameters, inputs.select(Axis(0), &left).view())?;
    let mut samples = vec![None; inputs.nrows()];
    left.into_iter().zip(sums).for_each(|(sample, sum)| samples[sample] = Some(sum));
    Ok(LayerParts { layers: network.layers(), samples })
}

/// The empirical neural tangent kernel between two sets, `(N_a m) x (N_b m)`, in `f64`: see [`Engine::tangent_kernel`].
///
/// # Errors
/// If the inputs do not fit, or the kernel is too large.
pub fn tangent_kernel<T: Real>(
    network: &Network<T>,
    a: ArrayView2<'_, T>,
    b: ArrayView2<'_, T>,
) -> Result<Array2<f64>, MeasureError> {
    let outputs = network.outputs();
    for samples in [a.nrows(), b.nrows()] {
        let rows = samples.saturating_mul(outputs);
        if rows > KERNEL_ROWS {
            return Err(MeasureError::Kernel { samples, outputs, rows, limit: KERNEL_ROWS });
        }
    }
    for inputs in [a, b] {
        network.engine.tape().check_ids(inputs)?;
    }
    Ok(network.engine.tangent_kernel(&network.parameters, a, b)?.mapv(T::as_f64))
}

/// Runs `work` on a pool of so many threads, or of one a core; a measurement has the same bits at any number.
///
/// # Errors
/// If the threads cannot be started.
pub fn with_threads<R: Send>(
    threads: Option<usize>,
    work: impl FnOnce() -> R + Send,
) -> Result<R, MeasureError> {
    let threads = threads.unwrap_or(0);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let pool = pool.map_err(|error| MeasureError::Threads { threads, reason: error.to_string() })?;
    Ok(pool.install(work))
}

fn check<T: Real>(
    network: &Network<T>,
    inputs: ArrayView2<'_, T>,
    targets: &Targets,
) -> Result<(), MeasureError> {
    network.check_inputs(inputs.shape())?;
    network.engine.tape().check_ids(inputs)?;
    if targets.len() != inputs.nrows() || targets.outputs() != network.outputs() {
        let needs = format!("[{}, {}]", inputs.nrows(), network.outputs());
        let got = vec![targets.len(), targets.outputs()];
        return Err(TensorError::Argument { argument: "targets", got, needs }.into());
    }
    Ok(())
}

/// How many samples are measured between two calls of `keep`: whole chunks of the engine, so that the cut changes no bit,
/// and about 64 MiB of structural matrices.
fn block_rows<T: Real>(engine: &Engine<T>) -> usize {
    let chunk = engine.chunk_rows();
    let bytes = 8 * engine.tape().outputs().pow(2);
    let rows = ((64 << 20) / bytes).clamp(1, 1024);
    rows.div_ceil(chunk) * chunk
}
