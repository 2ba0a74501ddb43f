//! The command line: `fenchel reproduce | prepare | work | status | plan | report | claims | list | data | train |
//! measure | model`.
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
mod work;

use arguments::{Arguments, Command, Reproduce};
use clap::Parser;
use fenchel_experiments::cost::Source;
use fenchel_experiments::number::{counted, duration, grouped};
use fenchel_experiments::report::Report;
use fenchel_experiments::run::{self, Found, Orders, Plan, Request};
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
        Command::Prepare(options) => Ok(work::prepare(&options)?),
        Command::Work(options) => Ok(work::work(&options)?),
        Command::Status(options) => Ok(work::status(&options)?),
        Command::Plan(options) => Ok(work::script(&options)?),
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
        print_plan(&request, &plan)?;
        return Ok(ExitCode::SUCCESS);
    }
    say!(
        "{} run into {}, {} on {}, matrix products by {}",
        plan.profile,
        request.folder().display(),
        counted(plan.cells(), "cell"),
        counted(threads(&request), "thread"),
        fenchel_experiments::machine::back_end()
    );
    let terminal = Terminal::new();
    let finished = run::reproduce(&request, &plan, &terminal, print_found);
    terminal.end();
    let finished = finished?;
    print_verdicts(&finished.report);
    say!("report: {}", finished.report.page.display());
    let worked = &finished.worked;
    print_set_aside(&worked.set_aside);
    for (experiment, cell, reason) in &worked.failed {
        tell!("failed: {experiment} {cell}: {reason}");
    }
    let summaries = finished.report.chapters.iter().filter(|chapter| chapter.summary.is_err()).count();
    if !worked.failed.is_empty() {
        tell!(
            "{} failed; the others are kept, and the same command runs only what is missing",
            counted(worked.failed.len(), "cell")
        );
    }
    if !worked.failed.is_empty() || summaries > 0 {
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

fn threads(request: &Request) -> usize {
    Orders { threads: request.threads, ..Orders::default() }.threads()
}

pub(crate) fn print_set_aside(set_aside: &[String]) {
    for what in set_aside.iter().take(TOLD) {
        tell!("set aside: {what}");
    }
    if set_aside.len() > TOLD {
        tell!("set aside: {} files in all; their cells were run again", set_aside.len());
    }
}

pub(crate) fn print_found(found: &Found) {
    if found.unprotected {
        tell!("{UNPROTECTED}");
    }
    for note in &found.notes {
        tell!("{note}");
    }
    print_set_aside(found.set_aside.as_slice());
    if found.cells.unusable > 0 {
        tell!("{} of no use, set aside when the cell is run again", counted(found.cells.unusable, "file"));
    }
    if found.cells.finished > 0 {
        say!("{} already there", counted(found.cells.finished, "cell"));
    }
    if found.cells.stale > 0 {
        say!(
            "{} computed by other code, run again (--keep takes such cells as they are)",
            counted(found.cells.stale, "cell")
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

/// What would be run: of what is there, finished, to be run again and missing, and how long that takes.
fn print_plan(request: &Request, plan: &Plan) -> Result<()> {
    let counts = if request.fresh {
        run::progress(std::path::Path::new(""), plan, false)
    } else {
        run::progress(&request.folder(), plan, request.keep)
    }?;
    say!(
        "{:<12} {:>8} {:>8} {:>8} {:>8} {:>14}  title",
        "experiment",
        "cells",
        "finished",
        "stale",
        "missing",
        "on one core"
    );
    let row = |name: &str, numbers: [usize; 4], seconds: f64, words: &str| {
        let [cells, finished, stale, missing] = numbers.map(grouped);
        say!(
            "{name:<12} {cells:>8} {finished:>8} {stale:>8} {missing:>8} {:>14}  {words}",
            duration(seconds)
        );
    };
    let mut all = [0; 4];
    for (planned, counts) in plan.experiments.iter().zip(&counts) {
        let cells = counts.cells;
        let numbers = [cells.planned, cells.finished, cells.stale, cells.missing + cells.unusable];
        all.iter_mut().zip(numbers).for_each(|(all, number)| *all += number);
        row(planned.experiment.id(), numbers, counts.seconds_left, planned.experiment.title());
    }
    let left: f64 = counts.iter().map(|counts| counts.seconds_left).sum();
    let threads = threads(request);
    let wall = format!("about {} on {}", duration(left / threads as f64), counted(threads, "thread"));
    row("all", all, left, &wall);
    say!("{}", prices(plan));
    Ok(())
}

/// What the estimates rest on, in a sentence.
pub(crate) fn prices(plan: &Plan) -> String {
    let from = |source: fn(&Source) -> bool| plan.prices.iter().filter(|p| source(&p.source)).count();
    let (here, run, probe) = (
        from(|source| matches!(source, Source::Here)),
        from(|source| matches!(source, Source::Run(_))),
        from(|source| matches!(source, Source::Probe)),
    );
    let beside = plan.prices.iter().find_map(|price| match &price.source {
        Source::Run(path) => Some(format!(" ({})", path.display())),
        Source::Here | Source::Probe => None,
    });
    format!(
        "prices of {} of work: {here} from cells of this folder, {run} from the last run beside it{}, {probe} from \
         a probe just now",
        counted(plan.prices.len(), "kind"),
        beside.unwrap_or_default()
    )
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
