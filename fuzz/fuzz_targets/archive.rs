//! A tar archive, plain or compressed, in the place of CIFAR-10's: no contents but the published ones are right.

#![no_main]

use std::sync::LazyLock;

use fenchel_datasets::Collection;
use tempfile::TempDir;

static DIRECTORY: LazyLock<TempDir> = LazyLock::new(|| tempfile::tempdir().expect("a temporary directory"));

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    std::fs::write(DIRECTORY.path().join("cifar-10-binary.tar.gz"), bytes).expect("writing to it");
    if let Ok(checked) = Collection::Cifar10.check(DIRECTORY.path()) {
        // A fuzzer does not find a SHA-256, so every required member is missing or wrong.
        assert!(checked.iter().filter(|checked| checked.member.required).all(|checked| checked.outcome.is_err()));
    }
    assert!(Collection::Cifar10.load(DIRECTORY.path()).is_err());
});
