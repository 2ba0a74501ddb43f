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
    command.args(["test", "--workspace"]).args(back_end.workspace_features()).args(rest);
    back_end.prepare(&mut command);
    start(&mut command)
}
