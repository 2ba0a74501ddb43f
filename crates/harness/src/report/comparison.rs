//! Two runs side by side: verdicts, measurements, settings, tables.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::{Report, digits};
use crate::claim::{Finding, Verdict};
use crate::number::counted;
use crate::page::document;
use crate::page::html::escape;
use crate::store::Manifest;

/// A run folder, read.
#[derive(Debug)]
pub struct Side {
    /// The folder.
    pub folder: PathBuf,
    /// What it says.
    pub report: Report,
    /// What was run in it.
    pub manifest: Manifest,
}

/// Two runs side by side.
#[derive(Debug)]
pub struct Comparison {
    /// The first run.
    pub a: Side,
    /// The second run.
    pub b: Side,
}

/// What became of a claim in one run.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// The verdict.
    pub verdict: Verdict,
    /// The measurements.
    pub measured: String,
}

/// A claim in both runs; None where a run does not have it.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    /// The claim's identifier.
    pub id: String,
    /// Its statement.
    pub statement: String,
    /// What it must satisfy.
    pub criterion: String,
    /// In the first run.
    pub a: Option<Decision>,
    /// In the second run.
    pub b: Option<Decision>,
}

impl Pair {
    /// Whether the verdicts differ, or one run lacks the claim. Two open claims agree, whatever the reasons.
    #[must_use]
    pub fn differs(&self) -> bool {
        let word = |side: &Option<Decision>| side.as_ref().map(|decision| decision.verdict.word());
        word(&self.a) != word(&self.b)
    }
}

/// How many tables two runs share, and which of these are not identical to the last digit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tables {
    /// Tables that both runs have.
    pub shared: usize,
    /// Those with another entry, as `experiment/table`.
    pub different: Vec<String>,
}

impl Comparison {
    /// The claims of both runs, in the order of the first one and then of the second.
    #[must_use]
    pub fn claims(&self) -> Vec<Pair> {
        let find = |side: &Side, id: &str| {
            let finding = side.report.claims().find(|(_, finding)| finding.claim.id == id);
            finding.map(|(_, finding)| Decision { verdict: finding.verdict(), measured: finding.measured() })
        };
        let mut seen = BTreeSet::new();
        let all = self.a.report.claims().chain(self.b.report.claims()).map(|(_, finding)| finding);
        all.filter(|finding| seen.insert(finding.claim.id))
            .map(|finding: &Finding| Pair {
                id: finding.claim.id.to_owned(),
                statement: finding.claim.to_string(),
                criterion: finding.criteria(),
                a: find(&self.a, finding.claim.id),
                b: find(&self.b, finding.claim.id),
            })
            .collect()
    }

    /// The settings that differ, as `experiment.key: value there, value here`, for the experiments of both runs.
    #[must_use]
    pub fn settings(&self) -> Vec<String> {
        let mut differences = Vec::new();
        for (id, a) in &self.a.manifest.experiments {
            let Some(b) = self.b.manifest.experiments.get(id) else { continue };
            let keys = |settings: &serde_json::Value| -> BTreeSet<String> {
                settings.as_object().map(|map| map.keys().cloned().collect()).unwrap_or_default()
            };
            for key in keys(&a.settings).union(&keys(&b.settings)) {
                let (a, b) = (&a.settings[key], &b.settings[key]);
                if a != b {
                    differences.push(format!("{id}.{key}: {a} in A, {b} in B"));
                }
            }
        }
        differences
    }

    /// The experiments that only one run has, as `experiment: only in A`.
    #[must_use]
    pub fn only_in_one(&self) -> Vec<String> {
        let ids = |side: &Side| side.manifest.experiments.keys().cloned().collect::<BTreeSet<String>>();
        let (a, b) = (ids(&self.a), ids(&self.b));
        a.symmetric_difference(&b)
            .map(|id| format!("{id}: only in {}", if a.contains(id) { "A" } else { "B" }))
            .collect()
    }

    /// Whether the tables of both runs are the same.
    #[must_use]
    pub fn tables(&self) -> Tables {
        let mut tables = Tables::default();
        for chapter in &self.a.report.chapters {
            let other = self.b.report.chapters.iter().find(|other| other.id == chapter.id);
            let (Ok(a), Some(Ok(b))) = (&chapter.summary, other.map(|other| &other.summary)) else {
                continue;
            };
            for table in &a.tables {
                let Some(other) = b.tables.iter().find(|other| other.id == table.id) else { continue };
                tables.shared += 1;
                let digits = |rows: &[Vec<crate::table::Entry>]| -> Vec<Vec<String>> {
                    rows.iter().map(|row| row.iter().map(crate::table::Entry::exact).collect()).collect()
                };
                if table.columns != other.columns || digits(&table.rows) != digits(&other.rows) {
                    tables.different.push(format!("{}/{}", chapter.id, table.id));
                }
            }
        }
        tables
    }

