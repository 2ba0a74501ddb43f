//! `cargo xtask test`: all tests of the workspace.

use crate::Outcome;
use crate::blas::{BackEnd, PACKAGES};
use crate::cargo::{cargo, run as start};
use crate::options::Options;

const HELP: &str = "\
Runs all tests of the workspace, documentation examples included, without network.

Usage: cargo xtask test [--blas auto|openblas|rust] [OPTIONS OF CARGO TEST]

Options that it does not know go on to `cargo test`: --package, a name to filter by, -- --nocapture.
";

pub(crate) fn run(arguments: Vec<String>) -> Outcome {
    let options = Options::parse(arguments)?;
    if options.help {
        print!("{HELP}");
        return Ok(());
    }
    tests(&BackEnd::choose(options.blas)?, &options.rest)
}

/// The tests with one back end.
///
/// With OpenBLAS the workspace is tested in two parts. ndarray's BLAS path is switched on for a whole build, and the
/// packages below the matrix products, which do not link OpenBLAS, would then look for it in vain.
pub(crate) fn tests(back_end: &BackEnd, rest: &[String]) -> Outcome {
    let named = packages(rest);
    let test = |selection: &[&str], features: Vec<String>| {
        let mut command = cargo();
        command.arg("test").args(selection).args(features).args(rest);
        back_end.prepare(&mut command);
        start(&mut command)
    };
    if !named.is_empty() {
        return test(&[], back_end.features(named));
    }
    if back_end.openblas.is_none() {
        return test(&["--workspace"], Vec::new());
    }
    let without: Vec<&str> = PACKAGES.iter().flat_map(|package| ["--exclude", package]).collect();
    test(&[&["--workspace"], without.as_slice()].concat(), Vec::new())?;
    let with: Vec<&str> = PACKAGES.iter().flat_map(|package| ["--package", package]).collect();
    test(&with, back_end.features(PACKAGES))
}

/// The packages that the options of cargo name.
pub(crate) fn packages(options: &[String]) -> Vec<&str> {
    let mut packages = Vec::new();
    let mut options = options.iter().map(String::as_str).take_while(|option| *option != "--");
    while let Some(option) = options.next() {
        if option == "-p" || option == "--package" {
            packages.extend(options.next());
        } else if let Some(name) = option.strip_prefix("--package=").or_else(|| option.strip_prefix("-p=")) {
            packages.push(name);
        }
    }
    packages
}

#[cfg(test)]
mod tests {
    use super::packages;

    #[test]
    fn packages_are_found_among_the_options() {
        let found = |text: &str| {
            let options: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
            packages(&options).join(" ")
        };
        assert_eq!(found("sandwich -- --nocapture"), "");
        assert_eq!(found("-- -p"), "");
        assert_eq!(found("-p fenchel-tensor --release --package=fenchel-nn"), "fenchel-tensor fenchel-nn");
    }
}
