//! The sandwich under other losses, each with its own lower and upper bound of the residual's norm.
//!
//! A cell trains a model under a loss and measures, every few steps, a fixed probe set under the same loss. Training in `f32`;
//! measurements in `f64`, with the `f32` parameters taken as exact.

mod cell;
mod claims;
mod digest;
mod figures;
mod summary;

use fenchel_harness::experiment::Summarise;
use fenchel_harness::{Cell, Claim, Context, Experiment, Failure, Profile};
use serde::{Deserialize, Serialize};

use crate::ingredients::{SandwichTally, StepLog, TrainingCase, TrainingSettings, check_data, words};

/// The experiment `losses`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Losses;

/// The record of a cell.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Record {
    /// The logs, in the order of the steps.
    pub logs: Vec<StepLog>,
    /// Why the training ended early, if a number was no longer finite.
    pub diverged: Option<String>,
    /// The share of the test samples classified rightly after training; NaN after a divergence.
    pub test_accuracy: f64,
    /// The sandwiches, sample by sample.
    pub sandwiches: SandwichTally,
}

impl Experiment for Losses {
    type Settings = TrainingSettings;
    type Case = TrainingCase;
    type Record = Record;

    const ID: &'static str = "losses";
    const TITLE: &'static str = "The sandwich under other losses";
    const PAPER: &'static str = "The bounds are not those of one loss: every loss whose residual is bounded from both sides by \
        the excess loss has its own lo and hi, and with them lo(‖∇l‖ / √λ_max) ≤ l − l_inf ≤ hi(‖∇l‖ / √λ_min) (ECS, section 5). \
        The papers run ‖f − y‖_{k}^{k} beside cross-entropy.";
    // 2: either bound of a sandwich by itself.
    const REVISION: u32 = 2;
    const CLAIMS: &'static [Claim] = claims::CLAIMS;
    const SUMMARISE: Summarise<Self::Settings, Self::Case, Self::Record> = summary::summarise;

    fn settings(&self, profile: Profile) -> TrainingSettings {
        let (quick, full) = (profile == Profile::Quick, profile == Profile::Full);
        TrainingSettings {
            datasets: words(&[if quick { "glyphs" } else { "mnist" }]),
            models: words(&[if quick { "a-1" } else { "a-3" }]),
            losses: words(&[
                "power:2",
                "power:3",
                "power:4",
                "power:5",
                "power:6",
                "logistic",
                "sparsemax",
                "entmax:1.5",
            ]),
            epochs: if full { 3 } else { 1 },
            steps: match profile {
                Profile::Quick => Some(150),
                Profile::Paper => Some(1000),
                Profile::Full => None,
            },
            batch: 32,
            rate: 0.01,
            momentum: 0.9,
            log_every: 5,
            probe: if quick { 16 } else { 64 },
            probe_convolutional: match profile {
                Profile::Quick => 8,
                Profile::Paper => 16,
                Profile::Full => 64,
            },
            window: 50,
            seeds: if full { (0..5).collect() } else { vec![0] },
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
