//! What a file of an experiment is for, by its name: it computes, unless it decides or shows.

use std::path::Path;

/// Declares claims, digests records for them and decides them: runs anew for every report and does not make a cell
/// stale, but a report tells when it has changed since a run began.
const DECISION: [&str; 3] = ["claims.rs", "digest.rs", "summary.rs"];

/// Shows what was decided: runs anew for every report, and may change at any time.
const PRESENTATION: [&str; 2] = ["tables.rs", "figures.rs"];

/// Whether cells depend on it.
pub(crate) fn computes(file: &Path) -> bool {
    !decides(file) && !PRESENTATION.iter().any(|name| file.ends_with(name))
}

/// Whether verdicts depend on it beside.
pub(crate) fn decides(file: &Path) -> bool {
    DECISION.iter().any(|name| file.ends_with(name))
}
