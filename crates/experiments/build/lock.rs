//! The part of `Cargo.lock` that numbers can depend on: what the crates that compute are built from.

use std::collections::BTreeSet;

/// The entries of `roots` and of all that they depend on, directly or not, in the order of the file.
pub(crate) fn closure(lock: &str, roots: &[&str]) -> String {
    let entries: Vec<&str> = lock.split("\n\n").filter(|entry| entry.contains("[[package]]")).collect();
    let name = |entry: &str| {
        let line = entry.lines().find_map(|line| line.strip_prefix("name = "));
        line.map(|name| name.trim_matches('"').to_owned()).unwrap_or_default()
    };
    let mut wanted: BTreeSet<String> = roots.iter().map(|&root| root.to_owned()).collect();
    loop {
        let mut more = wanted.clone();
        for entry in entries.iter().filter(|entry| wanted.contains(&name(entry))) {
            let dependencies = entry.lines().filter_map(|line| line.trim().strip_prefix('"'));
            // `name`, or `name version` where there are several.
            more.extend(dependencies.filter_map(|text| text.split([' ', '"']).next()).map(str::to_owned));
        }
        if more == wanted {
            break;
        }
        wanted = more;
    }
    entries.into_iter().filter(|entry| wanted.contains(&name(entry))).collect::<Vec<_>>().join("\n\n")
}
