//! What experiments are made of: data sets, models, losses, optimisers and starts by name, as settings and manifests spell
//! them, and the training along which a probe set is measured.

mod data;
mod initialisers;
mod losses;
mod models;
mod optimisers;
mod probe_log;
mod probe_set;
mod training_run;

pub use data::{Data, check_data};
pub use initialisers::initialiser;
pub use losses::{file_safe, loss};
pub use models::{MODEL_NAMES, is_convolutional, model};
pub use optimisers::{OPTIMISER_NAMES, optimiser, schedule};
pub use probe_log::{ProbeLog, SampleLog};
pub use probe_set::{ProbeSet, SandwichTally, widened};
pub use training_run::{Trained, TrainingRun, steps_of};
