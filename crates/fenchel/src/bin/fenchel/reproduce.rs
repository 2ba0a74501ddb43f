//! `fenchel reproduce`: runs what is missing and reports, or shows what would be run.

use clap::Args;
use fenchel_experiments::REGISTRY;
use fenchel_harness::Result;
use fenchel_harness::cost::Source;
use fenchel_harness::number::{counted, duration, grouped};
use fenchel_harness::run::{self, Orders, Plan, Request};
use std::path::PathBuf;
use std::process::ExitCode;

use crate::found::{print_found, print_set_aside};
use crate::selection::Selection;
use crate::terminal::Terminal;
use crate::verdicts::{as_expected, print_verdicts};
use crate::voice::{say, tell};

#[derive(Debug, Args)]
pub(crate) struct Reproduce {
    #[command(flatten)]
    selection: Selection,
    /// The run folder [default: results/PROFILE].
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Worker threads [default: one a core]. The results do not depend on it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    threads: Option<u16>,
    /// Show what would be run, and about how long it takes, and stop.
    #[arg(long)]
    plan: bool,
    /// End with exit code 3 unless every claim is reproduced.
    #[arg(long)]
    strict: bool,
    /// End with exit code 3 when a verdict is another than this file says for the back end.
    #[arg(long, value_name = "FILE")]
    expect: Option<PathBuf>,
}

impl Reproduce {
    /// The request behind the options; ends the program where the seeds cannot be read.
    fn request(&self) -> Request {
        self.selection.request(self.out.clone(), self.threads.map(usize::from))
    }
}

/// Carries the command out.
pub(crate) fn run(options: &Reproduce) -> Result<ExitCode> {
    let request = options.request();
    let plan = run::plan(&REGISTRY, &request)?;
    if options.plan {
        print_plan(&request, &plan)?;
        return Ok(ExitCode::SUCCESS);
    }
    let back_end = (REGISTRY.program.back_end)();
    say!(
        "{} run into {}, {} on {}, matrix products by {}",
        plan.profile,
        request.folder().display(),
        counted(plan.cells(), "cell"),
        counted(threads(&request), "thread"),
        back_end
    );
    let terminal = Terminal::new();
    let finished = run::reproduce(&REGISTRY, &request, &plan, &terminal, print_found);
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
        && !as_expected(file, &back_end, &finished.report)?
    {
        return Ok(ExitCode::from(3));
    }
    let met = !options.strict || finished.report.tallies().all_reproduced();
    Ok(if met { ExitCode::SUCCESS } else { ExitCode::from(3) })
}

fn threads(request: &Request) -> usize {
    Orders { threads: request.threads, ..Orders::default() }.threads()
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
fn prices(plan: &Plan) -> String {
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
