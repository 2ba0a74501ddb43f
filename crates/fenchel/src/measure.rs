//! Measuring a network trained anywhere: a model description, its weights, samples; one file of arrays.
//!
//! For each sample the logits, the loss, the squared gradient norm, the structural matrix `A_x = J_x J_x'` and its eigenvalues,
//! the structural error, and the two bounds of theorem T11 between which the loss lies. The arrays are listed at
//! [`QUANTITIES`].
//!
//! Samples are measured in blocks and the structural matrices written as they come, so that memory holds the samples, the
//! parameters and a few numbers a sample, however many outputs there are.

mod data;
mod error;
mod samples;
mod summary;

pub use error::MeasureError;
pub use summary::{Line, Measured, QUANTITIES};

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use fenchel_convexity::losses::Loss;
use fenchel_nn::NnError;
use fenchel_nn::description::{Description, DescriptionError, Row};
use fenchel_nn::weights::{NpzWriter, Tensors};
use fenchel_tensor::{Engine, Real, TensorError};
use ndarray::{ArrayViewMut2, s};

use data::Samples;
use samples::{measure_block, residuals};

/// The precision of a measurement's network passes; losses, eigenvalues and bounds are always in `f64`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Precision {
    /// Single precision: faster, and enough to see orders of magnitude.
    F32,
    /// Double precision: about twelve digits.
    #[default]
    F64,
}

/// What is to be measured, and where the result goes.
#[derive(Clone, Debug)]
pub struct Request {
    /// The model description, TOML.
    pub model: PathBuf,
    /// The parameters and constants by layer path, safetensors or npz.
    pub weights: PathBuf,
    /// The samples: `x` and `y`, npz or safetensors.
    pub data: PathBuf,
    /// The loss.
    pub loss: Arc<dyn Loss>,
    /// The npz file to write.
    pub out: PathBuf,
    /// Whether to write the gradient of the mean loss as well.
    pub gradients: bool,
    /// The precision of the network passes.
    pub precision: Precision,
    /// Worker threads; `None` for one a core. The result has the same bits at any number.
    pub threads: Option<usize>,
}

/// Measures every sample and writes the file, whole or not at all. `progress` hears how many samples are done, of how many.
///
/// # Errors
/// If an input is missing, malformed or does not fit the others: the file, the tensor, what was expected, what to do. If
/// the result cannot be written, which is tried before the work begins.
pub fn measure(request: &Request, progress: impl Fn(usize, usize) + Sync) -> Result<Measured, MeasureError> {
    let description = Description::read(&request.model)?;
    let (_, rows) = description.build().map_err(|source| unsound(request, source))?;
    for input in [&request.model, &request.weights, &request.data] {
        if same_file(input, &request.out) {
            return Err(MeasureError::Overwrite { path: request.out.clone() });
        }
    }
    let threads = request.threads.unwrap_or(0);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let pool = pool.map_err(|error| MeasureError::Threads { threads, reason: error.to_string() })?;
    pool.install(|| match request.precision {
        Precision::F32 => run::<f32>(request, &description, rows, &progress),
        Precision::F64 => run::<f64>(request, &description, rows, &progress),
    })
}

/// The complaint of a layer, with the file in which the layer stands.
fn unsound(request: &Request, source: TensorError) -> DescriptionError {
    DescriptionError::Build { origin: request.model.display().to_string(), source }
}

fn same_file(a: &Path, b: &Path) -> bool {
    matches!((fs::canonicalize(a), fs::canonicalize(b)), (Ok(a), Ok(b)) if a == b)
}

fn run<T: Real>(
    request: &Request,
    description: &Description,
    rows: Vec<Row>,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Measured, MeasureError> {
    let loaded = description.load::<T>(&Tensors::read(&request.weights)?);
    let (tape, parameters) = loaded.map_err(|error| match error {
        NnError::Tensor(source) => unsound(request, source).into(),
        NnError::Weights(error) => error.into(),
        other => MeasureError::Network(other),
    })?;
    let Samples { inputs, targets } = Samples::<T>::read(&request.data, &tape)?;
    let (count, outputs) = targets.dim();
    let mut file = NpzWriter::create(&request.out)?;
    let engine = Engine::<T>::new(tape.clone());

    // The structural matrices go to the file block by block, everything smaller is kept until the end.
    file.begin_f64("structure", &[count, outputs, outputs])?;
    let mut measured = Measured::new(rows, outputs, count);
    let block = block_rows(&engine);
    progress(0, count);
    for start in (0..count).step_by(block) {
        let end = count.min(start + block);
        let (inputs, targets) = (inputs.slice(s![start..end, ..]), targets.slice(s![start..end, ..]));
        for sample in measure_block(&engine, &parameters, &*request.loss, inputs, targets, start)? {
            file.append(&sample.structure)?;
            measured.push(sample);
        }
        progress(end, count);
    }
    measured.write(&mut file)?;
    if request.gradients {
        let mut gradient = vec![T::zero(); parameters.len()];
        let share = 1.0 / count as f64;
        engine.gradient_sum::<NnError>(
            &parameters,
            inputs.view(),
            &mut gradient,
            |rows, outputs, into| {
                let targets = targets.slice(s![rows, ..]);
                let into: ArrayViewMut2<'_, T> = into;
                residuals(&*request.loss, outputs, targets, into, share)
                    .map(|_| ())
                    .map_err(|(_, error)| error)
            },
        )?;
        for slot in tape.parameters().slots() {
            let values: Vec<f64> = gradient[slot.range.clone()].iter().map(|g| g.as_f64()).collect();
            file.array(&format!("grad/{}", slot.name), &slot.shape, &values)?;
        }
        measured.squared_mean_gradient_norm = Some(gradient.iter().map(|g| g.as_f64().powi(2)).sum());
    }
    file.finish()?;
    Ok(measured)
}

/// How many samples are measured between two writes: whole chunks of the engine, so that the cut changes no bit, and about
/// 64 MiB of structural matrices.
fn block_rows<T: Real>(engine: &Engine<T>) -> usize {
    let chunk = engine.chunk_rows();
    let bytes = 8 * engine.tape().outputs().pow(2);
    let rows = ((64 << 20) / bytes).clamp(1, 1024);
    rows.div_ceil(chunk) * chunk
}
