//! Named random streams from one root seed.
//!
//! Every random act in Fenchel draws from a stream that is *named*, not from one shared generator: the stream
//! of `seed.derive("initialise").derive("dense 1")` is the same whatever else the program draws, so adding a
//! layer, a measurement or a thread shifts nobody else's numbers. There is no global generator and no seeding
//! from the clock.
//!
//! The generator and the distributions are those of `rand` and `rand_distr`; no type of theirs shows in a signature, so that
//! their next version is no breaking change of ours.
//!
//! What this crate does not do: cryptography.
//!
//! ```
//! use fenchel_random::Seed;
//!
//! let root = Seed::new(7);
//! let mut weights = root.derive("weights").stream();
//! let mut batches = root.derive("batches").stream();
//! let first: f64 = weights.random();
//! let _ = batches.random::<f64>(); // no effect on the stream of the weights
//! assert_eq!(first, root.derive("weights").stream().random::<f64>());
//! ```

mod draw;
mod seed;
mod stream;

pub use draw::{Interval, Ordered, Uniform};
pub use seed::Seed;
pub use stream::Stream;
