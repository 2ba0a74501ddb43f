//! The layers: which crate may know which other.

use crate::workspace;
use std::fs;
use std::path::Path;

/// The crates of ours that each package may depend on. Dependencies of tests obey the same order, with one step
/// sideways where noted.
const ALLOWED: [(&str, &[&str]); 13] = [
    ("fenchel-random", &[]),
    ("fenchel-files", &[]),
    // The mathematics knows no tensor, no network and no data set.
    ("fenchel-convexity", &["fenchel-random"]),
    ("fenchel-datasets", &["fenchel-random", "fenchel-files"]),
    ("fenchel-tensor", &["fenchel-random"]),
    ("fenchel-nn", &["fenchel-random", "fenchel-files", "fenchel-convexity", "fenchel-tensor"]),
    (
        "fenchel-measure",
        &[
            "fenchel-random",
            "fenchel-files",
            "fenchel-convexity",
            "fenchel-tensor",
            "fenchel-nn",
            "fenchel-harness",
        ],
    ),
    // The harness knows no tensor, no network, no data set and no theorem: the experiments are passed in. Its tests draw.
    ("fenchel-harness", &["fenchel-random", "fenchel-files"]),
    // The experiments store and show nothing themselves.
    (
        "fenchel-experiments",
        &[
            "fenchel-random",
            "fenchel-convexity",
            "fenchel-datasets",
            "fenchel-tensor",
            "fenchel-nn",
            "fenchel-harness",
        ],
    ),
    (
        "fenchel",
        &[
            "fenchel-random",
            "fenchel-files",
            "fenchel-convexity",
            "fenchel-datasets",
            "fenchel-tensor",
            "fenchel-nn",
            "fenchel-measure",
            "fenchel-harness",
            "fenchel-experiments",
        ],
    ),
    (
        "fenchel-benches",
        &[
            "fenchel-random",
            "fenchel-convexity",
            "fenchel-datasets",
            "fenchel-tensor",
            "fenchel-nn",
            "fenchel-experiments",
        ],
    ),
    ("xtask", &[]),
    // It reads the other packages as texts.
    ("fenchel-mutate", &[]),
];

/// All violations of the layering.
pub(super) fn check(root: &Path) -> Vec<String> {
    let manifests = workspace::packages(root).into_iter().map(|folder| folder.join("Cargo.toml"));
    manifests.flat_map(|path| judge(&fs::read_to_string(path).unwrap_or_default())).collect()
}

/// The violations of one manifest.
fn judge(manifest: &str) -> Vec<String> {
    let (name, dependencies, has_lints) = read(manifest);
    let Some((_, allowed)) = ALLOWED.iter().find(|rule| rule.0 == name) else {
        return vec![format!(
            "package `{name}` has no place in the layers; give it one in xtask/src/tidy/layers.rs"
        )];
    };
    let mut violations: Vec<String> = dependencies
        .iter()
        .filter(|dependency| {
            let ours = dependency.starts_with("fenchel");
            (ours && !allowed.contains(&dependency.as_str())) || name == "xtask"
        })
        .map(|dependency| format!("`{name}` must not depend on `{dependency}`"))
        .collect();
    if !has_lints {
        violations
            .push(format!("`{name}` does not take the lints of the workspace ([lints] workspace = true)"));
    }
    violations
}

/// Name, dependencies of all kinds, and whether the workspace's lints are taken.
fn read(manifest: &str) -> (String, Vec<String>, bool) {
    let (mut name, mut dependencies, mut has_lints) = (String::new(), Vec::new(), false);
    let mut section = String::new();
    for line in manifest.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
        if let Some(header) = line.strip_prefix('[') {
            section = header.trim_end_matches(']').to_owned();
            // [dependencies.name] is a dependency too.
            if let Some((_, dependency)) = section.split_once("dependencies.") {
                dependencies.push(dependency.to_owned());
            }
            continue;
        }
        let Some((key, value)) = line.split_once('=') else { continue };
        let (key, value) = (key.trim(), value.trim());
        if section == "package" && key == "name" {
            name = value.trim_matches('"').to_owned();
        } else if section.ends_with("dependencies") {
            dependencies.push(key.split('.').next().unwrap_or(key).trim_matches('"').to_owned());
        } else if section == "lints" && key == "workspace" {
            has_lints = value == "true";
        }
    }
    (name, dependencies, has_lints)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINTS: &str = "[lints]\nworkspace = true\n";

    #[test]
    fn upward_and_sideways_dependencies_are_found() {
        let manifest =
            |dependencies: &str| format!("[package]\nname = \"fenchel-convexity\"\n{dependencies}\n{LINTS}");
        assert!(
            judge(&manifest("[dependencies]\nfenchel-random = { workspace = true }\nndarray = \"1\""))
                .is_empty()
        );
        for bad in [
            "[dependencies]\nfenchel-tensor = { workspace = true }",
            "[dev-dependencies]\nfenchel-nn.workspace = true",
            "[target.'cfg(unix)'.dependencies.fenchel-nn]\nworkspace = true",
        ] {
            assert_eq!(judge(&manifest(bad)).len(), 1, "{bad}");
        }
    }

    #[test]
    fn xtask_depends_on_nothing_and_every_package_has_a_place_and_lints() {
        assert_eq!(
            judge(&format!("[package]\nname = \"xtask\"\n[dependencies]\nserde = \"1\"\n{LINTS}")).len(),
            1
        );
        assert_eq!(judge(&format!("[package]\nname = \"new\"\n{LINTS}")).len(), 1);
        assert_eq!(judge("[package]\nname = \"xtask\"\n").len(), 1);
    }
}
