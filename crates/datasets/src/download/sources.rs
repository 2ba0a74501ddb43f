//! Where the public data sets are served: their canonical addresses and known mirrors, in the order of trying.
//!
//! This is the one list. Each entry is a folder; the file's upstream name is appended to it. What a mirror serves is
//! verified like everything else, so an entry that has gone bad costs a request and nothing more.

use crate::Collection;

/// The folders that hold the files of `collection`, in the order of trying.
#[must_use]
pub const fn of(collection: Collection) -> &'static [&'static str] {
    match collection {
        // The authors' own server, which often refuses, comes last.
        Collection::Mnist => &[
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "http://yann.lecun.com/exdb/mnist/",
        ],
        Collection::FashionMnist => &[
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
            "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
        ],
        Collection::Cifar10 => &[
            "https://www.cs.toronto.edu/~kriz/",
            "https://storage.googleapis.com/s4tf-hosted-binaries/datasets/CIFAR10/",
        ],
    }
}
