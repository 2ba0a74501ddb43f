//! Every file of every collection, damaged in every way: an error that names it, never a panic.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use fenchel_datasets::{Collection, DataDirectory, Dataset, Error, Member};
use proptest::prelude::*;
use tempfile::TempDir;

/// A data directory in which every file of `collection` is in its format, though not the published one.
///
/// The checksums cannot be right, but that is found last: what is wrong with the format is said first.
fn plausible(collection: Collection) -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let folder = directory.path().join(collection.folder());
    fs::create_dir_all(&folder).unwrap();
    for member in collection.members() {
        fs::write(folder.join(member.file), contents(member)).unwrap();
    }
    (directory, folder)
}

fn contents(member: &Member) -> Vec<u8> {
    match member.file {
        name if name.contains("idx3") => {
            [&[0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 28, 0, 0, 0, 28][..], &[5; 3 * 784]].concat()
        }
        name if name.contains("idx1") => vec![0, 0, 8, 1, 0, 0, 0, 3, 1, 2, 3],
        name if name.ends_with(".bin") => vec![3; 2 * 3073],
        _ => b"airplane\n".to_vec(),
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// What the check says of one file.
fn error_of(collection: Collection, directory: &Path, member: &Member) -> Error {
    let checked = collection.check(directory).unwrap();
    checked.into_iter().find(|checked| checked.member == member).unwrap().outcome.unwrap_err()
}

/// Damages each file in turn by `damage(path)` and hands the error to `judge`.
fn each_file(damage: impl Fn(&Path), judge: impl Fn(&Error, &Path, &Member)) {
    for collection in Collection::ALL {
        for member in collection.members() {
            let (directory, folder) = plausible(collection);
            let path = folder.join(member.file);
            damage(&path);
            let error = error_of(collection, directory.path(), member);
            assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
            judge(&error, &path, member);
            // Loading says the same of the first wrong file; here every file is wrong in some way.
            assert!(collection.load(directory.path()).is_err());
        }
    }
}

#[test]
fn other_contents_in_the_right_format_are_recognised_by_the_checksum() {
    each_file(
        |_| {},
        |error, _, member| {
            let Error::WrongContents { expected, got, .. } = error else { panic!("{error}") };
            assert_eq!(expected, member.sha256);
            assert_ne!(got, expected);
        },
    );
}

#[test]
fn a_truncated_file_is_named_with_the_offset_of_its_end() {
    let cut = |path: &Path| {
        let bytes = fs::read(path).unwrap();
        fs::write(path, &bytes[..bytes.len() - 2]).unwrap();
    };
    each_file(cut, |error, path, member| match error {
        Error::Malformed { offset, .. } => assert_eq!(*offset, path.metadata().unwrap().len()),
        Error::WrongContents { .. } => assert!(!member.required, "{error}"),
        _ => panic!("{error}"),
    });
}

#[test]
fn a_truncated_or_damaged_gzip_stream_is_named_with_the_offset_in_the_contents() {
    for keep in [3, 15, 24] {
        let compress = |path: &Path| {
            let bytes = gzip(&fs::read(path).unwrap());
            fs::write(path, &bytes[..keep.min(bytes.len() - 1)]).unwrap();
        };
        each_file(compress, |error, _, _| {
            assert!(matches!(error, Error::Malformed { .. }), "{error}");
            assert!(error.to_string().contains("the gzip stream breaks here"), "{error}");
        });
    }
    let flip_checksum = |path: &Path| {
        let mut bytes = gzip(&fs::read(path).unwrap());
        let last = bytes.len() - 6;
        bytes[last] ^= 1;
        fs::write(path, bytes).unwrap();
    };
    each_file(flip_checksum, |error, _, member| {
        let Error::Malformed { offset, .. } = error else { panic!("{error}") };
        assert_eq!(*offset, contents(member).len() as u64);
    });
}

#[test]
fn an_empty_file_is_named() {
    each_file(
        |path| fs::write(path, []).unwrap(),
        |error, _, member| match error {
            Error::Malformed { offset: 0, .. } => {}
            Error::WrongContents { .. } => assert!(!member.required),
            _ => panic!("{error}"),
        },
    );
}

#[test]
fn a_directory_in_the_place_of_a_file_is_named() {
    let replace = |path: &Path| {
        fs::remove_file(path).unwrap();
        fs::create_dir(path).unwrap();
    };
    each_file(replace, |error, _, _| assert!(matches!(error, Error::Io { .. }), "{error}"));
}

#[cfg(unix)]
#[test]
fn a_file_that_cannot_be_opened_is_named() {
    // Links in a circle cannot be opened by anybody, unlike a file without permissions, which root can read.
    let replace = |path: &Path| {
        fs::remove_file(path).unwrap();
        std::os::unix::fs::symlink(path.file_name().unwrap(), path).unwrap();
    };
    each_file(replace, |error, _, _| assert!(matches!(error, Error::Io { action: "open", .. }), "{error}"));
}

#[cfg(unix)]
#[test]
fn a_file_without_permission_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let forbid = |path: &Path| fs::set_permissions(path, fs::Permissions::from_mode(0o0)).unwrap();
    each_file(forbid, |error, path, _| match error {
        Error::Io { action: "open", source, .. } => {
            assert_eq!(source.kind(), std::io::ErrorKind::PermissionDenied);
        }
        // Root reads it all the same, and finds the checksum wrong.
        Error::WrongContents { .. } => assert!(fs::File::open(path).is_ok()),
        _ => panic!("{error}"),
    });
}

#[test]
fn a_missing_file_is_named_when_the_others_are_there() {
    for collection in Collection::ALL {
        for member in collection.members().iter().filter(|member| member.required) {
            let (directory, folder) = plausible(collection);
            fs::remove_file(folder.join(member.file)).unwrap();
            let error = error_of(collection, directory.path(), member).to_string();
            assert!(error.contains(member.file) && error.contains("The other files are there"), "{error}");
        }
    }
}

#[test]
fn contents_that_go_on_are_cut_off_at_the_published_length() {
    // A few kilobytes of gzip that would unpack to 64 MB.
    let (directory, folder) = plausible(Collection::Mnist);
    let member = &Collection::Mnist.members()[1];
    fs::write(folder.join(member.file), gzip(&vec![0; 64 << 20])).unwrap();
    let error = error_of(Collection::Mnist, directory.path(), member);
    assert!(matches!(error, Error::Malformed { offset: 60_008, .. }), "{error}");
}

#[test]
fn a_header_that_promises_the_moon_costs_nothing() {
    let (directory, folder) = plausible(Collection::Mnist);
    let member = &Collection::Mnist.members()[0];
    fs::write(folder.join(member.file), [&[0, 0, 8, 3][..], &[0xff; 12]].concat()).unwrap();
    assert!(matches!(error_of(Collection::Mnist, directory.path(), member), Error::Malformed { .. }));
}

#[test]
fn a_label_that_is_no_class_is_named_with_its_record() {
    let (directory, folder) = plausible(Collection::Cifar10);
    let member = &Collection::Cifar10.members()[3];
    let mut bytes = vec![3; 4 * 3073];
    bytes[2 * 3073] = 10;
    fs::write(folder.join(member.file), bytes).unwrap();
    let error = error_of(Collection::Cifar10, directory.path(), member);
    assert!(matches!(error, Error::Malformed { offset: 6146, .. }), "{error}");
}

#[test]
fn a_data_directory_that_is_missing_or_a_file_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    fs::write(&file, "not a directory").unwrap();
    for place in [file, directory.path().join("nowhere")] {
        let data = DataDirectory::find(Some(&place)).unwrap();
        let error = data.load(Collection::Cifar10).unwrap_err();
        let Error::NotFound { tried, .. } = &error else { panic!("{error}") };
        assert!(tried.iter().all(|tried| tried.starts_with(place.to_str().unwrap())), "{error}");
    }
}

