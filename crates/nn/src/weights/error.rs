//! What can go wrong with a file of tensors: always the file, the tensor, what was expected, what stood there, what to do.

use std::io;
use std::path::{Path, PathBuf};

use fenchel_files::FileError;

/// An error of reading or writing tensors.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum WeightsError {
    /// The operating system refused.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file is not what its kind of file looks like.
    #[error("{} cannot be read as {format}: {reason}; {remedy}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// The format that it seemed to have.
        format: &'static str,
        /// What is wrong.
        reason: String,
        /// What to do.
        remedy: &'static str,
    },
    /// A tensor is not there.
    #[error(
        "{} has no tensor `{tensor}` ({needs}); it has {}", path.display(),
        if present.is_empty() { "none at all".to_owned() } else { list(present) }
    )]
    Missing {
        /// The file.
        path: PathBuf,
        /// The tensor.
        tensor: String,
        /// What it should be.
        needs: String,
        /// The tensors that are there.
        present: Vec<String>,
    },
    /// The names in the file are not those of the model's parameters.
    #[error("{}", names_message(path, missing, unexpected, prefix.as_deref()))]
    Names {
        /// The file.
        path: PathBuf,
        /// The tensors that the model needs and the file lacks, with their shapes.
        missing: Vec<String>,
        /// The tensors that the file has and the model does not, with their shapes.
        unexpected: Vec<String>,
        /// What stands before every name of the model in the file, if that is all that is wrong.
        prefix: Option<Box<str>>,
    },
    /// A tensor's name does not begin with the prefix that every name should have.
    #[error("{}: the name of tensor `{tensor}` does not begin with `{prefix}`, which was to be taken off every name", path.display())]
    Prefix {
        /// The file.
        path: PathBuf,
        /// The tensor.
        tensor: String,
        /// The prefix.
        prefix: String,
    },
    /// The network was built with other constants than those in the file.
    #[error(
        "{}: tensor `{tensor}` is not what the network was built with; build it from its description and this file together", path.display()
    )]
    Constant {
        /// The file.
        path: PathBuf,
        /// The tensor.
        tensor: String,
    },
    /// A tensor has the wrong shape.
    #[error(
        "{}: tensor `{tensor}` has shape {got:?}, but needs {needs}; check that the model description and the file belong \
         together", path.display()
    )]
    Shape {
        /// The file.
        path: PathBuf,
        /// The tensor.
        tensor: String,
        /// The shape that stands in the file.
        got: Vec<usize>,
        /// The shape that is needed.
        needs: String,
    },
    /// A tensor holds numbers of a type that is of no use here.
    #[error("{}: tensor `{tensor}` has the type {got}, but needs {needs}; {remedy}", path.display())]
    Type {
        /// The file.
        path: PathBuf,
        /// The tensor.
        tensor: String,
        /// The type in the file.
        got: String,
        /// The types that would do.
        needs: &'static str,
        /// What to do.
        remedy: &'static str,
    },
    /// A tensor holds NaN or an infinity, or a number beyond the precision asked for.
    #[error(
        "{}: tensor `{tensor}` has the value {value:?} at index {index:?}, but needs numbers that are finite in {precision}; \
         {remedy}", path.display()
    )]
    NonFinite {
        /// The file.
        path: PathBuf,
        /// The tensor.
        tensor: String,
        /// The first place where it is not finite.
        index: Vec<usize>,
        /// The value found there.
        value: f64,
        /// `f32` or `f64`.
        precision: &'static str,
        /// What to do.
        remedy: &'static str,
    },
    /// Values to be written do not fill their shape.
    #[error("tensor `{tensor}` has {got} values, but its shape {shape:?} needs {needs}")]
    Count {
        /// The tensor.
        tensor: String,
        /// How many values there are.
        got: usize,
        /// The shape.
        shape: Vec<usize>,
        /// How many it takes.
        needs: usize,
    },
}

impl WeightsError {
    /// A [`WeightsError::File`] in the form that `map_err` wants.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let of = FileError::of(action, path);
        move |error| Self::File(of(error))
    }
}

/// The complaint about a file of `torch.save`, which is a program for Python rather than a file of numbers.
pub(super) fn checkpoint(path: &Path) -> WeightsError {
    WeightsError::Format {
        path: path.to_path_buf(),
        format: "safetensors or npz",
        reason: "it is a pickle, a checkpoint of torch.save for example, which only Python can load"
            .to_owned(),
        remedy: "write its numbers in Python: safetensors.torch.save_file(torch.load(FILE, map_location=\"cpu\"), \
                 \"weights.safetensors\"), with the entry that holds the state_dict if there are several",
    }
}

/// How many names a message lists.
const LISTED: usize = 4;

fn list(names: &[String]) -> String {
    let more = names.len().saturating_sub(LISTED);
    let mut text = names[..names.len() - more].join(", ");
    if more > 0 {
        text += &format!(" and {more} more");
    }
    text
}

fn names_message(path: &Path, missing: &[String], unexpected: &[String], prefix: Option<&str>) -> String {
    let mut text = path.display().to_string();
    if !missing.is_empty() {
        text += &format!(" lacks {}", list(missing));
    }
    if !unexpected.is_empty() {
        let but = if missing.is_empty() { " has" } else { ", but has" };
        text += &format!("{but} {}, of which the model knows nothing", list(unexpected));
    }
    if let Some(prefix) = prefix {
        return text
            + &format!(
                "; they are the same but for `{prefix}` before each: take it off, with --prefix {prefix}"
            );
    }
    let statistics = |name: &String| name.contains("running_") || name.contains("num_batches_tracked");
    let kernels = |name: &String| name.contains("/kernel`") || name.contains(".kernel`");
    text += if unexpected.iter().any(kernels) {
        "; these are the names of Flax, whose layouts differ, too: a kernel is in x out (height x width x in x out), and a \
         dense layer behind an image reads its channels last. Permute and rename them in Python, or compute structural \
         matrices and gradient norms in JAX and give them to `fenchel judge`"
    } else if unexpected.iter().any(statistics) {
        "; running statistics belong to a batch normalisation: give the model description a layer `batch_norm` of that \
         name. Folded into the layer before, it would give the same outputs but another structural matrix"
    } else {
        "; tensors go by layer path, such as `0.weight` or `2.body.0.bias`: rename them, or give the layers of the model \
         description these names"
    };
    text
}
