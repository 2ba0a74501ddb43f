//! Parameters and other named arrays in files: safetensors and npz, by layer path, in PyTorch's layouts.
//!
//! A parameter is called by its layer's path and `weight` or `bias`: `0.weight`, `2.body.0.bias`. A dense layer's weight is
//! `out x in`, a convolution's `out x in x height x width`, a normalisation's weight and bias (its scale and shift) are
//! vectors, and so are the running mean and variance that a batch normalisation holds fixed (its constants): what
//! `state_dict()` of a PyTorch model of the same layers gives.
//!
//! ```
//! use fenchel_nn::{Initialiser, models::{LeNet5, Model}, weights};
//! use fenchel_tensor::Shape;
//!
//! let tape = LeNet5.tape(Shape::image(1, 28, 28), 10)?;
//! let parameters = Initialiser::Kaiming.draw(&tape, fenchel_random::Seed::new(0))?;
//! let path = std::env::temp_dir().join(format!("fenchel-weights-{}.safetensors", std::process::id()));
//! weights::write(&path, &tape, &parameters)?;
//! assert_eq!(weights::read::<f64>(&path, &tape)?, parameters);
//! # std::fs::remove_file(&path)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Files are written whole or not at all, and nothing that a file's header claims is believed before the bytes are there.
//! What is wrong is named: file, tensor, what was expected, what stood there, what to do.

mod error;
mod integers;
mod npy;
mod npz;
mod parameters;
mod safetensors;
#[cfg(test)]
mod tests;

pub use error::WeightsError;
pub use integers::Integers;
pub use npz::NpzWriter;
pub use parameters::{read, write};

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, BufRead, Read};
use std::path::{Path, PathBuf};

use fenchel_tensor::Real;

/// The numbers of a tensor, row-major, in the type in which the file holds them.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Values {
    /// Single precision.
    F32(Vec<f32>),
    /// Double precision.
    F64(Vec<f64>),
    /// Integers of any width, signed or not.
    Integer(Integers),
    /// Numbers of a type that is not read; its name in the file.
    Other(String),
}

impl Values {
    /// How many numbers there are; none of a type that is not read.
    fn len(&self) -> usize {
        match self {
            Self::F32(values) => values.len(),
            Self::F64(values) => values.len(),
            Self::Integer(values) => values.len(),
            Self::Other(_) => 0,
        }
    }

    /// The name of the type, for messages.
    #[must_use]
    pub fn type_name(&self) -> &str {
        match self {
            Self::F32(_) => "f32",
            Self::F64(_) => "f64",
            Self::Integer(_) => "integer",
            Self::Other(name) => name,
        }
    }
}

/// A tensor as it stands in a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// Its sizes, outermost first; empty for a single number.
    pub shape: Vec<usize>,
    /// Its numbers, row-major.
    pub values: Values,
}

/// Named tensors: the contents of one file, or what is to become one.
///
/// ```
/// use fenchel_nn::weights::Tensors;
///
/// let mut tensors = Tensors::new();
/// tensors.insert("momentum.0.weight", &[2, 3], &[0.5_f32; 6])?;
/// let path = std::env::temp_dir().join(format!("fenchel-tensors-{}.npz", std::process::id()));
/// tensors.write(&path)?;
/// let again = Tensors::read(&path)?;
/// assert_eq!(again.floats::<f32>("momentum.0.weight", &[2, 3])?, [0.5; 6]);
/// # std::fs::remove_file(&path)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tensors {
    /// Where they were read from; empty before they are written.
    path: PathBuf,
    tensors: BTreeMap<String, Tensor>,
}

