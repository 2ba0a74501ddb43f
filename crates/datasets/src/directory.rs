//! Where the data files are: an option, else the environment, else the platform's cache directory.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::{Collection, Error, Result, Split};

/// What named the data directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// The caller's option, `--data-dir` on the command line.
    Option,
    /// The environment variable `FENCHEL_DATA_DIR`.
    Environment,
    /// Neither: the platform's cache directory.
    Cache,
}

/// The directory below which each collection has its folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataDirectory {
    path: PathBuf,
    origin: Origin,
}

impl DataDirectory {
    /// The environment variable that names the data directory.
    pub const VARIABLE: &'static str = "FENCHEL_DATA_DIR";

    /// The data directory: `option` if given, else the environment's, else `fenchel` in the platform's cache.
    ///
    /// The first one that is named is the only one: a directory that was asked for and lacks the files is an error
    /// when loading, not a reason to look elsewhere. The directory need not exist yet.
    ///
    /// # Errors
    /// If none is named and the platform's cache directory cannot be told (no home).
    ///
    /// ```
    /// use fenchel_datasets::{DataDirectory, Origin};
    /// let directory = DataDirectory::find(Some("data".as_ref()))?;
    /// assert_eq!((directory.path().to_str(), directory.origin()), (Some("data"), Origin::Option));
    /// # Ok::<(), fenchel_datasets::Error>(())
    /// ```
    pub fn find(option: Option<&Path>) -> Result<Self> {
        Self::find_in(option, |name| std::env::var_os(name))
    }

    fn find_in(option: Option<&Path>, environment: impl Fn(&str) -> Option<OsString>) -> Result<Self> {
        if let Some(path) = option {
            return Ok(Self { path: path.to_owned(), origin: Origin::Option });
        }
        if let Some(path) = environment(Self::VARIABLE).filter(|path| !path.is_empty()) {
            return Ok(Self { path: path.into(), origin: Origin::Environment });
        }
        let path = platform_cache(environment).ok_or_else(|| Error::NotFound {
            dataset: "the data directory".to_owned(),
            tried: vec![
                "--data-dir: not given".to_owned(),
                format!("{}: not set", Self::VARIABLE),
                "the platform's cache directory: the environment names no home".to_owned(),
            ],
            remedy: format!("Name the directory that holds the data with --data-dir or {}.", Self::VARIABLE),
        })?;
        Ok(Self { path: path.join("fenchel"), origin: Origin::Cache })
    }

    /// The directory.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What named it.
    #[must_use]
    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// Loads a collection from the directory, every byte verified.
    ///
    /// # Errors
    /// As [`Collection::load`]; the places looked at include those that were not named.
    pub fn load(&self, collection: Collection) -> Result<Split> {
        collection.load(&self.path).map_err(|error| match error {
            Error::NotFound { dataset, mut tried, remedy } => {
                let unnamed = [
                    (Origin::Option, "--data-dir: not given".to_owned()),
                    (Origin::Environment, format!("{}: not set", Self::VARIABLE)),
                ];
                let before = unnamed.into_iter().take_while(|(origin, _)| *origin != self.origin);
                tried.splice(0..0, before.map(|(_, text)| text));
                Error::NotFound { dataset, tried, remedy }
            }
            other => other,
        })
    }
}

/// The directory in which programs of this platform keep files that can be fetched again.
fn platform_cache(environment: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    // A relative path here would depend on the working directory; the XDG specification says to ignore it.
    let absolute = |name: &str| environment(name).map(PathBuf::from).filter(|path| path.is_absolute());
    if cfg!(windows) {
        absolute("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        absolute("HOME").map(|home| home.join("Library/Caches"))
    } else {
        absolute("XDG_CACHE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".cache")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(option: Option<&str>, variables: &[(&str, &str)]) -> Result<DataDirectory> {
        DataDirectory::find_in(option.map(Path::new), |name| {
            variables.iter().find(|(key, _)| *key == name).map(|(_, value)| value.into())
        })
    }

    #[test]
    fn the_first_that_is_named_wins() {
        let both = [("FENCHEL_DATA_DIR", "/env"), ("HOME", "/home/u")];
        let found = find(Some("/option"), &both).unwrap();
        assert_eq!((found.path(), found.origin()), (Path::new("/option"), Origin::Option));
        let found = find(None, &both).unwrap();
        assert_eq!((found.path(), found.origin()), (Path::new("/env"), Origin::Environment));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_cache_is_the_last_resort() {
        let cases: [(&[(&str, &str)], &str); 3] = [
            (&[("FENCHEL_DATA_DIR", ""), ("HOME", "/home/u")], "/home/u/.cache/fenchel"),
            (&[("HOME", "/home/u"), ("XDG_CACHE_HOME", "/cache")], "/cache/fenchel"),
            (&[("HOME", "/home/u"), ("XDG_CACHE_HOME", "relative")], "/home/u/.cache/fenchel"),
        ];
        for (variables, expected) in cases {
            let found = find(None, variables).unwrap();
            assert_eq!((found.path(), found.origin()), (Path::new(expected), Origin::Cache));
        }
        let nowhere = find(None, &[("HOME", "relative")]).unwrap_err().to_string();
        assert!(
            nowhere.contains("FENCHEL_DATA_DIR: not set") && nowhere.contains("names no home"),
            "{nowhere}"
        );
    }

    #[test]
    fn the_error_says_where_it_looked_and_what_to_do() {
        let empty = tempfile::tempdir().unwrap();
        let root = empty.path().to_str().unwrap();
        let directory = find(None, &[("FENCHEL_DATA_DIR", root)]).unwrap();
        let message = directory.load(Collection::FashionMnist).unwrap_err().to_string();
        for part in [
            "fashion-mnist not found",
            "--data-dir: not given",
            &format!("{root}/fashion-mnist: "),
            &format!("{root}/FashionMNIST/raw: "),
            &format!("{root}: none of the files"),
            "t10k-labels-idx1-ubyte",
            "fenchel data get fashion-mnist",
        ] {
            assert!(message.contains(part), "{part} is not in\n{message}");
        }
        assert!(!message.contains("FENCHEL_DATA_DIR: not set"), "{message}");
    }
}
