//! The front door: `cargo xtask reproduce | data | train | measure | judge | test | soak | engine-test | mutate | python |
//! ci | bench | docs`.
//!
//! Thin on purpose: no dependencies and no numerics, so that it opens in a second. It finds OpenBLAS, builds in
//! release, sets the environment that reproducible numbers need, starts the program `fenchel` and passes its exit
//! code on.

// This program speaks to a person.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod bench;
mod blas;
mod cargo;
mod ci;
mod coq;
mod docs;
mod engine_test;
mod mutate;
mod options;
mod peers;
mod program;
mod python;
mod soak;
mod test;
mod tidy;
mod workspace;

use std::process::ExitCode;

/// What a step ends with: nothing, or the exit code to pass on after its message was shown.
pub(crate) type Outcome = Result<(), u8>;

const HELP: &str = "\
The front door of Fenchel.

Usage: cargo xtask COMMAND [OPTIONS]

Commands:
  reproduce  run the experiments, decide the claims, write the report
  prepare    write down what a run folder is to hold; workers then work on it
  work       work on a prepared folder, beside any number of other workers
  status     how far a run is
  plan       print a script with which an engine starts workers
  report     rebuild the report of a run folder without running anything
  claims     print what is claimed, and by which criteria, before any run
  list       list the experiments and their settings
  data       fetch, verify or look at the public data sets
  train      train a model on a data set, with checkpoints
  measure    measure a network that was trained anywhere
  judge      judge numbers that were computed elsewhere
  model      print a model as a table, or describe it in TOML
  test       run all tests
  soak       kill, damage, move and starve a run, and compare it with one that was left alone
  engine-test  the same with Slurm on loopback, whose node daemon and controller are killed
  mutate     change one expression at a time and see whether a test notices
  python     build the Python package in a virtual environment and run its tests
  ci         everything that must pass before a change is accepted, cheapest first
  bench      run the benches
  docs       build the documentation

`cargo xtask COMMAND --help` says more. Options that a command does not know go on to what it starts.
";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let command = arguments.next();
    let rest: Vec<String> = arguments.collect();
    let outcome = match command.as_deref() {
        Some(
            name @ ("reproduce" | "prepare" | "work" | "status" | "plan" | "report" | "claims" | "list"
            | "data" | "train" | "measure" | "judge" | "model"),
        ) => program::run(name, rest),
        Some("soak") => soak::run(rest),
        Some("engine-test") => engine_test::run(rest),
        Some("test") => test::run(rest),
        Some("mutate") => mutate::run(rest),
        Some("python") => python::run(rest),
        Some("ci") => ci::run(&rest),
        Some("bench") => bench::run(rest),
        Some("docs") => docs::run(rest),
        Some("help" | "--help" | "-h") => {
            print!("{HELP}");
            Ok(())
        }
        None => {
            eprint!("{HELP}");
            Err(2)
        }
        Some(unknown) => {
            eprintln!("xtask: there is no command `{unknown}`\n\n{HELP}");
            Err(2)
        }
    };
    outcome.map_or_else(ExitCode::from, |()| ExitCode::SUCCESS)
}
