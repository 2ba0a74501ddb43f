//! Moving what cannot be used out of the way, without losing it.

use std::fs;
use std::path::{Path, PathBuf};

use crate::FileError;

/// Renames a file or folder to its name with `.WORD` behind it, or `.WORD-2` and so on where that is taken;
/// returns the new name.
///
/// # Errors
/// If the operating system refuses.
pub fn set_aside(path: &Path, word: &str) -> Result<PathBuf, FileError> {
    let named = |number: usize| {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".{word}"));
        if number > 1 {
            name.push(format!("-{number}"));
        }
        PathBuf::from(name)
    };
    let free = |name: &PathBuf| fs::symlink_metadata(name).is_err();
    let aside = (1..).map(named).find(free).expect("some number is free");
    fs::rename(path, &aside).map_err(FileError::of("set aside", path))?;
    Ok(aside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_was_set_aside_before_is_lost() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.gz");
        for (text, name) in [("one", "a.gz.damaged"), ("two", "a.gz.damaged-2")] {
            fs::write(&path, text).unwrap();
            assert_eq!(set_aside(&path, "damaged").unwrap(), folder.path().join(name));
            assert_eq!(fs::read_to_string(folder.path().join(name)).unwrap(), text);
        }
        assert!(set_aside(&path, "damaged").is_err());
    }
}
