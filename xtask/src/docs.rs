//! `cargo xtask docs`: the documentation, with every warning an error.

use crate::Outcome;
use crate::cargo::{cargo, run as start};
use crate::options::Options;
use crate::test::packages;

const HELP: &str = "\
Builds the documentation of all crates; missing documentation and broken links are errors.

Usage: cargo xtask docs [OPTIONS OF CARGO DOC]

Options that it does not know go on to `cargo doc`: --open, --package.
";

pub(crate) fn run(arguments: Vec<String>) -> Outcome {
    let options = Options::parse(arguments)?;
    if options.help {
        print!("{HELP}");
        return Ok(());
    }
    let mut command = cargo();
    command.args(["doc", "--no-deps"]).args(if packages(&options.rest).is_empty() {
        &["--workspace"][..]
    } else {
        &[]
    });
    command.args(options.rest);
    command.env("RUSTDOCFLAGS", "-D warnings");
    start(&mut command)
}
