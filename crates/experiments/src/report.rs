//! The report of a run folder: claims, tables and figures from the stored records, and one HTML page.

mod comparison;
mod expected;
mod html;
mod markdown;
mod page;
mod section;

pub use comparison::{Comparison, Decision, Pair, Side, Tables};
pub use expected::Expected;
pub(crate) use markdown::write as write_markdown;

/// The look of every page.
const STYLE: &str = include_str!("report/style.css");

use crate::claim::{Claim, Condition, Verdict};
use crate::error::Result;
use crate::experiment::AnyExperiment;
use crate::figure::plain;
use crate::registry;
use crate::store::{Configuration, Entry, Manifest, Store, Stored, write_whole};
use crate::summary::Summary;
use crate::table::Table;
use rayon::prelude::*;
use std::path::{Path, PathBuf};

/// What a run folder says.
#[derive(Debug)]
pub struct Report {
    /// Where its page is, or would be.
    pub page: PathBuf,
    /// The experiments of the run.
    pub chapters: Vec<Chapter>,
}

/// One experiment in the report.
#[derive(Debug)]
pub struct Chapter {
    /// The experiment's name.
    pub id: String,
    /// Its title.
    pub title: String,
    /// What the paper says.
    pub paper: String,
    /// Its settings.
    pub settings: serde_json::Value,
    /// The number of cells planned.
    pub planned: usize,
    /// The number of cells whose records are here.
    pub finished: usize,
    /// The number of those that other code computed.
    pub stale: usize,
    /// Cells that count as missing though there is a file: what is wrong with each.
    pub unusable: Vec<String>,
    /// The time of the finished cells on one core, in seconds.
    pub seconds: f64,
    /// The digest of the records, or why there is none.
    pub summary: std::result::Result<Summary, String>,
}

impl Report {
    /// All claims with their chapters, in order.
    pub fn claims(&self) -> impl Iterator<Item = (&Chapter, &Claim)> {
        self.chapters.iter().flat_map(|chapter| {
            chapter.summary.iter().flat_map(move |s| s.claims.iter().map(move |c| (chapter, c)))
        })
    }

    /// The sandwiches of all experiments, `lo ≤ l − l_inf ≤ hi` by sample and step: how many were checked, and how many violated.
    ///
    /// By convention these are the inequalities of the claims called `EXPERIMENT.sandwich`.
    #[must_use]
    pub fn sandwiches(&self) -> (usize, usize) {
        let claims = self.claims().filter(|(_, claim)| claim.id.ends_with(".sandwich"));
        claims.flat_map(|(_, claim)| &claim.conditions).fold((0, 0), |(all, broken), condition| {
            match condition {
                Condition::Always { checked, violations, .. } => (all + checked, broken + violations),
                _ => (all, broken),
            }
        })
    }

    /// The number of claims with the verdict's word: (reproduced, failed, undecided).
    #[must_use]
    pub fn tally(&self) -> (usize, usize, usize) {
        self.claims().fold((0, 0, 0), |(reproduced, failed, undecided), (_, claim)| match claim.verdict() {
            Verdict::Reproduced => (reproduced + 1, failed, undecided),
            Verdict::Failed => (reproduced, failed + 1, undecided),
            Verdict::Undecided(_) => (reproduced, failed, undecided + 1),
        })
    }
}

/// Reads what a run folder says, without writing anything.
///
/// # Errors
/// When the settings that it notes are no longer those of an experiment.
pub(crate) fn read(store: &Store, manifest: &Manifest) -> Result<Report> {
    let mut chapters = Vec::new();
    for experiment in registry::all() {
        if let Some(entry) = manifest.experiments.get(experiment.id()) {
            chapters.push(chapter(store, &*experiment, entry)?);
        }
    }
    Ok(Report { page: store.folder().join("report.html"), chapters })
}

/// Builds the report of a run folder and writes its files into `out`.
///
/// # Errors
/// When a file cannot be written. An experiment that cannot summarise its records is told of
/// in the report, and does not keep the others from being reported.
pub(crate) fn build(store: &Store, manifest: &Manifest, out: &Path) -> Result<Report> {
    let mut report = read(store, manifest)?;
    write(&mut report, manifest, out)?;
    Ok(report)
}

