//! The command line.

use crate::kinds::Kind;
use std::num::NonZeroUsize;
use std::str::FromStr;
use std::thread;

pub(crate) const HELP: &str = "\
Changes one expression of a crate at a time and sees whether a test notices.

Usage: cargo xtask mutate [CRATE] [OPTIONS]

CRATE is a folder of crates/ [default: convexity]. All changes are compiled into one test program and switched
on by their number; each runs against the unit tests that reach it, the quickest first, until one fails. What
no test notices must be explained in the crate's file mutants.toml; the exit code is 1 unless all is, and 2 if
the run itself failed.

Options:
  --files PATTERN[,PATTERN]   which files below src: `theorems` (the file and its folder),
                              `losses/logistic.rs`, `proxy/*`; may be repeated [default: all]
  --kinds KIND[,KIND]         constants, signs, exponents, extremes, comparisons, logic, hypotheses,
                              checks, allowances [default: all]
  --tests WORD                only unit tests with the word in their name
  --integration               the programs of the folder tests too
  --jobs N                    tests at a time [default: one a core]
  --resume                    keep the results of earlier runs, if the code is the same
  --list                      show the mutants and stop

Examples:
  cargo xtask mutate --files theorems,proxy,certified,losses --resume
  cargo xtask mutate --files theorems/descent.rs --kinds hypotheses,checks
  cargo xtask mutate random --list

Results, the report and entries for mutants.toml are written to target/mutate/CRATE.
";

/// What was asked for.
#[derive(Debug, PartialEq)]
pub(crate) struct Options {
    /// The folder of `crates/`.
    pub(crate) package: String,
    /// Patterns of files; none for all.
    pub(crate) files: Vec<String>,
    /// The kinds of change.
    pub(crate) kinds: Vec<Kind>,
    /// A word in the names of tests; empty for all.
    pub(crate) tests: String,
    /// Whether the programs of `tests/` run too.
    pub(crate) integration: bool,
    /// How many tests run at a time.
    pub(crate) jobs: usize,
    /// Whether results of earlier runs count.
    pub(crate) resume: bool,
    /// Whether only to list.
    pub(crate) list: bool,
    /// Whether to show the help.
    pub(crate) help: bool,
}

impl Options {
    /// Reads the arguments; the error says what is wrong with them.
    pub(crate) fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Self, String> {
        let mut options = Self {
            package: String::new(),
            files: Vec::new(),
            kinds: Vec::new(),
            tests: String::new(),
            integration: false,
            jobs: thread::available_parallelism().map_or(1, NonZeroUsize::get),
            resume: false,
            list: false,
            help: false,
        };
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            let (name, own) = match argument.split_once('=') {
                Some((name, value)) if name.starts_with("--") => (name, Some(value.to_owned())),
                _ => (argument.as_str(), None),
            };
            let mut value =
                || own.clone().or_else(|| arguments.next()).ok_or(format!("{name} needs a value"));
            match name {
                "--files" => options.files.extend(parts(&value()?)),
                "--kinds" => {
                    for word in parts(&value()?) {
                        let kind = Kind::named(&word).ok_or(format!("there is no kind `{word}`"))?;
                        options.kinds.push(kind);
                    }
                }
                "--tests" => options.tests = value()?,
                "--jobs" => {
                    let text = value()?;
                    options.jobs = NonZeroUsize::from_str(&text)
                        .map_err(|_| format!("--jobs is `{text}`; it must be a number from 1 on"))?
                        .get();
                }
                "--integration" => options.integration = true,
                "--resume" => options.resume = true,
                "--list" => options.list = true,
                "--help" | "-h" => options.help = true,
                unknown if unknown.starts_with('-') => return Err(format!("there is no option {unknown}")),
                package if options.package.is_empty() => options.package = package.to_owned(),
                other => return Err(format!("one crate at a time, not also `{other}`")),
            }
        }
        if options.package.is_empty() {
            options.package = "convexity".into();
        }
        if options.kinds.is_empty() {
            options.kinds = Kind::ALL.to_vec();
        }
        Ok(options)
    }

    /// Whether a file below `src` is asked for.
    pub(crate) fn wants(&self, file: &str) -> bool {
        self.files.is_empty() || self.files.iter().any(|pattern| fits(pattern, file))
    }
}

fn parts(list: &str) -> Vec<String> {
    list.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// Whether a file is the pattern, is `PATTERN.rs`, lies in the folder of that name, or fits with `*` for any
/// text.
fn fits(pattern: &str, file: &str) -> bool {
    let pattern = pattern.trim_end_matches('/');
    if pattern.contains('*') {
        return matches(pattern, file);
    }
    let stem = pattern.strip_suffix(".rs").unwrap_or(pattern);
    let within = pattern == stem && file.strip_prefix(stem).is_some_and(|rest| rest.starts_with('/'));
    within || file.strip_suffix(".rs") == Some(stem)
}

/// Whether the whole text fits a pattern in which `*` stands for any text.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((before, after)) => text.strip_prefix(before).is_some_and(|rest| {
            (0..=rest.len()).any(|i| rest.get(i..).is_some_and(|rest| matches(after, rest)))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Options, String> {
        Options::parse(text.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn options_are_read() {
        let options =
            parse("random --files a,b/c.rs --kinds=signs,logic --jobs 3 --files d --resume").unwrap();
        assert_eq!((options.package.as_str(), options.jobs), ("random", 3));
        assert_eq!(options.files, ["a", "b/c.rs", "d"]);
        assert_eq!(options.kinds, [Kind::Signs, Kind::Logic]);
        assert!(options.resume && !options.list && !options.integration);
        assert_eq!(parse("").unwrap().package, "convexity");
        assert_eq!(parse("").unwrap().kinds.len(), 9);
        for wrong in ["--jobs 0", "--jobs", "--kinds colours", "--faster", "a b"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_pattern_is_a_file_a_room_or_has_stars() {
        for (pattern, file, expected) in [
            ("theorems", "theorems.rs", true),
            ("theorems", "theorems/rates/bound.rs", true),
            ("theorems/", "theorems/descent.rs", true),
            ("theorems", "theorems_of_others.rs", false),
            ("theorems.rs", "theorems/descent.rs", false),
            ("losses/logistic.rs", "losses/logistic.rs", true),
            ("losses/logistic", "losses/logistic.rs", true),
            ("proxy/*", "proxy/check/conclusion.rs", true),
            ("proxy/*", "proxy.rs", false),
            ("*/check/*.rs", "proxy/check/conclusion.rs", true),
            ("**/descent.rs", "proxy/descent.rs", true),
            ("*cent", "proxy/descent.rs", false),
        ] {
            assert_eq!(fits(pattern, file), expected, "{pattern} {file}");
        }
    }
}
