//! `cargo xtask bench --peers`: the same work here and in other systems, in turns, and the ratios.

mod interpreters;
mod table;

use std::process::Command;

use crate::Outcome;
use crate::blas::BackEnd;
use crate::cargo::{cargo, run as start};
use crate::workspace;
use interpreters::interpreter_with;
use table::Rates;

pub(crate) const HELP: &str = "\
Times training, per-sample gradient norms and structural matrices here and in PyTorch, BackPACK, JAX and neural-tangents, in turns, and
prints the medians and their ratios.

Usage: cargo xtask bench --peers [--threads N] [--rounds R] [--seconds S] [--model PART]

  --threads N   threads of every system (1)
  --rounds R    how often each system has its turn (3)
  --seconds S   time for one measurement of one turn (2)
  --model PART  only models whose name contains this

The peers are Python programs in benches/peers. The command makes virtual environments for them under the build folder, which needs
`python3` with `venv` and a few gigabytes; FENCHEL_PEERS_PYTHON names interpreters that have the packages already, `:` between them.
";

/// A peer: its script, a package without which it cannot run, and the environment that has it.
const PEERS: [(&str, &str, &str); 4] = [
    ("torch_peer.py", "torch", "current"),
    ("backpack_peer.py", "backpack", "current"),
    ("jax_peer.py", "jax", "current"),
    ("neural_tangents_peer.py", "neural_tangents", "neural-tangents"),
];

struct Settings {
    threads: String,
    rounds: usize,
    seconds: String,
    model: String,
}

impl Settings {
    fn parse(arguments: &[String]) -> Result<Self, u8> {
        let mut settings = Self { threads: "1".into(), rounds: 3, seconds: "2".into(), model: String::new() };
        let mut arguments = arguments.iter();
        while let Some(name) = arguments.next() {
            let value = arguments.next().cloned().unwrap_or_default();
            let is_number = value.parse::<f64>().is_ok_and(|value| value > 0.0);
            match name.as_str() {
                "--threads" if is_number => settings.threads = value,
                "--seconds" if is_number => settings.seconds = value,
                "--rounds" if value.parse::<usize>().is_ok_and(|value| value > 0) => {
                    settings.rounds = value.parse().unwrap_or(1);
                }
                "--model" if !value.is_empty() => settings.model = value,
                _ => {
                    eprintln!(
                        "xtask: bench --peers does not understand `{name} {value}`; see cargo xtask bench --peers --help"
                    );
                    return Err(2);
                }
            }
        }
        Ok(settings)
    }

    /// A program with the settings that all peers read.
    fn prepare(&self, command: &mut Command) {
        command.env("PEER_THREADS", &self.threads).env("PEER_SECONDS", &self.seconds);
        command.env("PEER_MODEL", &self.model).env("OMP_NUM_THREADS", &self.threads);
    }
}

pub(crate) fn run(arguments: &[String], back_end: &BackEnd) -> Outcome {
    let settings = Settings::parse(arguments)?;
    start(&mut rates_program("build", back_end))?;
    let mut systems = vec![];
    for (script, package, environment) in PEERS {
        match interpreter_with(package, environment) {
            Some(python) => systems.push((python, script)),
            None => eprintln!("xtask: no Python with the package {package}; {script} is left out"),
        }
    }
    let mut rates = Rates::default();
    for round in 1..=settings.rounds {
        println!("round {round} of {}", settings.rounds);
        let mut command = rates_program("run", back_end);
        settings.prepare(&mut command);
        turn(&mut command, "rates", &mut rates)?;
        for (python, script) in &systems {
            let mut command = Command::new(python);
            command.arg(workspace::root().join("benches/peers").join(script));
            settings.prepare(&mut command);
            turn(&mut command, script, &mut rates)?;
        }
    }
    print!("\n{rates}");
    Ok(())
}

/// Our own program, built or run.
fn rates_program(verb: &str, back_end: &BackEnd) -> Command {
    let mut command = cargo();
    command.args([verb, "--release", "--package", "fenchel-benches", "--bin", "rates"]);
    if back_end.openblas.is_some() {
        command.args(["--features", "openblas"]);
    }
    back_end.prepare(&mut command);
    command
}

/// Runs one system's turn and takes its lines.
fn turn(command: &mut Command, name: &str, rates: &mut Rates) -> Outcome {
    println!("  {name}");
    let output = command.output().map_err(|error| {
        eprintln!("xtask: cannot start {name}: {error}");
        1
    })?;
    let complaints = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        eprintln!("xtask: {name} failed:\n{complaints}");
        return Err(1);
    }
    for line in complaints.lines().filter(|line| line.contains(": no ")) {
        eprintln!("    {line}");
    }
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        rates.take(line);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_and_nonsense_is_refused() {
        let parse =
            |text: &str| Settings::parse(&text.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
        let settings = parse("--threads 2 --rounds 5 --model lenet").unwrap();
        assert_eq!((settings.threads.as_str(), settings.rounds, settings.model.as_str()), ("2", 5, "lenet"));
        for wrong in ["--threads", "--rounds 0", "--seconds x", "--other 1"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