/// Writes the files of a report into `out`.
///
/// # Errors
/// When one cannot be written.
pub(crate) fn write(report: &mut Report, manifest: &Manifest, out: &Path) -> Result<()> {
    report.page = out.join("report.html");
    write_files(report, out)?;
    write_whole(&report.page, page::html(report, manifest)?.as_bytes())
}

/// Reads the records of one experiment and has them summarised.
fn chapter(store: &Store, experiment: &dyn AnyExperiment, entry: &Entry) -> Result<Chapter> {
    let id = experiment.id();
    let timings = store.timings();
    let configuration = Configuration::new(experiment, &entry.settings);
    let cells = experiment.cells(&entry.settings)?;
    let planned = cells.len();
    let (mut found, mut unusable, mut stale, mut seconds) = (Vec::new(), Vec::new(), 0, 0.0);
    for cell in cells {
        // A report takes what is there; what other code or another back end computed is counted and said.
        let record = match store.read(id, &cell.id, &cell.case, &configuration, false) {
            Stored::Current(record) => record,
            Stored::Stale(Some(record)) => {
                stale += 1;
                record
            }
            Stored::Absent | Stored::Stale(None) => continue,
            Stored::Damaged(reason) => {
                unusable.push(format!("{} is damaged ({reason})", cell.id));
                continue;
            }
            Stored::Foreign(difference) => {
                unusable.push(format!("{} is of other settings ({difference})", cell.id));
                continue;
            }
        };
        seconds += timings.get(&(id.to_owned(), cell.id.clone())).copied().unwrap_or(0.0);
        found.push((cell, record));
    }
    let finished = found.len();
    let summary = if found.is_empty() {
        Err("no cell has been run yet".to_owned())
    } else {
        experiment.summary(&entry.settings, found).map_err(|error| error.to_string())
    };
    let summary = summary.map(|mut summary| {
        // What a figure would have shown may be among the missing cells.
        summary.figures.retain(|figure| !figure.panels.is_empty());
        for claim in &mut summary.claims {
            claim.figures.retain(|id| summary.figures.iter().any(|figure| figure.id == *id));
        }
        if finished < planned {
            let reason = format!("{} of {planned} cells are missing", planned - finished);
            summary.claims = summary.claims.into_iter().map(|claim| claim.open(&reason)).collect();
        }
        summary
    });
    let (title, paper) = (experiment.title().into(), experiment.paper().into());
    Ok(Chapter {
        id: id.into(),
        title,
        paper,
        settings: entry.settings.clone(),
        planned,
        finished,
        stale,
        unusable,
        seconds,
        summary,
    })
}

/// Writes claims.csv, the tables and the figures.
fn write_files(report: &Report, out: &Path) -> Result<()> {
    claims_table(report).write_csv(&out.join("claims.csv"))?;
    for chapter in &report.chapters {
        let Ok(summary) = &chapter.summary else { continue };
        for table in &summary.tables {
            table.write_csv(&out.join("tables").join(&chapter.id).join(format!("{}.csv", table.id)))?;
        }
        summary.figures.par_iter().try_for_each(|figure| {
            let folder = out.join("figures").join(&chapter.id);
            write_whole(&folder.join(format!("{}.svg", figure.id)), figure.svg()?.as_bytes())?;
            write_whole(&folder.join(format!("{}.png", figure.id)), &figure.png()?)
        })?;
    }
    Ok(())
}

/// The claims as a table: id, statement, criterion, measured, verdict.
#[must_use]
pub fn claims_table(report: &Report) -> Table {
    let mut table =
        Table::new("claims", "one row a claim", &["claim", "statement", "criterion", "measured", "verdict"]);
    for (_, claim) in report.claims() {
        table.push([
            claim.id.as_str().into(),
            plain(&claim.statement).into(),
            plain(&claim.criterion()).into(),
            claim.measured().into(),
            plain(&claim.verdict().to_string()).into(),
        ]);
    }
    table
}
