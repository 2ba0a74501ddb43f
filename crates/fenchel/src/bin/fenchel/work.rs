//! `fenchel prepare | work | status | plan`: a run folder that many processes work on.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use fenchel_experiments::REGISTRY;
use fenchel_experiments::ingredients::DataFolder;
use fenchel_harness::Result;
use fenchel_harness::number::{counted, duration, grouped};
use fenchel_harness::run::{self, Format, Orders, Plan, Request, Script, Share, Status};
use fenchel_harness::store::{Store, StoredPlan};

use crate::found::{print_found, print_set_aside};
use crate::selection::Selection;
use crate::terminal::Terminal;
use crate::voice::{say, tell};

/// The options of `prepare`.
#[derive(Debug, Args)]
pub(crate) struct Prepare {
    /// The run folder. If it is prepared already and nothing says what is to be run, the same again.
    folder: PathBuf,
    #[command(flatten)]
    selection: Selection,
}

/// The options of `work`.
#[derive(Debug, Args)]
pub(crate) struct Work {
    /// The run folder, as `fenchel prepare` made it.
    folder: PathBuf,
    /// Begin no more cells after this time, such as 90s, 20m or 2h.
    #[arg(long = "for", value_name = "TIME", value_parser = time)]
    time: Option<Duration>,
    /// Worker threads [default: one a core]. The results do not depend on it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    threads: Option<u16>,
    /// Begin with the K-th of N parts of the cells, K from 0; then help with the others.
    #[arg(long, value_name = "K/N")]
    share: Option<Share>,
    /// Only these experiments (repeat, or part by commas).
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    only: Vec<String>,
    /// Wait for the cells that other workers are at work on, and take over those of workers that die.
    #[arg(long)]
    wait: bool,
    /// Try cells again that failed since the folder was prepared.
    #[arg(long)]
    retry: bool,
    /// The folder of the data files (otherwise FENCHEL_DATA_DIR, then the platform's cache folder).
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

/// The options of `status`.
#[derive(Debug, Args)]
pub(crate) struct StatusOptions {
    /// The run folder.
    folder: PathBuf,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

/// The options of `plan`.
#[derive(Debug, Args)]
pub(crate) struct PlanOptions {
    /// The run folder, as `fenchel prepare` made it.
    folder: PathBuf,
    /// The engine.
    #[arg(long, value_enum)]
    format: Format,
    /// Minutes of work a task, by the estimates.
    #[arg(long, value_name = "MINUTES", default_value_t = 20.0, value_parser = positive)]
    minutes: f64,
    /// Threads a task.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    threads: u16,
    /// The most tasks.
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u16).range(1..))]
    tasks: u16,
    /// The program, as the tasks find it [default: this one].
    #[arg(long, value_name = "PATH")]
    program: Option<String>,
    /// The folder of the data files, as the tasks find it.
    #[arg(long, value_name = "DIR")]
    data_dir: Option<String>,
}

/// Reads a time such as 90s, 20m or 2h.
fn time(text: &str) -> std::result::Result<Duration, String> {
    let (number, unit) =
        text.split_at(text.find(|letter: char| letter.is_alphabetic()).unwrap_or(text.len()));
    let unit = match unit {
        "s" | "" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        _ => f64::NAN,
    };
    let seconds = number.parse::<f64>().map_or(f64::NAN, |number| number * unit);
    Duration::try_from_secs_f64(seconds).map_err(|_| format!("`{text}` is no time; write 90s, 20m or 2h"))
}

fn positive(text: &str) -> std::result::Result<f64, String> {
    let number = text.parse::<f64>().ok().filter(|number| number.is_finite() && *number > 0.0);
    number.ok_or_else(|| format!("`{text}` is no positive number"))
}

