//! Mutation testing: does a test notice if one expression is wrong?
//!
//! `cargo xtask mutate` starts this program. Rebuilding for every mutant, as cargo-mutants does, costs a
//! build of 20 to 60 seconds for each of thousands, and it changes no constants, exponents, hypotheses or
//! tolerances, which are what a checker of theorems gets wrong. So all mutants are compiled into one test
//! program (mutant schemata):
//!
//! 1. [`finder`] finds the changes of the chosen files, and [`weave`] puts each behind a switch.
//! 2. [`compile`] builds a copy of the workspace in `target/mutate` and puts aside what is no valid Rust.
//! 3. [`campaign`] runs every test alone without a mutant, which says how long it takes and what it
//!    reaches, and then against each mutant the tests that reach it, until one fails or takes more than ten
//!    times as long and 5 s.
//! 4. [`report`] counts, and compares the survivors with the crate's `mutants.toml` ([`explained`]).

// This program speaks to a person.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod campaign;
mod compile;
mod explained;
mod finder;
mod kinds;
mod knowledge;
mod options;
mod report;
mod results;
mod scratch;
mod subject;
mod suite;
mod switch;
mod weave;

#[cfg(test)]
mod tests;

use campaign::Fate;
use compile::Builder;
use kinds::Kind;
use options::{HELP, Options};
use report::Report;
use results::Results;
use scratch::Scratch;
use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use subject::{Numbered, Subject};

fn main() -> ExitCode {
    let options = match Options::parse(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(error) => {
            eprintln!("mutate: {error}\n\n{HELP}");
            return ExitCode::from(2);
        }
    };
    if options.help {
        print!("{HELP}");
        return ExitCode::SUCCESS;
    }
    let root = root();
    let target =
        root.join(std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into())).join("mutate");
    match run(&options, &root, &target) {
        Ok(None) => ExitCode::SUCCESS,
        Ok(Some(report)) => {
            println!("{}", report.text);
            if report.unexplained == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("mutate: {error}");
            ExitCode::from(2)
        }
    }
}

/// The root of the workspace: the parent of this package.
fn root() -> PathBuf {
    let here = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    here.parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

/// All steps; no report if the mutants were only to be listed.
fn run(options: &Options, root: &Path, target: &Path) -> Result<Option<Report>, String> {
    let package = Path::new("crates").join(&options.package);
    if !root.join(&package).join("src/lib.rs").is_file() {
        return Err(format!("there is no library crates/{}", options.package));
    }
    let subject = Subject::read(&root.join(&package), |file| options.wants(file), &options.kinds)?;
    let mutants = subject.mutants();
    if mutants.is_empty() {
        return Err("there is nothing to change in the files asked for".into());
    }
    if options.list {
        mutants.iter().for_each(|mutant| println!("{}", report::shown(mutant)));
        eprintln!("mutate: {} mutants in {} files", mutants.len(), subject.sources.len());
        return Ok(None);
    }
    let explained_path = root.join(&package).join("mutants.toml");
    let explained = explained::read(&explained_path)?;
    let out = target.join(&options.package);
    fs::create_dir_all(&out).map_err(|error| format!("{}: {error}", out.display()))?;

    let scratch = Scratch::copy(root, &target.join("workspace"), &package)?;
    let stamp = format!("{:016x} {} {}", scratch.fingerprint, options.integration, options.tests);
    let mut results = Results::open(&out.join("results.jsonl"), &stamp, options.resume)?;
    let missing = |results: &Results| -> Vec<Numbered<'_>> {
        mutants.iter().filter(|mutant| !results.fates.contains_key(&mutant.key())).copied().collect()
    };
    if !missing(&results).is_empty() {
        let builder = Builder {
            from: root,
            scratch: &scratch,
            target: &target.join("build"),
            integration: options.integration,
        };
        // What did not compile before need not be found again.
        let known = mutants.iter().filter_map(|mutant| match results.fates.get(&mutant.key()) {
            Some(Fate::Invalid(message)) => Some((mutant.number, message.clone())),
            Some(Fate::Killed(_) | Fate::TimedOut(_) | Fate::Survived(_)) | None => None,
        });
        let built = builder.build(&subject, known.collect())?;
        for mutant in missing(&results) {
            if let Some(message) = built.invalid.get(&mutant.number) {
                results.add(mutant.key(), Fate::Invalid(message.clone()))?;
            }
        }
        let mut tests = Vec::new();
        for program in &built.programs {
            tests.extend(suite::list(program, &options.tests)?);
        }
        if tests.is_empty() {
            return Err(format!("no test has `{}` in its name", options.tests));
        }
        let folder = scratch.root.join(&package);
        let tests = campaign::profile(&tests, &folder, &out.join("reached"), options.jobs)?;
        campaign::run(&missing(&results), &tests, &folder, options.jobs, |key, fate| {
            results.add(key, fate.clone())
        })?;
    }
    let changed: HashSet<&str> = subject.sources.iter().map(|source| source.path.as_str()).collect();
    // Of kinds that were not asked for nothing is known.
    let all_kinds = Kind::ALL.iter().all(|kind| options.kinds.contains(kind));
    let report = report::report(&mutants, &results.fates, &explained, |key| {
        let gone = !root.join(&package).join("src").join(&key.file).is_file();
        all_kinds && (gone || changed.contains(key.file.as_str()))
    });
    for (name, text) in [("report.md", &report.text), ("survivors.toml", &report.entries)] {
        fs::write(out.join(name), text).map_err(|error| format!("{name}: {error}"))?;
    }
    Ok(Some(report))
}
