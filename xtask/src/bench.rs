//! `cargo xtask bench`: the criterion benches.

use crate::Outcome;
use crate::blas::BackEnd;
use crate::cargo::{cargo, run as start};
use crate::options::Options;

const HELP: &str = "\
Runs the benches with the back end that a run would take.

Usage: cargo xtask bench [--blas auto|openblas|rust] [OPTIONS OF CARGO BENCH]

Options that it does not know go on to `cargo bench`: --bench NAME, a name to filter by.
";

pub(crate) fn run(arguments: Vec<String>) -> Outcome {
    let options = Options::parse(arguments)?;
    if options.help {
        print!("{HELP}");
        return Ok(());
    }
    let back_end = BackEnd::choose(options.blas)?;
    let mut command = cargo();
    command.args(["bench", "--package", "fenchel-benches"]);
    if back_end.openblas.is_some() {
        command.args(["--features", "openblas"]);
    }
    command.args(options.rest);
    back_end.prepare(&mut command);
    start(&mut command)
}