pub(crate) fn prepare(options: &Prepare) -> Result<ExitCode> {
    let request = options.selection.request(Some(options.folder.clone()), None);
    let (request, plan) = match StoredPlan::read(&options.folder) {
        // The same again.
        Ok(Some(stored)) if request.is_open() => {
            let (plan, others) = Plan::of_folder(&REGISTRY, &stored, &options.folder)?;
            others.iter().for_each(|other| tell!("not prepared again: {other}"));
            (Request { keep: request.keep || stored.keep, ..request }, plan)
        }
        // A plan that cannot be read is set aside below.
        _ => {
            let plan = run::plan(&REGISTRY, &request)?;
            (request, plan)
        }
    };
    let found = run::prepare(&request, &plan)?;
    print_found(&found);
    say!(
        "{} is prepared: {}, {} of them to run; about {} on one core in all",
        options.folder.display(),
        counted(plan.cells(), "cell"),
        grouped(found.cells.planned - found.cells.finished),
        duration(plan.cost())
    );
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn work(options: &Work) -> Result<ExitCode> {
    let orders = Orders {
        given: DataFolder::given(options.data_dir.as_deref()),
        threads: options.threads.map(usize::from),
        time: options.time,
        share: options.share,
        only: options.only.clone(),
        wait: options.wait,
        retry: options.retry,
    };
    let terminal = Terminal::new();
    let worked = run::work(&REGISTRY, &options.folder, &orders, &terminal, print_found);
    terminal.end();
    let worked = worked?;
    print_set_aside(&worked.set_aside);
    for (experiment, cell, reason) in &worked.failed {
        tell!("failed: {experiment} {cell}: {reason}");
    }
    if worked.not_begun > 0 {
        say!("{} not begun: the time is over", counted(worked.not_begun, "cell"));
    }
    if worked.unread > 0 {
        say!("{} of other shares not verified: the time is over", counted(worked.unread, "cell"));
    }
    if worked.left > 0 {
        say!("{} at work elsewhere", counted(worked.left, "cell"));
    }
    if worked.not_begun + worked.unread + worked.left == 0 {
        say!("nothing is left to begin");
    }
    Ok(if worked.failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

pub(crate) fn status(options: &StatusOptions) -> Result<ExitCode> {
    let status = run::status(&REGISTRY, &options.folder)?;
    if options.json {
        say!("{}", serde_json::to_string_pretty(&status).unwrap_or_default());
    } else {
        print(&status);
    }
    Ok(ExitCode::SUCCESS)
}

fn print(status: &Status) {
    let mut done = 0;
    say!(
        "{:<12} {:>8} {:>8} {:>8} {:>8} {:>14}",
        "experiment",
        "cells",
        "finished",
        "stale",
        "missing",
        "left"
    );
    for counts in &status.experiments {
        done += counts.cells.finished;
        say!(
            "{:<12} {:>8} {:>8} {:>8} {:>8} {:>14}",
            counts.experiment,
            grouped(counts.cells.planned),
            grouped(counts.cells.finished),
            grouped(counts.cells.stale),
            grouped(counts.cells.missing + counts.cells.unusable),
            duration(counts.seconds_left)
        );
    }
    status.others.iter().for_each(|other| say!("of another program or machine: {other}"));
    for cell in &status.running {
        let (id, name, pid, host) = (&cell.experiment, &cell.cell, cell.pid, &cell.host);
        let end = if cell.abandoned { ", which is dead: the next worker takes it over" } else { "" };
        say!("running: {id} {name}, since {} by process {pid} on {host}{end}", cell.since);
    }
    for cell in &status.failed {
        say!("failed: {} {} on {}: {}", cell.experiment, cell.cell, cell.host, cell.reason);
    }
    for worker in &status.workers {
        say!(
            "worker: process {} on {}, {}, since {}, {} finished, heard of {} ago",
            worker.pid,
            worker.host,
            counted(worker.threads, "thread"),
            worker.started,
            counted(worker.cells, "cell"),
            duration(worker.silence.max(0.0))
        );
    }
    let planned: usize = status.experiments.iter().map(|counts| counts.cells.planned).sum();
    let left = match status.seconds_left {
        Some(seconds) => format!("about {} left", duration(seconds)),
        None if done == planned => "nothing left".to_owned(),
        None => format!("nobody is at work; {} on one core are left", duration(status.work_left)),
    };
    say!("{} of {} done, {left}", grouped(done), counted(planned, "cell"));
}

pub(crate) fn script(options: &PlanOptions) -> Result<ExitCode> {
    // Whatever is wrong with the folder is told before the script begins.
    Store::open(&options.folder).plan()?;
    let here = std::env::current_exe().map_or_else(|_| "fenchel".into(), |path| path.display().to_string());
    let data = options.data_dir.iter().flat_map(|folder| ["--data-dir".to_owned(), folder.clone()]);
    let script = Script {
        format: options.format,
        minutes: options.minutes,
        threads: options.threads.into(),
        tasks: options.tasks.into(),
        program: options.program.clone().unwrap_or(here),
        options: data.collect(),
    };
    crate::voice::out(format_args!("{}", script.of(&REGISTRY, &options.folder)?));
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::time;

    #[test]
    fn times_are_read_and_nonsense_is_refused() {
        for (text, seconds) in [("90s", 90), ("20m", 1200), ("2h", 7200), ("0.5h", 1800), ("7", 7)] {
            assert_eq!(time(text).unwrap().as_secs(), seconds);
        }
        for text in ["", "m", "2 days", "-1m", "nan"] {
            assert!(time(text).is_err(), "{text}");
        }
    }
}
