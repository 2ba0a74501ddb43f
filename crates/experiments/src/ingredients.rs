//! What experiments are made of, by name: data sets, models and losses, as settings and manifests spell them.

mod data;
mod losses;
mod models;

pub use data::{Data, check_data};
pub use losses::loss;
pub use models::{MODEL_NAMES, is_convolutional, model};
