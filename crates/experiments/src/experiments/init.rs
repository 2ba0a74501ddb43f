//! Random against degenerate starts: what the structural matrix at the start says about the training that follows (T17).
//!
//! A cell draws the parameters of a dense chain by one rule, measures the structural matrices `A` of a probe set and what is left of
//! them without the head's part, `B`, and trains a few hundred steps. The head's part is a multiple of the identity
//! (T12), so it hides in A what B shows.

mod cell;
mod claims;
mod digest;
mod figures;
mod start;
mod summary;

use fenchel_harness::cost::Work;
use fenchel_harness::experiment::Summarise;
use fenchel_harness::{Cell, Claim, Context, Experiment, Failure, Profile};
use serde::{Deserialize, Serialize};

use crate::ingredients::{
    SandwichTally, StepLog, at_least_one, check_chain, check_data, check_samples, file_safe, initialiser,
    loss, samples, words,
};

pub use start::Start;

/// The experiment `init`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Init;

/// The settings of `init`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Settings {
    /// The data sets: `glyphs`, `mnist`, `fashion-mnist`, `cifar-10`.
    pub datasets: Vec<String>,
    /// The starts by name: `kaiming`, `gaussian:0.01`, `equal:0.1`, `equal-weights:0.1`, `zeros`.
    pub starts: Vec<String>,
    /// The numbers of hidden layers.
    pub depths: Vec<usize>,
    /// The units of a hidden layer.
    pub width: usize,
    /// The loss by name.
    pub loss: String,
    /// Optimiser steps.
    pub steps: usize,
    /// Samples a batch.
    pub batch: usize,
    /// The learning rate of SGD.
    pub rate: f64,
    /// The momentum of SGD.
    pub momentum: f64,
    /// Steps from one log to the next.
    pub log_every: usize,
    /// Samples in the probe set.
    pub probe: usize,
    /// The seeds: each draws its own weights, batches and probe set.
    pub seeds: Vec<u64>,
}

/// What distinguishes the cells of `init`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// The data set.
    pub dataset: String,
    /// The start by name.
    pub start: String,
    /// The number of hidden layers.
    pub depth: usize,
    /// The seed.
    pub seed: u64,
}

/// The record of a cell.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Record {
    /// The structure at the start.
    pub start: Start,
    /// The logs of the training, in the order of the steps.
    pub logs: Vec<StepLog>,
    /// Why the training ended early, if a number was no longer finite.
    pub diverged: Option<String>,
    /// How far the units of a hidden layer lie from its first one at the end, over the layer's largest weight. Exact arithmetic keeps
    /// equal units equal; a back end whose products round them differently parts them.
    pub asymmetry: f64,
    /// The share of the test samples classified rightly after training; NaN after a divergence.
    pub test_accuracy: f64,
    /// The sandwiches, sample by sample.
    pub sandwiches: SandwichTally,
}

impl Experiment for Init {
    type Settings = Settings;
    type Case = Case;
    type Record = Record;

    const ID: &'static str = "init";
    const TITLE: &'static str = "Random against degenerate starts";
    const PAPER: &'static str = "Random initialisation keeps the structural error D = log λ_max − log λ_min small, which is said \
        to be why networks are started at random: zeros and equal weights make the structural matrix degenerate (ECS, \
        section 5).";
    // 2: with the asymmetry of the units. 3: training in f64. 4: either bound of a sandwich by itself.
    const REVISION: u32 = 4;
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
            starts: words(&[
                "kaiming",
                "xavier",
                "orthogonal",
                "lecun",
                "gaussian:0.0001",
                "gaussian:0.01",
                "gaussian:0.3",
                "gaussian:1",
                "equal:0.001",
                "equal:0.01",
                "equal:0.1",
                "equal-weights:0.001",
                "equal-weights:0.01",
                "equal-weights:0.1",
                "zeros",
            ]),
            depths: vec![1, 3],
            width: 64,
            loss: "ce".into(),
            steps: 600,
            batch: 32,
            rate: 0.01,
            momentum: 0.9,
            log_every: 20,
            probe: if quick { 64 } else { 256 },
            seeds: profile.seeds(),
        }
    }

    fn plan(&self, settings: &Settings) -> Result<Vec<Cell<Case>>, Failure> {
        settings.check()?;
        let mut cells = Vec::new();
        for dataset in &settings.datasets {
            for start in &settings.starts {
                for &depth in &settings.depths {
                    for &seed in &settings.seeds {
                        let case = Case { dataset: dataset.clone(), start: start.clone(), depth, seed };
                        let id = format!("{dataset}-{}-depth{depth}-seed{seed}", file_safe(start));
                        cells.push(Cell { id, work: settings.work(&case), case });
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

impl Settings {
    fn check(&self) -> Result<(), Failure> {
        if self.depths.is_empty() {
            return Err("`depths` is empty; name at least one".into());
        }
        at_least_one(&[
            ("depths", self.depths.iter().copied().min().unwrap_or(0)),
            ("width", self.width),
            ("steps", self.steps),
            ("batch", self.batch),
            ("log_every", self.log_every),
            ("probe", self.probe),
        ])?;
        check_samples(&self.datasets, &[("probe", self.probe), ("batch", self.batch)])?;
        self.depths.iter().try_for_each(|&depth| check_chain(depth, self.width))?;
        loss(&self.loss)?;
        self.starts.iter().try_for_each(|name| initialiser(name).map(|_| ()))?;
        fenchel_nn::optimisers::Sgd::<f64>::new(self.rate, self.momentum)?;
        Ok(())
    }

    fn work(&self, case: &Case) -> Work {
        let logs = (self.steps / self.log_every + 2) as f64;
        // Trainings in f64 take twice the time.
        let trained = 2.0 * (self.steps * self.batch) as f64;
        let model = format!("c-{}x{}", case.depth, self.width);
        samples(&model, &case.dataset, trained, logs * self.probe as f64)
    }
}
