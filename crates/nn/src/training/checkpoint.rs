//! Checkpoints: everything that a training needs to go on with the same bits.

use std::fs;
use std::path::{Path, PathBuf};

use fenchel_tensor::Real;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::configuration::difference;
use super::observer::{recall, remember};
use crate::optimisers::require;
use crate::weights::{Tensors, write_whole};
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
}

/// The layout of a checkpoint; other numbers are refused.
const FORMAT: u32 = 1;
const PREFIX: &str = "step-";
const TEMPORARY: &str = ".tmp-";
const PARAMETERS: &str = "parameters.safetensors";
const OPTIMISER: &str = "optimiser.safetensors";
const STATE: &str = "state.json";

/// A folder of checkpoints of one training.
///
/// ```text
/// step-0000000938/parameters.safetensors    by layer path, as for any other program
/// step-0000000938/optimiser.safetensors     the optimiser's vectors by name and layer path; absent if it has none
/// step-0000000938/state.json                step, epoch, position in its order, configuration, memories of observers
/// ```
///
/// A checkpoint is made under a temporary name, synced and renamed, so a training that is killed leaves whole ones only. The oldest
/// are removed once there are more than are to be kept. The configuration is whatever decides the training beside model, optimiser, schedule, loss and
/// precision, which are compared in any case: data, seeds, initialiser, size of batches. A training of another one is refused.
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
        fs::create_dir_all(&folder).map_err(|error| failed(&folder, "make", &error))?;
        for path in entries(&folder, TEMPORARY)? {
            let removed = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
            removed.map_err(|error| failed(&path, "remove", &error))?;
        }
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
        // Ten digits: the order of names is that of steps.
        entries(&self.folder, PREFIX)
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
        let name = format!("{PREFIX}{:010}", progress.step);
        let temporary = self.folder.join(format!("{TEMPORARY}{name}"));
        fs::create_dir_all(&temporary).map_err(|error| failed(&temporary, "make", &error))?;
        let layout = trainer.engine().tape().parameters();
        let mut tensors = Tensors::new();
        tensors.insert_parameters("", layout, trainer.parameters())?;
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
            .map_err(|error| broken(&temporary, &error.to_string()))?;
        write_whole(&temporary.join(STATE), &text)?;
        self.install(&temporary, &self.folder.join(name))?;
        let all = self.all()?;
        for path in &all[..all.len().saturating_sub(self.keep)] {
            // Out of sight first, so that a kill in the middle leaves no half checkpoint under a good name.
            let doomed = self.folder.join(format!("{TEMPORARY}old"));
            let removed = fs::rename(path, &doomed).and_then(|()| fs::remove_dir_all(&doomed));
            removed.map_err(|error| failed(path, "remove", &error))?;
        }
        Ok(())
    }

    /// Gives a finished folder its name; one that has it already is of the same step, and goes.
    fn install(&self, temporary: &Path, path: &Path) -> Result<(), NnError> {
        sync(temporary);
        if path.exists() {
            let doomed = self.folder.join(format!("{TEMPORARY}old"));
            let removed = fs::rename(path, &doomed).and_then(|()| fs::remove_dir_all(&doomed));
            removed.map_err(|error| failed(path, "replace", &error))?;
        }
        fs::rename(temporary, path).map_err(|error| failed(path, "write", &error))?;
        sync(&self.folder);
        Ok(())
    }

    /// The newest checkpoint, if there is one.
    pub(super) fn newest<T: Real>(
        &self,
        own: &Value,
        trainer: &Trainer<T>,
    ) -> Result<Option<Stored<T>>, NnError> {
        let Some(path) = self.all()?.pop() else { return Ok(None) };
        let text = fs::read(path.join(STATE)).map_err(|error| failed(&path.join(STATE), "read", &error))?;
        let json: Value =
            serde_json::from_slice(&text).map_err(|error| broken(&path.join(STATE), &error.to_string()))?;
        if json.get("format") != Some(&FORMAT.into()) {
            return Err(broken(&path, &format!("it is not of format {FORMAT}, which this program writes")));
        }
        let state: StateFile = recall("the state of the training", &json)
            .map_err(|error| broken(&path.join(STATE), &error.to_string()))?;
        if let Some(difference) = difference(&state.configuration, &self.whole(own)) {
            return Err(NnError::Checkpoint {
                path,
                reason: format!(
                    "it is of another training: {difference}; give this one a folder of its own, or the settings of that one"
                ),
            });
        }
        let layout = trainer.engine().tape().parameters();
        let parameters = Tensors::read(&path.join(PARAMETERS))?.parameters("", layout)?;
        let mut buffers = Vec::new();
        if !state.buffers.is_empty() {
            let tensors = Tensors::read(&path.join(OPTIMISER))?;
            for buffer in state.buffers {
                let values = tensors.parameters(&format!("{buffer}."), layout)?;
                buffers.push((buffer, values));
            }
        }
        let observers = state.observers.as_object().cloned().unwrap_or_default();
        Ok(Some(Stored { progress: state.progress, parameters, updates: state.updates, buffers, observers }))
    }

    /// What the caller says of the training together with what the training says of itself.
    fn whole(&self, own: &Value) -> Value {
        serde_json::json!({ "settings": self.configuration, "training": own })
    }
}

/// The paths in a folder whose names begin so, sorted.
fn entries(folder: &Path, prefix: &str) -> Result<Vec<PathBuf>, NnError> {
    let read = fs::read_dir(folder).map_err(|error| failed(folder, "read", &error))?;
    let named = read.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix));
    let mut paths: Vec<PathBuf> = named.map(|entry| entry.path()).collect();
    paths.sort();
    Ok(paths)
}

/// Brings a folder's entries to the disk, where the system can.
fn sync(folder: &Path) {
    if let Ok(handle) = fs::File::open(folder) {
        // Not every file system can sync a folder; the files in it are synced.
        let _ = handle.sync_all();
    }
}

fn failed(path: &Path, verb: &str, error: &std::io::Error) -> NnError {
    NnError::Checkpoint {
        path: path.to_owned(),
        reason: format!("cannot {verb} it: {error}; is there room, and the right to write?"),
    }
}

fn broken(path: &Path, reason: &str) -> NnError {
    NnError::Checkpoint {
        path: path.to_owned(),
        reason: format!("it cannot be used ({reason}); remove its folder to go on from the one before"),
    }
}
