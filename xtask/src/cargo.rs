//! Starting cargo and other programs, and passing their exit codes on.

use crate::Outcome;
use std::env;
use std::process::{Command, ExitStatus};

/// The cargo that started us, in the root of the workspace.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // Tools that cargo sets for its own children would otherwise leak from `cargo run` into builds and rebuild them.
    for (name, _) in env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("CARGO_PKG_") || name == "CARGO_MANIFEST_DIR") {
            command.env_remove(name);
        }
    }
    command.current_dir(crate::workspace::root());
    command
}

/// Shows the command line, runs it and waits.
pub(crate) fn run(command: &mut Command) -> Outcome {
    println!("$ {}", shown(command));
    match command.status() {
        Ok(status) => check(status),
        Err(error) => {
            eprintln!("xtask: cannot start {}: {error}", command.get_program().display());
            Err(1)
        }
    }
}

/// An exit status as an outcome: the code itself, or 1 for a signal.
pub(crate) fn check(status: ExitStatus) -> Outcome {
    if status.success() {
        Ok(())
    } else {
        Err(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
    }
}

/// The command line without the path of the program.
fn shown(command: &Command) -> String {
    let name = std::path::Path::new(command.get_program()).file_stem().unwrap_or(command.get_program());
    std::iter::once(name)
        .chain(command.get_args())
        .map(|part| part.to_string_lossy().into_owned())
        .collect::<Vec<_>>()
        .join(" ")
}
