//! `cargo xtask test`: all tests of the workspace.

use crate::Outcome;
use crate::blas::BackEnd;
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
pub(crate) fn tests(back_end: &BackEnd, rest: &[String]) -> Outcome {
    let mut command = cargo();
    command.arg("test").args(workspace_unless_named(rest)).args(back_end.workspace_features()).args(rest);
    back_end.prepare(&mut command);
    start(&mut command)
}

/// `--workspace`, unless the options name packages: cargo would pass over the names.
pub(crate) fn workspace_unless_named(options: &[String]) -> &'static [&'static str] {
    let named = |option: &String| option == "-p" || option.starts_with("-p=") || option.starts_with("--package");
    let before_the_tests_own = options.iter().take_while(|option| *option != "--");
    if before_the_tests_own.into_iter().any(named) { &[] } else { &["--workspace"] }
}

#[cfg(test)]
mod tests {
    use super::workspace_unless_named;

    #[test]
    fn named_packages_take_the_place_of_the_workspace() {
        let options = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(workspace_unless_named(&options("sandwich -- --nocapture")), ["--workspace"]);
        assert_eq!(workspace_unless_named(&options("-- -p")), ["--workspace"]);
        assert!(workspace_unless_named(&options("-p fenchel-tensor")).is_empty());
        assert!(workspace_unless_named(&options("--package=fenchel-tensor")).is_empty());
    }
}
