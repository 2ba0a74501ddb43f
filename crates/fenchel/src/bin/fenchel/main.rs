//! The command line: `fenchel reproduce | prepare | work | status | plan | report | claims | list | data | train |
//! measure | judge | model`.
//!
//! Exit codes: 0 when every cell ran, 1 when a cell failed or the run could not start, 2 when the command line is
//! not understood, 3 with `--strict` when a claim is not reproduced, with `--expect` when a verdict is not
//! the expected one.

mod arguments;
mod claims;
mod criterion;
mod data;
mod found;
mod judge;
mod list;
mod measure;
mod model;
mod progress;
mod report;
mod reproduce;
mod selection;
mod terminal;
mod train;
mod verdicts;
mod voice;
mod work;

use arguments::{Arguments, Command};
use clap::Parser;
use fenchel_harness::Failure;
use std::process::ExitCode;
use voice::tell;

fn main() -> ExitCode {
    let code = run(Arguments::parse().command).unwrap_or_else(|error| {
        tell!("fenchel: {error}");
        ExitCode::FAILURE
    });
    if let Some(reason) = voice::lost() {
        tell!("fenchel: cannot write to standard output: {reason}; files were written all the same");
        return ExitCode::FAILURE;
    }
    code
}

fn run(command: Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Reproduce(options) => Ok(reproduce::run(&options)?),
        Command::Prepare(options) => Ok(work::prepare(&options)?),
        Command::Work(options) => Ok(work::work(&options)?),
        Command::Status(options) => Ok(work::status(&options)?),
        Command::Plan(options) => Ok(work::script(&options)?),
        Command::Report(options) => report::run(&options),
        Command::Claims(options) => claims::run(&options),
        Command::List(options) => {
            list::run(&options);
            Ok(ExitCode::SUCCESS)
        }
        Command::Measure(options) => measure::run(&options),
        Command::Judge(options) => judge::run(&options),
        Command::Model(options) => model::run(&options),
        Command::Data(command) => data::run(&command),
        Command::Train(options) => train::run(&options),
    }
}
