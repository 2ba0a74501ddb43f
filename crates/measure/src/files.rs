//! From files to a file: a model description, its weights and samples; or numbers from elsewhere. One file of arrays.
//!
//! The arrays are listed at [`QUANTITIES`](crate::QUANTITIES). Samples are measured in blocks and the structural matrices
//! written as they come, so that memory holds the samples, the parameters and a few numbers a sample, however many outputs
//! there are.

mod judged;
mod samples;

pub use judged::{JudgeRequest, Judged, judge};

use std::fs;
use std::path::{Path, PathBuf};

use fenchel_nn::NnError;
use fenchel_nn::description::{Description, DescriptionError, Row};
use fenchel_nn::measurement::{LayerSum, StructuralPart};
use fenchel_nn::weights::{NpzWriter, Tensors};
use fenchel_tensor::Real;

use crate::{
    Criterion, LayerParts, MeasureError, Measurement, Network, layer_parts, mean_gradient, tangent_kernel,
    with_threads,
};
use samples::Samples;

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
    /// What stands before every name in the file of the weights, `module.` for example; empty for nothing.
    pub prefix: String,
    /// The samples: `x`, `y` and perhaps `weight`, npz or safetensors.
    pub data: PathBuf,
    /// How outputs are compared with answers.
    pub criterion: Criterion,
    /// The npz file to write.
    pub out: PathBuf,
    /// Whether to write the gradient of the mean loss as well.
    pub gradients: bool,
    /// Whether to write the structural matrices' parts by layer as well.
    pub parts: bool,
    /// Whether to write the tangent kernel of all samples as well.
    pub kernel: bool,
    /// The precision of the network passes.
    pub precision: Precision,
    /// Worker threads; `None` for one a core. The result has the same bits at any number.
    pub threads: Option<usize>,
}

/// What was measured and written.
#[derive(Clone, Debug)]
pub struct Written {
    /// The rows of the network's table.
    pub network: Vec<Row>,
    /// The arrays.
    pub measurement: Measurement,
    /// The squared norm of the gradient of the mean loss, where gradients were asked for and every sample could be
    /// measured.
    pub squared_mean_gradient_norm: Option<f64>,
    /// The layers' parts, where they were asked for.
    pub parts: Option<LayerParts>,
}

/// Measures every sample and writes the file, whole or not at all. `progress` hears how many samples are done, of how many.
///
/// # Errors
/// If an input is missing, malformed or does not fit the others: the file, the tensor, what was expected, what to do. If
/// the result cannot be written, which is tried before the work begins.
pub fn measure(request: &Request, progress: impl Fn(usize, usize) + Sync) -> Result<Written, MeasureError> {
    let description = Description::read(&request.model)?;
    description.build().map_err(|source| unsound(request, source))?;
    require_distinct(&request.out, [&request.model, &request.weights, &request.data])?;
    with_threads(request.threads, || match request.precision {
        Precision::F32 => run::<f32>(request, &description, &progress),
        Precision::F64 => run::<f64>(request, &description, &progress),
    })?
}

/// The complaint of a layer, with the file in which the layer stands.
fn unsound(request: &Request, source: fenchel_tensor::TensorError) -> MeasureError {
    DescriptionError::Build { origin: request.model.display().to_string(), source }.into()
}

/// Refuses a file to be written that is one of the others, which are read or written besides.
///
/// # Errors
/// If it is one: which.
pub fn require_distinct<'a>(
    written: &Path,
    others: impl IntoIterator<Item = &'a PathBuf>,
) -> Result<(), MeasureError> {
    // A file that is not there yet has no canonical path; its folder has.
    let place = |path: &Path| {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::canonicalize(path).ok().or_else(|| Some(fs::canonicalize(folder).ok()?.join(path.file_name()?)))
    };
    let own = place(written);
    match others.into_iter().find(|other| own.is_some() && own == place(other)) {
        Some(other) => Err(MeasureError::Overwrite { path: other.clone() }),
        None => Ok(()),
    }
}

fn run<T: Real>(
    request: &Request,
    description: &Description,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Written, MeasureError> {
    let tensors = Tensors::read(&request.weights)?.without_prefix(&request.prefix)?;
    let network = Network::<T>::load(description, &tensors).map_err(|error| match error {
        MeasureError::Network(inner) => match *inner {
            NnError::Tensor(source) => unsound(request, source),
            NnError::Weights(error) => error.into(),
            other => other.into(),
        },
        other => other,
    })?;
    let Samples { inputs, targets } = Samples::<T>::read(&request.data, &network, &request.criterion)?;
    let (count, outputs) = (targets.len(), targets.outputs());
    let mut file = NpzWriter::create(&request.out)?;
    // The largest first: what does not fit is known before the work begins.
    if request.kernel {
        let kernel = tangent_kernel(&network, inputs.view(), inputs.view())?;
        file.array("kernel", &[kernel.nrows(), kernel.ncols()], &kernel.iter().copied().collect::<Vec<_>>())?;
    }
    file.begin_f64("structure", &[count, outputs, outputs])?;
    let keep = |matrix: &[f64]| file.append(matrix).map_err(MeasureError::from);
    let measurement = crate::measure(&network, inputs.view(), &targets, keep, progress)?;
    for (name, shape, values) in measurement.arrays() {
        file.array(name, &shape, values)?;
    }
    let parts = if request.parts {
        Some(layer_parts(&network, inputs.view(), measurement.failures())?)
    } else {
        None
    };
    if let Some(parts) = &parts {
        write_parts(&mut file, parts)?;
    }
    let mut squared_mean_gradient_norm = None;
    if request.gradients && measurement.failures().is_empty() {
        let gradient = mean_gradient(&network, inputs.view(), &targets)?;
        for (name, shape, range) in network.tensors() {
            let values: Vec<f64> = gradient[range].iter().map(|g| g.as_f64()).collect();
            file.array(&format!("grad/{name}"), &shape, &values)?;
        }
        squared_mean_gradient_norm = Some(gradient.iter().map(|g| g.as_f64().powi(2)).sum());
    }
    file.finish()?;
    Ok(Written { network: network.table().to_vec(), measurement, squared_mean_gradient_norm, parts })
}

/// Three numbers a sample for the part of each layer, and for what is below the head.
fn write_parts(file: &mut NpzWriter, parts: &LayerParts) -> Result<(), MeasureError> {
    let count = parts.samples.len();
    let mut write = |name: &str, part: &dyn Fn(&LayerSum) -> StructuralPart| {
        LayerParts::NUMBERS.iter().try_for_each(|(what, number)| {
            file.array(&format!("{name}/{what}"), &[count], &parts.numbers(|sum| number(&part(sum))))
        })
    };
    for (index, layer) in parts.layers.iter().enumerate() {
        write(&format!("part/{layer}"), &|sum| sum.layers[index])?;
    }
    write("below_head", &|sum| sum.below_head)?;
    Ok(())
}
