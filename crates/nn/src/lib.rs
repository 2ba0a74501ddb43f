//! Models, initialisers, optimisers, and the measurements between which the empirical risk runs.
//!
//! | idea | where |
//! |---|---|
//! | networks as plain structs that list their layers | [`models`] |
//! | networks as lists and graphs of layers in TOML, printed as tables | [`description`] |
//! | random and degenerate starts | [`Initialiser`] |
//! | losses over batches, by name, with label smoothing | [`losses`] |
//! | SGD and its relatives on the flat parameter vector | [`optimisers`], [`Schedule`] |
//! | one training step, a data set's risk and accuracy | [`Trainer`] |
//! | parameters and other arrays in files, safetensors and npz | [`weights`] |
//! | whole trainings with observers and checkpoints | [`training`] |
//! | local gradient norm, structural matrix, structural error, sandwich | [`measurement`] |
//! | instances of proxy convexity on networks | [`proxy`] |
//!
//! Losses are those of `fenchel-convexity`, evaluated row by row in `f64` on the outputs of the tape, so that training, bounds
//! and theory share one definition.
//!
//! What this crate does not do: it reads no data set and prints nothing; files it touches only where they are named to it.

pub mod description;
pub mod losses;
pub mod measurement;
pub mod models;
pub mod optimisers;
pub mod proxy;
pub mod training;
pub mod weights;

mod error;
mod initialise;
mod schedules;
mod targets;
mod trainer;

pub use error::NnError;
pub use initialise::Initialiser;
pub use schedules::Schedule;
pub use targets::one_hot;
pub use trainer::{Evaluation, Trainer, evaluate, evaluate_batch};
