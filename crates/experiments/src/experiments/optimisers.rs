//! The sandwich under other optimisers and schedules: a statement about parameters, however they were reached.
//!
//! A cell trains a model with one optimiser under one schedule and measures, every few steps, a fixed probe set.

mod cell;
mod claims;
mod digest;
mod figures;
mod summary;

use fenchel_harness::cost::Work;
use fenchel_harness::experiment::Summarise;
use fenchel_harness::{Cell, Claim, Context, Experiment, Failure, Profile};
use serde::{Deserialize, Serialize};

use crate::ingredients::{
    SandwichTally, StepLog, at_least_one, check_data, check_samples, check_window, file_safe,
    is_convolutional, loss, model, optimiser, samples, schedule, words,
};

/// The experiment `optimisers`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Optimisers;

/// The settings of `optimisers`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Settings {
    /// The data sets: `glyphs`, `mnist`, `fashion-mnist`, `cifar-10`.
    pub datasets: Vec<String>,
    /// The models.
    pub models: Vec<String>,
    /// The losses by name.
    pub losses: Vec<String>,
    /// The optimisers with their rates: `sgd:0.1`, `adam:0.0001`, `rmsprop:0.0001`, `generalised:1.5:inf:RATE`.
    pub optimisers: Vec<String>,
    /// The schedules: `constant`, `step`, `cosine`.
    pub schedules: Vec<String>,
    /// Optimiser steps.
    pub steps: usize,
    /// Samples a batch.
    pub batch: usize,
    /// Steps from one log to the next.
    pub log_every: usize,
    /// Samples in the probe set of a dense model.
    pub probe: usize,
    /// Samples in the probe set of a convolutional model.
    pub probe_convolutional: usize,
    /// Logs in a window of the local correlations.
    pub window: usize,
    /// The seeds: each draws its own weights, batches and probe set.
    pub seeds: Vec<u64>,
}

/// What distinguishes the cells of `optimisers`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// The data set.
    pub dataset: String,
    /// The model.
    pub model: String,
    /// The loss.
    pub loss: String,
    /// The optimiser with its rate.
    pub optimiser: String,
    /// The schedule.
    pub schedule: String,
    /// The seed.
    pub seed: u64,
}

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

impl Experiment for Optimisers {
    type Settings = Settings;
    type Case = Case;
    type Record = Record;

    const ID: &'static str = "optimisers";
    const TITLE: &'static str = "The sandwich under other optimisers and schedules";
    const PAPER: &'static str = "The bounds hold at every parameter, so they hold along the path of any optimiser: lo(‖∇l‖ / √λ_max) \
        ≤ l − l_inf ≤ hi(‖∇l‖ / √λ_min) (ECS, section 5). The papers train by SGD; SGD, Adam, RMSprop and generalised SGD \
        under decaying rates must show the same.";
    // 2: either bound of a sandwich by itself.
    const REVISION: u32 = 2;
    const CLAIMS: &'static [Claim] = claims::CLAIMS;
    const SUMMARISE: Summarise<Self::Settings, Self::Case, Self::Record> = summary::summarise;

    fn settings(&self, profile: Profile) -> Settings {
        let quick = profile == Profile::Quick;
        Settings {
            datasets: match profile {
                Profile::Quick => words(&["glyphs"]),
                Profile::Paper => words(&["mnist"]),
                Profile::Full => words(&["mnist", "fashion-mnist"]),
            },
            models: if profile == Profile::Full { words(&["c-2x64", "lenet5"]) } else { words(&["c-2x64"]) },
            losses: if profile == Profile::Full { words(&["ce", "squared"]) } else { words(&["ce"]) },
            // The dual step of r = 1.5 is as long as the gradient's square: ‖g‖ g in l_2, ‖g‖_1² sign g in l_inf, so its rates are small.
            optimisers: words(&[
                "sgd:0.1",
                "adam:0.0001",
                "rmsprop:0.0001",
                "generalised:1.5:2:0.03",
                "generalised:1.5:inf:0.000000003",
            ]),
            schedules: words(&["step", "cosine"]),
            steps: if quick { 750 } else { 5625 },
            batch: 32,
            log_every: if quick { 10 } else { 25 },
            probe: if quick { 32 } else { 256 },
            probe_convolutional: 64,
            window: if quick { 20 } else { 50 },
            seeds: profile.seeds(),
        }
    }

    fn plan(&self, settings: &Settings) -> Result<Vec<Cell<Case>>, Failure> {
        settings.check()?;
        let mut cells = Vec::new();
        for dataset in &settings.datasets {
            for model in &settings.models {
                for loss in &settings.losses {
                    for optimiser in &settings.optimisers {
                        for schedule in &settings.schedules {
                            for &seed in &settings.seeds {
                                let case = Case {
                                    dataset: dataset.clone(),
                                    model: model.clone(),
                                    loss: loss.clone(),
                                    optimiser: optimiser.clone(),
                                    schedule: schedule.clone(),
                                    seed,
                                };
                                let id = format!("{}-seed{seed}", file_safe(&case.group()));
                                cells.push(Cell { id, work: settings.work(&case), case });
                            }
                        }
                    }
                }
            }
        }
        Ok(cells)
    }

    fn find_inputs(settings: &Settings, context: &Context) -> Result<(), Failure> {
        check_data(&settings.datasets, context)
    }

    fn run(&self, settings: &Settings, case: &Case, context: &Context) -> Result<Record, Failure> {
        cell::run(settings, case, context)
    }
}

impl Case {
    /// The cell's group: everything but the seed.
    #[must_use]
    pub fn group(&self) -> String {
        format!("{} {} {} {} {}", self.dataset, self.model, self.loss, self.optimiser, self.schedule)
    }
}

impl Settings {
    fn check(&self) -> Result<(), Failure> {
        at_least_one(&[
            ("steps", self.steps),
            ("batch", self.batch),
            ("log_every", self.log_every),
            ("probe", self.probe),
            ("probe_convolutional", self.probe_convolutional),
        ])?;
        check_window(self.window)?;
        check_samples(
            &self.datasets,
            &[
                ("batch", self.batch),
                ("probe", self.probe),
                ("probe_convolutional", self.probe_convolutional),
            ],
        )?;
        self.models.iter().try_for_each(|name| model(name).map(|_| ()))?;
        self.losses.iter().try_for_each(|name| loss(name).map(|_| ()))?;
        self.optimisers.iter().try_for_each(|name| optimiser(name).map(|_| ()))?;
        self.schedules.iter().try_for_each(|name| schedule(name, self.steps).map(|_| ()))
    }

    /// The samples in a model's probe set.
    fn probe_size(&self, model: &str) -> usize {
        if is_convolutional(model) { self.probe_convolutional } else { self.probe }
    }

    fn work(&self, case: &Case) -> Work {
        let logs = (self.steps / self.log_every + 1) as f64;
        let measured = logs * self.probe_size(&case.model) as f64;
        samples(&case.model, &case.dataset, (self.steps * self.batch) as f64, measured)
    }
}
