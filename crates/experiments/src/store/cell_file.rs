//! The file of a finished cell: a header and the record, as two MessagePack values in gzip.
//!
//! MessagePack keeps every bit of a number, infinities and NaN included, and is read by many languages; gzip
//! brings a checksum, so that damage is noticed.

use super::atomic::write_whole;
use super::configuration::Configuration;
use crate::error::{Error, Result};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::{Read, Write};
use std::path::Path;

/// What a record belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Header {
    pub(super) experiment: String,
    pub(super) cell: String,
    pub(super) revision: u32,
    /// The case as JSON.
    pub(super) case: String,
    pub(super) back_end: String,
    pub(super) numerics: String,
}

impl Header {
    pub(super) fn new(
        experiment: &str,
        cell: &str,
        case: &serde_json::Value,
        configuration: &Configuration,
    ) -> Self {
        Self {
            experiment: experiment.into(),
            cell: cell.into(),
            revision: configuration.revision,
            case: case.to_string(),
            back_end: configuration.back_end.clone(),
            numerics: configuration.numerics.clone(),
        }
    }
}

pub(super) fn write(path: &Path, header: &Header, record: &[u8]) -> Result<()> {
    let fault = |error: std::io::Error| Error::io("write", path)(error);
    let header = rmp_serde::to_vec_named(header).map_err(|error| fault(std::io::Error::other(error)))?;
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(&header).map_err(fault)?;
    encoder.write_all(record).map_err(fault)?;
    write_whole(path, &encoder.finish().map_err(fault)?)
}

/// The header and the record; None where there is no file.
pub(super) fn read(path: &Path) -> Result<Option<(Header, Vec<u8>)>> {
    let packed = match fs::read(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        packed => packed.map_err(Error::io("read", path))?,
    };
    let damaged = |reason: String| Error::Damaged { path: path.to_path_buf(), reason };
    let mut bytes = Vec::new();
    GzDecoder::new(packed.as_slice()).read_to_end(&mut bytes).map_err(|error| damaged(error.to_string()))?;
    let mut rest = bytes.as_slice();
    let header = Header::deserialize(&mut rmp_serde::Deserializer::new(&mut rest))
        .map_err(|error| damaged(error.to_string()))?;
    Ok(Some((header, rest.to_vec())))
}
