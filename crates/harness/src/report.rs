//! The report of a run folder: claims, tables and figures from the stored records, and one HTML page.

mod comparison;
mod expected;
mod markdown;
mod page;
mod section;

pub use comparison::{Comparison, Decision, Pair, Side, Tables};
pub use expected::Expected;
pub(crate) use markdown::write as write_markdown;

use crate::claim::{Finding, Findings, Tallies};
use crate::error::Result;
use crate::experiment::{AnyExperiment, Cell};
use crate::figure::plain;
use crate::machine::Machine;
use crate::registry::Registry;
use crate::store::{Entry, Manifest, Record, Store, Stored, timings, write_whole};
use crate::summary::Summary;
use crate::table::Table;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What a run folder says.
#[derive(Debug)]
pub struct Report {
    /// Where its page is, or would be.
    pub page: PathBuf,
    /// The experiments of the run.
    pub chapters: Vec<Chapter>,
    /// What the caller says of all claims together.
    pub headline: Option<String>,
    /// By which criteria the claims are decided here, and by which the run began: a criterion that changed after a
    /// run is seen.
    pub decided_by: String,
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
    /// The claims, each with what was measured; all of them, also where there is no digest.
    pub findings: Findings,
    /// The digest of the records, or why there is none.
    pub summary: std::result::Result<Summary, String>,
}

impl Report {
    /// All claims with their chapters, in order.
    pub fn claims(&self) -> impl Iterator<Item = (&Chapter, &Finding)> {
        self.chapters
            .iter()
            .flat_map(|chapter| chapter.findings.list().iter().map(move |finding| (chapter, finding)))
    }

    /// The claims by kind and verdict.
    #[must_use]
    pub fn tallies(&self) -> Tallies {
        Tallies::of(self.claims().map(|(_, finding)| finding))
    }
}

/// The first digits of a fingerprint or a commit.
fn digits(hex: &str) -> &str {
    hex.get(..12).unwrap_or(hex)
}

/// By which criteria the claims are decided here, and by which the run began.
fn of_criteria(manifest: &Manifest, commit: &str, criteria: &str) -> String {
    let mut text = format!("Decided by commit {}, criteria {}", digits(commit), digits(criteria));
    let mut others: Vec<&str> = Vec::new();
    for session in &manifest.sessions {
        let own = session.criteria.as_str();
        if own != criteria && !others.contains(&own) {
            others.push(own);
        }
    }
    match manifest.sessions.first() {
        None => {}
        Some(first) if others.is_empty() => {
            text += &format!("; the run began with the same, at {}", first.started);
        }
        Some(first) => {
            let name =
                |own: &str| if own.is_empty() { "unknown ones".to_owned() } else { digits(own).to_owned() };
            let began = name(&first.criteria);
            text += &format!("; the run began with criteria {began}, at {}", first.started);
            others.retain(|own| *own != first.criteria);
            for own in others {
                text += &format!(", and went on with {}", name(own));
            }
            text += ": CRITERIA CHANGED AFTER THE RUN BEGAN";
        }
    }
    text
}

/// Reads what a run folder says, without writing anything.
///
/// # Errors
/// When the settings that it notes are no longer those of an experiment.
pub(crate) fn read(registry: &Registry, store: &Store, manifest: &Manifest) -> Result<Report> {
    let (timings, none) = (timings(&Record::read_all(store.folder())), BTreeMap::new());
    let mut chapters = Vec::new();
    for experiment in registry.experiments {
        if let Some(entry) = manifest.experiments.get(experiment.id()) {
            let taken = timings.get(experiment.id()).unwrap_or(&none);
            chapters.push(chapter(registry, store, *experiment, entry, taken)?);
        }
    }
    let commit = Machine::here(&registry.program).commit;
    let mut report = Report {
        page: store.folder().join("report.html"),
        chapters,
        headline: None,
        decided_by: of_criteria(manifest, &commit, &registry.criteria()),
    };
    let findings: Vec<&Finding> = report.claims().map(|(_, finding)| finding).collect();
    report.headline = (registry.headline)(&findings);
    Ok(report)
}

/// Writes the files of a report into `out`.
///
/// # Errors
/// When one cannot be written. An experiment that cannot summarise its records is told of in the report, and
/// does not keep the others from being reported.
pub(crate) fn write(report: &mut Report, manifest: &Manifest, out: &Path) -> Result<()> {
    report.page = out.join("report.html");
    write_files(report, out)?;
    write_whole(&report.page, page::html(report, manifest)?.as_bytes())
}

