//! The built program and what it leaves in a run folder, for the tests that drive it.

// Every test program has this module of its own and uses a part of it.
#![allow(dead_code)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The program with these arguments, its output caught.
pub(crate) fn fenchel(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fenchel"));
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// The smallest run of `gd`, eleven cells and no data, into `folder`.
pub(crate) fn small_run(folder: &Path, iterations: u32) -> Command {
    let mut command = fenchel(&["reproduce", "--only", "gd", "--seeds", "0", "--threads", "1"]);
    let set = ["gd.exponents=[1.5]", "gd.flat_iterations=1000", "gd.flat_exponents=[3]"];
    for setting in set.map(str::to_owned).into_iter().chain([format!("gd.iterations={iterations}")]) {
        command.arg("--set").arg(setting);
    }
    command.arg("--out").arg(folder);
    command
}

/// Runs to an end that must be good.
pub(crate) fn finish(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", message(&output));
    output
}

/// What stood on standard output.
pub(crate) fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// What stood on standard error.
pub(crate) fn message(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The paths of all files below a folder; links and pipes count as files.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    fn walk(root: &Path, folder: &Path, into: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            if entry.file_type().unwrap().is_dir() {
                walk(root, &entry.path(), into);
            } else {
                into.push(entry.path().strip_prefix(root).unwrap().to_path_buf());
            }
        }
    }
    let mut all = Vec::new();
    walk(folder, folder, &mut all);
    all.sort();
    all
}

/// The bytes of every file that must repeat, by its path: all but the plan with its costs, the records of
/// sessions, the page with both, and what was set aside.
pub(crate) fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    files(folder)
        .into_iter()
        .filter(|path| repeats(path))
        .map(|path| (path.clone(), fs::read(folder.join(path)).unwrap()))
        .collect()
}

/// Whether a file must repeat.
pub(crate) fn repeats(path: &Path) -> bool {
    let changing = ["plan.json", "report.html", "lock", "sessions", "leases"];
    let name = path.to_string_lossy();
    !changing.iter().any(|first| path.starts_with(first))
        && ![".damaged", ".foreign"].iter().any(|word| name.contains(word))
}

/// Makes a pipe with a name.
#[cfg(unix)]
pub(crate) fn pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}
