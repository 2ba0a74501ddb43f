//! The settings of the experiments that train models under losses by SGD with momentum and measure a probe set.

use std::sync::Arc;

use fenchel_harness::cost::Work;
use fenchel_harness::{Cell, Context, Failure};
use fenchel_nn::optimisers::Sgd;
use fenchel_nn::{Initialiser, Schedule};
use fenchel_random::Seed;
use fenchel_tensor::Tape;
use serde::{Deserialize, Serialize};

use super::{
    Data, ProbeSet, TrainingRun, at_least_one, check_samples, check_window, file_safe, is_convolutional,
    loss, model, samples, steps_of, training_samples,
};

/// The grid of trainings, and what is logged along them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TrainingSettings {
    /// The data sets: `glyphs`, `mnist`, `fashion-mnist`, `cifar-10`.
    pub datasets: Vec<String>,
    /// The models: `a-3`, `b-3`, `c-2x64`, `d-2x64`, `lenet5`.
    pub models: Vec<String>,
    /// The losses by name.
    pub losses: Vec<String>,
    /// Passes over the training set.
    pub epochs: u64,
    /// Optimiser steps, if fewer than the passes have.
    pub steps: Option<usize>,
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
    /// Logs in a window of the local correlations.
    pub window: usize,
    /// The seeds: each draws its own weights, batches and probe set.
    pub seeds: Vec<u64>,
}

/// What distinguishes the cells of such an experiment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrainingCase {
    /// The data set.
    pub dataset: String,
    /// The model.
    pub model: String,
    /// The loss.
    pub loss: String,
    /// The seed.
    pub seed: u64,
}

/// A cell's inputs, loaded and drawn.
#[derive(Debug)]
pub struct Prepared {
    /// The data set.
    pub data: Arc<Data>,
    /// The model.
    pub tape: Arc<Tape>,
    /// The probe set.
    pub set: ProbeSet,
    /// The cell's seed within its experiment.
    pub seed: Seed,
}

impl TrainingCase {
    /// The cell's group: everything but the seed.
    #[must_use]
    pub fn group(&self) -> String {
        format!("{} {} {}", self.dataset, self.model, self.loss)
    }
}

impl TrainingSettings {
    /// The cells of the grid; `measurements` is how often each log measures the probe set.
    ///
    /// # Errors
    /// For settings that make no sense, by name.
    pub fn cells(&self, measurements: f64) -> Result<Vec<Cell<TrainingCase>>, Failure> {
        self.check()?;
        let mut cells = Vec::new();
        for dataset in &self.datasets {
            for name in &self.models {
                for loss_name in &self.losses {
                    model(name)?;
                    loss(loss_name)?;
                    for &seed in &self.seeds {
                        let case = TrainingCase {
                            dataset: dataset.clone(),
                            model: name.clone(),
                            loss: loss_name.clone(),
                            seed,
                        };
                        let id = format!("{}-seed{seed}", file_safe(&case.group()));
                        cells.push(Cell { id, work: self.work(&case, measurements), case });
                    }
                }
            }
        }
        Ok(cells)
    }

    fn check(&self) -> Result<(), Failure> {
        at_least_one(&[
            ("epochs", self.epochs as usize),
            ("steps", self.steps.unwrap_or(1)),
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
        // The optimiser knows what its settings may be.
        Sgd::<f32>::new(self.rate, self.momentum)?;
        Ok(())
    }

    /// The samples in a model's probe set.
    #[must_use]
    pub fn probe_size(&self, model: &str) -> usize {
        if is_convolutional(model) { self.probe_convolutional } else { self.probe }
    }

    /// Loads and draws what a cell of `experiment` starts from.
    ///
    /// # Errors
    /// For a missing data set, or a model that does not fit it.
    pub fn prepare(
        &self,
        experiment: &str,
        case: &TrainingCase,
        context: &Context,
    ) -> Result<Prepared, Failure> {
        let data = Data::shared(&case.dataset, context)?;
        let seed = Seed::new(case.seed).derive(experiment);
        let tape = model(&case.model)?.tape(data.shape(), data.classes())?;
        let set = ProbeSet::draw(&data, self.probe_size(&case.model), seed)?;
        Ok(Prepared { data, tape, set, seed })
    }

    /// The training of a cell.
    ///
    /// # Errors
    /// For an unknown loss.
    pub fn training<'a>(
        &self,
        case: &TrainingCase,
        prepared: &'a Prepared,
    ) -> Result<TrainingRun<'a>, Failure> {
        let steps = steps_of(&prepared.data, self.batch, self.epochs);
        Ok(TrainingRun {
            data: &prepared.data,
            tape: prepared.tape.clone(),
            loss: loss(&case.loss)?,
            initialiser: Initialiser::FanInUniform,
            optimiser: Box::new(Sgd::new(self.rate, self.momentum)?),
            schedule: Schedule::constant(),
            batch: self.batch,
            steps: self.steps.map_or(steps, |most| most.min(steps)),
            log_every: self.log_every,
            seed: prepared.seed,
        })
    }

    fn work(&self, case: &TrainingCase, measurements: f64) -> Work {
        let set = training_samples(&case.dataset) * self.epochs as f64;
        let trained = self.steps.map_or(set, |steps| set.min((steps * self.batch) as f64));
        let logs = trained / (self.batch * self.log_every) as f64;
        let measured = logs * measurements * self.probe_size(&case.model) as f64;
        samples(&case.model, &case.dataset, trained, measured)
    }
}
