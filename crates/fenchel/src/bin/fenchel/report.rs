//! `fenchel report`: a run folder's report anew, as a page of documentation, or two runs side by side.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use fenchel_experiments::REGISTRY;
use fenchel_harness::number::counted;
use fenchel_harness::report::{Comparison, Decision, Expected, Pair};
use fenchel_harness::{Failure, run};

use crate::verdicts::{as_expected, print_verdicts};
use crate::voice::say;

#[derive(Debug, Args)]
pub(crate) struct ReportOptions {
    /// The run folder, such as results/quick.
    #[arg(required_unless_present = "compare")]
    folder: Option<PathBuf>,
    /// Also write the results as a Markdown page, with its figures in `figures/` beside it.
    #[arg(long, value_name = "FILE", requires = "folder")]
    markdown: Option<PathBuf>,
    /// Set two run folders side by side: verdicts, settings, tables.
    #[arg(long, num_args = 2, value_names = ["A", "B"], conflicts_with = "folder")]
    compare: Option<Vec<PathBuf>>,
    /// Write the report there instead of into the run folder, which may then be read-only.
    #[arg(long, value_name = "DIR", requires = "folder")]
    out: Option<PathBuf>,
    /// End with exit code 3 when a verdict is another than this file says for the run's back end.
    #[arg(long, value_name = "FILE", requires = "folder")]
    expect: Option<PathBuf>,
    /// Write the verdicts of this run into the file as those that its back end is expected to give.
    #[arg(long, value_name = "FILE", requires = "folder")]
    note_expected: Option<PathBuf>,
    /// With --compare: also write the comparison as a page.
    #[arg(long, value_name = "FILE", requires = "compare")]
    page: Option<PathBuf>,
    /// With --compare: end with exit code 3 when a verdict or a table differs.
    #[arg(long, requires = "compare")]
    exit_code: bool,
}

pub(crate) fn run(options: &ReportOptions) -> Result<ExitCode, Failure> {
    if let Some([a, b]) = options.compare.as_deref() {
        return compare(a, b, options);
    }
    let Some(folder) = &options.folder else { return Ok(ExitCode::SUCCESS) };
    let mut side = run::read(&REGISTRY, folder)?;
    let out = options.out.as_ref().unwrap_or(folder);
    // The verdicts are told whatever becomes of the files.
    print_verdicts(&side.report);
    say!("{}", side.report.decided_by);
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

fn compare(a: &Path, b: &Path, options: &ReportOptions) -> Result<ExitCode, Failure> {
    let comparison = run::compare(&REGISTRY, a, b)?;
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
