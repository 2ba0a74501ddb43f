//! Data sets that a user can trust: files verified by contents, sets generated from a seed, batches in a seeded order.
//!
//! - [`glyphs`]: 28 x 28 grey digit-like images drawn from a seed, the default that needs no file;
//! - [`mnist`], [`fashion_mnist`], [`cifar10`], or any [`Collection`] by name: public sets, each file verified by the
//!   SHA-256 of its decompressed contents;
//! - [`synthetic`]: vectors, separable with a given margin or spread over all directions;
//! - [`DataDirectory`]: where their files are;
//! - `download` (with the feature of that name): fetching the public sets;
//! - [`Batches`]: samples as reals, in an order that is a function of (seed, epoch), into buffers of the caller.
//!
//! Images stay as bytes until a batch is made. Nothing is ever downloaded unless asked, nothing is printed, and
//! this crate knows neither tensors nor models.
//!
//! ```
//! use fenchel_datasets::{Batch, Batches, Dataset, Normalisation, glyphs};
//! use fenchel_random::Seed;
//!
//! let glyphs = glyphs::generate(Seed::new(0), 100, 20);
//! let normalisation = Normalisation::measure(&glyphs.train)?;
//! let mut batches = Batches::new(&glyphs.train, 32, Seed::new(1).derive("batches"))?.normalised(normalisation)?;
//! let mut batch = Batch::<f32>::default();
//! let mut sizes = Vec::new();
//! batches.start_epoch(0);
//! while batches.fill_next(&mut batch) {
//!     assert_eq!(batch.inputs.ncols(), 28 * 28);
//!     sizes.push(batch.labels.len());
//! }
//! assert_eq!(sizes, [32, 32, 32, 4]);
//! # Ok::<(), fenchel_datasets::Error>(())
//! ```

pub mod cifar10;
#[cfg(feature = "download")]
pub mod download;
pub mod fashion_mnist;
pub mod glyphs;
pub mod idx;
pub mod mnist;
pub mod synthetic;

mod archive;
mod augmentation;
mod batch;
mod batches;
mod check;
mod collection;
mod contact_sheet;
mod dataset;
mod directory;
mod error;
mod format;
mod image_set;
mod labels;
mod normalisation;
mod vector_set;
mod verified;

pub use augmentation::Augmentation;
pub use batch::Batch;
pub use batches::{Batches, LastBatch, Order};
pub use check::Checked;
pub use collection::{Collection, Member};
pub use contact_sheet::ContactSheet;
pub use dataset::{Dataset, Element, ImageShape};
pub use directory::{DataDirectory, Origin};
pub use error::{Error, Result};
pub use format::FormatError;
pub use image_set::{ImageSet, Provenance, Split};
pub use labels::{label_histogram, wrong_labels};
pub use normalisation::Normalisation;
pub use vector_set::VectorSet;
