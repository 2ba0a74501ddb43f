//! The decided claims on the terminal.

use fenchel_experiments::claim::{Finding, Verdict};
use fenchel_experiments::figure::plain;
use fenchel_experiments::report::Report;
use std::fmt::Write;

/// One block a claim: verdict and statement, then a line a condition.
pub(crate) fn table(report: &Report) -> String {
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
