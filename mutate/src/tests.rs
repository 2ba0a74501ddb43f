//! A whole run on a crate of a few lines: what is killed, what survives, what does not compile, and what is
//! explained.

use crate::campaign::Fate;
use crate::options::Options;
use crate::report::Report;
use crate::results::Results;
use crate::run;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

const LIBRARY: &str = r#"//! A miniature.

/// The sum of two names is tested, and that of numbers; the limit is not.
pub fn sum(a: f64, b: f64) -> f64 {
    a + b
}

/// Texts can be joined and not subtracted.
pub fn joined(a: String, b: &str) -> String {
    a + b
}

/// Never called.
pub fn idle(a: f64) -> bool {
    a < 2.0
}

/// Goes on for ever if it subtracts 0.
pub fn down(mut n: u8) -> u8 {
    let mut rounds: u8 = 0;
    while n != 0 {
        n = n.saturating_sub(1);
        rounds = rounds.wrapping_add(1);
    }
    rounds
}

pub mod inner;
"#;

const INNER: &str = r#"//! A file of its own.

/// A half.
pub const HALF: f64 = 0.5;

/// Half of a number, at most 10.
pub fn half(a: f64) -> Result<f64, String> {
    if a.is_nan() {
        return Err("no number".into());
    }
    Ok((a * HALF).min(10.0))
}

#[cfg(test)]
mod tests;
"#;

const TESTS: &str = r#"//! Of the two files.

use crate::*;

#[test]
fn sums() {
    assert_eq!(sum(2.0, 3.0), 5.0);
    assert_eq!(joined("a".into(), "b"), "ab");
}

#[test]
fn rounds() {
    assert_eq!(down(3), 3);
}

#[test]
fn halves() {
    assert_eq!(inner::half(3.0), Ok(1.5));
    assert_eq!(inner::half(30.0), Ok(10.0));
}
"#;

fn options(arguments: &str) -> Options {
    Options::parse(arguments.split_whitespace().map(str::to_owned)).unwrap()
}

fn write(root: &Path, file: &str, text: &str) {
    let path = root.join(file);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn workspace() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write(root, "Cargo.toml", "[workspace]\nresolver = \"3\"\nmembers = [\"crates/*\"]\n");
    write(
        root,
        "crates/small/Cargo.toml",
        "[package]\nname = \"small\"\nversion = \"0.1.0\"\nedition = \"2024\"\n",
    );
    write(root, "crates/small/src/lib.rs", LIBRARY);
    write(root, "crates/small/src/inner.rs", INNER);
    write(root, "crates/small/src/inner/tests.rs", TESTS);
    folder
}

fn fates(target: &Path, root: &Path) -> BTreeMap<String, Fate> {
    let path = target.join("small/results.jsonl");
    let stamp = fs::read_to_string(&path).unwrap().lines().next().unwrap().to_owned();
    let results = Results::open(&path, &stamp, true).unwrap();
    assert!(root.join("crates/small/src/lib.rs").is_file());
    results
        .fates
        .into_iter()
        .map(|(key, fate)| (format!("{} {} {}", key.function, key.replacement, key.nth), fate))
        .collect()
}

fn report(root: &Path, arguments: &str) -> Report {
    run(&options(arguments), root, &root.join("target/mutate")).unwrap().unwrap()
}

#[test]
fn a_miniature_is_tested_explained_and_resumed() {
    let folder = workspace();
    let root = folder.path();
    let first = report(root, "small --jobs 2");
    let target = root.join("target/mutate");
    let fates = fates(&target, root);
    let killed = |name: &str, test: &str| {
        let expected = Fate::Killed(test.to_owned());
        assert_eq!(fates[name], expected, "{name}");
    };
    killed("sum a - b 1", "inner::tests::sums");
    killed("half a / HALF 1", "inner::tests::halves");
    killed("half 1.01 * HALF 1", "inner::tests::halves");
    killed("half (a * HALF).max(10.0) 1", "inner::tests::halves");
    killed("half !a.is_nan() 1", "inner::tests::halves");
    killed("down n == 0 1", "inner::tests::rounds");
    killed("down 0 2", "inner::tests::rounds");
    assert_eq!(fates["down 0 1"], Fate::TimedOut("inner::tests::rounds".into()));
    assert!(matches!(fates["joined a - b 1"], Fate::Invalid(_)), "{:?}", fates["joined a - b 1"]);
    // No test hands NaN to it, so that the check may vanish, and nobody calls the idle one.
    assert_eq!(fates["half  1"], Fate::Survived(1));
    for change in ["a <= 2.0", "a >= 2.0", "1.01 * 2.0", "2.0 + 1.0"] {
        assert_eq!(fates[&format!("idle {change} 1")], Fate::Survived(0), "{change}");
    }
    assert_eq!(first.unexplained, 5, "{}", first.text);
    assert!(first.text.contains("| **all** |") && first.text.contains("`inner.rs`"), "{}", first.text);

    // The idle one is explained; of the other explanations one is about a mutant that is
    // killed, one about none.
    let (check, idle) = first.entries.split_once("\n\n").unwrap();
    assert!(check.contains("inner.rs") && idle.contains("[\"a < 2.0\", \"a >= 2.0\"],"), "{}", first.entries);
    let explained = idle.replace("= \"\"\n", "= \"never called\"\n");
    let stale = "\n[[survivor]]\nfile = \"lib.rs\"\nfunction = \"sum\"\nclass = \"c\"\nreason = \"r\"\n\
                 changes = [[\"a + b\", \"a - b\"], [\"a + b\", \"a ^ b\"]]\n";
    write(root, "crates/small/mutants.toml", &(explained + stale));
    let second = report(root, "small --resume --jobs 2");
    assert_eq!(second.unexplained, 1, "{}", second.text);
    assert!(second.text.contains("| never called | 4 |"), "{}", second.text);
    let stale: Vec<&str> = second.text.split("Stale explanations:").nth(1).unwrap().trim().lines().collect();
    assert_eq!(stale.len(), 2, "{}", second.text);
    assert!(stale[0].contains("killed by `inner::tests::sums`") && stale[1].contains("no such mutant"));

    // A test of the folder tests notices what no unit test does.
    let whole =
        "//! From outside.\n#[test]\nfn nan() {\n    assert!(small::inner::half(f64::NAN).is_err());\n}\n";
    write(root, "crates/small/tests/whole.rs", whole);
    let third = report(root, "small --files inner.rs --kinds checks --integration");
    assert_eq!(third.unexplained, 0, "{}", third.text);
    let error =
        run(&options("small --files inner.rs --kinds checks --tests zzz"), root, &target).unwrap_err();
    assert!(error.contains("no test has `zzz`"), "{error}");

    // A test that fails by itself says nothing about mutants.
    write(root, "crates/small/src/inner/tests.rs", &TESTS.replace("5.0", "6.0"));
    let error = run(&options("small --resume"), root, &target).unwrap_err();
    assert!(error.contains("inner::tests::sums"), "{error}");
}
