//! The results as a page of the documentation: Markdown, with the figures that claims refer to beside it.

use std::fmt::Write as _;
use std::path::Path;

use super::{Chapter, Report, digits};
use crate::claim::Verdict;
use crate::error::{Error, Result};
use crate::figure::plain;
use crate::number::{counted, duration};
use crate::store::{Manifest, write_whole};

/// Tables longer than this stay in the run folder.
const MOST_ROWS: usize = 40;

/// Writes the page, and the figures into `figures/EXPERIMENT/` in its folder.
///
/// # Errors
/// When a figure cannot be drawn or a file cannot be written.
pub(crate) fn write(report: &Report, manifest: &Manifest, page: &Path) -> Result<()> {
    let folder = page.parent().unwrap_or(Path::new("."));
    for chapter in &report.chapters {
        let Ok(summary) = &chapter.summary else { continue };
        for figure in summary.figures.iter().filter(|figure| is_shown(chapter, &figure.id)) {
            let path = folder.join("figures").join(&chapter.id).join(format!("{}.svg", figure.id));
            if let Some(parent) = path.parent() {
                std::fs::create_dir_all(parent).map_err(Error::io("make the folder", parent))?;
            }
            write_whole(&path, figure.svg()?.as_bytes())?;
        }
    }
    write_whole(page, text(report, manifest).as_bytes())
}

/// Whether a claim refers to the figure: the others are in the report.
fn is_shown(chapter: &Chapter, id: &str) -> bool {
    chapter.findings.list().iter().any(|finding| finding.figures.iter().any(|f| f == id))
}

/// The whole page.
fn text(report: &Report, manifest: &Manifest) -> String {
    let mut text = format!("# Results of a {} run\n\n", manifest.profile);
    let _ = writeln!(
        text,
        "Written by `fenchel report --markdown` from the stored records; nothing here is typed in by hand.\n\n{}",
        run(report, manifest)
    );
    text += "\n## Claims\n\n| claim | criterion | measured | verdict |\n|---|---|---|---|\n";
    for (_, finding) in report.claims() {
        let claim = finding.claim;
        let statement = format!("`{}` ({}): {claim}", claim.id, claim.kind.words());
        let verdict = finding.verdict();
        let mut lead = (cell(&statement), format!("**{}**", verdict.word()));
        for (condition, measured, _) in finding.conditions() {
            let (first, last) = std::mem::take(&mut lead);
            let criterion = cell(&condition.to_string());
            let _ = writeln!(text, "| {first} | {criterion} | {} | {last} |", cell(&measured));
        }
        if let Verdict::Undecided(why) = verdict {
            let (first, last) = std::mem::take(&mut lead);
            let _ = writeln!(text, "| {first} | | {} | {last} |", cell(&format!("open: {why}")));
        }
    }
    for chapter in &report.chapters {
        text += &section(chapter);
    }
    without_tags(&text)
}

/// Markdown takes HTML as it stands, and settings and machines are text from files: no `<` may begin a tag.
fn without_tags(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(letter) = rest.next() {
        match letter {
            '<' if rest.peek().is_some_and(|next| next.is_ascii_alphabetic() || "/!?".contains(*next)) => {
                safe += "&lt;";
            }
            _ if letter.is_control() && letter != '\n' => safe += &letter.escape_default().to_string(),
            _ => safe.push(letter),
        }
    }
    safe
}

/// What was run, when, on what, for how long.
fn run(report: &Report, manifest: &Manifest) -> String {
    let cells: usize = report.chapters.iter().map(|chapter| chapter.finished).sum();
    let planned: usize = report.chapters.iter().map(|chapter| chapter.planned).sum();
    let seconds: f64 = report.chapters.iter().map(|chapter| chapter.seconds).sum();
    let mut text = String::new();
    for (kind, tally) in report.tallies().kinds() {
        let _ = writeln!(text, "- {kind}: {tally}");
    }
    let _ = writeln!(
        text,
        "\n{} of {planned} cells, {} of computing on one core.{}\n{}.\n",
        counted(cells, "cell"),
        duration(seconds),
        report.headline.as_ref().map_or_else(String::new, |text| format!(" {text}.")),
        report.decided_by,
    );
    text += "| session | took | cells | threads | processor | back end | compiler | commit | criteria |\n|---|---|---|---|---|---|---|---|---|\n";
    for session in &manifest.sessions {
        let machine = &session.machine;
        let took = session.took();
        let _ = writeln!(
            text,
            "| {} | {took} | {} | {} | {}, {} | {} | {} | {} | {} |",
            cell(&session.started),
            session.cells,
            session.threads,
            cell(&machine.processor),
            cell(&machine.vectors),
            cell(&machine.back_end),
            cell(&machine.rustc),
            cell(digits(&machine.commit)),
            cell(digits(&session.criteria))
        );
    }
    if !manifest.data.is_empty() {
        text += "\n| data file | SHA-256 |\n|---|---|\n";
        for (file, checksum) in &manifest.data {
            let _ = writeln!(text, "| {} | `{}` |", cell(file), cell(checksum).replace('`', ""));
        }
    }
    text
}

