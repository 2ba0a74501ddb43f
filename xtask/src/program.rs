//! The commands of the program `fenchel`: build it in release and start it.

use crate::blas::BackEnd;
use crate::cargo::{cargo, check};
use crate::options::Options;
use crate::{Outcome, workspace};
use std::path::PathBuf;
use std::process::{Command, Stdio};

const HELP: &str = "\
Builds the program `fenchel` in release and runs `fenchel COMMAND`.

Usage: cargo xtask reproduce [OPTIONS]     run what is missing, decide the claims, write the report
       cargo xtask prepare, work, status, plan   have a --help of their own
       cargo xtask report DIR              rebuild the report of a run folder
       cargo xtask claims [--json] [ID...] print what is claimed and how it is decided, before any run
       cargo xtask list                    list the experiments and their settings
       cargo xtask data get NAME           fetch a public data set (mnist, fashion-mnist, cifar-10)
       cargo xtask data check              verify the data sets that are there
       cargo xtask data show NAME          write a contact sheet, print the label histogram
       cargo xtask train, measure, judge, model   have a --help of their own

Options of xtask:
  --blas auto|openblas|rust   the matrix-product back end (also FENCHEL_BLAS) [default: auto]

Options of reproduce:
  --profile quick|paper|full  how large [default: quick]
  --data-dir DIR              the folder of the data files (also for data)
  --out DIR                   the run folder [default: results/PROFILE]
  --only ID                   only these experiments
  --dataset NAME              only these data sets
  --seeds SEEDS               such as 0,1,2 or 0..5
  --set KEY=VALUE             change a setting
  --threads N                 worker threads [default: one a core]
  --plan                      show what would be run, and stop
  --fresh | --keep            start over | take cells that other code computed as they are
  --strict                    exit code 3 unless every claim is reproduced
  --expect FILE               exit code 3 when a verdict is another than the file says
";

pub(crate) fn run(command: &str, arguments: Vec<String>) -> Outcome {
    let mut options = Options::parse(arguments)?;
    if options.help {
        // These commands have more options than would fit here, and the program explains them.
        if !matches!(
            command,
            "train" | "measure" | "judge" | "model" | "prepare" | "work" | "status" | "plan"
        ) {
            print!("{HELP}");
            return Ok(());
        }
        options.rest.push("--help".to_owned());
    }
    let back_end = BackEnd::choose(options.blas)?;
    let program = build(&back_end)?;
    let mut fenchel = Command::new(&program);
    fenchel.arg(command).args(options.rest).env("FENCHEL_COMMIT", commit());
    back_end.prepare(&mut fenchel);
    match fenchel.status() {
        Ok(status) => check(status),
        Err(error) => {
            eprintln!("xtask: cannot start {}: {error}", program.display());
            Err(1)
        }
    }
}

/// Builds the program and says where it is, wherever cargo puts it.
pub(crate) fn build(back_end: &BackEnd) -> Result<PathBuf, u8> {
    let mut command = cargo();
    command.args(["build", "--release", "--package", "fenchel", "--bin", "fenchel"]);
    command.arg("--message-format=json-render-diagnostics").stderr(Stdio::inherit());
    if back_end.openblas.is_some() {
        command.args(["--features", "openblas"]);
    }
    let output = command.output().map_err(|error| {
        eprintln!("xtask: cannot start cargo: {error}");
        1
    })?;
    check(output.status)?;
    executable(&String::from_utf8_lossy(&output.stdout)).ok_or_else(|| {
        eprintln!("xtask: cargo built no program; this is a defect of xtask");
        1
    })
}

/// The last executable that cargo's messages name.
fn executable(messages: &str) -> Option<PathBuf> {
    let mut paths = messages.lines().filter_map(|line| {
        let (_, rest) = line.split_once("\"executable\":\"")?;
        let (path, _) = rest.split_once('"')?;
        Some(PathBuf::from(path.replace("\\\\", "\\")))
    });
    // From the end: the program is the last artifact.
    paths.next_back()
}

/// The commit of the work tree, marked where files have changed since.
fn commit() -> String {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).current_dir(workspace::root()).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    match git(&["rev-parse", "HEAD"]) {
        None => "unknown".into(),
        Some(commit)
            if git(&["status", "--porcelain", "--untracked-files=no"])
                .is_some_and(|changes| changes.is_empty()) =>
        {
            commit
        }
        Some(commit) => format!("{commit} with changes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_executable_is_read_from_the_messages() {
        let messages = "{\"reason\":\"compiler-artifact\",\"executable\":null}\n\
                        {\"reason\":\"compiler-artifact\",\"executable\":\"/t/release/fenchel\",\"fresh\":true}\n\
                        {\"reason\":\"build-finished\"}\n";
        assert_eq!(executable(messages), Some(PathBuf::from("/t/release/fenchel")));
        assert_eq!(executable("{\"executable\":\"C:\\\\t\\\\f.exe\"}"), Some(PathBuf::from("C:\\t\\f.exe")));
        assert_eq!(executable("{}"), None);
    }
}
