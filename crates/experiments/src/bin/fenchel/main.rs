//! The command line: `fenchel reproduce | report | list | data | train | measure | model`.
//!
//! Exit codes: 0 when every cell ran, 1 when a cell failed or the run could not start, 2 when the command line is
//! not understood, 3 with `--strict` when a claim is not reproduced.

// The one place of this crate that speaks to a person.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod arguments;
mod claims;
mod data;
mod measure;
mod model;
mod report;
mod terminal;
mod train;

use arguments::{Arguments, Command, Reproduce};
use clap::Parser;
use fenchel_experiments::number::{counted, duration, grouped};
use fenchel_experiments::report::Report;
use fenchel_experiments::run::{self, Found, Plan};
use fenchel_experiments::{Failure, Result, registry};
use std::process::ExitCode;
use terminal::Terminal;

fn main() -> ExitCode {
    run(Arguments::parse().command).unwrap_or_else(|error| {
        eprintln!("fenchel: {error}");
        ExitCode::FAILURE
    })
}

fn run(command: Command) -> std::result::Result<ExitCode, Failure> {
    match command {
        Command::Reproduce(options) => Ok(reproduce(&options)?),
        Command::Report(options) => report::run(&options),
        Command::List(options) => {
            list(options.profile);
            Ok(ExitCode::SUCCESS)
        }
        Command::Measure(options) => measure::run(&options),
        Command::Model(options) => model::run(&options),
        Command::Data(command) => data::run(&command),
        Command::Train(options) => train::run(&options),
    }
}

fn reproduce(options: &Reproduce) -> Result<ExitCode> {
    let request = options.request();
    let plan = run::plan(&request)?;
    if options.plan {
        print_plan(&plan, request.threads());
        return Ok(ExitCode::SUCCESS);
    }
    println!(
        "{} run into {}, {} on {}, matrix products by {}",
        plan.profile,
        request.folder().display(),
        counted(plan.cells(), "cell"),
        counted(request.threads(), "thread"),
        fenchel_experiments::machine::back_end()
    );
    let terminal = Terminal::new();
    let finished = run::reproduce(&request, &plan, &terminal, print_found)?;
    terminal.end();
    print_report(&finished.report);
    for (experiment, cell, reason) in &finished.failed {
        eprintln!("failed: {experiment} {cell}: {reason}");
    }
    let summaries = finished.report.chapters.iter().filter(|chapter| chapter.summary.is_err()).count();
    if !finished.failed.is_empty() || summaries > 0 {
        eprintln!(
            "{} failed; the others are kept, and the same command runs only what is missing",
            counted(finished.failed.len(), "cell")
        );
        return Ok(ExitCode::FAILURE);
    }
    let (_, failed, undecided) = finished.report.tally();
    Ok(if options.strict && failed + undecided > 0 { ExitCode::from(3) } else { ExitCode::SUCCESS })
}

fn print_found(found: Found) {
    if found.finished > 0 {
        println!("{} already there", counted(found.finished, "cell"));
    }
    if found.stale > 0 {
        println!(
            "{} computed by other code, run again (--keep takes such cells as they are)",
            counted(found.stale, "cell")
        );
    }
}

pub(crate) fn print_report(report: &Report) {
    println!("\n{}", claims::table(report));
    for chapter in &report.chapters {
        if let Err(reason) = &chapter.summary {
            println!("{}: no summary: {reason}", chapter.id);
        }
        if chapter.stale > 0 {
            println!(
                "{}: {} computed by other code or another back end than this program's",
                chapter.id,
                counted(chapter.stale, "cell")
            );
        }
    }
    let (reproduced, failed, undecided) = report.tally();
    println!("{reproduced} reproduced, {failed} failed, {undecided} undecided");
    println!("report: {}", report.page.display());
}

fn print_plan(plan: &Plan, threads: usize) {
    println!("{:<12} {:>8} {:>14}  title", "experiment", "cells", "on one core");
    for planned in &plan.experiments {
        println!(
            "{:<12} {:>8} {:>14}  {}",
            planned.experiment.id(),
            grouped(planned.cells.len()),
            duration(planned.cost()),
            planned.experiment.title()
        );
    }
    let wall = duration(plan.cost() / threads as f64);
    println!(
        "{:<12} {:>8} {:>14}  about {wall} on {}",
        "all",
        grouped(plan.cells()),
        duration(plan.cost()),
        counted(threads, "thread")
    );
}

fn list(profile: fenchel_experiments::Profile) {
    for experiment in registry::all() {
        println!("{}: {}", experiment.id(), experiment.title());
        let settings = experiment.default_settings(profile);
        for (key, value) in settings.as_object().into_iter().flatten() {
            println!("    {}.{key} = {value}", experiment.id());
        }
    }
}