/// A tar archive of the plausible files of CIFAR-10, optionally compressed.
fn archive(leave_out: Option<&str>) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for member in Collection::Cifar10.members().iter().filter(|member| Some(member.file) != leave_out) {
        let bytes = contents(member);
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        archive
            .append_data(&mut header, format!("cifar-10-batches-bin/{}", member.file), &bytes[..])
            .unwrap();
    }
    archive.into_inner().unwrap()
}

fn load_archive(bytes: &[u8]) -> Error {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("cifar-10-binary.tar.gz"), bytes).unwrap();
    Collection::Cifar10.load(directory.path()).unwrap_err()
}

#[test]
fn a_damaged_archive_is_named_with_the_member_or_the_offset() {
    for bytes in [archive(None), gzip(&archive(None))] {
        let whole = load_archive(&bytes).to_string();
        assert!(whole.contains("cifar-10-binary.tar.gz/data_batch_1.bin: SHA-256"), "{whole}");
        let cut = load_archive(&bytes[..bytes.len() / 8]).to_string();
        assert!(cut.contains("cifar-10-binary.tar.gz"), "{cut}");
    }
    assert!(load_archive(&[]).to_string().contains("no such member"));
    assert!(load_archive(b"This is no archive.").to_string().contains("cifar-10-binary.tar.gz"));
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("cifar-10-binary.tar"), archive(Some("data_batch_2.bin"))).unwrap();
    let checked = Collection::Cifar10.check(directory.path()).unwrap();
    let lacking = checked.iter().find(|checked| checked.member.file == "data_batch_2.bin").unwrap();
    assert!(lacking.outcome.as_ref().unwrap_err().to_string().contains("the archive has no such member"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn an_archive_damaged_anywhere_never_panics(at: prop::sample::Index, with: u8, end: prop::sample::Index) {
        let mut bytes = archive(None);
        let i = at.index(bytes.len());
        bytes[i] ^= with;
        load_archive(&bytes[..end.index(bytes.len())]);
        load_archive(&bytes);
        load_archive(&gzip(&bytes));
    }

    #[test]
    fn any_bytes_as_a_batch_file_are_taken_apart_or_refused(
        labels in prop::collection::vec(0_u8..12, 0..4),
        extra in 0_usize..3,
    ) {
        let mut bytes = vec![0; labels.len() * 3073 + extra];
        for (i, &label) in labels.iter().enumerate() {
            bytes[i * 3073] = label;
        }
        let bad = labels.iter().position(|&label| label > 9).map(|i| i * 3073);
        match fenchel_datasets::cifar10::parse(&bytes) {
            Ok(records) => {
                prop_assert!(bad.is_none() && extra == 0 && !labels.is_empty());
                prop_assert_eq!(records.map(|(label, _)| label).collect::<Vec<_>>(), labels);
            }
            Err(error) => prop_assert_eq!(error.offset as usize, bad.unwrap_or(bytes.len())),
        }
    }
}

#[test]
fn a_data_set_is_an_object_that_crosses_threads() {
    fn object(set: Box<dyn Dataset>) -> usize {
        std::thread::spawn(move || set.len()).join().unwrap()
    }
    let glyphs = fenchel_datasets::glyphs::generate(fenchel_random::Seed::new(1), 3, 0);
    assert_eq!(object(Box::new(glyphs.train)), 3);
}
