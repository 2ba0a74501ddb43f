//! A tar archive, plain or compressed with gzip, that holds the members of a collection.

use std::io::Read;
use std::path::Path;

use crate::collection::Member;
use crate::{Collection, Error, Result, verified};

/// Reads and verifies the `members` of `collection` in the archive at `path`, in their order; `None` for
/// one that is not there and not required.
pub(crate) fn read(collection: Collection, members: &[Member], path: &Path) -> Result<Vec<Option<Vec<u8>>>> {
    let mut files: Vec<Option<Vec<u8>>> = vec![None; members.len()];
    each(collection, members, path, |i, contents| {
        files[i] = Some(contents?);
        Ok(())
    })?;
    match members.iter().zip(&files).find(|(member, file)| member.required && file.is_none()) {
        Some((member, _)) => Err(missing(collection, member, path)),
        None => Ok(files),
    }
}

/// The error of an archive that lacks a member.
pub(crate) fn missing(collection: Collection, member: &Member, path: &Path) -> Error {
    Error::NotFound {
        dataset: format!("{} of {collection}", member.file),
        tried: vec![format!("{}: the archive has no such member", path.display())],
        remedy: format!("Replace the archive, or run `fenchel data get {collection}`."),
    }
}

/// Calls `visit` with each of the `members'` index and verified contents, in the order of the archive.
///
/// Whatever else is in the archive is passed over. Only the plain headers are read, none of the extensions by which
/// an archive can ask its reader to keep long names in memory.
pub(crate) fn each(
    collection: Collection,
    members: &[Member],
    path: &Path,
    mut visit: impl FnMut(usize, Result<Vec<u8>>) -> Result<()>,
) -> Result<()> {
    let mut archive = tar::Archive::new(verified::open(path)?);
    let mut offset = 0;
    let broken = |offset: usize, source| verified::broken(path, offset, "the archive breaks here", source);
    for entry in archive.entries().map_err(|source| broken(0, source))?.raw(true) {
        let mut entry = entry.map_err(|source| broken(offset, source))?;
        let start = entry.raw_file_position() as usize;
        offset = start;
        let name = entry.path_bytes();
        let file = name.rsplit(|&byte| byte == b'/').next().unwrap_or_default();
        let Some(i) = members.iter().position(|member| member.file.as_bytes() == file) else {
            continue;
        };
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let member = &members[i];
        let inside = path.join(member.file);
        let mut bytes = Vec::new();
        entry
            .by_ref()
            .take(member.bytes + 1)
            .read_to_end(&mut bytes)
            .map_err(|source| broken(start + bytes.len(), source))?;
        offset = start + bytes.len();
        let verified = verified::verify(collection, member, &inside, &bytes).map(|()| bytes);
        visit(i, verified)?;
    }
    Ok(())
}
