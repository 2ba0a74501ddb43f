//! `fenchel report`: a run folder's report anew, as a page of documentation, or two runs side by side.

use std::process::ExitCode;

use fenchel_experiments::number::counted;
use fenchel_experiments::report::{Comparison, Decision};
use fenchel_experiments::{Failure, run};

use crate::arguments::ReportOptions;
use crate::print_report;

pub(crate) fn run(options: &ReportOptions) -> Result<ExitCode, Failure> {
    if let Some([a, b]) = options.compare.as_deref() {
        let comparison = run::compare(a, b)?;
        print(&comparison);
        std::fs::write(&options.page, comparison.html())
            .map_err(|error| format!("cannot write {}: {error}", options.page.display()))?;
        println!("page: {}", options.page.display());
    }
    if let Some(folder) = &options.folder {
        print_report(&run::rebuild(folder, options.markdown.as_deref())?);
        if let Some(page) = &options.markdown {
            println!("results: {}", page.display());
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn print(comparison: &Comparison) {
    let claims = comparison.claims();
    let word = |side: &Option<Decision>| side.as_ref().map_or("not there", |d| d.verdict.word());
    println!("{:<32} {:<11} {:<11}", "claim", "A", "B");
    for pair in &claims {
        let mark = if pair.differs() { "  <- differs" } else { "" };
        println!("{:<32} {:<11} {:<11}{mark}", pair.id, word(&pair.a), word(&pair.b));
    }
    for note in comparison.only_in_one().iter().chain(&comparison.settings()) {
        println!("{note}");
    }
    let tables = comparison.tables();
    println!(
        "{} of {} decided differently; {} of {} differ to the last digit",
        claims.iter().filter(|pair| pair.differs()).count(),
        counted(claims.len(), "claim"),
        tables.different.len(),
        counted(tables.shared, "table")
    );
}
