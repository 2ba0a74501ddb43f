//! The checksums of a checkpoint, by which a flipped bit is found: `SHA256SUMS`, as `sha256sum --check` reads
//! it.

use std::fs;
use std::path::Path;

use fenchel_files::{FileError, read, write_whole};
use sha2::{Digest, Sha256};

use super::checkpoint::unusable;
use crate::NnError;

const NAME: &str = "SHA256SUMS";

/// Writes the checksums of all files in `folder`.
pub(super) fn write(folder: &Path) -> Result<(), NnError> {
    Ok(write_whole(&folder.join(NAME), sums(folder)?.as_bytes())?)
}

/// Compares them.
///
/// # Errors
/// If a file is missing, added or another than when the checkpoint was written.
pub(super) fn check(folder: &Path) -> Result<(), NnError> {
    let path = folder.join(NAME);
    let (written, now) = (read(&path)?, sums(folder)?);
    if written == now.as_bytes() {
        return Ok(());
    }
    let written = String::from_utf8_lossy(&written);
    let changed = now.lines().find(|line| !written.lines().any(|other| other == *line));
    let what = match changed.and_then(|line| line.split_once("  ")) {
        Some((_, name)) => format!("{name} is not what was written"),
        None => format!("{NAME} lists other files than there are"),
    };
    Err(unusable(folder, &format!("{what} (SHA-256)")))
}

/// One line a file, in the order of their names.
fn sums(folder: &Path) -> Result<String, NnError> {
    let entries = fs::read_dir(folder).map_err(FileError::of("read", folder))?;
    let mut names: Vec<String> = entries
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| name != NAME)
        .collect();
    names.sort();
    let mut text = String::new();
    for name in names {
        for byte in Sha256::digest(read(&folder.join(&name))?) {
            text += &format!("{byte:02x}");
        }
        text += &format!("  {name}\n");
    }
    Ok(text)
}
