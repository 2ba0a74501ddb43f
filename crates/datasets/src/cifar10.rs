//! CIFAR-10, binary version: 50,000 + 10,000 objects, 32 x 32 in colour, in six files or one tar archive of them.
//!
//! Authors: Alex Krizhevsky, Vinod Nair, Geoffrey Hinton. Cite: A. Krizhevsky, *Learning Multiple Layers of Features
//! from Tiny Images*, technical report, University of Toronto, 2009.

use std::path::Path;

use rayon::prelude::*;

use crate::collection::Member;
use crate::format::FormatError;
use crate::{Collection, ImageSet, ImageShape, Provenance, Result, Split, archive, verified};

/// The classes in label order, as `batches.meta.txt` names them.
pub const CLASSES: [&str; 10] =
    ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

/// The shape of every image: red, green, blue planes, row-major.
pub const SHAPE: ImageShape = ImageShape { channels: 3, height: 32, width: 32 };

/// A record is one byte of label, then the pixels.
const RECORD: usize = 1 + SHAPE.features();

const fn batch(file: &'static str, sha256: &'static str) -> Member {
    Member { file, bytes: 10_000 * RECORD as u64, sha256, required: true }
}

pub(crate) const MEMBERS: [Member; 7] = [
    batch("data_batch_1.bin", "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5"),
    batch("data_batch_2.bin", "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed"),
    batch("data_batch_3.bin", "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67"),
    batch("data_batch_4.bin", "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48"),
    batch("data_batch_5.bin", "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add"),
    batch("test_batch.bin", "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b"),
    Member {
        file: "batches.meta.txt",
        bytes: 61,
        sha256: "558e74b5e208382e186da55784b4bac2cd52e558448e1b5800990fdb28ed8033",
        required: false,
    },
];

/// Loads CIFAR-10 from `directory`: the six files may be in it, in its folder `cifar-10-batches-bin`, or in
/// `cifar-10-binary.tar.gz`.
///
/// Training image i of batch b is sample 10,000 (b - 1) + i.
///
/// # Errors
/// See [`Collection::load`].
pub fn load(directory: &Path) -> Result<Split> {
    let place = Collection::Cifar10.locate(directory)?;
    let files = if place.is_dir() {
        MEMBERS[..6]
            .par_iter()
            .map(|member| Ok(verified::read(Collection::Cifar10, member, &place)?.1))
            .collect::<Result<Vec<Vec<u8>>>>()?
    } else {
        archive::read(Collection::Cifar10, &MEMBERS, &place)?.into_iter().take(6).flatten().collect()
    };
    Ok(Split {
        train: set("train", &MEMBERS[..5], &files[..5])?,
        test: set("test", &MEMBERS[5..6], &files[5..])?,
    })
}

fn set(name: &str, members: &[Member], files: &[Vec<u8>]) -> Result<ImageSet> {
    let records = files.iter().map(|bytes| bytes.len() / RECORD).sum();
    let mut labels = Vec::with_capacity(records);
    let mut pixels = Vec::with_capacity(records * SHAPE.features());
    for record in files.iter().flat_map(|bytes| bytes.chunks_exact(RECORD)) {
        labels.push(record[0]);
        pixels.extend_from_slice(&record[1..]);
    }
    let provenance =
        members.iter().map(|member| (member.file.to_owned(), member.sha256.to_owned())).collect();
    let classes = CLASSES.map(str::to_owned).to_vec();
    ImageSet::new(format!("cifar-10/{name}"), SHAPE, classes, pixels, labels, Provenance::Files(provenance))
}

/// Takes apart the bytes of one batch file: each record's label and pixels, nothing copied.
///
/// # Errors
/// With the offset, if the file is empty, ends within a record, or a label is not below 10.
///
/// ```
/// let mut bytes = vec![0; 2 * 3073];
/// bytes[3073] = 7;
/// let labels: Vec<u8> = fenchel_datasets::cifar10::parse(&bytes)?.map(|(label, _)| label).collect();
/// assert_eq!(labels, [0, 7]);
/// # Ok::<(), fenchel_datasets::FormatError>(())
/// ```
pub fn parse(bytes: &[u8]) -> std::result::Result<impl Iterator<Item = (u8, &[u8])>, FormatError> {
    well_formed(bytes)?;
    Ok(bytes.chunks_exact(RECORD).map(|record| (record[0], &record[1..])))
}

pub(crate) fn well_formed(bytes: &[u8]) -> std::result::Result<(), FormatError> {
    if bytes.is_empty() {
        return Err(FormatError::new(0, "the file is empty"));
    }
    for (i, record) in bytes.chunks(RECORD).enumerate() {
        if usize::from(record[0]) >= CLASSES.len() {
            return Err(FormatError::new(
                i * RECORD,
                format!("label {} where one below 10 belongs", record[0]),
            ));
        }
        if record.len() < RECORD {
            let problem = format!("the file ends after {} of the {RECORD} bytes of record {i}", record.len());
            return Err(FormatError::new(bytes.len(), problem));
        }
    }
    Ok(())
}
