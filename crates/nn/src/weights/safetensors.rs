//! Reading and writing safetensors files, through the crate of its authors.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use fenchel_files::write_whole;
use half::{bf16, f16};
use safetensors::{Dtype, SafeTensors, View, serialize};

use super::error::checkpoint;
use super::npy::numbers;
use super::{Integers, Tensor, Values, WeightsError};

/// Every tensor of the file whose contents are `bytes`.
pub(super) fn read(path: &Path, bytes: &[u8]) -> Result<BTreeMap<String, Tensor>, WeightsError> {
    let file = SafeTensors::deserialize(bytes).map_err(|error| {
        // A pickle, as PyTorch wrote before its archives. Only what is no safetensors file can be one: the first bytes
        // of both are any.
        if bytes.first() == Some(&0x80) && matches!(bytes.get(1), Some(2..=5)) {
            return checkpoint(path);
        }
        WeightsError::Format {
            path: path.to_path_buf(),
            format: "safetensors",
            reason: if bytes.is_empty() { "it is empty".to_owned() } else { error.to_string() },
            remedy: "it is damaged, cut off, or of another format (safetensors and npz are read): write it again",
        }
    })?;
    let tensors = file.iter().map(|(name, tensor)| {
        let values = values(tensor.dtype(), tensor.data());
        (name.to_owned(), Tensor { shape: tensor.shape().to_vec(), values })
    });
    Ok(tensors.collect())
}

/// The numbers behind little-endian bytes, whose count the reader has checked against shape and type.
fn values(dtype: Dtype, data: &[u8]) -> Values {
    let integers = |width: usize, signed: bool| Values::Integer(Integers::new(data.to_vec(), width, signed));
    match dtype {
        Dtype::F32 => Values::F32(numbers(data, f32::from_le_bytes)),
        // Every number of half the width is one of f32, too.
        Dtype::F16 => Values::F32(numbers(data, |bits| f16::from_le_bytes(bits).to_f32())),
        Dtype::BF16 => Values::F32(numbers(data, |bits| bf16::from_le_bytes(bits).to_f32())),
        Dtype::F64 => Values::F64(numbers(data, f64::from_le_bytes)),
        Dtype::BOOL => integers(1, false),
        Dtype::I8 => integers(1, true),
        Dtype::U8 => integers(1, false),
        Dtype::I16 => integers(2, true),
        Dtype::U16 => integers(2, false),
        Dtype::I32 => integers(4, true),
        Dtype::U32 => integers(4, false),
        Dtype::I64 => integers(8, true),
        Dtype::U64 => integers(8, false),
        other => Values::Other(format!("{other:?}").to_lowercase()),
    }
}

/// Writes the tensors, whole or not at all.
pub(super) fn write(path: &Path, tensors: &BTreeMap<String, Tensor>) -> Result<(), WeightsError> {
    let views = tensors.iter().map(|(name, tensor)| Ok((name.as_str(), Bytes::of(path, name, tensor)?)));
    let views: Vec<(&str, Bytes<'_>)> = views.collect::<Result<_, WeightsError>>()?;
    let bytes = serialize(views, None).map_err(|error| WeightsError::Format {
        path: path.to_path_buf(),
        format: "safetensors",
        reason: error.to_string(),
        remedy: "this is a defect of the program",
    })?;
    Ok(write_whole(path, &bytes)?)
}

/// A tensor as the crate wants it.
struct Bytes<'a> {
    dtype: Dtype,
    shape: &'a [usize],
    data: Vec<u8>,
}

impl<'a> Bytes<'a> {
    fn of(path: &Path, name: &str, tensor: &'a Tensor) -> Result<Self, WeightsError> {
        let (dtype, data) = match &tensor.values {
            Values::F32(values) => (Dtype::F32, values.iter().flat_map(|v| v.to_le_bytes()).collect()),
            Values::F64(values) => (Dtype::F64, values.iter().flat_map(|v| v.to_le_bytes()).collect()),
            other => {
                return Err(WeightsError::Type {
                    path: path.to_path_buf(),
                    tensor: name.to_owned(),
                    got: other.type_name().to_owned(),
                    needs: "f32 or f64",
                    remedy: "write integers to a file whose name ends in .npz",
                });
            }
        };
        Ok(Self { dtype, shape: &tensor.shape, data })
    }
}

impl View for Bytes<'_> {
    fn dtype(&self) -> Dtype {
        self.dtype
    }

    fn shape(&self) -> &[usize] {
        self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&self.data)
    }

    fn data_len(&self) -> usize {
        self.data.len()
    }
}
