//! The temporary names of this crate, and the removal of what killed processes left under them.
//!
//! A name is `.fenchel-` with [`RANDOM`] letters and digits from the operating system's generator and `.tmp`:
//! unique over processes and hosts, not to be foreseen, and opened exclusively.

use std::fs::{self, File};
use std::path::Path;

use crate::FileError;

const PREFIX: &str = ".fenchel-";
const SUFFIX: &str = ".tmp";
/// Letters and digits between them: more than 128 bits.
const RANDOM: usize = 24;

/// A builder of temporary files and folders of such names; `mode` is what the user's mask takes from, on
/// Unix.
pub(crate) fn named(mode: u32) -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX).suffix(SUFFIX).rand_bytes(RANDOM);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(mode));
    #[cfg(not(unix))]
    let _ = mode;
    builder
}

fn is_ours(name: &str) -> bool {
    let random = name.strip_prefix(PREFIX).and_then(|rest| rest.strip_suffix(SUFFIX));
    random.is_some_and(|text| text.len() == RANDOM && text.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// Removes the temporary files and folders that killed processes left directly in `folder`; a folder that is
/// not there has none.
///
/// Every writer holds a lock on its temporary file, so those of living processes stay; where the file system
/// has no locks, all stay.
///
/// # Errors
/// When `folder` cannot be read, or a leftover cannot be removed.
pub fn remove_leftovers(folder: &Path) -> Result<(), FileError> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(FileError::of("read", folder))?,
    };
    for entry in entries.flatten().filter(|entry| entry.file_name().to_str().is_some_and(is_ours)) {
        let path = entry.path();
        let Ok(kind) = entry.file_type() else { continue };
        if !(kind.is_file() || kind.is_dir()) {
            continue;
        }
        // Its writer is alive, or another process is removing it.
        if !File::open(&path).is_ok_and(|file| file.try_lock().is_ok()) {
            continue;
        }
        let removed = if kind.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        removed.map_err(FileError::of("remove", &path))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AtomicFile, AtomicFolder};

    #[test]
    fn only_what_this_crate_can_have_made_and_nobody_holds_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let (file, living) =
            (AtomicFile::create(&at("dead")).unwrap(), AtomicFile::create(&at("living")).unwrap());
        let (dead_folder, living_folder) =
            (AtomicFolder::create(&at("d")).unwrap(), AtomicFolder::create(&at("l")).unwrap());
        // As a kill leaves them: the names stay, the locks go.
        let dead = named(0o666).tempfile_in(folder.path()).unwrap().keep().unwrap().1;
        fs::create_dir(at("sub")).unwrap();
        let users =
            [".tmp-notes", ".fenchel-notes.tmp", "sub/.fenchel-0123456789abcdefghijklmn.tmp", "x.tmp"];
        for name in users {
            fs::write(at(name), "precious").unwrap();
        }
        let abandoned = dead_folder.path().to_path_buf();
        fs::write(abandoned.join("part"), "half").unwrap();
        std::mem::forget(dead_folder.abandon());
        remove_leftovers(folder.path()).unwrap();
        assert!(!dead.exists() && !abandoned.exists());
        for name in users {
            assert!(at(name).exists(), "{name}");
        }
        drop(file);
        living.commit().unwrap();
        living_folder.commit().unwrap();
        assert!(at("living").is_file() && at("l").is_dir());
        remove_leftovers(&at("nowhere")).unwrap();
    }

    #[test]
    fn names_differ_from_each_other_and_from_a_users() {
        let folder = tempfile::tempdir().unwrap();
        let name = || {
            let file = named(0o666).tempfile_in(folder.path()).unwrap();
            file.path().file_name().unwrap().to_str().unwrap().to_owned()
        };
        let (a, b) = (name(), name());
        assert!(a != b && is_ours(&a) && is_ours(&b));
        for other in [".tmp-1-1", ".fenchel-.tmp", ".fenchel-0123456789abcdefghijklm-.tmp", "fenchel"] {
            assert!(!is_ours(other), "{other}");
        }
    }
}
