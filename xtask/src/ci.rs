//! `cargo xtask ci`: everything that must pass before a change is accepted, cheapest first.

use crate::blas::{BackEnd, PACKAGES, Wish};
use crate::cargo::{cargo, check, run as start};
use crate::{Outcome, coq, docs, program, python, test, tidy, workspace};
use std::process::{Command, id};
use std::time::Instant;
use std::{env, fs};

const HELP: &str = "\
Runs the steps of the continuous integration, cheapest first, and stops at the first that fails.

Usage: cargo xtask ci [STEP...]

Steps (all of them, in this order, when none is named):
  tidy       files open with their purpose, layers point down, no giant files
  fmt        the formatting
  clippy     the lints, with each back end
  docs       the documentation builds without a warning
  test       all tests, with each back end
  coq        Coq accepts the counterexamples and bounds that are written for it, and refuses a false one
  python     the Python package is built in a virtual environment and its tests pass
  reproduce  a quick run into a temporary folder, whose verdicts must be those of crates/experiments/verdicts.quick.json

A back end that this machine does not have is named and passed over, and so are Coq and pip.
";

/// A step: its name and what it does.
type Step = (&'static str, fn() -> Outcome);

const STEPS: [Step; 8] = [
    ("tidy", tidy::run),
    ("fmt", format),
    ("clippy", clippy),
    ("docs", documentation),
    ("test", tests),
    ("coq", coq::run),
    ("python", python::step),
    ("reproduce", reproduce),
];

pub(crate) fn run(arguments: &[String]) -> Outcome {
    if arguments.iter().any(|argument| argument == "--help" || argument == "-h") {
        print!("{HELP}");
        return Ok(());
    }
    if let Some(unknown) = arguments.iter().find(|name| STEPS.iter().all(|step| step.0 != name.as_str())) {
        eprintln!("xtask: there is no step `{unknown}`\n\n{HELP}");
        return Err(2);
    }
    for (name, step) in STEPS {
        if !arguments.is_empty() && arguments.iter().all(|wanted| wanted != name) {
            continue;
        }
        println!("\n== {name}");
        let clock = Instant::now();
        let outcome = step();
        let result = if outcome.is_ok() { "passed" } else { "FAILED" };
        println!("== {name} {result} after {:.0} s", clock.elapsed().as_secs_f64());
        outcome?;
    }
    println!("\nci: all steps passed");
    Ok(())
}

/// The back ends of this machine.
fn back_ends() -> Result<Vec<BackEnd>, u8> {
    let pure = BackEnd::choose(Wish::Rust)?;
    let other = BackEnd::choose(Wish::Auto)?;
    Ok(if other.openblas.is_some() {
        vec![pure, other]
    } else {
        println!("OpenBLAS is passed over");
        vec![pure]
    })
}

fn format() -> Outcome {
    start(cargo().args(["fmt", "--all", "--check"]))
}

fn clippy() -> Outcome {
    for back_end in back_ends()? {
        let mut command = cargo();
        command.args(["clippy", "--workspace", "--all-targets"]).args(back_end.features(PACKAGES));
        start(command.args(["--", "-D", "warnings"]))?;
    }
    Ok(())
}

fn documentation() -> Outcome {
    docs::run(Vec::new())
}

fn tests() -> Outcome {
    back_ends()?.iter().try_for_each(|back_end| test::tests(back_end, &[]))
}

/// The verdicts that the quick profile is known to give, by back end.
const VERDICTS: &str = "crates/experiments/verdicts.quick.json";

/// A quick run into a folder that is removed afterwards. A claim that fails is a finding; a cell that fails is not, and
/// nor is a verdict that changed unnoticed. By the back end that every machine has, whose verdicts are noted.
fn reproduce() -> Outcome {
    let back_end = BackEnd::choose(Wish::Rust)?;
    let binary = program::build(&back_end)?;
    let folder = env::temp_dir().join(format!("fenchel-ci-{}", id()));
    let mut command = Command::new(&binary);
    command.args(["reproduce", "--profile", "quick", "--out"]).arg(&folder);
    command.arg("--expect").arg(workspace::root().join(VERDICTS));
    back_end.prepare(&mut command);
    let outcome = command.status().map_err(|error| {
        eprintln!("xtask: cannot start {}: {error}", binary.display());
        1
    });
    let outcome = outcome.and_then(check).and_then(|()| {
        let page = folder.join("report.html");
        if page.is_file() {
            Ok(())
        } else {
            eprintln!("xtask: the run wrote no {}", page.display());
            Err(1)
        }
    });
    // Whatever is left in the temporary folder is not worth a failure.
    let _ = fs::remove_dir_all(&folder);
    outcome
}
