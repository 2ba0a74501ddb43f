//! The public data sets from their real files, where `FENCHEL_DATA_DIR` names a directory that has them.
//!
//! Without it these tests say so and pass; everything that can be tested without the files is in `damaged_files.rs`.

#![allow(clippy::print_stderr)] // A test that skips must say so.

use std::fs;
use std::path::{Path, PathBuf};

use fenchel_datasets::{Collection, DataDirectory, Dataset, Error, Normalisation, Provenance, Split};

/// The data directory of the environment, if it has the collection.
fn directory(collection: Collection) -> Option<PathBuf> {
    let Some(directory) = std::env::var_os(DataDirectory::VARIABLE).map(PathBuf::from) else {
        eprintln!("skipped: {} is not set, {collection} is not tested", DataDirectory::VARIABLE);
        return None;
    };
    match collection.locate(&directory) {
        Ok(_) => Some(directory),
        Err(error) => {
            eprintln!("skipped: {error}");
            None
        }
    }
}

fn histogram(set: &dyn Dataset) -> Vec<usize> {
    let mut counts = vec![0; set.classes().len()];
    for i in 0..set.len() {
        counts[set.label(i)] += 1;
    }
    counts
}

fn normalisation(split: &Split, mean: &[f64], deviation: &[f64]) {
    let measured = Normalisation::measure(&split.train).unwrap();
    for (got, published) in measured.mean.iter().zip(mean).chain(measured.deviation.iter().zip(deviation)) {
        // The published values have four decimals.
        assert!((got - published).abs() <= 0.6e-4, "{measured:?}");
    }
    assert_eq!(measured.mean.len(), mean.len());
}

#[test]
fn mnist_is_what_was_published() {
    let Some(directory) = directory(Collection::Mnist) else { return };
    let split = Collection::Mnist.load(&directory).unwrap();
    assert_eq!((split.train.len(), split.test.len()), (60_000, 10_000));
    assert_eq!(histogram(&split.train), [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);
    assert_eq!(histogram(&split.test), [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
    normalisation(&split, &[0.1307], &[0.3081]);
    let Provenance::Files(files) = split.test.provenance() else { panic!("not from files") };
    assert_eq!(files[0].0, "t10k-images-idx3-ubyte");
}

#[test]
fn fashion_mnist_is_what_was_published() {
    let Some(directory) = directory(Collection::FashionMnist) else { return };
    let split = Collection::FashionMnist.load(&directory).unwrap();
    assert_eq!(histogram(&split.train), [6000; 10]);
    assert_eq!(histogram(&split.test), [1000; 10]);
    assert_eq!(split.train.classes()[split.train.label(0)], "ankle boot");
    normalisation(&split, &[0.2860], &[0.3530]);
}

#[test]
fn cifar_10_is_what_was_published() {
    let Some(directory) = directory(Collection::Cifar10) else { return };
    let split = Collection::Cifar10.load(&directory).unwrap();
    assert_eq!(histogram(&split.train), [5000; 10]);
    assert_eq!(histogram(&split.test), [1000; 10]);
    assert_eq!(split.train.classes()[split.train.label(0)], "frog");
    assert_eq!(split.test.classes()[split.test.label(0)], "cat");
    normalisation(&split, &[0.4914, 0.4822, 0.4465], &[0.2470, 0.2435, 0.2616]);
}

#[test]
fn every_file_that_is_there_passes_the_check() {
    for collection in Collection::ALL {
        let Some(directory) = directory(collection) else { continue };
        for checked in collection.check(&directory).unwrap() {
            assert!(checked.outcome.is_ok(), "{checked:?}");
        }
    }
}

#[test]
fn plain_files_and_other_layouts_load_to_the_same_bits() {
    let Some(directory) = directory(Collection::Mnist) else { return };
    let elsewhere = tempfile::tempdir().unwrap();
    let raw = elsewhere.path().join("MNIST/raw");
    fs::create_dir_all(&raw).unwrap();
    let place = Collection::Mnist.locate(&directory).unwrap();
    for member in Collection::Mnist.members() {
        // One of the files stays compressed, under the name of a plain one: the contents decide.
        let from = [place.join(format!("{}.gz", member.file)), place.join(member.file)]
            .into_iter()
            .find(|path| path.exists())
            .unwrap();
        let bytes = fs::read(from).unwrap();
        let plain = if member.file.starts_with("t10k-labels") { bytes } else { gunzipped(bytes) };
        fs::write(raw.join(member.file), plain).unwrap();
    }
    let (there, here) =
        (Collection::Mnist.load(elsewhere.path()).unwrap(), Collection::Mnist.load(&directory).unwrap());
    assert_eq!(there.train.fingerprint(), here.train.fingerprint());
    assert_eq!(there.test, here.test);
    assert_eq!(Collection::Mnist.load(&raw).unwrap().test, here.test);
}

fn gunzipped(bytes: Vec<u8>) -> Vec<u8> {
    use std::io::Read;
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return bytes;
    }
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(&bytes[..]).read_to_end(&mut plain).unwrap();
    plain
}

#[test]
fn mnist_in_place_of_fashion_mnist_is_recognised() {
    let Some(directory) = directory(Collection::Mnist) else { return };
    let place = Collection::Mnist.locate(&directory).unwrap();
    // The folder that holds MNIST is named as a data directory, so that its files are found for Fashion-MNIST.
    let message = Collection::FashionMnist.load(&place).unwrap_err().to_string();
    assert!(message.contains("this is train-images-idx3-ubyte of mnist"), "{message}");
}

#[test]
fn a_flipped_bit_in_any_file_is_named() {
    for collection in Collection::ALL {
        let Some(directory) = directory(collection) else { continue };
        let place = collection.locate(&directory).unwrap();
        if !place.is_dir() {
            continue;
        }
        for member in collection.members() {
            let damaged = tempfile::tempdir().unwrap();
            let copy = flipped(&place, member.file, damaged.path());
            let checked = collection.check(damaged.path()).unwrap();
            let wrong = checked.iter().find(|checked| checked.member.file == member.file).unwrap();
            let error = wrong.outcome.as_ref().unwrap_err();
            assert!(error.to_string().starts_with(copy.to_str().unwrap()), "{error}");
            assert!(matches!(error, Error::WrongContents { .. } | Error::Malformed { .. }), "{error}");
        }
    }
}

/// Copies `file` with one bit flipped, and lays a first member beside it so that the folder is recognised.
fn flipped(place: &Path, file: &str, damaged: &Path) -> PathBuf {
    let name =
        [file.to_owned(), format!("{file}.gz")].into_iter().find(|name| place.join(name).exists()).unwrap();
    let mut bytes = fs::read(place.join(&name)).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x10;
    fs::write(damaged.join("train-images-idx3-ubyte"), []).unwrap();
    fs::write(damaged.join("data_batch_1.bin"), []).unwrap();
    let _ = fs::remove_file(damaged.join(file));
    let copy = damaged.join(name);
    fs::write(&copy, bytes).unwrap();
    copy
}