    /// One page, without outside requests.
    #[must_use]
    pub fn html(&self) -> String {
        let claims = self.claims();
        let changed = claims.iter().filter(|pair| pair.differs()).count();
        let rows: String = claims.iter().map(row).collect();
        let tables = self.tables();
        let mut notes = vec![format!(
            "{} of {} differ to the last digit{}{}",
            tables.different.len(),
            counted(tables.shared, "table"),
            if tables.different.is_empty() { "" } else { ": " },
            tables.different.join(", ")
        )];
        notes.extend(self.only_in_one());
        notes.extend(self.settings());
        let notes: String = notes.iter().map(|note| format!("<li>{}</li>\n", escape(note))).collect();
        document(
            "two runs side by side",
            &format!(
                "<p>{} of {} decided differently.</p>\n{}{}",
                changed,
                counted(claims.len(), "claim"),
                self.a.lead("A"),
                self.b.lead("B"),
            ),
            &format!(
                "<section>\n<h2>Claims</h2>\n<table class=\"claims\"><thead><tr><th>Claim</th><th>A</th><th>B</th></tr>\
                 </thead>\n<tbody>\n{rows}</tbody></table>\n</section>\n<section>\n<h2>What differs beside</h2>\n<ul>\n{notes}</ul>\n\
                 </section>\n"
            ),
        )
    }
}

impl Side {
    /// Which run, when, where and by what code.
    fn lead(&self, name: &str) -> String {
        let mut text = format!("{name}: {}, profile {}", self.folder.display(), self.manifest.profile);
        if let Some(session) = self.manifest.sessions.last() {
            let machine = &session.machine;
            text += &format!(
                ", last worked on {}, commit {}, criteria {}, {}, {}",
                session.started,
                digits(&machine.commit),
                digits(&session.criteria),
                machine.processor,
                machine.back_end
            );
        }
        format!("<p>{}.</p>\n", escape(&text))
    }
}

fn row(pair: &Pair) -> String {
    let side = |side: &Option<Decision>| {
        side.as_ref().map_or_else(
            || "<td><small>not there</small></td>".to_owned(),
            |Decision { verdict, measured }| {
                let word = verdict.word();
                format!("<td><span class=\"{word}\">{word}</span><br>{}</td>", escape(measured))
            },
        )
    };
    format!(
        "<tr{}><td><code>{}</code><br>{}<br><small>{}</small></td>{}{}</tr>\n",
        if pair.differs() { " class=\"changed\"" } else { "" },
        escape(&pair.id),
        escape(&pair.statement),
        escape(&pair.criterion),
        side(&pair.a),
        side(&pair.b)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::testing::{chapter, claim, report};
    use crate::table::Table;

    fn side(violations: usize, number: f64, rate: f64) -> Side {
        let mut table = Table::new("numbers", "one", &["x"]);
        table.push([number.into()]);
        let mut chapter = chapter(const { &[claim("gd.c")] }, &[violations]);
        if let Ok(summary) = &mut chapter.summary {
            summary.tables = vec![table];
        }
        let mut manifest = Manifest::default();
        let settings = serde_json::json!({ "rate": rate, "same": 1 });
        manifest.experiments.insert("gd".into(), crate::store::Entry { revision: 1, settings, cells: 1 });
        let report = report(vec![chapter]);
        Side { folder: PathBuf::from("run"), report, manifest }
    }

    #[test]
    fn a_run_equals_itself() {
        let same = Comparison { a: side(0, 0.1, 1.0), b: side(0, 0.1, 1.0) };
        assert!(same.claims().iter().all(|pair| !pair.differs()) && same.settings().is_empty());
        assert_eq!(same.tables(), Tables { shared: 1, different: Vec::new() });
        assert!(same.html().contains("0 of 1 claim decided differently"));
    }

    #[test]
    fn another_verdict_number_setting_or_experiment_is_told() {
        let mut other = Comparison { a: side(0, 0.1, 1.0), b: side(1, 0.1 + f64::EPSILON, 2.0) };
        assert!(other.claims()[0].differs());
        assert_eq!(other.settings(), ["gd.rate: 1.0 in A, 2.0 in B"]);
        assert_eq!(other.tables().different, ["gd/numbers"]);
        let html = other.html();
        assert!(html.contains("class=\"changed\"") && html.contains("&lt;b&gt;") && !html.contains("<b>"));
        other.b.manifest.experiments.clear();
        other.b.report.chapters.clear();
        assert_eq!(other.only_in_one(), ["gd: only in A"]);
        assert!(other.claims()[0].b.is_none() && other.claims()[0].differs());
    }
}
