//! Data sets that a user can trust: files verified by contents, sets generated from a seed, batches in a seeded order.
//!
//! - [`glyphs`]: 28 x 28 grey digit-like images drawn from a seed, the default that needs no file;
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

pub mod glyphs;

mod batches;
mod dataset;
mod error;
mod image_set;
mod normalisation;

pub use batches::{Batch, Batches, LastBatch, Order};
pub use dataset::{Dataset, Element, ImageShape};
pub use error::{Error, Result};
pub use image_set::{ImageSet, Provenance, Split};
pub use normalisation::Normalisation;
