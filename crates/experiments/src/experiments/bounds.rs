//! The empirical risk between its two bounds along training: theorems T10 and T11 on real networks.
//!
//! A cell trains one model by SGD and measures, every few steps, a fixed *probe set* and one *fresh* training sample:
//! excess loss, local gradient norm, structural matrix, sandwich. Training is in `f32`; measurements are in `f64`, with the
//! `f32` parameters taken as exact, so that round-off (about 1e-11) and a violation cannot be taken for each other.

mod cell;
mod claims;
mod digest;
mod figures;
mod record;
mod summary;

use fenchel_harness::cost::Work;
use fenchel_harness::experiment::Summarise;
use fenchel_harness::{Cell, Claim, Context, Experiment, Failure, Profile};
use serde::{Deserialize, Serialize};

use crate::ingredients::{
    at_least_one, check_data, check_samples, check_window, is_convolutional, loss, model, samples,
    training_samples, words,
};

pub use record::Record;

/// The experiment `bounds`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bounds;

/// The settings of `bounds`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Settings {
    /// The data sets: `glyphs`, `mnist`, `fashion-mnist`, `cifar-10`.
    pub datasets: Vec<String>,
    /// The models on sets of 28 by 28: `a-3`, `b-3`, `c-2x64`, `d-2x64`, `lenet5`.
    pub models: Vec<String>,
    /// The models on `cifar-10`, all without batch statistics: `lenet5`, `resnet-2-gn8`.
    pub models_cifar: Vec<String>,
    /// The losses: `ce`, `squared`.
    pub losses: Vec<String>,
    /// Passes over the training set.
    pub epochs: u64,
    /// Samples a batch.
    pub batch: usize,
    /// The learning rate of SGD.
    pub rate: f64,
    /// The momentum of SGD.
    pub momentum: f64,
    /// Steps from one log to the next.
    pub log_every: usize,
    /// Samples in the probe set of a dense model.
    pub probe: usize,
    /// Samples in the probe set of a convolutional model, whose structural matrices cost more.
    pub probe_convolutional: usize,
    /// Passes over the training set of a residual network, whose step costs a hundred times that of LeNet-5.
    pub residual_epochs: u64,
    /// Steps from one log of a residual network to the next.
    pub residual_log_every: usize,
    /// Samples in the probe set of a residual network.
    pub residual_probe: usize,
    /// Logs in a window of the local correlations.
    pub window: usize,
    /// The seeds: each draws its own weights, batches, probe set and fresh samples.
    pub seeds: Vec<u64>,
}

/// What distinguishes the cells of `bounds`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// The data set.
    pub dataset: String,
    /// The model.
    pub model: String,
    /// The loss.
    pub loss: String,
    /// The seed.
    pub seed: u64,
}

impl Case {
    /// The cell's group: everything but the seed.
    #[must_use]
    pub fn group(&self) -> String {
        format!("{} {} {}", self.dataset, self.model, self.loss)
    }
}

impl Experiment for Bounds {
    type Settings = Settings;
    type Case = Case;
    type Record = Record;

    const ID: &'static str = "bounds";
    const TITLE: &'static str = "The empirical risk between its bounds";
    const PAPER: &'static str = "Along training the empirical risk stays between two bounds made of the local gradient \
        norm ‖∇l‖² and the extreme eigenvalues of the structural matrix A_x = J_x J_x', and follows them closely (ECS, \
        section 5): lo(‖∇l‖ / √λ_max) ≤ l − l_inf ≤ hi(‖∇l‖ / √λ_min). The papers show single samples, the constant-free \
        bounds log ‖∇l‖² − log λ, and their local Pearson correlation with the risk.";
    // 2: either bound of a sandwich by itself.
    const REVISION: u32 = 2;
    const CLAIMS: &'static [Claim] = claims::CLAIMS;
    const SUMMARISE: Summarise<Self::Settings, Self::Case, Self::Record> = summary::summarise;

    fn settings(&self, profile: Profile) -> Settings {
        let quick = profile == Profile::Quick;
        Settings {
            datasets: match profile {
                Profile::Quick => words(&["glyphs"]),
                Profile::Paper | Profile::Full => words(&["mnist", "fashion-mnist", "cifar-10"]),
            },
            models: if quick {
                words(&["c-2x64", "lenet5"])
            } else {
                words(&["a-3", "b-3", "c-2x64", "d-2x64", "lenet5"])
            },
            models_cifar: words(&["lenet5", "resnet-2-gn8"]),
            losses: words(&["ce", "squared"]),
            epochs: 3,
            batch: 32,
            rate: 0.01,
            momentum: 0.9,
            log_every: if quick { 5 } else { 10 },
            // Dense models make up in samples what the costly ones leave out.
            probe: if quick { 256 } else { 768 },
            probe_convolutional: 64,
            residual_epochs: if profile == Profile::Full { 3 } else { 1 },
            residual_log_every: 7,
            residual_probe: if profile == Profile::Full { 64 } else { 16 },
            window: 50,
            seeds: profile.seeds(),
        }
    }

    fn plan(&self, settings: &Settings) -> Result<Vec<Cell<Case>>, Failure> {
        settings.check()?;
        let mut cells = Vec::new();
        for dataset in &settings.datasets {
            let models = if dataset == "cifar-10" { &settings.models_cifar } else { &settings.models };
            for name in models {
                for loss_name in &settings.losses {
                    model(name)?;
                    loss(loss_name)?;
                    for &seed in &settings.seeds {
                        let case = Case {
                            dataset: dataset.clone(),
                            model: name.clone(),
                            loss: loss_name.clone(),
                            seed,
                        };
                        let id = format!("{dataset}-{name}-{loss_name}-seed{seed}");
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
        at_least_one(&[
            ("epochs", self.epochs as usize),
            ("batch", self.batch),
            ("log_every", self.log_every),
            ("probe", self.probe),
            ("probe_convolutional", self.probe_convolutional),
            ("residual_epochs", self.residual_epochs as usize),
            ("residual_log_every", self.residual_log_every),
            ("residual_probe", self.residual_probe),
        ])?;
        check_window(self.window)?;
        check_samples(
            &self.datasets,
            &[
                ("batch", self.batch),
                ("probe", self.probe),
                ("probe_convolutional", self.probe_convolutional),
                ("residual_probe", self.residual_probe),
            ],
        )?;
        // The optimiser knows what its settings may be.
        fenchel_nn::optimisers::Sgd::<f32>::new(self.rate, self.momentum)?;
        Ok(())
    }

    /// How long a model is trained and how closely it is watched.
    fn extent(&self, model: &str) -> Extent {
        let (epochs, log_every) = (self.epochs, self.log_every);
        if model.starts_with("resnet") {
            let (epochs, log_every) = (self.residual_epochs, self.residual_log_every);
            Extent { epochs, log_every, probe: self.residual_probe }
        } else if is_convolutional(model) {
            Extent { epochs, log_every, probe: self.probe_convolutional }
        } else {
            Extent { epochs, log_every, probe: self.probe }
        }
    }

    fn work(&self, case: &Case) -> Work {
        let Extent { epochs, log_every, probe } = self.extent(&case.model);
        let trained = training_samples(&case.dataset) * epochs as f64;
        let logs = trained / (self.batch * log_every) as f64;
        samples(&case.model, &case.dataset, trained, logs * (probe + 2) as f64)
    }
}

/// How long a model is trained and how closely it is watched.
#[derive(Clone, Copy, Debug)]
struct Extent {
    epochs: u64,
    log_every: usize,
    probe: usize,
}
