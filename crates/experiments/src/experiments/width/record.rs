//! What a cell of `width` measures. D is in nats, as in T15.

use serde::{Deserialize, Serialize};

use crate::ingredients::{SandwichTally, Tally};

/// The record of a cell.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Record {
    /// Of networks.
    Network(Network),
    /// Of rows from the ball model.
    Rows(Rows),
}

/// Networks of all widths.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Network {
    /// One entry a width, in the order of the settings.
    pub widths: Vec<Width>,
    /// The sandwiches, sample by sample.
    pub sandwiches: SandwichTally,
}

/// One network.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Width {
    /// The units of the hidden layer.
    pub width: usize,
    /// The number n of parameters.
    pub parameters: usize,
    /// The number m of outputs.
    pub outputs: usize,
    /// The mean loss over the probe set.
    pub risk: f64,
    /// D of the samples.
    pub d: Spread,
    /// The effective dimension of the rows.
    pub effective_dimension: Spread,
    /// The shortest row's norm over the longest's.
    pub evenness: Spread,
    /// The largest |cos| of two rows.
    pub largest_cosine: Spread,
    /// The samples on which T15 with n_eff for n is not vacuous, and those whose D does not lie below it.
    pub effective: Tally,
    /// The bound for a hidden layer, one entry a reach; none at a start whose head is not Gaussian.
    pub hidden: Vec<Hidden>,
}

/// Median and extremes over samples.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// The smallest.
    pub least: f64,
    /// The median.
    pub median: f64,
    /// The largest.
    pub most: f64,
}

/// The bound for one hidden layer with this reach.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Hidden {
    /// w.
    pub reach: f64,
    /// The median of the bound over samples.
    pub bound: f64,
    /// The samples.
    pub samples: usize,
    /// Those whose D is at most the bound.
    pub held: usize,
}

/// Rows drawn from the ball model.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Rows {
    /// How often rows were drawn.
    pub draws: usize,
    /// Draws on which the event of T15 happened.
    pub in_event: usize,
    /// The bounds of T15 on the event.
    pub on_event: Tally,
    /// Draws on which GCS's bound on λ_min was refuted.
    pub printed_least_refuted: usize,
    /// Draws on which GCS's bound on D was refuted.
    pub printed_spread_refuted: usize,
    /// D of the draws.
    pub d: Spread,
}

impl Spread {
    /// Of these values.
    ///
    /// # Errors
    /// If there is none, or one is NaN.
    pub fn of(values: &[f64]) -> fenchel_harness::error::Result<Self> {
        Ok(Self {
            median: fenchel_harness::statistics::median(values)?,
            least: values.iter().copied().fold(f64::INFINITY, f64::min),
            most: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        })
    }
}