/// Reads the records of one experiment and has them summarised.
fn chapter(
    registry: &Registry,
    store: &Store,
    experiment: &dyn AnyExperiment,
    entry: &Entry,
    timings: &BTreeMap<String, f64>,
) -> Result<Chapter> {
    let id = experiment.id();
    let configuration = registry.configuration(experiment, &entry.settings);
    let cells = experiment.cells(&entry.settings)?;
    let planned = cells.len();
    let (mut found, mut unusable, mut stale, mut seconds) = (Vec::new(), Vec::new(), 0, 0.0);
    for cell in cells {
        // A report takes what is there; what other code or another back end computed is counted and said.
        let record = match store.read(id, &cell.id, &cell.case, &configuration, false) {
            Err(error) => {
                unusable.push(format!("{}: {error}", cell.id));
                continue;
            }
            Ok(Stored::Current(record)) => record,
            Ok(Stored::Stale(Some(record))) => {
                stale += 1;
                record
            }
            Ok(Stored::Absent | Stored::Stale(None)) => continue,
            Ok(Stored::Damaged(reason)) => {
                unusable.push(format!("{} is damaged ({reason})", cell.id));
                continue;
            }
            Ok(Stored::Foreign(difference)) => {
                unusable.push(format!("{} is of other settings ({difference})", cell.id));
                continue;
            }
        };
        seconds += timings.get(&cell.id).copied().unwrap_or(0.0);
        found.push((cell, record));
    }
    let finished = found.len();
    let (mut findings, summary) = digest(experiment, &entry.settings, found);
    if finished < planned {
        findings.leave_open(&format!("{} of {planned} cells are missing", planned - finished));
    }
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
        findings,
        summary,
    })
}

