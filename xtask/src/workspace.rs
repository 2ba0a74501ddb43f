//! Where the workspace lies, its packages and its source files.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// The root of the workspace: the parent of this package.
pub(crate) fn root() -> PathBuf {
    let here = env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    here.parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

/// The build folder, unless a configuration file of cargo's names another.
pub(crate) fn target() -> PathBuf {
    root().join(env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()))
}

/// The folders of all packages, in a fixed order.
pub(crate) fn packages(root: &Path) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = children(&root.join("crates"))
        .into_iter()
        .filter(|folder| folder.join("Cargo.toml").is_file())
        .collect();
    folders.extend(
        ["xtask", "mutate", "benches"]
            .map(|name| root.join(name))
            .into_iter()
            .filter(|folder| folder.is_dir()),
    );
    folders
}

/// All files below `folder` that end in `.extension`, in a fixed order.
pub(crate) fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in children(folder) {
        if path.is_dir() {
            if path.file_name().is_some_and(|name| name != "target") {
                found.extend(files(&path, extension));
            }
        } else if path.extension().is_some_and(|ending| ending == extension) {
            found.push(path);
        }
    }
    found
}

fn children(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    paths
}
