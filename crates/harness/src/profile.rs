//! How large a run is: `quick`, `paper` or `full`.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The three sizes in which every experiment knows how to run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// Embedded data, no network, about two minutes on two cores: a small-scale version of every claim.
    #[default]
    Quick,
    /// The papers' data sets and settings, at most about three hours on two cores.
    Paper,
    /// Every setting and every seed, sized for a cluster or a weekend.
    Full,
}

impl Profile {
    /// The seeds of an experiment whose cells are replicates: three or five.
    #[must_use]
    pub fn seeds(self) -> Vec<u64> {
        let count = match self {
            Self::Quick => 3,
            Self::Paper => 3,
            Self::Full => 5,
        };
        (0..count).collect()
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Quick => "quick",
            Self::Paper => "paper",
            Self::Full => "full",
        })
    }
}
