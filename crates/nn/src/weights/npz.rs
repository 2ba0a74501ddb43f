//! Reading and writing npz files: a zip archive with one npy array an entry.

use std::collections::BTreeMap;
use std::io::{BufWriter, Read, Seek, Write};
use std::path::{Path, PathBuf};

use fenchel_files::AtomicFile;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::error::checkpoint;
use super::npy::{Header, LONGEST_HEADER, write_header};
use super::{Tensor, Values, WeightsError, count};

fn fault(path: &Path, reason: String) -> WeightsError {
    WeightsError::Format {
        path: path.to_path_buf(),
        format: "npz",
        reason,
        remedy: "it is damaged, cut off, or of another format (safetensors and npz are read): write it again",
    }
}

/// Every array of the file, which is read entry by entry: at no time is more held than the arrays, at the
/// width that they have in the file, and the bytes of one of them.
pub(super) fn read(
    path: &Path,
    file: impl Read + Seek,
    length: u64,
) -> Result<BTreeMap<String, Tensor>, WeightsError> {
    let mut archive = ZipArchive::new(file).map_err(|error| fault(path, error.to_string()))?;
    if archive.file_names().flatten().any(|name| name.ends_with("data.pkl")) {
        return Err(checkpoint(path));
    }
    // Of two entries of one name, the archive gives the last alone.
    if archive.has_duplicate_names() {
        return Err(fault(path, "two of its entries have one name".to_owned()));
    }
    let mut tensors = BTreeMap::new();
    let mut packed = 0_u64;
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(|error| fault(path, error.to_string()))?;
        // A list of entries that share their bytes, each a few dozen bytes of the list, would unpack to the file's size
        // for each.
        packed = packed.saturating_add(entry.compressed_size());
        if packed > length {
            return Err(fault(path, "its entries have more bytes together than the file".to_owned()));
        }
        let name = entry.name().map_err(|error| fault(path, error.to_string()))?;
        let name = name.strip_suffix(".npy").unwrap_or(&name).to_owned();
        let array = |reason: String| fault(path, format!("array `{name}`: {reason}"));
        let mut start = Vec::new();
        let taken = entry.by_ref().take(LONGEST_HEADER as u64).read_to_end(&mut start);
        taken.map_err(|error| array(error.to_string()))?;
        let header = Header::read(&start).map_err(array)?;
        start.drain(..header.bytes);
        let mut data = start;
        // Not a byte more is unpacked than the shape asks for, and one to notice that there are more.
        let limit = header.data_bytes().unwrap_or(0).saturating_add(1).saturating_sub(data.len());
        // Room at once where the file has as many bytes, and little by little where they would have to come
        // out of compressed ones.
        if limit as u64 <= length {
            data.reserve_exact(limit);
        }
        let taken = entry.by_ref().take(limit as u64).read_to_end(&mut data);
        taken.map_err(|error| array(error.to_string()))?;
        let tensor = header.tensor(data).map_err(array)?;
        if tensors.insert(name.clone(), tensor).is_some() {
            return Err(array("it is there twice".to_owned()));
        }
    }
    Ok(tensors)
}

/// Writes the tensors, whole or not at all.
pub(super) fn write(path: &Path, tensors: &BTreeMap<String, Tensor>) -> Result<(), WeightsError> {
    let mut writer = NpzWriter::create(path)?;
    for (name, tensor) in tensors {
        match &tensor.values {
            Values::F32(values) => {
                writer.begin(name, "<f4", 4, &tensor.shape)?;
                writer.bytes(values.iter().map(|v| v.to_le_bytes()))?;
            }
            Values::F64(values) => writer.array(name, &tensor.shape, values)?,
            Values::Integer(values) => {
                writer.begin(name, "<i8", 8, &tensor.shape)?;
                let narrow = values.iter().map(i64::try_from);
                let narrow: Vec<i64> = narrow.collect::<Result<_, _>>().map_err(|_| WeightsError::Type {
                    path: path.to_path_buf(),
                    tensor: name.clone(),
                    got: "integer beyond 64 bits".to_owned(),
                    needs: "integers of at most 64 bits with sign",
                    remedy: "store them as f64",
                })?;
                writer.bytes(narrow.iter().map(|v| v.to_le_bytes()))?;
            }
            Values::Other(got) => {
                return Err(WeightsError::Type {
                    path: path.to_path_buf(),
                    tensor: name.clone(),
                    got: got.clone(),
                    needs: "f32, f64 or integers",
                    remedy: "convert it first",
                });
            }
        }
    }
    writer.finish()
}

