//! The invariants of the code base, read from its files.

mod layers;
mod sources;

use crate::{Outcome, workspace};

/// Checks everything and shows every violation, not only the first.
pub(crate) fn run() -> Outcome {
    let root = workspace::root();
    let mut violations = layers::check(&root);
    violations.extend(sources::check(&root));
    for violation in &violations {
        eprintln!("tidy: {violation}");
    }
    if violations.is_empty() { Ok(()) } else { Err(1) }
}
