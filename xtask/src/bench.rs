//! `cargo xtask bench`: the criterion benches.

use crate::Outcome;
use crate::blas::BackEnd;
use crate::cargo::{cargo, run as start};
use crate::options::Options;
use crate::peers;

const HELP: &str = "\
Runs the benches with the back end that a run would take.

Usage: cargo xtask bench [--blas auto|openblas|rust] [OPTIONS OF CARGO BENCH]
       cargo xtask bench --peers [OPTIONS]     the same work in other systems; --peers --help says more

Options that it does not know go on to `cargo bench`: --bench NAME, a name to filter by.
";

pub(crate) fn run(arguments: Vec<String>) -> Outcome {
    let mut options = Options::parse(arguments)?;
    let with_peers = options.rest.iter().position(|option| option == "--peers");
    if options.help {
        print!("{}", if with_peers.is_some() { peers::HELP } else { HELP });
        return Ok(());
    }
    let back_end = BackEnd::choose(options.blas)?;
    if let Some(place) = with_peers {
        options.rest.remove(place);
        return peers::run(&options.rest, &back_end);
    }
    let mut command = cargo();
    command.args(["bench", "--package", "fenchel-benches"]);
    if back_end.openblas.is_some() {
        command.args(["--features", "openblas"]);
    }
    command.args(options.rest);
    back_end.prepare(&mut command);
    start(&mut command)
}
