//! `fenchel report`: a run folder's report anew, as a page of documentation, or two runs side by side.

use std::path::Path;
use std::process::ExitCode;

use fenchel_experiments::number::counted;
use fenchel_experiments::report::{Comparison, Decision, Expected, Pair, Report, decided_by};
use fenchel_experiments::{Error, Failure, run};

use crate::arguments::ReportOptions;
use crate::print_verdicts;
use crate::voice::{say, tell};

pub(crate) fn run(options: &ReportOptions) -> Result<ExitCode, Failure> {
    if let Some([a, b]) = options.compare.as_deref() {
        return compare(a, b, options);
    }
    let Some(folder) = &options.folder else { return Ok(ExitCode::SUCCESS) };
    let mut side = run::read(folder)?;
    let out = options.out.as_ref().unwrap_or(folder);
    // The verdicts are told whatever becomes of the files.
    print_verdicts(&side.report);
    say!("{}", decided_by(&side.manifest));
    run::write_report(&mut side, out).map_err(|error| {
        format!("{error}; the report was not written: --out DIR names another folder for it")
    })?;
    say!("report: {}", side.report.page.display());
    if let Some(page) = &options.markdown {
        run::write_markdown(&side, page)?;
        say!("results: {}", page.display());
    }
    let back_end = side.manifest.sessions.last().map(|session| session.machine.back_end.clone());
    let back_end = back_end.unwrap_or_default();
    if let Some(file) = &options.note_expected {
        Expected::note(file, &back_end, &side.report)?;
        say!("expected verdicts: {}", file.display());
    }
    let as_expected =
        options.expect.as_ref().map_or(Ok(true), |file| as_expected(file, &back_end, &side.report))?;
    Ok(if as_expected { ExitCode::SUCCESS } else { ExitCode::from(3) })
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

fn compare(a: &Path, b: &Path, options: &ReportOptions) -> Result<ExitCode, Failure> {
    let comparison = run::compare(a, b)?;
    print(&comparison);
    if let Some(page) = &options.page {
        fenchel_files::write_whole(page, comparison.html().as_bytes())?;
        say!("page: {}", page.display());
    }
    let differs = comparison.claims().iter().any(Pair::differs) || !comparison.tables().different.is_empty();
    Ok(if options.exit_code && differs { ExitCode::from(3) } else { ExitCode::SUCCESS })
}

fn print(comparison: &Comparison) {
    let claims = comparison.claims();
    let word = |side: &Option<Decision>| side.as_ref().map_or("not there", |d| d.verdict.word());
    say!("{:<32} {:<11} {:<11}", "claim", "A", "B");
    for pair in &claims {
        let mark = if pair.differs() { "  <- differs" } else { "" };
        say!("{:<32} {:<11} {:<11}{mark}", pair.id, word(&pair.a), word(&pair.b));
    }
    for note in comparison.only_in_one().iter().chain(&comparison.settings()) {
        say!("{note}");
    }
    let tables = comparison.tables();
    say!(
        "{} of {} decided differently; {} of {} differ to the last digit",
        claims.iter().filter(|pair| pair.differs()).count(),
        counted(claims.len(), "claim"),
        tables.different.len(),
        counted(tables.shared, "table")
    );
}
