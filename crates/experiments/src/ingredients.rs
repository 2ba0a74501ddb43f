//! What experiments are made of: data sets, models, losses, optimisers and starts by name, as settings and manifests spell
//! them, and the training along which a probe set is measured.

mod claims;
mod data;
mod figures;
mod grid;
mod initialisers;
mod limits;
mod losses;
mod models;
mod optimisers;
mod probe_log;
mod probe_set;
mod probed_training;
mod sandwiches;
mod tally;
mod training_run;
mod training_settings;
mod work;

pub use claims::{LOWER_BOUNDS, SANDWICH, UPPER_BOUNDS, sandwiches, sandwiches_in_words};
pub use data::{Data, DataFolder, check_data, training_samples};
pub use figures::{loss_title, risk_between_bounds};
pub use grid::{at_least_one, check_window, words};
pub use initialisers::{Start, drawn, initialiser};
pub use limits::{at_most, check_chain, check_samples};
pub use losses::{file_safe, loss};
pub use models::{MODEL_NAMES, is_convolutional, model};
pub use optimisers::{OPTIMISER_NAMES, optimiser, schedule};
pub use probe_log::{ProbeLog, SampleLog};
pub use probe_set::{ProbeSet, widened};
pub use probed_training::{BoundCorrelations, ProbedTraining, StepLog};
pub use sandwiches::SandwichTally;
pub use tally::Tally;
pub use training_run::{Trained, TrainingRun, steps_of};
pub use training_settings::{Prepared, TrainingCase, TrainingSettings};
pub use work::samples;