/// One experiment.
fn section(chapter: &Chapter) -> String {
    let mut text = format!("\n## `{}`: {}\n\n{}\n", chapter.id, plain(&chapter.title), plain(&chapter.paper));
    let summary = match &chapter.summary {
        Err(reason) => return text + &format!("\nThere is no summary: {reason}.\n"),
        Ok(summary) => summary,
    };
    let _ = writeln!(
        text,
        "\n**What was run.** {} {} of {}, {} of computing on one core.\n\n**What came out.** {}",
        plain(&summary.ran),
        chapter.finished,
        counted(chapter.planned, "cell"),
        duration(chapter.seconds),
        plain(&summary.came_out)
    );
    if !summary.differs.trim().is_empty() {
        let _ = writeln!(text, "\n**What differs, and why.** {}", plain(&summary.differs));
    }
    for figure in summary.figures.iter().filter(|figure| is_shown(chapter, &figure.id)) {
        let _ = writeln!(
            text,
            "\n![{title}](figures/{}/{}.svg)\n\n*{title}. {}*",
            chapter.id,
            figure.id,
            plain(&figure.caption),
            title = plain(&figure.title)
        );
    }
    for table in summary.tables.iter().filter(|table| table.rows.len() <= MOST_ROWS) {
        let line = |entries: Vec<String>| format!("| {} |\n", entries.join(" | "));
        let _ = writeln!(text, "\n*{}*\n", plain(&table.caption));
        text += &line(table.columns.iter().map(|name| cell(name)).collect());
        text += &line(vec!["---".into(); table.columns.len()]);
        for row in &table.rows {
            text += &line(row.iter().map(|entry| cell(&entry.short())).collect());
        }
    }
    text
}

/// Text for one cell of a table.
fn cell(text: &str) -> String {
    plain(text).replace('|', "\\|").replace(['\n', '\r'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claim::{Claim, Condition, Count, Findings, Kind};
    use crate::figure::{Axis, Curve, Figure, Panel};
    use crate::report::testing::{self, chapter, claim};
    use crate::summary::Summary;
    use crate::table::Table;

    #[test]
    fn the_page_holds_claims_figures_and_tables_and_nothing_unasked() {
        let figure = |id: &str| {
            let panel = Panel::new("p", Axis::linear("x"), Axis::linear("y"));
            Figure::new(id, "title", "caption").panel(panel.curve(Curve::new(
                "c",
                0,
                vec![(0.0, 1.0), (1.0, 2.0)],
            )))
        };
        let mut table = Table::new("numbers", "one row", &["a|b"]);
        table.push([0.5.into()]);
        let summary = Summary {
            figures: vec![figure("shown"), figure("other")],
            tables: vec![table],
            ..Summary::default()
        };
        const CLAIMS: &[Claim] = &[
            claim("gd.sandwich"),
            Claim {
                kind: Kind::Observation,
                conditions: &[Condition::always("no one looked")],
                figures: &[],
                ..claim("gd.open")
            },
        ];
        let mut findings = Findings::of(CLAIMS);
        let counts = [Count { group: String::new(), violations: 0, checked: 7, vacuous: 1000 }];
        findings.about(&CLAIMS[0]).unwrap().counts(&testing::HOLDS, counts).unwrap();
        summary.link(&mut findings);
        let chapter = Chapter { findings, summary: Ok(summary), ..chapter(&[], &[]) };
        let report = testing::report(vec![chapter]);
        let folder = std::env::temp_dir().join(format!("fenchel-markdown-{}", std::process::id()));
        let page = folder.join("results.md");
        std::fs::create_dir_all(&folder).unwrap();
        write(&report, &Manifest::default(), &page).unwrap();
        let text = std::fs::read_to_string(&page).unwrap();
        assert!(
            folder.join("figures/gd/shown.svg").is_file() && !folder.join("figures/gd/other.svg").exists()
        );
        std::fs::remove_dir_all(&folder).unwrap();
        for expected in [
            "- 1 theorem check: 1 reproduced, 0 failed, 0 undecided",
            "- 1 observation: 0 reproduced, 0 failed, 1 undecided",
            "all is well.",
            "in all 7 checks; vacuous 1,000 times more",
            "open: no one looked: not measured",
            "`gd.open` (observation)",
            "Decided by commit",
            "a\\|b",
            "figures/gd/shown.svg",
        ] {
            assert!(text.contains(expected), "{expected}: {text}");
        }
        assert!(!text.contains("other.svg"));
    }
}
