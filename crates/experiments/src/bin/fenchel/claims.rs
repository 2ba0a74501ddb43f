//! The claims table on the terminal.

use fenchel_experiments::claim::Verdict;
use fenchel_experiments::figure::plain;
use fenchel_experiments::report::Report;
use std::fmt::Write;

/// One block a claim: verdict and statement, then a line a condition.
pub(crate) fn table(report: &Report) -> String {
    let mut text = String::new();
    for (_, claim) in report.claims() {
        let verdict = claim.verdict();
        // Writing into a String cannot fail.
        let _ = writeln!(text, "{:<11} {}: {}", verdict.word(), claim.id, plain(&claim.statement));
        for condition in claim.conditions.iter().filter(|condition| !condition.criterion().is_empty()) {
            let _ = writeln!(
                text,
                "{:<13} {}   measured {}",
                sign(&condition.verdict()),
                plain(&condition.criterion()),
                condition.measured()
            );
        }
        if let Verdict::Undecided(why) = verdict {
            let _ = writeln!(text, "{:<13} {}", "  why:", plain(&why));
        }
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