/// What the records say of all claims of an experiment, and their digest or why there is none.
fn digest(
    experiment: &dyn AnyExperiment,
    settings: &serde_json::Value,
    found: Vec<(Cell<serde_json::Value>, Vec<u8>)>,
) -> (Findings, std::result::Result<Summary, String>) {
    let mut findings = Findings::of(experiment.claims());
    let summary = if found.is_empty() {
        Err("no cell has been run yet".to_owned())
    } else {
        experiment.summary(settings, found, &mut findings).map_err(|error| error.to_string())
    };
    match summary {
        Ok(mut summary) => {
            // What a figure would have shown may be among the missing cells.
            summary.figures.retain(|figure| !figure.panels.is_empty());
            summary.link(&mut findings);
            (findings, Ok(summary))
        }
        Err(reason) => {
            // What was filled in before the summary failed is no measurement.
            let mut findings = Findings::of(experiment.claims());
            findings.leave_open(&reason);
            (findings, Err(reason))
        }
    }
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

/// The claims as a table, one row a condition.
#[must_use]
pub fn claims_table(report: &Report) -> Table {
    let columns =
        ["claim", "kind", "statement", "criterion", "measured", "verdict on it", "verdict on the claim"];
    let mut table = Table::new("claims", "one row a condition", &columns);
    for (_, finding) in report.claims() {
        let claim = finding.claim;
        for (condition, measured, verdict) in finding.conditions() {
            table.push([
                claim.id.into(),
                claim.kind.words().into(),
                plain(&claim.to_string()).into(),
                plain(&condition.to_string()).into(),
                measured.into(),
                plain(&verdict.to_string()).into(),
                plain(&finding.verdict().to_string()).into(),
            ]);
        }
    }
    table
}

#[cfg(test)]
pub(crate) mod testing {
    use super::{Chapter, Report};
    use crate::claim::{Claim, Condition, Findings, Kind};
    use crate::summary::Summary;

    /// The only condition of [`claim`].
    pub(crate) const HOLDS: Condition = Condition::always("x");

    /// A claim of an experiment.
    pub(crate) const fn claim(id: &'static str) -> Claim {
        Claim {
            id,
            kind: Kind::Theorem,
            theorems: &[],
            statement: "the claim <b>",
            conditions: &[HOLDS],
            figures: &["shown"],
            tables: &[],
        }
    }

    /// A report of these chapters.
    pub(crate) fn report(chapters: Vec<Chapter>) -> Report {
        Report {
            page: "report.html".into(),
            chapters,
            headline: Some("all is well".into()),
            decided_by: "Decided by commit 1".into(),
        }
    }

    /// A chapter of `gd` with these claims, each violated so often in ten checks.
    pub(crate) fn chapter(claims: &'static [Claim], violations: &[usize]) -> Chapter {
        let mut findings = Findings::of(claims);
        for (claim, &violations) in claims.iter().zip(violations) {
            findings.about(claim).unwrap().holds(&HOLDS, violations, 10).unwrap();
        }
        Chapter {
            id: "gd".into(),
            title: "t".into(),
            paper: "p".into(),
            settings: serde_json::Value::Null,
            planned: 1,
            finished: 1,
            stale: 0,
            unusable: Vec::new(),
            seconds: 61.0,
            findings,
            summary: Ok(Summary::default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claim::{self, Claim, Condition, Criterion};
    use crate::context::Context;
    use crate::error::Failure;
    use crate::experiment::{Experiment, Summarise};
    use crate::profile::Profile;
    use crate::store::Session;

    /// An experiment whose summary fails after a claim was filled in.
    struct Failing;

    impl Experiment for Failing {
        type Settings = ();
        type Case = ();
        type Record = u8;
        const ID: &'static str = "demo";
        const TITLE: &'static str = "t";
        const PAPER: &'static str = "p";
        const CLAIMS: &'static [Claim] = &[testing::claim("demo.a"), testing::claim("demo.b")];
        const SUMMARISE: Summarise<(), (), u8> = |_, _, findings| {
            findings.about(&Self::CLAIMS[0])?.holds(&testing::HOLDS, 0, 10)?;
            Err("a window is too short".into())
        };

        fn settings(&self, _profile: Profile) {}

        fn plan(&self, _settings: &()) -> std::result::Result<Vec<Cell<()>>, Failure> {
            Ok(vec![Cell { id: "c".into(), case: (), work: crate::cost::Work::evaluations("nothing", 1.0) }])
        }

        fn run(&self, _settings: &(), _case: &(), _context: &Context) -> std::result::Result<u8, Failure> {
            Ok(1)
        }
    }

    #[test]
    fn a_summary_that_fails_leaves_every_claim_listed_counted_and_open() {
        let settings = Failing.default_settings(Profile::Quick);
        let cells = Failing.cells(&settings).unwrap();
        let found = cells.into_iter().map(|cell| (cell, rmp_serde::to_vec_named(&1_u8).unwrap())).collect();
        let (findings, summary) = digest(&Failing, &settings, found);
        let chapter = Chapter { findings, summary, ..testing::chapter(&[], &[]) };
        let report = testing::report(vec![chapter]);
        let tallies = report.tallies().to_string();
        assert_eq!(tallies, "2 theorem checks: 0 reproduced, 0 failed, 2 undecided");
        let table = claims_table(&report);
        assert_eq!(table.rows.len(), 2);
        for (_, finding) in report.claims() {
            assert!(finding.verdict().to_string().contains("a window is too short"), "{}", finding.verdict());
            assert_eq!(finding.measured(), "not measured");
        }
        let page = page::html(&report, &Manifest::default()).unwrap();
        assert!(page.contains("demo.b") && page.contains("2 undecided"), "{page}");
        // Nothing was run at all: likewise.
        let (findings, _) = digest(&Failing, &settings, Vec::new());
        assert!(findings.list()[1].verdict().to_string().contains("no cell has been run yet"));
    }

    #[test]
    fn a_criterion_changed_after_the_run_began_is_seen() {
        let claim = Claim {
            conditions: const { &[Condition::value("x", Criterion::AtLeast(0.9))] },
            ..testing::claim("gd.a")
        };
        let lower =
            Claim { conditions: const { &[Condition::value("x", Criterion::AtLeast(0.8))] }, ..claim };
        let (now, before) = (claim::fingerprint("a", [&lower]), claim::fingerprint("a", [&claim]));
        let manifest = |criteria: &[&str]| {
            let session = |own: &&str| Session {
                started: "2026-11-22".into(),
                criteria: (*own).to_owned(),
                ..Session::default()
            };
            Manifest { sessions: criteria.iter().map(session).collect(), ..Manifest::default() }
        };
        let decided = |criteria: &[&str]| of_criteria(&manifest(criteria), "75ff351abcdef00", &now);
        let same = decided(&[&now, &now]);
        assert!(
            same.starts_with(&format!("Decided by commit 75ff351abcde, criteria {}", &now[..12])),
            "{same}"
        );
        assert!(same.contains("began with the same") && !same.contains("CHANGED"), "{same}");
        let changed = decided(&[&before]);
        assert!(changed.contains(&format!("began with criteria {}", &before[..12])), "{changed}");
        assert!(changed.contains("CRITERIA CHANGED"), "{changed}");
        // Between the sessions, too, in either direction.
        for sessions in [[now.as_str(), &before], [&before, &now]] {
            assert!(decided(&sessions).contains("CRITERIA CHANGED"));
        }
        assert!(decided(&[""]).contains("began with criteria unknown ones"));
    }
}
