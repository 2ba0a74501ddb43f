//! The copy of the workspace in which the mutants are compiled.

use crate::subject::{ROOT, Subject};
use crate::switch;
use crate::weave::Woven;
use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The copy.
#[derive(Debug)]
pub(crate) struct Scratch {
    /// Its root.
    pub(crate) root: PathBuf,
    /// The folder of the crate under test, below the root.
    pub(crate) package: PathBuf,
    /// A number that changes with any file of the workspace's crates.
    pub(crate) fingerprint: u64,
}

impl Scratch {
    /// Copies what belongs to the workspace at `from`; files that are the same keep their time, so that cargo
    /// builds again what has changed only.
    pub(crate) fn copy(from: &Path, to: &Path, package: &Path) -> Result<Self, String> {
        let files = files_of(from)?;
        let mut hasher = DefaultHasher::new();
        for file in &files {
            let content =
                fs::read(from.join(file)).map_err(|error| format!("{}: {error}", file.display()))?;
            let code =
                file.starts_with("crates") || file.file_name().is_some_and(|name| name == "Cargo.lock");
            // An explanation does not change a result.
            if code && file.file_name().is_none_or(|name| name != "mutants.toml") {
                (file, &content).hash(&mut hasher);
            }
            // The sources under test are woven afterwards; until then they are left as the last run wove
            // them.
            if !file.starts_with(package.join("src")) {
                put(&to.join(file), &content).map_err(|error| format!("{}: {error}", file.display()))?;
            }
        }
        remove_others(to, Path::new(""), &files).map_err(|error| format!("{}: {error}", to.display()))?;
        Ok(Self { root: to.to_path_buf(), package: package.to_path_buf(), fingerprint: hasher.finish() })
    }

    /// Writes the sources of the crate under test with the mutants woven in.
    pub(crate) fn weave(&self, from: &Path, subject: &Subject, aside: &HashSet<u32>) -> Result<(), String> {
        let source = self.package.join("src");
        for file in files_of(from)?.iter().filter(|file| file.starts_with(&source)) {
            let below = file.strip_prefix(&source).unwrap_or(file).to_string_lossy().replace('\\', "/");
            let woven = subject.sources.iter().find(|source| source.path == below);
            let text = match woven {
                Some(source) => source.woven(aside).text,
                None => {
                    let text = fs::read_to_string(from.join(file));
                    let text = text.map_err(|error| format!("{}: {error}", file.display()))?;
                    if below == ROOT { Woven::plain(text).into_root().text } else { text }
                }
            };
            put(&self.root.join(file), text.as_bytes())
                .map_err(|error| format!("{}: {error}", file.display()))?;
        }
        let module = self.root.join(source).join(format!("{}.rs", switch::MODULE));
        put(&module, switch::module(subject.mutants().len()).as_bytes())
            .map_err(|error| format!("{}: {error}", module.display()))
    }
}

/// The files that git knows or would add; without git all but build folders.
fn files_of(root: &Path) -> Result<BTreeSet<PathBuf>, String> {
    let listed = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output()
        .ok()
        .filter(|output| output.status.success() && !output.stdout.is_empty());
    let mut files = BTreeSet::new();
    if let Some(output) = listed {
        let names = String::from_utf8_lossy(&output.stdout).into_owned();
        files.extend(names.split('\0').filter(|name| !name.is_empty()).map(PathBuf::from));
        // Git also lists what was deleted since.
        files.retain(|file| root.join(file).is_file());
    } else {
        all_files(root, Path::new(""), &mut files).map_err(|error| format!("{}: {error}", root.display()))?;
    }
    Ok(files)
}

fn all_files(root: &Path, below: &Path, files: &mut BTreeSet<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(root.join(below))? {
        let entry = entry?;
        let path = below.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            if !["target", ".git"].iter().any(|name| entry.file_name() == *name) {
                all_files(root, &path, files)?;
            }
        } else {
            files.insert(path);
        }
    }
    Ok(())
}

/// Writes a file unless it has this content.
fn put(path: &Path, content: &[u8]) -> io::Result<()> {
    if fs::read(path).is_ok_and(|old| old == content) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, content)
}

/// Removes from the copy what the original has no longer; the build folder lies elsewhere.
fn remove_others(root: &Path, below: &Path, files: &BTreeSet<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(root.join(below))? {
        let entry = entry?;
        let path = below.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            remove_others(root, &path, files)?;
        } else if !files.contains(&path) && path.file_stem().is_none_or(|stem| stem != switch::MODULE) {
            fs::remove_file(root.join(&path))?;
        }
    }
    Ok(())
}
