//! The file of a finished cell, in gzip: a header and the record as two MessagePack values, and a checksum
//! over both as a third.
//!
//! The header says all that the record depends on, so that a cell is known for what it is wherever its file
//! lies. MessagePack keeps every bit of a number, infinities and NaN included, and is read by many languages.

use super::configuration::Configuration;
use super::write_whole;
use crate::error::{Error, Result};
use crate::settings;
use fenchel_files::{Found, look};
use flate2::Compression;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::io::{Read, Write};
use std::path::Path;

/// What a record belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Header {
    pub(super) experiment: String,
    pub(super) cell: String,
    pub(super) revision: u32,
    /// The settings that decide what a cell computes, as JSON; files of the first layout have none.
    #[serde(default)]
    pub(super) settings: String,
    /// The case as JSON.
    pub(super) case: String,
    pub(super) back_end: String,
    pub(super) numerics: String,
}

/// What stands in a file.
pub(super) enum Contents {
    /// No file is there.
    Nothing,
    /// The file is sound.
    Sound(Header, Vec<u8>),
    /// The file is of the first layout, without settings and checksum.
    FirstLayout,
    /// The file cannot be used, for this reason.
    Damaged(String),
}

/// How MessagePack begins 32 bytes of binary data.
const SEAL: [u8; 2] = [0xc4, 32];

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
            settings: settings::deciding(&configuration.settings, configuration.choosing).to_string(),
            case: case.to_string(),
            back_end: configuration.back_end.clone(),
            numerics: configuration.numerics.clone(),
        }
    }

    /// Why the record is none of the cell that `expected` describes, whatever code made it.
    pub(super) fn foreign_to(&self, expected: &Self) -> Option<String> {
        if (&self.experiment, &self.cell) != (&expected.experiment, &expected.cell) {
            return Some(format!("it is the cell {} of `{}`", self.cell, self.experiment));
        }
        if self.settings == expected.settings {
            return None;
        }
        let parse = |text: &str| serde_json::from_str(text).unwrap_or_default();
        let difference = settings::difference(&parse(&self.settings), &parse(&expected.settings), &[]);
        Some(difference.unwrap_or_else(|| "other settings".to_owned()))
    }
}

pub(super) fn write(path: &Path, header: &Header, record: &[u8]) -> Result<()> {
    let fault = |error: std::io::Error| Error::io("write", path)(error);
    let mut bytes = rmp_serde::to_vec_named(header).map_err(|error| fault(std::io::Error::other(error)))?;
    bytes.extend_from_slice(record);
    let seal = Sha256::digest(&bytes);
    bytes.extend_from_slice(&SEAL);
    bytes.extend_from_slice(&seal);
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(&bytes).map_err(fault)?;
    write_whole(path, &encoder.finish().map_err(fault)?)
}

/// Reads a file. Only its contents, or that it is no regular file, make it a damaged one.
///
/// # Errors
/// When it cannot be read just now.
pub(super) fn read(path: &Path) -> Result<Contents> {
    Ok(match look(path)? {
        Found::Nothing => Contents::Nothing,
        Found::File(packed) => unpack(&packed).unwrap_or_else(Contents::Damaged),
        Found::Other(what) => Contents::Damaged(what.to_owned()),
    })
}

fn unpack(packed: &[u8]) -> std::result::Result<Contents, String> {
    let mut bytes = Vec::new();
    let mut decoder = GzDecoder::new(packed);
    decoder.read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if !decoder.into_inner().is_empty() {
        return Err("something stands behind its end".to_owned());
    }
    let sealed = bytes.len().checked_sub(SEAL.len() + 32).and_then(|end| {
        let (content, rest) = bytes.split_at(end);
        (rest.strip_prefix(&SEAL)? == Sha256::digest(content).as_slice()).then_some(content)
    });
    let mut rest = sealed.unwrap_or(&bytes);
    let header = Header::deserialize(&mut rmp_serde::Deserializer::new(&mut rest));
    match (sealed, header) {
        (Some(_), Ok(header)) => Ok(Contents::Sound(header, rest.to_vec())),
        (None, Ok(header)) if header.settings.is_empty() => Ok(Contents::FirstLayout),
        (None, _) => Err("its checksum is not that of its contents".to_owned()),
        (Some(_), Err(error)) => Err(error.to_string()),
    }
}
