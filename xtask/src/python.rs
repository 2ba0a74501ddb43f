//! `cargo xtask python`: builds the Python package in a virtual environment of the build folder and runs its tests.

use crate::cargo::{check, run as start};
use crate::{Outcome, workspace};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const HELP: &str = "\
Builds the wheel of the Python package `fenchel`, installs it into a virtual environment and runs the package's tests.

Usage: cargo xtask python [OPTIONS] [-- PYTEST ARGUMENTS]

Options:
  --torch          install PyTorch as well (gigabytes), for the tests that compare with it; without it they are skipped
  --python FILE    use this interpreter with what is installed there, and make no environment
  --wheel          build the wheel and stop

The environment is target/python/venv and the wheel lies in target/python/wheels. It needs python3 from 3.10 on with its module
venv, and pip with access to its index; where these are missing it says so.
";

/// How the package is to be built and tried.
#[derive(Default)]
struct Wish {
    torch: bool,
    python: Option<PathBuf>,
    wheel: bool,
    pytest: Vec<String>,
}

pub(crate) fn run(arguments: Vec<String>) -> Outcome {
    let mut wish = Wish::default();
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--help" | "-h" => {
                print!("{HELP}");
                return Ok(());
            }
            "--torch" => wish.torch = true,
            "--wheel" => wish.wheel = true,
            "--python" => match arguments.next() {
                Some(file) => wish.python = Some(file.into()),
                None => return unknown("--python needs an interpreter"),
            },
            "--" => wish.pytest.extend(arguments.by_ref()),
            other => return unknown(&format!("there is no option `{other}`")),
        }
    }
    let python = interpreter(&wish).map_err(|reason| {
        eprintln!("xtask: {reason}");
        1
    })?;
    tried(&python, &wish)
}

/// As a step of `ci`: where there is no Python or no pip it is named and passed over.
pub(crate) fn step() -> Outcome {
    match interpreter(&Wish::default()) {
        Ok(python) => tried(&python, &Wish::default()),
        Err(reason) => {
            println!("SKIPPED: {reason}");
            Ok(())
        }
    }
}

fn unknown(reason: &str) -> Outcome {
    eprintln!("xtask: {reason}\n\n{HELP}");
    Err(2)
}

fn home() -> PathBuf {
    workspace::target().join("python")
}

/// An interpreter that has maturin, pytest and NumPy: the one that was named, or that of the environment.
fn interpreter(wish: &Wish) -> Result<PathBuf, String> {
    let mut packages = vec!["maturin>=1.7,<2", "pytest>=7", "numpy>=1.24"];
    if wish.torch {
        packages.push("torch>=2.1");
    }
    let python = match &wish.python {
        Some(python) => python.clone(),
        None => {
            let folder = home().join("venv");
            let python = folder.join("bin/python");
            if !quiet(Command::new(&python).arg("--version")) {
                println!("making a virtual environment in {}", folder.display());
                if !quiet(Command::new("python3").args(["-m", "venv"]).arg(&folder)) {
                    return Err("python3 makes no virtual environment; install python3 (from 3.10 on) with its module venv".into());
                }
            }
            python
        }
    };
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).args(&packages);
    if quiet(&mut pip) { Ok(python) } else { Err(format!("pip does not install {}", packages.join(", "))) }
}

/// Builds, installs and tests.
fn tried(python: &Path, wish: &Wish) -> Outcome {
    let package = workspace::root().join("bindings/python");
    let wheels = home().join("wheels");
    // A wheel of an earlier version would be installed again.
    let _ = std::fs::remove_dir_all(&wheels);
    let mut build = Command::new(python);
    build.args(["-m", "maturin", "build", "--release", "--locked", "--out"]).arg(&wheels);
    // Beside the workspace's own: the package's profile and features are its own, too.
    build.env("CARGO_TARGET_DIR", home().join("build")).current_dir(&package);
    start(&mut build)?;
    let wheel = std::fs::read_dir(&wheels).into_iter().flatten().flatten().map(|entry| entry.path()).next();
    let Some(wheel) = wheel else {
        eprintln!("xtask: maturin built no wheel in {}", wheels.display());
        return Err(1);
    };
    println!("built {}", wheel.display());
    if wish.wheel {
        return Ok(());
    }
    let mut install = Command::new(python);
    install.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--force-reinstall",
        "--no-deps",
    ]);
    start(install.arg(&wheel))?;
    // From the folder of the tests: the package that is tested is the one that was installed.
    let mut tests = Command::new(python);
    tests.args(["-m", "pytest", "-q", "-rs", "."]).args(&wish.pytest).current_dir(package.join("tests"));
    let status = tests.status().map_err(|error| {
        eprintln!("xtask: cannot start {}: {error}", python.display());
        1
    })?;
    check(status)
}

/// Runs a command without its output and says whether it succeeded.
fn quiet(command: &mut Command) -> bool {
    let command = command.stdin(Stdio::null()).stdout(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
