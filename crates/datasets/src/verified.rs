//! Files read and verified by their decompressed contents.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;
use sha2::{Digest, Sha256};

use crate::collection::{Member, present_as};
use crate::format::FormatError;
use crate::image_set::hexadecimal;
use crate::{Collection, Error, Result};

/// Reads `member` of `collection` from `folder`, plain or compressed with gzip: its path and verified contents.
pub(crate) fn read(collection: Collection, member: &Member, folder: &Path) -> Result<(PathBuf, Vec<u8>)> {
    let Some(path) = present_as(folder, member.file) else {
        return Err(Error::NotFound {
            dataset: format!("{} of {collection}", member.file),
            tried: vec![
                format!("{}", folder.join(member.file).display()),
                format!("{}.gz", folder.join(member.file).display()),
            ],
            remedy: format!(
                "The other files are there. Add this one, or run `fenchel data get {collection}`."
            ),
        });
    };
    let bytes = contents(&path, member.bytes)?;
    verify(collection, member, &path, &bytes)?;
    Ok((path, bytes))
}

/// The contents of the file at `path`, decompressed; refused beyond `limit` bytes.
///
/// Memory grows with what is read, never by what a header says. Gzip is told by its magic number, not by the name.
pub(crate) fn contents(path: &Path, limit: u64) -> Result<Vec<u8>> {
    let mut reader = open(path)?;
    let mut bytes = Vec::new();
    if let Err(error) = reader.by_ref().take(limit + 1).read_to_end(&mut bytes) {
        return Err(broken(path, bytes.len(), "the gzip stream breaks here", error));
    }
    if bytes.len() as u64 > limit {
        let problem = format!("the contents go on after the {limit} bytes that belong in this file");
        return Err(Error::Malformed { path: path.to_owned(), offset: limit, problem });
    }
    Ok(bytes)
}

/// Opens the file at `path`, to be read decompressed.
pub(crate) fn open(path: &Path) -> Result<Box<dyn Read>> {
    let io = |action| move |source| Error::Io { action, path: path.to_owned(), source };
    let mut file = BufReader::with_capacity(1 << 16, File::open(path).map_err(io("open"))?);
    let compressed = file.fill_buf().map_err(io("read"))?.starts_with(&[0x1f, 0x8b]);
    Ok(if compressed { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) })
}

/// The error of a read that failed after `offset` bytes.
///
/// A damaged stream and a failing disk both come as an I/O error; only the latter has a code of the system.
pub(crate) fn broken(path: &Path, offset: usize, what: &str, source: std::io::Error) -> Error {
    match source.raw_os_error() {
        Some(_) => Error::Io { action: "read", path: path.to_owned(), source },
        None => FormatError::new(offset, format!("{what}: {source}")).at(path),
    }
}

/// Compares contents with what `member` must hold.
pub(crate) fn verify(collection: Collection, member: &Member, path: &Path, bytes: &[u8]) -> Result<()> {
    let got = hexadecimal(&Sha256::digest(bytes));
    if got == member.sha256 {
        return Ok(());
    }
    // Bytes that are not even in the format tell more by where they leave it.
    collection.well_formed(member, bytes).map_err(|error| error.at(path))?;
    Err(wrong_contents(collection, member, path, got))
}

/// The error of a file that reads well but has another checksum; says so if it is a known file under a wrong name.
fn wrong_contents(collection: Collection, member: &Member, path: &Path, got: String) -> Error {
    let impostor = Collection::ALL
        .into_iter()
        .find_map(|other| Some((other, other.members().iter().find(|file| file.sha256 == got)?)));
    let remedy = match impostor {
        Some((other, file)) => {
            format!("this is {} of {other}, where {} of {collection} belongs", file.file, member.file)
        }
        None => format!(
            "the file is damaged or not {collection}'s: replace it, or run `fenchel data get {collection}`"
        ),
    };
    Error::WrongContents { path: path.to_owned(), expected: member.sha256.to_owned(), got, remedy }
}
