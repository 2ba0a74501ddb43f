//! The source files: purpose first, no giants, no printing from libraries.

use crate::workspace;
use std::fs;
use std::path::Path;

/// Above this a file holds more than one idea.
const MOST_LINES: usize = 500;

/// The packages and folders that speak to a person.
const SPEAKERS: [&str; 6] =
    ["xtask/", "mutate/", "crates/fenchel/src/bin/", "benches/", "/examples/", "/tests/"];

/// All violations in the sources.
pub(super) fn check(root: &Path) -> Vec<String> {
    let files = workspace::packages(root).into_iter().flat_map(|folder| workspace::files(&folder, "rs"));
    files
        .flat_map(|path| {
            let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            judge(&name, &fs::read_to_string(&path).unwrap_or_default())
        })
        .collect()
}

/// The violations of one file.
fn judge(name: &str, text: &str) -> Vec<String> {
    let mut violations = Vec::new();
    let opens = text
        .lines()
        .next()
        .and_then(|line| line.strip_prefix("//!"))
        .is_some_and(|rest| rest.trim().len() > 3);
    if !opens {
        violations.push(format!("{name}: the first line does not say what the file is for (//! ...)"));
    }
    let lines = text.lines().count();
    if lines > MOST_LINES {
        violations.push(format!("{name}: {lines} lines; above {MOST_LINES} a file holds more than one idea"));
    }
    // The lints forbid printing; what is left to check is that nobody turns them off.
    let silenced = text.lines().any(|line| line.contains("allow(") && line.contains("clippy::print_std"));
    if silenced && !SPEAKERS.iter().any(|speaker| name.contains(speaker)) {
        violations.push(format!("{name}: libraries do not print"));
    }
    // Under tests/ a file beside its folder would be taken for a test program of its own.
    if name.ends_with("/mod.rs") && !name.contains("/tests/") {
        violations.push(format!("{name}: write x.rs beside x/, not mod.rs"));
    }
    violations
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_finds_its_violation() {
        assert!(judge("crates/a/src/x.rs", "//! What it is.\n").is_empty());
        assert_eq!(judge("crates/a/src/x.rs", "fn main() {}\n").len(), 1);
        assert_eq!(judge("crates/a/src/x.rs", "//! .\n").len(), 1);
        assert_eq!(
            judge("crates/a/src/x.rs", &("//! What it is.\n".to_owned() + &"\n".repeat(500))).len(),
            1
        );
        let loud = "//! What it is.\n#![allow(clippy::print_stdout)]\n";
        assert_eq!(judge("crates/a/src/x.rs", loud).len(), 1);
        assert!(judge("crates/fenchel/src/bin/fenchel/main.rs", loud).is_empty());
        assert_eq!(judge("crates/a/src/mod.rs", "//! What it is.\n").len(), 1);
    }
}
