//! MNIST: 60,000 + 10,000 handwritten digits, 28 x 28 grey, in four IDX files, plain or compressed with gzip.
//!
//! Authors: Yann LeCun, Corinna Cortes, Christopher J. C. Burges. Cite: LeCun, Bottou, Bengio, Haffner,
//! *Gradient-based learning applied to document recognition*, Proceedings of the IEEE 86(11), 1998, 2278-2324.

use std::path::Path;

use crate::collection::Member;
use crate::{Collection, Error, ImageSet, ImageShape, Provenance, Result, Split, idx, verified};

pub(crate) const MEMBERS: [Member; 4] = [
    Member {
        file: "train-images-idx3-ubyte",
        bytes: 47_040_016,
        sha256: "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        required: true,
    },
    Member {
        file: "train-labels-idx1-ubyte",
        bytes: 60_008,
        sha256: "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        required: true,
    },
    Member {
        file: "t10k-images-idx3-ubyte",
        bytes: 7_840_016,
        sha256: "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        required: true,
    },
    Member {
        file: "t10k-labels-idx1-ubyte",
        bytes: 10_008,
        sha256: "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        required: true,
    },
];

/// Loads MNIST from `directory`: the files may be in it or in its folder `mnist`.
///
/// # Errors
/// See [`Collection::load`].
pub fn load(directory: &Path) -> Result<Split> {
    let classes = (0..10).map(|digit| digit.to_string()).collect();
    load_idx(Collection::Mnist, directory, classes)
}

/// Loads the four IDX files of `collection`, which all have MNIST's names and shapes.
pub(crate) fn load_idx(collection: Collection, directory: &Path, classes: Vec<String>) -> Result<Split> {
    let folder = collection.locate(directory)?;
    let part = |name: &str, images: &Member, labels: &Member| {
        let (images_path, mut pixels) = verified::read(collection, images, &folder)?;
        let (_, mut digits) = verified::read(collection, labels, &folder)?;
        let extents = idx::parse(&pixels).map_err(|error| error.at(&images_path))?.extents;
        let shape = shape(&images_path, &extents)?;
        // The headers: a magic number and four bytes for each extent.
        pixels.drain(..4 + 4 * 3);
        digits.drain(..4 + 4);
        let provenance = Provenance::Files(
            [images, labels].map(|member| (member.file.to_owned(), member.sha256.to_owned())).to_vec(),
        );
        ImageSet::new(format!("{collection}/{name}"), shape, classes.clone(), pixels, digits, provenance)
    };
    let members = collection.members();
    let (train, test) =
        rayon::join(|| part("train", &members[0], &members[1]), || part("test", &members[2], &members[3]));
    Ok(Split { train: train?, test: test? })
}

fn shape(path: &Path, extents: &[usize]) -> Result<ImageShape> {
    match *extents {
        [_, height, width] => Ok(ImageShape::grey(height, width)),
        _ => Err(Error::Malformed {
            path: path.to_owned(),
            offset: 3,
            problem: format!("{} dimensions, expected the three of grey images", extents.len()),
        }),
    }
}