/// Writes arrays of `f64` to an npz file one after the other, each whole or in pieces, so that none need be in memory.
///
/// The file appears when [`finish`](Self::finish) is called; dropped before, it leaves nothing.
///
/// ```
/// use fenchel_nn::weights::{NpzWriter, Tensors};
///
/// let path = std::env::temp_dir().join(format!("fenchel-npz-{}.npz", std::process::id()));
/// let mut file = NpzWriter::create(&path)?;
/// file.array("loss", &[2], &[0.5, 0.25])?;
/// file.begin_f64("structure", &[2, 1, 1])?;
/// file.append(&[4.0])?; // the first sample
/// file.append(&[9.0])?; // the second
/// file.finish()?;
/// assert_eq!(Tensors::read(&path)?.floats::<f64>("structure", &[2, 1, 1])?, [4.0, 9.0]);
/// # std::fs::remove_file(&path)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct NpzWriter {
    path: PathBuf,
    zip: ZipWriter<BufWriter<AtomicFile>>,
    /// The array that is being written, its shape, and how many of its numbers are still to come.
    open: (String, Vec<usize>, usize),
}

impl NpzWriter {
    /// Begins a file. A place that cannot be written to is known now, not at the end.
    ///
    /// # Errors
    /// If `path` is a folder, or its folder is not there or cannot be written to.
    pub fn create(path: &Path) -> Result<Self, WeightsError> {
        let file = BufWriter::new(AtomicFile::create(path)?);
        Ok(Self { path: path.to_path_buf(), zip: ZipWriter::new(file), open: (String::new(), Vec::new(), 0) })
    }

    /// Writes a whole array, row-major.
    ///
    /// # Errors
    /// If the values do not fill the shape, the array before this one is not full, or the operating system refuses.
    pub fn array(&mut self, name: &str, shape: &[usize], values: &[f64]) -> Result<(), WeightsError> {
        self.begin_f64(name, shape)?;
        self.append(values)
    }

    /// Begins an array whose values follow in pieces, row-major.
    ///
    /// # Errors
    /// If the array before this one is not full, or the operating system refuses.
    pub fn begin_f64(&mut self, name: &str, shape: &[usize]) -> Result<(), WeightsError> {
        self.begin(name, "<f8", 8, shape)
    }

    /// The next values of the array that was begun last.
    ///
    /// # Errors
    /// If there are more values than its shape takes, or the operating system refuses.
    pub fn append(&mut self, values: &[f64]) -> Result<(), WeightsError> {
        self.bytes(values.iter().map(|v| v.to_le_bytes()))
    }

    /// Gives the file its name.
    ///
    /// # Errors
    /// If the last array is not full, or the operating system refuses.
    pub fn finish(self) -> Result<(), WeightsError> {
        self.full()?;
        let path = self.path;
        let refused = |error: zip::result::ZipError| WeightsError::io("write", &path)(error.into());
        let file = self.zip.finish().map_err(refused)?;
        let file = file.into_inner().map_err(|error| WeightsError::io("write", &path)(error.into_error()))?;
        Ok(file.commit()?)
    }

    fn begin(
        &mut self,
        name: &str,
        descriptor: &str,
        size: usize,
        shape: &[usize],
    ) -> Result<(), WeightsError> {
        self.full()?;
        let count = count(shape);
        let large = count.saturating_mul(size).saturating_add(LONGEST_HEADER) > u32::MAX as usize;
        // Stored, not deflated: NumPy can map such arrays, and floats hardly shrink. The date is left at its default, so
        // that equal contents are equal files.
        let options =
            SimpleFileOptions::default().compression_method(CompressionMethod::Stored).large_file(large);
        let refused = |error: zip::result::ZipError| WeightsError::io("write", &self.path)(error.into());
        self.zip.start_file(format!("{name}.npy"), options).map_err(refused)?;
        write_header(&mut self.zip, descriptor, shape).map_err(WeightsError::io("write", &self.path))?;
        self.open = (name.to_owned(), shape.to_vec(), count);
        Ok(())
    }

    fn bytes<const N: usize>(&mut self, numbers: impl Iterator<Item = [u8; N]>) -> Result<(), WeightsError> {
        let bytes: Vec<u8> = numbers.flatten().collect();
        let given = bytes.len() / N;
        let (name, shape, left) = &mut self.open;
        let Some(rest) = left.checked_sub(given) else {
            let needs = count(shape);
            let got = needs - *left + given;
            return Err(WeightsError::Count { tensor: name.clone(), got, shape: shape.clone(), needs });
        };
        *left = rest;
        self.zip.write_all(&bytes).map_err(WeightsError::io("write", &self.path))
    }

    /// Refuses to leave an array that lacks values.
    fn full(&self) -> Result<(), WeightsError> {
        let (name, shape, left) = &self.open;
        if *left == 0 {
            return Ok(());
        }
        let needs = count(shape);
        Err(WeightsError::Count { tensor: name.clone(), got: needs - left, shape: shape.clone(), needs })
    }
}