impl Tensors {
    /// No tensors yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads every tensor of a file, safetensors or npz as its first bytes say, whatever its name.
    ///
    /// # Errors
    /// If the file is missing, a folder, cut off, or of neither format.
    pub fn read(path: &Path) -> Result<Self, WeightsError> {
        let file = fs::File::open(path).map_err(WeightsError::io("read", path))?;
        // Opening a folder succeeds on some systems, and a device may never end.
        let metadata = file.metadata().map_err(WeightsError::io("read", path))?;
        let (kind, length) = (metadata.file_type(), metadata.len());
        if kind.is_dir() {
            return Err(WeightsError::io("read", path)(io::ErrorKind::IsADirectory.into()));
        }
        if !kind.is_file() {
            return Err(WeightsError::Format {
                path: path.to_path_buf(),
                format: "a file of tensors",
                reason: "it is a device or a pipe".to_owned(),
                remedy: "write the tensors to a regular file first",
            });
        }
        let mut file = io::BufReader::new(file);
        let start = file.fill_buf().map_err(WeightsError::io("read", path))?;
        let tensors = if start.starts_with(b"PK") {
            npz::read(path, file, length)?
        } else {
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).map_err(WeightsError::io("read", path))?;
            safetensors::read(path, &bytes)?
        };
        Ok(Self { path: path.to_path_buf(), tensors })
    }

    /// Writes every tensor, whole or not at all: as npz if the name ends in `.npz`, as safetensors otherwise.
    ///
    /// # Errors
    /// If a tensor is of a type that is not written (integers go to npz only), or the operating system refuses.
    pub fn write(&self, path: &Path) -> Result<(), WeightsError> {
        if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("npz")) {
            npz::write(path, &self.tensors)
        } else {
            safetensors::write(path, &self.tensors)
        }
    }

    /// Adds a tensor of `f32` or `f64`, in place of any of that name.
    ///
    /// # Errors
    /// If the values do not fill the shape.
    pub fn insert<T: Real>(&mut self, name: &str, shape: &[usize], values: &[T]) -> Result<(), WeightsError> {
        let kept = if T::NAME == f32::NAME {
            Values::F32(values.iter().map(|v| v.as_f64() as f32).collect())
        } else {
            Values::F64(values.iter().map(|v| v.as_f64()).collect())
        };
        self.insert_values(name, shape, values.len(), kept)
    }

    /// Adds a tensor of integers, labels for example, in place of any of that name.
    ///
    /// # Errors
    /// If the values do not fill the shape.
    pub fn insert_integers(
        &mut self,
        name: &str,
        shape: &[usize],
        values: &[i64],
    ) -> Result<(), WeightsError> {
        self.insert_values(name, shape, values.len(), Values::Integer(values.into()))
    }

    fn insert_values(
        &mut self,
        name: &str,
        shape: &[usize],
        got: usize,
        values: Values,
    ) -> Result<(), WeightsError> {
        let needs = count(shape);
        if got != needs {
            return Err(WeightsError::Count { tensor: name.to_owned(), got, shape: shape.to_vec(), needs });
        }
        self.tensors.insert(name.to_owned(), Tensor { shape: shape.to_vec(), values });
        Ok(())
    }

    /// The file that the tensors were read from; empty if they were not.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The names, in alphabetical order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.keys().map(String::as_str)
    }

    /// The tensor called `name`, if there is one.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Tensor> {
        self.tensors.get(name)
    }

    /// The numbers of a tensor of floats of exactly this shape, all finite, in precision `T`.
    ///
    /// From `f32` to `f64` nothing is lost; from `f64` to `f32` each number is rounded to the nearest.
    ///
    /// # Errors
    /// If there is no such tensor, its shape is another, it holds no floats, or a number is not finite in `T`.
    pub fn floats<T: Real>(&self, name: &str, shape: &[usize]) -> Result<Vec<T>, WeightsError> {
        let tensor = self.need(name, &format!("{shape:?}"))?;
        if tensor.shape != shape {
            return Err(WeightsError::Shape {
                path: self.path.clone(),
                tensor: name.to_owned(),
                got: tensor.shape.clone(),
                needs: format!("{shape:?}"),
            });
        }
        self.finite(name, tensor)
    }

    /// The shape and the numbers of a tensor of floats of any shape; otherwise as [`floats`](Self::floats).
    ///
    /// # Errors
    /// As for [`floats`](Self::floats).
    pub fn floats_of_any_shape<T: Real>(
        &self,
        name: &str,
        needs: &str,
    ) -> Result<(Vec<usize>, Vec<T>), WeightsError> {
        let tensor = self.need(name, needs)?;
        Ok((tensor.shape.clone(), self.finite(name, tensor)?))
    }

    /// The shape and the numbers of a tensor of floats, finite or not: for samples, of which a bad one need not cost the
    /// others.
    ///
    /// # Errors
    /// If there is no such tensor, or it holds no floats.
    pub fn numbers<T: Real>(&self, name: &str, needs: &str) -> Result<(Vec<usize>, Vec<T>), WeightsError> {
        let tensor = self.need(name, needs)?;
        Ok((tensor.shape.clone(), self.converted(name, tensor)?))
    }

    /// The shape and the numbers of a tensor of integers of any width.
    ///
    /// # Errors
    /// If there is no such tensor, or it holds no integers.
    pub fn integers(&self, name: &str, needs: &str) -> Result<(&[usize], &Integers), WeightsError> {
        let tensor = self.need(name, needs)?;
        match &tensor.values {
            Values::Integer(values) => Ok((&tensor.shape, values)),
            other => {
                Err(self.wrong_type(name, other, "integers of any width", self.remedy_for_labels(tensor)))
            }
        }
    }

    /// What to do about a tensor that should hold class labels: conversion is right only where it changes no
    /// number.
    fn remedy_for_labels(&self, tensor: &Tensor) -> &'static str {
        let is_whole = |value: f64| value.fract() == 0.0;
        let whole = match &tensor.values {
            Values::F32(values) => values.iter().all(|&value| is_whole(f64::from(value))),
            Values::F64(values) => values.iter().all(|&value| is_whole(value)),
            Values::Integer(_) | Values::Other(_) => true,
        };
        match (whole, tensor.shape.len()) {
            (false, _) => {
                "it holds fractions, so it is no list of classes, and rounding them would make other \
                 targets; real-valued targets are not supported here"
            }
            (true, 0 | 1) => "convert it, with .astype(\"int64\") for example",
            (true, 2..) if tensor.shape.last() == Some(&1) => {
                "it has more than one dimension, so it is no list of classes; flatten it, with .reshape(-1) \
                 for example, if classes they are"
            }
            (true, 2..) => {
                "it has more than one dimension, so it is no list of classes; of one-hot rows take the \
                 places of the ones, with .argmax(axis=1) for example"
            }
        }
    }

    fn need(&self, name: &str, needs: &str) -> Result<&Tensor, WeightsError> {
        self.tensors.get(name).ok_or_else(|| WeightsError::Missing {
            path: self.path.clone(),
            tensor: name.to_owned(),
            needs: needs.to_owned(),
            present: self.tensors.keys().cloned().collect(),
        })
    }

    fn wrong_type(
        &self,
        name: &str,
        got: &Values,
        needs: &'static str,
        remedy: &'static str,
    ) -> WeightsError {
        let got = got.type_name().to_owned();
        WeightsError::Type { path: self.path.clone(), tensor: name.to_owned(), got, needs, remedy }
    }

    fn converted<T: Real>(&self, name: &str, tensor: &Tensor) -> Result<Vec<T>, WeightsError> {
        match &tensor.values {
            Values::F32(values) => Ok(values.iter().map(|&v| T::of(f64::from(v))).collect()),
            Values::F64(values) => Ok(values.iter().map(|&v| T::of(v)).collect()),
            other => {
                let remedy = "convert it, with .float() or .astype(\"float32\") for example";
                Err(self.wrong_type(name, other, "f32 or f64", remedy))
            }
        }
    }

    fn finite<T: Real>(&self, name: &str, tensor: &Tensor) -> Result<Vec<T>, WeightsError> {
        let converted: Vec<T> = self.converted(name, tensor)?;
        let Some(place) = converted.iter().position(|value| !value.is_finite()) else { return Ok(converted) };
        let value = match &tensor.values {
            Values::F64(values) => values[place],
            _ => converted[place].as_f64(),
        };
        Err(WeightsError::NonFinite {
            path: self.path.clone(),
            tensor: name.to_owned(),
            index: unravel(place, &tensor.shape),
            value,
            precision: T::NAME,
            remedy: if value.is_finite() {
                "it is too large for this precision: choose f64"
            } else {
                "mend whatever made it, training that diverged for example"
            },
        })
    }
}

/// How many numbers fill a shape; the largest `usize` if they are more, which no values fill.
fn count(shape: &[usize]) -> usize {
    if shape.contains(&0) {
        0
    } else {
        shape.iter().fold(1, |count: usize, &size| count.saturating_mul(size))
    }
}

/// The index in every dimension of the row-major position `place`.
fn unravel(mut place: usize, shape: &[usize]) -> Vec<usize> {
    let mut index = vec![0; shape.len()];
    for (position, &size) in index.iter_mut().zip(shape).rev() {
        *position = place % size;
        place /= size;
    }
    index
}
