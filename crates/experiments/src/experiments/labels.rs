//! The control of `bounds`: the same trainings, measured under random wrong labels.
//!
//! T11 holds for any label, so the bounds must hold under wrong ones, too; but the bounds of a wrong label must say nothing about the true
//! risk. A cell trains on the true labels and measures, every few steps, a fixed probe set twice: under its labels, and
//! under labels that are all wrong, drawn once by the cell's seed.

mod cell;
mod claims;
mod digest;
mod figures;
mod summary;

use fenchel_harness::experiment::Summarise;
use fenchel_harness::{Cell, Claim, Context, Experiment, Failure, Profile};
use serde::{Deserialize, Serialize};

use crate::ingredients::{ProbeLog, SandwichTally, TrainingCase, TrainingSettings, check_data, words};

/// The experiment `labels`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Labels;

/// The record of a cell.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Record {
    /// The logs, in the order of the steps.
    pub logs: Vec<Log>,
    /// The share of the test samples classified rightly after training.
    pub test_accuracy: f64,
    /// The sandwiches under wrong labels.
    pub sandwiches: SandwichTally,
}

/// Everything measured at one step.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Log {
    /// The number of optimiser steps taken before.
    pub step: usize,
    /// The probe set under its labels.
    pub right: ProbeLog,
    /// The probe set under wrong labels.
    pub wrong: ProbeLog,
    /// The share of samples whose ‖∇l‖² is larger under the wrong label.
    pub larger: f64,
}

impl Experiment for Labels {
    type Settings = TrainingSettings;
    type Case = TrainingCase;
    type Record = Record;

    const ID: &'static str = "labels";
    const TITLE: &'static str = "The bounds under wrong labels";
    const PAPER: &'static str = "The papers show the risk between bounds along training and read their correlation as the \
        theory at work. They show no control. The sandwich lo(‖∇l‖ / √λ_max) ≤ l − l_inf ≤ hi(‖∇l‖ / √λ_min) holds for any \
        label; evaluated under random wrong labels it must still hold, and must lose its hold on the true risk.";
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
                Profile::Quick => 5,
                Profile::Paper => 25,
                Profile::Full => 10,
            },
            probe: if quick { 64 } else { 256 },
            probe_convolutional: 64,
            window: 50,
            seeds: profile.seeds(),
        }
    }

    fn plan(&self, settings: &TrainingSettings) -> Result<Vec<Cell<TrainingCase>>, Failure> {
        // Each log measures the probe set under right and under wrong labels.
        settings.cells(2.0)
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
