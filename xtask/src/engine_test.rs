//! `cargo xtask engine-test`: existing engines start workers, lose a node and their controller, and no cell.

mod cluster;
mod deaths;
mod slurm;
mod snakemake;

use crate::Outcome;
use crate::blas::BackEnd;
use crate::options::Options;
use crate::program;
use slurm::Slurm;
use snakemake::Snakemake;
use std::path::PathBuf;
use std::process::{Command, Stdio};

const HELP: &str = "\
Has an engine run the cells of a small experiment, kills a node daemon and then the controller with SIGKILL, and
compares every file with a run of one local worker: bit for bit.

Usage: cargo xtask engine-test slurm|snakemake [--seeds N] [--iterations N] [--program PATH] [--blas WISH]

  --seeds N       seeds of the experiment; ten cells a seed, and one more [10]
  --iterations N  iterations of a cell: how long it takes [500000]
  --program P     the program `fenchel` to start [default: a release build]

slurm: a controller and two node daemons of Debian's slurm-wlm on loopback, with munge, from a folder of their own: no
file of the system is changed. It needs root; what is not installed is installed by apt-get.
snakemake: Snakemake with its plugin for Slurm, from PyPI into the build folder, on such a cluster. Its job steps know
only /etc/slurm/slurm.conf, which is a link to the cluster's while the test runs; a host that has one is left alone.

Where an engine cannot be had this is said and the code is 0, as of a step that was passed over.
";

/// Sees to it that an engine is here, or says why it cannot be.
type Install = fn() -> Result<(), String>;
type Test = fn(&Size) -> Outcome;

/// What an engine test runs.
struct Size {
    seeds: usize,
    iterations: usize,
    program: PathBuf,
}

pub(crate) fn run(arguments: Vec<String>) -> Outcome {
    let options = Options::parse(arguments)?;
    if options.help {
        print!("{HELP}");
        return Ok(());
    }
    let mut rest = options.rest.iter();
    let engine = rest.next();
    let (mut seeds, mut iterations, mut program) = (10, 500_000, None);
    while let Some(name) = rest.next() {
        let value = rest.next().cloned().unwrap_or_default();
        match (name.as_str(), value.parse::<usize>().ok()) {
            ("--seeds", Some(n)) if n > 0 => seeds = n,
            ("--iterations", Some(n)) if n > 0 => iterations = n,
            ("--program", _) if !value.is_empty() => program = Some(PathBuf::from(value)),
            _ => {
                eprintln!("xtask: engine-test does not understand `{name} {value}`\n\n{HELP}");
                return Err(2);
            }
        }
    }
    let (install, test): (Install, Test) = match engine.map(String::as_str) {
        Some("slurm") => (cluster::install, deaths::run::<Slurm>),
        Some("snakemake") => (snakemake::install, deaths::run::<Snakemake>),
        _ => {
            eprint!("{HELP}");
            return Err(2);
        }
    };
    if let Err(reason) = install() {
        println!("engine-test is passed over: {reason}");
        return Ok(());
    }
    let program = match program {
        Some(program) => program,
        None => program::build(&BackEnd::choose(options.blas)?)?,
    };
    test(&Size { seeds, iterations, program })
}

/// What a program says on standard output, if it ends well.
fn said(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}
