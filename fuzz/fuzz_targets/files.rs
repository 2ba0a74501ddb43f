//! A file, plain or compressed with gzip, in the place of MNIST's labels: read within bounds, and refused.

#![no_main]

use std::sync::LazyLock;

use fenchel_datasets::{Collection, Error};
use tempfile::TempDir;

static DIRECTORY: LazyLock<TempDir> = LazyLock::new(|| tempfile::tempdir().expect("a temporary directory"));

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let member = &Collection::Mnist.members()[1];
    let path = DIRECTORY.path().join(member.file);
    std::fs::write(&path, bytes).expect("writing to the temporary directory");
    let checked = Collection::Mnist.check(DIRECTORY.path()).expect("one of the files is there");
    let error = checked[1].outcome.as_ref().expect_err("a fuzzer does not find a SHA-256");
    match error {
        Error::Malformed { path: named, offset, .. } => {
            assert_eq!(named, &path);
            assert!(*offset <= member.bytes);
        }
        Error::WrongContents { path: named, .. } => assert_eq!(named, &path),
        other => panic!("{other}"),
    }
});
