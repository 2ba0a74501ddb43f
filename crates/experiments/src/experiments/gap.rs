//! Which part of the gap between the two bounds is which: structure, the loss's own gap, averaging.
//!
//! A cell trains one model by SGD and decomposes, every few steps, the gap of each probe sample ([`Parts`]), and the gap of the
//! set's mean bounds, which is wider than the samples' by what averaging adds.

mod cell;
mod claims;
mod decomposition;
mod digest;
mod figures;
mod summary;

use fenchel_harness::experiment::Summarise;
use fenchel_harness::{Cell, Claim, Context, Experiment, Failure, Profile};
use serde::{Deserialize, Serialize};

use crate::ingredients::{SandwichTally, TrainingCase, TrainingSettings, check_data, words};

pub use decomposition::Parts;

/// The experiment `gap`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Gap;

/// The record of a cell.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Record {
    /// The number of outputs.
    pub classes: usize,
    /// The logs, in the order of the steps.
    pub logs: Vec<Log>,
    /// The share of the test samples classified rightly after training.
    pub test_accuracy: f64,
    /// The sandwiches, sample by sample.
    pub sandwiches: SandwichTally,
    /// Gaps decomposed, sample by sample: those with a finite upper bound.
    pub decomposed: usize,
    /// Gaps whose parts do not sum to them, by more than rounding.
    pub unequal: usize,
    /// Gaps with a part below 0, by more than round-off.
    pub unordered: usize,
    /// Gaps that differ from D by more than rounding; expected for every loss but the squared error.
    pub not_d: usize,
}

/// The gaps of the probe set at one step; natural logarithms, means over the samples with a finite upper bound.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Log {
    /// The number of optimiser steps taken before.
    pub step: usize,
    /// The mean excess loss over all samples.
    pub risk: f64,
    /// The share of samples with a finite upper bound.
    pub finite: f64,
    /// The parts of log(hi / lo).
    pub logarithmic: Parts,
    /// The parts of hi − lo, in nats or squared units.
    pub linear: Parts,
    /// D = log cond, on the sum-zero directions where the loss's residuals live there.
    pub d: f64,
    /// What averaging adds: log(mean hi / mean lo) less the mean of log(hi / lo).
    pub averaging: f64,
    /// log(mean hi / mean lo).
    pub set: f64,
}

impl Experiment for Gap {
    type Settings = TrainingSettings;
    type Case = TrainingCase;
    type Record = Record;

    const ID: &'static str = "gap";
    const TITLE: &'static str = "Which part of the gap between the bounds is which";
    const PAPER: &'static str = "The papers put the gap between the two bounds down to the structural error D = log λ_max − \
        log λ_min (ECS, section 5). The sandwich lo(‖∇l‖ / √λ_max) ≤ l − l_inf ≤ hi(‖∇l‖ / √λ_min) has two more sources: the \
        loss's own lower and upper bound differ, and the risk's bounds are means of the samples' bounds.";
    // 2: either bound of a sandwich by itself.
    const REVISION: u32 = 2;
    const CLAIMS: &'static [Claim] = claims::CLAIMS;
    const SUMMARISE: Summarise<Self::Settings, Self::Case, Self::Record> = summary::summarise;

    fn settings(&self, profile: Profile) -> TrainingSettings {
        let quick = profile == Profile::Quick;
        TrainingSettings {
            datasets: words(&[if quick { "glyphs" } else { "mnist" }]),
            models: match profile {
                Profile::Quick => words(&["c-2x64"]),
                Profile::Paper => words(&["c-2x64", "lenet5"]),
                Profile::Full => words(&["a-3", "b-3", "c-2x64", "d-2x64", "lenet5"]),
            },
            losses: words(&["ce", "squared"]),
            epochs: 3,
            steps: None,
            batch: 32,
            rate: 0.01,
            momentum: 0.9,
            log_every: match profile {
                Profile::Quick => 10,
                Profile::Paper => 20,
                Profile::Full => 10,
            },
            probe: if quick { 64 } else { 256 },
            probe_convolutional: 64,
            window: 50,
            seeds: profile.seeds(),
        }
    }

    fn plan(&self, settings: &TrainingSettings) -> Result<Vec<Cell<TrainingCase>>, Failure> {
        settings.cells(1.0)
    }

    fn find_inputs(settings: &TrainingSettings, context: &Context) -> Result<(), Failure> {
        check_data(&settings.datasets, context)
    }

    fn run(
        &self,
        settings: &TrainingSettings,
        case: &TrainingCase,
        context: &Context,
    ) -> Result<Record, Failure> {
        cell::run(settings, case, context)
    }
}
