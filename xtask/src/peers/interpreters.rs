//! Python interpreters that have the peers' packages.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::workspace;

/// An interpreter that can import a package: one that was named, or that of the virtual environment `environment`, which is made
/// when it is first needed, from the list of that name.
pub(super) fn interpreter_with(package: &str, environment: &str) -> Option<PathBuf> {
    let named = std::env::var("FENCHEL_PEERS_PYTHON").unwrap_or_default();
    let named: Vec<PathBuf> = named.split(':').filter(|name| !name.is_empty()).map(PathBuf::from).collect();
    if !named.is_empty() {
        return named.into_iter().find(|python| imports(python, package));
    }
    let folder = workspace::target().join("peers").join(environment);
    let python = folder.join("bin/python");
    if !python.exists() {
        println!("making the virtual environment {environment} for the peers; this takes minutes, once");
        let made = Command::new("python3").args(["-m", "venv"]).arg(&folder).status();
        if !made.is_ok_and(|status| status.success()) {
            eprintln!("xtask: cannot make a virtual environment; install python3 with its module venv");
            return None;
        }
        let list = workspace::root().join("benches/peers").join(environment).with_extension("txt");
        install(&python, &list);
    }
    imports(&python, package).then_some(python)
}

/// Installs a list's packages, each line by itself: what cannot be had does not cost the others.
fn install(python: &PathBuf, list: &PathBuf) {
    let Ok(lines) = std::fs::read_to_string(list) else {
        eprintln!("xtask: cannot read {}", list.display());
        return;
    };
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let mut pip = Command::new(python);
        pip.args(["-m", "pip", "install", "--quiet"]).args(line.split_whitespace());
        if !pip.status().is_ok_and(|status| status.success()) {
            eprintln!("xtask: cannot install {line}; what needs it is left out");
        }
    }
}

fn imports(python: &PathBuf, package: &str) -> bool {
    let mut command = Command::new(python);
    command.args(["-c", &format!("import {package}")]).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
