//! Fashion-MNIST: 60,000 + 10,000 articles of clothing in MNIST's files and shapes.
//!
//! MIT licence, copyright (c) 2017 Zalando SE. Cite: H. Xiao, K. Rasul, R. Vollgraf, *Fashion-MNIST: a Novel Image
//! Dataset for Benchmarking Machine Learning Algorithms*, arXiv:1708.07747, 2017.

use std::path::Path;

use crate::collection::Member;
use crate::mnist::load_idx;
use crate::{Collection, Result, Split};

/// The classes in label order.
pub const CLASSES: [&str; 10] = [
    "T-shirt/top",
    "trouser",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "ankle boot",
];

pub(crate) const MEMBERS: [Member; 4] = [
    Member {
        file: "train-images-idx3-ubyte",
        bytes: 47_040_016,
        sha256: "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        required: true,
    },
    Member {
        file: "train-labels-idx1-ubyte",
        bytes: 60_008,
        sha256: "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        required: true,
    },
    Member {
        file: "t10k-images-idx3-ubyte",
        bytes: 7_840_016,
        sha256: "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        required: true,
    },
    Member {
        file: "t10k-labels-idx1-ubyte",
        bytes: 10_008,
        sha256: "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
        required: true,
    },
];

/// Loads Fashion-MNIST from `directory`: the files may be in it or in its folder `fashion-mnist`.
///
/// # Errors
/// See [`Collection::load`].
pub fn load(directory: &Path) -> Result<Split> {
    load_idx(Collection::FashionMnist, directory, CLASSES.map(str::to_owned).to_vec())
}
