//! The command line: `fenchel reproduce | report | claims | list | data | train | measure | model`.
//!
//! Exit codes: 0 when every cell ran, 1 when a cell failed or the run could not start, 2 when the command line is
//! not understood, 3 with `--strict` when a claim is not reproduced, with `--expect` when a verdict is not
//! the expected one.

mod arguments;
mod claims;
mod data;
mod measure;
mod model;
mod progress;
mod report;
mod terminal;
mod train;
mod verdicts;
mod voice;

use arguments::{Arguments, Command, Reproduce};
use clap::Parser;
use fenchel_experiments::number::{counted, duration, grouped};
use fenchel_experiments::report::Report;
use fenchel_experiments::run::{self, Found, Plan};
use fenchel_experiments::{Failure, Result, registry};
use std::process::ExitCode;
use terminal::Terminal;
use voice::{UNPROTECTED, say, tell};

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

fn run(command: Command) -> std::result::Result<ExitCode, Failure> {
    match command {
        Command::Reproduce(options) => Ok(reproduce(&options)?),
        Command::Report(options) => report::run(&options),
        Command::Claims(options) => claims::run(&options),
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
    say!(
        "{} run into {}, {} on {}, matrix products by {}",
        plan.profile,
        request.folder().display(),
        counted(plan.cells(), "cell"),
        counted(request.threads(), "thread"),
        fenchel_experiments::machine::back_end()
    );
    let terminal = Terminal::new();
    let finished = run::reproduce(&request, &plan, &terminal, print_found);
    terminal.end();
    let finished = finished?;
    print_verdicts(&finished.report);
    say!("report: {}", finished.report.page.display());
    for (experiment, cell, reason) in &finished.failed {
        tell!("failed: {experiment} {cell}: {reason}");
    }
    let summaries = finished.report.chapters.iter().filter(|chapter| chapter.summary.is_err()).count();
    if !finished.failed.is_empty() {
        tell!(
            "{} failed; the others are kept, and the same command runs only what is missing",
            counted(finished.failed.len(), "cell")
        );
    }
    if !finished.failed.is_empty() || summaries > 0 {
        return Ok(ExitCode::FAILURE);
    }
    if let Some(file) = &options.expect
        && !report::as_expected(file, &fenchel_experiments::machine::back_end(), &finished.report)?
    {
        return Ok(ExitCode::from(3));
    }
    let met = !options.strict || finished.report.tallies().all_reproduced();
    Ok(if met { ExitCode::SUCCESS } else { ExitCode::from(3) })
}

/// How many of many like things are told one by one.
const TOLD: usize = 5;

fn print_found(found: &Found) {
    if found.unprotected {
        tell!("{UNPROTECTED}");
    }
    for what in found.set_aside.iter().take(TOLD) {
        tell!("set aside: {what}");
    }
    if found.set_aside.len() > TOLD {
        tell!("set aside: {} files in all; the cells among them are run again", found.set_aside.len());
    }
    if found.finished > 0 {
        say!("{} already there", counted(found.finished, "cell"));
    }
    if found.stale > 0 {
        say!(
            "{} computed by other code, run again (--keep takes such cells as they are)",
            counted(found.stale, "cell")
        );
    }
}

pub(crate) fn print_verdicts(report: &Report) {
    say!("\n{}", verdicts::table(report));
    for chapter in &report.chapters {
        for what in chapter.unusable.iter().take(TOLD) {
            say!("{}: a cell counts as missing: {what}", chapter.id);
        }
        if chapter.unusable.len() > TOLD {
            say!("{}: {} files of cells cannot be used in all", chapter.id, chapter.unusable.len());
        }
        if let Err(reason) = &chapter.summary {
            say!("{}: no summary: {reason}", chapter.id);
        }
        if chapter.stale > 0 {
            say!(
                "{}: {} computed by other code or another back end than this program's",
                chapter.id,
                counted(chapter.stale, "cell")
            );
        }
    }
    for (kind, tally) in report.tallies().kinds() {
        say!("{kind}: {tally}");
    }
    if let Some(sandwiches) = report.sandwiches() {
        say!("{sandwiches}");
    }
}

fn print_plan(plan: &Plan, threads: usize) {
    say!("{:<12} {:>8} {:>14}  title", "experiment", "cells", "on one core");
    for planned in &plan.experiments {
        say!(
            "{:<12} {:>8} {:>14}  {}",
            planned.experiment.id(),
            grouped(planned.cells.len()),
            duration(planned.cost()),
            planned.experiment.title()
        );
    }
    let wall = duration(plan.cost() / threads as f64);
    say!(
        "{:<12} {:>8} {:>14}  about {wall} on {}",
        "all",
        grouped(plan.cells()),
        duration(plan.cost()),
        counted(threads, "thread")
    );
}

fn list(profile: fenchel_experiments::Profile) {
    for experiment in registry::all() {
        say!("{}: {}", experiment.id(), experiment.title());
        let settings = experiment.default_settings(profile);
        for (key, value) in settings.as_object().into_iter().flatten() {
            say!("    {}.{key} = {value}", experiment.id());
        }
    }
}
