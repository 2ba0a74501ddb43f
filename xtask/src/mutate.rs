//! `cargo xtask mutate`: mutation testing, by the program of the package `fenchel-mutate`.
//!
//! That program reads Rust and so needs a parser, which the front door does without: it is built when it is
//! asked for.

use crate::Outcome;
use crate::cargo::{cargo, check};

pub(crate) fn run(arguments: Vec<String>) -> Outcome {
    let mut command = cargo();
    command.args(["run", "--quiet", "--package", "fenchel-mutate", "--"]).args(arguments);
    match command.status() {
        Ok(status) => check(status),
        Err(error) => {
            eprintln!("xtask: cannot start cargo: {error}");
            Err(1)
        }
    }
}
