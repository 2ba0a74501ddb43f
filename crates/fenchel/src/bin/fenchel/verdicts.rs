//! The decided claims on the terminal.

use fenchel_harness::claim::Finding;
use fenchel_harness::figure::plain;
use fenchel_harness::number::counted;
use fenchel_harness::report::{Expected, Report};
use fenchel_harness::{Error, Verdict};
use std::fmt::Write;
use std::path::Path;

use crate::found::TOLD;
use crate::voice::{say, tell};

pub(crate) fn print_verdicts(report: &Report) {
    say!("\n{}", table(report));
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
    if let Some(headline) = &report.headline {
        say!("{headline}");
    }
}

/// One block a claim: verdict and statement, then a line a condition.
fn table(report: &Report) -> String {
    report.claims().map(|(_, finding)| block(finding)).collect()
}

fn block(finding: &Finding) -> String {
    let (claim, verdict) = (finding.claim, finding.verdict());
    let mut text = format!("{:<11} {}: {}\n", verdict.word(), claim.id, plain(&claim.to_string()));
    for (condition, measured, verdict) in finding.conditions() {
        let condition = plain(&condition.to_string());
        // Writing into a String cannot fail.
        let _ = writeln!(text, "{:<13} {condition}   measured {measured}", sign(&verdict));
    }
    if let Verdict::Undecided(why) = verdict {
        let _ = writeln!(text, "{:<13} {}", "  why:", plain(&why));
    }
    text
}

fn sign(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Reproduced => "  yes",
        Verdict::Failed => "  no",
        Verdict::Undecided(_) => "  open",
    }
}

/// Whether the verdicts are those that the file expects; tells of those that are not.
pub(crate) fn as_expected(file: &Path, back_end: &str, report: &Report) -> Result<bool, Error> {
    let differences = Expected::read(file)?.differences(file, back_end, report)?;
    for difference in &differences {
        tell!("{difference}");
    }
    if differences.is_empty() {
        say!("every verdict is as {} expects", file.display());
    }
    Ok(differences.is_empty())
}
