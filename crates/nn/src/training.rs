//! Whole trainings: batches, observers, checkpoints, and what is said when a number is no longer finite.
//!
//! A [`Training`] takes batches from a [`BatchSource`], sets the rate by its schedule, steps a [`Trainer`](crate::Trainer), and shows every
//! moment to its [`Observer`]s. Observers look and never touch: they hold no random stream of the training and cannot change parameters, so a
//! training with observers has the bits of one without. A [`Checkpoints`] folder makes it resumable, bit for bit.
//!
//! | observer | what it does | cost |
//! |---|---|---|
//! | [`Evaluations`] | risk and accuracy on a set after every epoch, early stopping | one forward pass over the set an epoch |
//! | [`ProbeLog`] | the measurements of section 5 on a probe set every k steps | in `f64`, m + 2 backward passes over the set |
//! | [`InterferenceLog`](crate::measurement::InterferenceLog) | both sides of T8, smoothness along the step | in `f64`, two forward passes over the whole set, and a few over the batch, for each step that is measured |
//!
//! ```
//! use std::sync::Arc;
//! use fenchel_convexity::losses::SquaredError;
//! use fenchel_nn::models::{DenseChain, Model};
//! use fenchel_nn::optimisers::Sgd;
//! use fenchel_nn::training::{Samples, Training};
//! use fenchel_nn::{Schedule, Trainer};
//! use fenchel_random::Seed;
//! use ndarray::array;
//!
//! let tape = DenseChain::new(0, 0).tape(fenchel_tensor::Shape::vector(1), 1)?;
//! let trainer = Trainer::<f64>::new(tape, vec![0.0, 0.0], Arc::new(SquaredError), Box::new(Sgd::new(0.3, 0.0)?));
//! let inputs = array![[1.0], [-1.0], [2.0], [0.0]];
//! let samples = Samples::rows(inputs.clone(), 3.0 * &inputs, 2, Seed::new(0))?;
//! let mut training = Training::new(trainer, samples, Schedule::constant(), 200);
//! training.run()?;
//! assert!((training.trainer().parameters()[0] - 3.0).abs() < 1e-6);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod checkpoint;
mod configuration;
mod divergence;
mod evaluations;
mod observer;
mod probe_log;
mod run;
mod seal;
mod source;

pub use checkpoint::Checkpoints;
pub use divergence::{Cause, Divergence, Place};
pub use evaluations::{EarlyStopping, EpochRecord, Evaluations, Judge};
pub use observer::{Control, Moment, Observer};
pub(crate) use observer::{recall, remember};
pub use probe_log::{ProbeLog, ProbeRecord};
pub use run::{Outcome, Training};
pub use source::{BatchSource, BatchView, Samples};
