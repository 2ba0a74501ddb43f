//! Which experiments, data, seeds and settings: the options that `reproduce` and `prepare` have in common.

use clap::Args;
use clap::error::ErrorKind;
use fenchel_experiments::ingredients::DataFolder;
use fenchel_harness::run::Request;
use fenchel_harness::{Profile, settings};
use serde_json::json;
use std::path::PathBuf;

/// What is to be run.
#[derive(Debug, Args)]
pub(crate) struct Selection {
    /// How large: embedded data and minutes, the papers' settings and hours, or everything [default: quick].
    #[arg(long, value_enum)]
    profile: Option<Profile>,
    /// The folder of the data files (otherwise FENCHEL_DATA_DIR, then the platform's cache folder).
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Only these experiments (repeat, or part by commas).
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    only: Vec<String>,
    /// Only these data sets (repeat, or part by commas).
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    dataset: Vec<String>,
    /// The seeds, such as 0,1,2 or 0..5.
    #[arg(long, value_name = "SEEDS")]
    seeds: Option<String>,
    /// Change a setting, such as gd.iterations=400 (repeat; `fenchel list` shows them).
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Throw away the finished cells of the chosen experiments first.
    #[arg(long)]
    fresh: bool,
    /// Take cells that other code computed as they are, instead of running them again.
    #[arg(long, conflicts_with = "fresh")]
    keep: bool,
}

impl Selection {
    /// The request for a folder; ends the program where the seeds cannot be read.
    pub(crate) fn request(&self, out: Option<PathBuf>, threads: Option<usize>) -> Request {
        let seeds = self.seeds.as_deref().map(|text| {
            settings::seeds(text).unwrap_or_else(|reason| {
                clap::Error::raw(ErrorKind::InvalidValue, format!("--seeds: {reason}\n")).exit()
            })
        });
        let seeds = seeds.map(|seeds| ("seeds", json!(seeds)));
        let datasets = (!self.dataset.is_empty()).then(|| ("datasets", json!(self.dataset)));
        Request {
            profile: self.profile,
            only: self.only.clone(),
            choices: seeds.into_iter().chain(datasets).collect(),
            set: self.set.clone(),
            given: DataFolder::given(self.data_dir.as_deref()),
            out,
            threads,
            fresh: self.fresh,
            keep: self.keep,
        }
    }
}
