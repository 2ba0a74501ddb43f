//! Fingerprints the code that computes, so that a stored cell knows which code made it.
//!
//! FNV-1a over the sources of every crate below this one and of the experiments themselves: not a secure hash,
//! only one that a change of code changes.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

fn main() {
    let here = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let crates = here.parent().expect("the crate lies in crates/");
    let mut files = Vec::new();
    for name in ["random", "convexity", "tensor", "nn", "datasets"] {
        let source = crates.join(name).join("src");
        println!("cargo::rerun-if-changed={}", source.display());
        collect(&source, &mut files);
    }
    for name in ["experiments", "ingredients"] {
        let source = here.join("src").join(name);
        println!("cargo::rerun-if-changed={}", source.display());
        collect(&source, &mut files);
    }
    let shared = here.join("src/ingredients.rs");
    println!("cargo::rerun-if-changed={}", shared.display());
    files.push(shared);
    // What turns records into claims and pictures runs anew for every report and does not make a cell stale; an update
    // of a numerical dependency does.
    files.retain(|file| !["summary.rs", "figures.rs"].iter().any(|name| file.ends_with(name)));
    if let Some(root) = crates.parent() {
        let lock = root.join("Cargo.lock");
        println!("cargo::rerun-if-changed={}", lock.display());
        files.push(lock);
    }
    files.sort();
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for file in &files {
        let name = file.strip_prefix(crates).unwrap_or(file).to_string_lossy().into_owned();
        let content = fs::read(file).unwrap_or_default();
        for byte in name.bytes().chain([0]).chain(content) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    println!("cargo::rustc-env=FENCHEL_NUMERICS={hash:016x}");
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version =
        Command::new(rustc).arg("--version").output().map(|output| output.stdout).unwrap_or_default();
    println!("cargo::rustc-env=FENCHEL_RUSTC={}", String::from_utf8_lossy(&version).trim());
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}
