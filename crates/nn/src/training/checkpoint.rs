//! Checkpoints: everything that a training needs to go on with the same bits.

use std::fs;
use std::path::{Path, PathBuf};

use fenchel_files::{AtomicFolder, FileError, read, remove_leftovers, write_whole};
use fenchel_tensor::Real;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::configuration::difference;
use super::observer::{recall, remember};
use super::seal;
use crate::optimisers::require;
use crate::weights::Tensors;
use crate::{NnError, Trainer};

/// How far a training is.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Progress {
    pub(super) step: u64,
    pub(super) epoch: u64,
    pub(super) position: usize,
    /// The sum of the epoch's batch losses, and their number.
    epoch_sum: f64,
    epoch_count: u64,
    pub(super) last_loss: Option<f64>,
    pub(super) stopped: Option<String>,
}

impl Progress {
    pub(super) fn count(&mut self, loss: f64) {
        self.step += 1;
        self.epoch_sum += loss;
        self.epoch_count += 1;
        self.last_loss = Some(loss);
    }

    pub(super) fn next_epoch(&mut self) {
        self.epoch += 1;
        (self.position, self.epoch_sum, self.epoch_count) = (0, 0.0, 0);
    }

    pub(super) fn epoch_loss(&self) -> Option<f64> {
        (self.epoch_count > 0).then(|| self.epoch_sum / self.epoch_count as f64)
    }
}

/// `state.json`.
#[derive(Serialize, Deserialize)]
struct StateFile {
    format: u32,
    progress: Progress,
    updates: u64,
    /// The names of the optimiser's vectors in `optimiser.safetensors`.
    buffers: Vec<String>,
    configuration: Value,
    observers: Value,
}

/// What was stored of a training.
pub(super) struct Stored<T> {
    pub(super) progress: Progress,
    pub(super) parameters: Vec<T>,
    pub(super) updates: u64,
    pub(super) buffers: Vec<(String, Vec<T>)>,
    pub(super) observers: serde_json::Map<String, Value>,
    /// The newer checkpoints that are damaged: what is wrong with each, and where it is now.
    pub(super) passed_over: Vec<String>,
}

/// The layout of a checkpoint; other numbers are refused.
const FORMAT: u32 = 2;
const PREFIX: &str = "step-";
/// Digits of a step in a name: the order of names is that of steps.
const DIGITS: usize = 10;
const PARAMETERS: &str = "parameters.safetensors";
const OPTIMISER: &str = "optimiser.safetensors";
const STATE: &str = "state.json";

/// A folder of checkpoints of one training.
///
/// ```text
/// step-0000000938/parameters.safetensors    by layer path, as for any other program
/// step-0000000938/optimiser.safetensors     the optimiser's vectors by name and layer path; absent if it has none
/// step-0000000938/state.json                step, epoch, position in its order, configuration, memories of observers
/// step-0000000938/SHA256SUMS                checksums of the others, as `sha256sum --check` reads them
/// ```
///
/// A checkpoint is made under a temporary name, synced and renamed, so a training that is killed leaves whole
/// ones only. One that was damaged afterwards is passed over for the one before, and set aside. The oldest
/// are removed once there are more than are to be kept. The configuration is whatever decides the training
/// beside model, optimiser, schedule, loss and precision, which are compared in any case: data, seeds,
/// initialiser, size of batches. A training of another one is refused.
///
/// Cost: the bytes of the parameters and of the optimiser's vectors, synced to disk; milliseconds for models of 100,000 parameters.
#[derive(Clone, Debug)]
pub struct Checkpoints {
    folder: PathBuf,
    configuration: Value,
    every: Option<u64>,
    keep: usize,
}

impl Checkpoints {
    /// Checkpoints in a folder, which is made; two are kept.
    ///
    /// What a killed process left half written is removed, so one process at a time may use the folder: its owner sees to that.
    ///
    /// # Errors
    /// If the folder cannot be made or cleaned.
    pub fn new(folder: impl Into<PathBuf>, configuration: Value) -> Result<Self, NnError> {
        let folder = folder.into();
        fs::create_dir_all(&folder).map_err(FileError::of("make", &folder))?;
        remove_leftovers(&folder)?;
        Ok(Self { folder, configuration, every: None, keep: 2 })
    }

    /// Also after every so many steps, not only after epochs.
    ///
    /// # Errors
    /// If the number is 0.
    pub fn every(self, steps: u64) -> Result<Self, NnError> {
        require("every", steps as f64, steps > 0, "at least 1")?;
        Ok(Self { every: Some(steps), ..self })
    }

    /// Keeps so many.
    ///
    /// # Errors
    /// If the number is 0.
    pub fn keep(self, count: usize) -> Result<Self, NnError> {
        require("keep", count as f64, count > 0, "at least 1")?;
        Ok(Self { keep: count, ..self })
    }

