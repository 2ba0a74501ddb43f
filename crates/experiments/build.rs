//! Fingerprints the code that computes, so that a stored cell knows which code made it.
//!
//! One fingerprint is of everything that all experiments stand on: the crates whose numbers reach a cell, the
//! statistics of the harness, the ingredients, and the locked dependencies of those crates. Each experiment has one
//! of its own, the shared one and its own files, so that a new experiment does not make the cells of the others stale.
//! The rest of the harness and the program hand cells on without looking into them; a test beside the registry
//! (`code`) refuses a file that computes and takes anything from the harness that could carry a number of its own.
//!
//! A third is of everything that decides claims: bounds that stand in a summary are criteria, too.

#[path = "build/fingerprint.rs"]
mod fingerprint;
#[path = "build/lock.rs"]
mod lock;
#[path = "build/roles.rs"]
mod roles;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use fingerprint::Fingerprint;
use roles::{computes, decides};

/// The crates below this one whose numbers reach a cell, whole.
const COMPUTE: [&str; 5] = ["random", "convexity", "tensor", "nn", "datasets"];

fn main() {
    let here = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let crates = here.parent().expect("the crate lies in crates/");
    let harness = crates.join("harness/src");
    let mut shared = vec![here.join("src/ingredients.rs"), harness.join("statistics.rs")];
    for name in COMPUTE {
        collect(&crates.join(name).join("src"), &mut shared);
    }
    collect(&harness.join("statistics"), &mut shared);
    let mut ingredients = Vec::new();
    collect(&here.join("src/ingredients"), &mut ingredients);
    shared.extend(ingredients.iter().filter(|file| computes(file)).cloned());
    let mut deciding = vec![harness.join("claim.rs"), harness.join("statistics.rs")];
    collect(&harness.join("claim"), &mut deciding);
    collect(&harness.join("statistics"), &mut deciding);
    deciding.extend(ingredients.into_iter().filter(|file| decides(file)));
    let mut shared = add(Fingerprint::new(), shared, crates);
    let locked = crates.join("../Cargo.lock");
    println!("cargo::rerun-if-changed={}", locked.display());
    let locked = fs::read_to_string(locked).unwrap_or_default();
    let roots = COMPUTE.map(|name| format!("fenchel-{name}"));
    shared.add("Cargo.lock", &lock::closure(&locked, &roots.each_ref().map(String::as_str)));
    println!("cargo::rustc-env=FENCHEL_NUMERICS={}", shared.hex());

    let folder = here.join("src/experiments");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut arms = String::new();
    for module in experiments(&folder) {
        let mut files = vec![folder.join(&module).with_extension("rs")];
        collect(&folder.join(&module), &mut files);
        deciding.extend(files.iter().filter(|file| decides(file)).cloned());
        files.retain(|file| computes(file));
        let own = add(shared, files, crates);
        arms.push_str(&format!("    (\"{module}\", \"{}\"),\n", own.hex()));
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it")).join("numerics.rs");
    fs::write(out, format!("&[\n{arms}]\n")).expect("OUT_DIR can be written");
    let deciding = add(Fingerprint::new(), deciding, crates);
    println!("cargo::rustc-env=FENCHEL_DECISION={}", deciding.hex());

    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version =
        Command::new(rustc).arg("--version").output().map(|output| output.stdout).unwrap_or_default();
    println!("cargo::rustc-env=FENCHEL_RUSTC={}", String::from_utf8_lossy(&version).trim());
}

/// The modules of `folder`, in a fixed order.
fn experiments(folder: &Path) -> Vec<String> {
    let mut modules: Vec<String> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .collect();
    modules.sort();
    modules
}

/// Adds the files in the order of their names.
fn add(mut fingerprint: Fingerprint, mut files: Vec<PathBuf>, crates: &Path) -> Fingerprint {
    files.sort();
    for file in &files {
        println!("cargo::rerun-if-changed={}", file.display());
        let name = file.strip_prefix(crates).unwrap_or(file).to_string_lossy().into_owned();
        fingerprint.add(&name, &fs::read_to_string(file).unwrap_or_default());
    }
    fingerprint
}

/// The Rust files below `folder`, without those that only tests are made of.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    println!("cargo::rerun-if-changed={}", folder.display());
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        let tests = path.file_stem().is_some_and(|stem| stem == "tests" || stem == "by_hand");
        if tests {
            continue;
        }
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}
