//! `fenchel list`: the experiments and their settings.

use clap::Args;
use fenchel_experiments::REGISTRY;
use fenchel_harness::Profile;

use crate::voice::say;

#[derive(Debug, Args)]
pub(crate) struct ListOptions {
    /// Whose settings to show.
    #[arg(long, value_enum, default_value_t)]
    profile: Profile,
}

/// Carries the command out.
pub(crate) fn run(options: &ListOptions) {
    for experiment in REGISTRY.experiments {
        say!("{}: {}", experiment.id(), experiment.title());
        let settings = experiment.default_settings(options.profile);
        for (key, value) in settings.as_object().into_iter().flatten() {
            say!("    {}.{key} = {value}", experiment.id());
        }
    }
}
