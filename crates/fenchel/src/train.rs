//! `fenchel train`: trains a model on a data set, with checkpoints, and writes what came out.
//!
//! ```text
//! OUT/training.json                settings, data, machine-independent results: the same bits for the same settings
//! OUT/timings.json                 seconds, machine and threads of every session
//! OUT/weights.safetensors          the trained parameters, by layer path
//! OUT/checkpoints/step-.../        what a killed training goes on from
//! OUT/lock                         held while a process is at work
//! ```

mod error;
mod run;
mod sessions;
mod settings;
mod source;

pub use error::TrainError;
pub use run::{Event, Trained, train};
pub use settings::{INITIALISERS, OPTIMISERS, SCHEDULES, Settings};