    /// The checkpoints that are there, oldest first.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub fn all(&self) -> Result<Vec<PathBuf>, NnError> {
        let entries = fs::read_dir(&self.folder).map_err(FileError::of("read", &self.folder))?;
        let named = entries.flatten().filter(|entry| {
            let name = entry.file_name();
            let digits = name.to_str().and_then(|name| name.strip_prefix(PREFIX));
            digits.is_some_and(|text| text.len() == DIGITS && text.bytes().all(|byte| byte.is_ascii_digit()))
        });
        let mut paths: Vec<PathBuf> = named.map(|entry| entry.path()).collect();
        paths.sort();
        Ok(paths)
    }

    pub(super) fn due(&self, step: u64) -> bool {
        self.every.is_some_and(|every| step.is_multiple_of(every))
    }

    /// Writes a checkpoint, and removes those that are too many.
    pub(super) fn write<T: Real>(
        &self,
        own: &Value,
        trainer: &Trainer<T>,
        progress: &Progress,
        observers: Value,
    ) -> Result<(), NnError> {
        let name = format!("{PREFIX}{:0DIGITS$}", progress.step);
        let folder = AtomicFolder::create(&self.folder.join(name))?;
        let temporary = folder.path();
        let tape = trainer.engine().tape();
        let layout = tape.parameters();
        let mut tensors = Tensors::new();
        tensors.insert_network(tape, trainer.parameters())?;
        tensors.write(&temporary.join(PARAMETERS))?;
        let state = trainer.optimiser().state();
        let mut tensors = Tensors::new();
        let mut buffers = Vec::new();
        for (buffer, values) in state.buffers().filter(|(_, values)| !values.is_empty()) {
            tensors.insert_parameters(&format!("{buffer}."), layout, values)?;
            buffers.push(buffer.to_owned());
        }
        if !buffers.is_empty() {
            tensors.write(&temporary.join(OPTIMISER))?;
        }
        let file = StateFile {
            format: FORMAT,
            progress: progress.clone(),
            updates: state.updates,
            buffers,
            configuration: self.whole(own),
            observers,
        };
        let text = serde_json::to_vec_pretty(&remember("the state of the training", &file)?)
            .map_err(|error| unusable(temporary, &error.to_string()))?;
        write_whole(&temporary.join(STATE), &text)?;
        seal::write(temporary)?;
        folder.commit()?;
        let all = self.all()?;
        for path in &all[..all.len().saturating_sub(self.keep)] {
            fenchel_files::remove_folder(path)?;
        }
        Ok(())
    }

    /// The newest checkpoint that is whole, if there is one, and what was passed over for it: each with its
    /// path and what is wrong with it. Those are set aside, so that they count no longer.
    pub(super) fn newest<T: Real>(
        &self,
        own: &Value,
        trainer: &Trainer<T>,
    ) -> Result<Option<Stored<T>>, NnError> {
        let mut damaged = Vec::new();
        for path in self.all()?.into_iter().rev() {
            let state = match self.state(&path) {
                Ok(state) => state,
                Err(error) => {
                    damaged.push((path, error.to_string()));
                    continue;
                }
            };
            // Checkpoints of another training are no damage: they are for the user to keep.
            if let Some(difference) = difference(&state.configuration, &self.whole(own)) {
                return Err(NnError::Checkpoint {
                    path,
                    reason: format!(
                        "it is of another training: {difference}; give this one a folder of its own, or the settings of that one"
                    ),
                });
            }
            match stored(&path, state, trainer) {
                Ok(stored) => {
                    let told = damaged.into_iter().map(|(path, reason)| {
                        let aside = fenchel_files::set_aside(&path, "damaged")?;
                        Ok(format!("{reason}; it is now {}", aside.display()))
                    });
                    let passed_over = told.collect::<Result<_, NnError>>()?;
                    return Ok(Some(Stored { passed_over, ..stored }));
                }
                Err(error) => damaged.push((path, error.to_string())),
            }
        }
        let Some((path, reason)) = damaged.into_iter().next() else { return Ok(None) };
        Err(NnError::Checkpoint {
            path,
            reason: format!(
                "{reason}; no checkpoint in {} is whole: remove that folder to start over",
                self.folder.display()
            ),
        })
    }

    /// The state of a checkpoint whose files are what they were when it was written.
    fn state(&self, path: &Path) -> Result<StateFile, NnError> {
        seal::check(path)?;
        let json: Value = serde_json::from_slice(&read(&path.join(STATE))?)
            .map_err(|error| unusable(path, &format!("{STATE}: {error}")))?;
        if json.get("format") != Some(&FORMAT.into()) {
            return Err(unusable(path, &format!("it is not of format {FORMAT}, which this program writes")));
        }
        recall("the state of the training", &json).map_err(|error| unusable(path, &error.to_string()))
    }

    /// What the caller says of the training together with what the training says of itself.
    fn whole(&self, own: &Value) -> Value {
        serde_json::json!({ "settings": self.configuration, "training": own })
    }
}

/// The numbers of a checkpoint.
fn stored<T: Real>(path: &Path, state: StateFile, trainer: &Trainer<T>) -> Result<Stored<T>, NnError> {
    let tape = trainer.engine().tape();
    let layout = tape.parameters();
    let parameters = Tensors::read(&path.join(PARAMETERS))?.network(tape)?;
    let mut buffers = Vec::new();
    if !state.buffers.is_empty() {
        let tensors = Tensors::read(&path.join(OPTIMISER))?;
        for buffer in state.buffers {
            let values = tensors.parameters(&format!("{buffer}."), layout)?;
            buffers.push((buffer, values));
        }
    }
    let observers = state.observers.as_object().cloned().unwrap_or_default();
    let (progress, updates, passed_over) = (state.progress, state.updates, Vec::new());
    Ok(Stored { progress, parameters, updates, buffers, observers, passed_over })
}

pub(super) fn unusable(path: &Path, reason: &str) -> NnError {
    NnError::Checkpoint { path: path.to_owned(), reason: reason.to_owned() }
}
