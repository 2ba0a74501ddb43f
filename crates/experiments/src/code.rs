//! The program that computes cells: its back end, and the fingerprints of its code (see `build.rs`).

use fenchel_harness::Program;

/// This program.
pub const PROGRAM: Program = Program {
    version: env!("CARGO_PKG_VERSION"),
    rustc: env!("FENCHEL_RUSTC"),
    back_end: fenchel_tensor::gemm::back_end,
    numerics: env!("FENCHEL_NUMERICS"),
    experiments: include!(concat!(env!("OUT_DIR"), "/numerics.rs")),
    decision: env!("FENCHEL_DECISION"),
};

#[cfg(test)]
#[path = "../build/fingerprint.rs"]
mod fingerprint;

#[cfg(test)]
#[path = "../build/lock.rs"]
mod lock;

#[cfg(test)]
#[path = "../build/roles.rs"]
mod roles;

#[cfg(test)]
mod tests {
    use super::fingerprint::Fingerprint;
    use super::*;
    use std::fs;
    use std::path::Path;

    fn of(content: &str) -> String {
        let mut fingerprint = Fingerprint::new();
        fingerprint.add("a.rs", content);
        fingerprint.hex()
    }

    #[test]
    fn a_fingerprint_follows_the_code_and_nothing_else() {
        let code = "fn f() -> f64 {\n    1.0\n}\n";
        let explained = "//! Why.\n\n/// What.\nfn f() -> f64 {\n    // How.\n    1.0\n}\n";
        let tested = "fn f() -> f64 {\n    1.0\n}\n\n#[cfg(test)]\nmod tests {\n    fn t() {}\n}\n";
        assert_eq!(of(code), of(explained));
        assert_eq!(of(code), of(tested));
        assert_eq!(of(code), of(&format!("#[cfg(test)]\nmod tests;\n{code}")));
        assert_ne!(of(code), of(&code.replace("1.0", "1.1")));
        assert_ne!(of(code), of(&format!("{tested}fn after() {{}}\n")));
        assert_ne!(of(code), of(&format!("#[cfg(test)]\nfn helper() {{}}\n{code}")));
    }

    #[test]
    fn only_what_numbers_can_depend_on_is_taken_from_the_lock_file() {
        let entry = |name: &str, version: &str, dependencies: &str| {
            format!(
                "[[package]]\nname = \"{name}\"\nversion = \"{version}\"\ndependencies = [\n{dependencies}]"
            )
        };
        let lock = |gemm: &str, clap: &str| {
            let entries = [
                "# generated".to_owned(),
                entry("clap", clap, ""),
                entry("fenchel-nn", "1", " \"fenchel-tensor\",\n"),
                entry("fenchel-tensor", "1", " \"gemm 0.19\",\n"),
                entry("gemm", gemm, ""),
            ];
            lock::closure(&entries.join("\n\n"), &["fenchel-nn"])
        };
        assert_eq!(lock("0.19", "4").matches("[[package]]").count(), 3);
        assert_eq!(lock("0.19", "4"), lock("0.19", "5"));
        assert_ne!(lock("0.19", "4"), lock("0.20", "4"));
    }

    #[test]
    fn the_name_of_the_file_counts() {
        let mut other = Fingerprint::new();
        other.add("b.rs", "x");
        assert_ne!(other.hex(), of("x"));
    }

    #[test]
    fn every_experiment_has_a_fingerprint_of_its_own() {
        let mut all: Vec<&str> =
            crate::REGISTRY.experiments.iter().map(|own| PROGRAM.numerics_of(own.id())).collect();
        all.push(PROGRAM.numerics);
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
        assert_eq!(PROGRAM.numerics_of("no such experiment"), PROGRAM.numerics);
    }

    /// The rooms of the harness, and names of its root, that a computing file takes something from.
    fn taken(file: &Path) -> Vec<String> {
        let text = fs::read_to_string(file).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        let paths = code.split("fenchel_harness::").skip(1);
        let heads = paths.flat_map(|path| match path.strip_prefix('{') {
            Some(list) => list.split('}').next().unwrap_or_default().split(',').collect(),
            None => vec![path],
        });
        heads
            .map(|head| head.trim().split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap().into())
            .collect()
    }

    #[test]
    fn a_file_that_computes_takes_no_number_from_the_harness_but_by_statistics() {
        // What hands a cell on without looking into it, declarations, and words.
        const CARRIERS: &str =
            "context cost error experiment number Cell Claim Context Experiment Failure Profile";
        let allowed: Vec<&str> = CARRIERS.split(' ').chain(["statistics"]).collect();
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut folders = vec![source.join("experiments"), source.join("ingredients")];
        let mut found = 0;
        while let Some(folder) = folders.pop() {
            for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
                if path.is_dir() {
                    folders.push(path);
                } else if roles::computes(&path) && path.file_stem().is_some_and(|stem| stem != "tests") {
                    for room in taken(&path) {
                        assert!(allowed.contains(&room.as_str()), "{}: {room}", path.display());
                        found += usize::from(room == "statistics");
                    }
                }
            }
        }
        assert!(found > 5, "{found}");
    }
}
