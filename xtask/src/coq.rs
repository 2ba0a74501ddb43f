//! `cargo xtask ci coq`: the proof assistant Coq checks what the crate convexity writes for it.

use crate::cargo::{cargo, run as start};
use crate::{Outcome, workspace};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Instant;

/// The example writes one statement that is false.
const FALSE: &str = "false_";

/// Fewer files than this mean that the example no longer writes what it should.
const LEAST: usize = 20;

/// Writes the files, and checks each: what is true must be accepted, what is false refused. Without Coq
/// they are only written.
pub(crate) fn run() -> Outcome {
    let folder = workspace::root().join("target").join("coq");
    // Files of an earlier run would be checked again.
    let _ = fs::remove_dir_all(&folder);
    start(
        cargo().args(["run", "--package", "fenchel-convexity", "--example", "coq_files", "--"]).arg(&folder),
    )?;
    let files = statements(&folder)?;
    if files.len() < LEAST {
        eprintln!("xtask: only {} files were written", files.len());
        return Err(1);
    }
    if let Err(reason) = probe(&folder) {
        println!("SKIPPED: {reason}; {} files are written, and none is checked", files.len());
        println!("(Debian: apt-get install coq libcoq-interval)");
        return Ok(());
    }
    let mut refused = 0;
    for file in &files {
        let clock = Instant::now();
        let output = coqc(&folder, file)?;
        let seconds = clock.elapsed().as_secs_f64();
        let name = file.display();
        let error = String::from_utf8_lossy(&output.stderr);
        let is_false = file.to_string_lossy().starts_with(FALSE);
        match (output.status.success(), is_false) {
            (true, false) => println!("accepted {name} after {seconds:.1} s"),
            // Refused because no proof was found, and not because the text cannot be read.
            (false, true) if error.contains("No applicable tactic") => {
                refused += 1;
                println!("refused {name} after {seconds:.1} s, as it must be");
            }
            (true, true) => {
                eprintln!("xtask: Coq accepted {name}, which is false");
                return Err(1);
            }
            (false, _) => {
                eprintln!("xtask: Coq does not accept {name}:\n{error}");
                return Err(1);
            }
        }
    }
    if refused == 0 {
        eprintln!("xtask: no false statement was put to Coq");
        return Err(1);
    }
    println!("Coq accepted {} statements and refused {refused}", files.len() - refused);
    Ok(())
}

/// The names of the statements, in order.
fn statements(folder: &Path) -> Result<Vec<PathBuf>, u8> {
    let entries = fs::read_dir(folder).map_err(|error| {
        eprintln!("xtask: cannot read {}: {error}", folder.display());
        1
    })?;
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| Some(PathBuf::from(entry.ok()?.file_name())))
        .filter(|name| name.extension().is_some_and(|extension| extension == "v"))
        .collect();
    files.sort();
    Ok(files)
}

/// Whether Coq and the library are here, by a file that only loads the library.
fn probe(folder: &Path) -> Result<(), String> {
    let name = Path::new("probe.v");
    let text = "Require Import Reals.\nFrom Interval Require Import Tactic.\n";
    fs::write(folder.join(name), text).map_err(|error| format!("the probe cannot be written: {error}"))?;
    let output = Command::new("coqc").arg(name).current_dir(folder).output();
    match output {
        Err(_) => Err("there is no coqc on this machine".into()),
        Ok(output) if !output.status.success() => Err("coqc is here, coq-interval is not".into()),
        Ok(_) => Ok(()),
    }
}

fn coqc(folder: &Path, file: &Path) -> Result<Output, u8> {
    Command::new("coqc").arg(file).current_dir(folder).output().map_err(|error| {
        eprintln!("xtask: cannot start coqc: {error}");
        1
    })
}
