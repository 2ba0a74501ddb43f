//! One training, from settings to files.

use std::fs;
use std::path::Path;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};

use fenchel_datasets::{Batches, Dataset, ImageSet};
use fenchel_experiments::PROGRAM;
use fenchel_experiments::ingredients::{Data, DataFolder, drawn};
use fenchel_files::{FileError, FolderLock, write_whole};
use fenchel_harness::context::Inputs;
use fenchel_harness::{Context, Failure};
use fenchel_nn::measurement::Probe;
use fenchel_nn::training::{
    Checkpoints, Control, EpochRecord, Evaluations, Moment, Observer, Outcome, ProbeLog, ProbeRecord,
    Training,
};
use fenchel_nn::weights;
use fenchel_nn::{NnError, Trainer};
use fenchel_random::Seed;
use fenchel_tensor::Tape;
use serde::Serialize;
use serde_json::{Value, json};

use super::error::TrainError;
use super::sessions::Sessions;
use super::settings::Settings;
use super::source::DatasetBatches;

/// What happens in a training, for whoever shows it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// The file system has no locks: nothing keeps another process out of the folder.
    Unprotected,
    /// A damaged checkpoint was passed over for the one before: what is wrong with it, and where it is now.
    PassedOver(&'a str),
    /// It begins, or goes on from this step.
    Begins {
        /// The first step to be taken.
        step: u64,
        /// The steps of all epochs.
        steps: u64,
        /// The model.
        tape: &'a Tape,
    },
    /// A step was taken.
    Step {
        /// How many were taken.
        step: u64,
        /// The mean loss of this epoch's batches so far.
        loss: f64,
    },
    /// An epoch is over.
    Epoch {
        /// What the test set showed.
        record: EpochRecord,
        /// The seconds of this session so far.
        seconds: f64,
    },
}

/// `training.json`: what came out, without anything that depends on the clock or the number of threads.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Trained {
    /// The settings.
    pub settings: Settings,
    /// What the settings do not say: data, model, back end, code.
    pub configuration: Value,
    /// How many parameters the model has.
    pub parameters: usize,
    /// How many steps were taken.
    pub steps: u64,
    /// Why it ended: all epochs done, or what stopped it.
    pub ended: String,
    /// The test set after every epoch.
    pub epochs: Vec<EpochRecord>,
    /// The probe set, if there was one.
    pub probe: Vec<ProbeRecord>,
}

/// Trains, or goes on with a training that was cut off, and writes the files.
///
/// # Errors
/// If a setting is out of its range, the data are missing, the folder is in use or holds a training that this one may not or
/// does not go on with, or the training diverges.
pub fn train(
    settings: &Settings,
    data_dir: Option<&Path>,
    out: &Path,
    resume: bool,
    checkpoint_every: Option<u64>,
    show: &mut (dyn FnMut(Event<'_>) + Send),
) -> Result<Trained, Failure> {
    let inputs = Inputs::new(DataFolder::given(data_dir));
    let unread = AtomicU64::new(0);
    let data = Data::shared(&settings.dataset, &Context::new(&inputs, &unread))?;
    let train_set = match settings.samples {
        Some(count) => data.train.take(count)?,
        None => data.train.clone(),
    };
    let description = settings.description(data.shape(), data.classes())?;
    let tape = description.tape()?;
    let seed = Seed::new(settings.seed).derive("train");
    let batches = Batches::new(&train_set, settings.batch, seed.derive("batches"))?
        .normalised(data.normalisation.clone())?
        .augmented(settings.augmentation());
    let schedule = settings.schedule(batches.per_epoch())?;
    let steps = batches.per_epoch() as u64 * settings.epochs;
    let start = drawn(settings.initialiser()?, &tape, seed)?;
    let trainer = Trainer::new(tape.clone(), start, settings.loss()?, settings.optimiser(&tape)?);

    let lock = lock(out)?;
    if !lock.protects() {
        show(Event::Unprotected);
    }
    let mut configuration = serde_json::to_value(settings)?;
    if let Value::Object(map) = &mut configuration {
        // More epochs continue a training whose schedule does not look at its end; the schedule itself is compared.
        map.remove("epochs");
        map.insert("data".into(), json!(inputs.checksums()));
        map.insert("description".into(), json!(description.to_toml()));
        map.insert("back_end".into(), json!((PROGRAM.back_end)()));
        map.insert("numerics".into(), json!(PROGRAM.numerics));
    }
    let mut checkpoints = Checkpoints::new(out.join("checkpoints"), configuration.clone())?;
    if let Some(every) = checkpoint_every {
        checkpoints = checkpoints.every(every)?;
    }
    let begun = !checkpoints.all()?.is_empty();
    let finished = ["training.json", "weights.safetensors"].iter().any(|name| out.join(name).exists());
    if begun && !resume {
        let out = out.display();
        return Err(format!(
            "{out} holds a training; --resume goes on with it, and --out DIR names another folder"
        )
        .into());
    }
    if finished && !begun {
        let out = out.display();
        return Err(format!(
            "{out} holds a finished training without its checkpoints, which cannot be gone on with and is not overwritten: \
             --out DIR names another folder, or remove this one"
        )
        .into());
    }
    let every: Vec<usize> = (0..data.test.len()).collect();
    let test = fenchel_datasets::Batch::<f32>::gather(&data.test, &every, &data.normalisation)?;
    let evaluations = Evaluations::new("the test set", test.inputs, test.labels)?;
    let passed_over = Mutex::new(Vec::new());
    let mut teller = Teller { evaluations, show, sessions: None, steps, out, passed_over: &passed_over };
    let mut probe = probe(settings, &data, &train_set, &tape, seed)?;

    let mut training = Training::new(trainer, DatasetBatches::new(batches), schedule, settings.epochs)
        .checkpointed(checkpoints)
        .observed(&mut teller);
    if let Some(probe) = &mut probe {
        training = training.observed(probe);
    }
    training.resume()?;
    *passed_over.lock().unwrap_or_else(PoisonError::into_inner) = training.passed_over().to_vec();
    let outcome = training.run()?;
    let trainer = training.into_trainer();
    teller.tell_passed_over();
    teller.note_time(trainer.steps())?;
    weights::write(&out.join("weights.safetensors"), &tape, trainer.parameters())?;
    let trained = Trained {
        settings: settings.clone(),
        configuration,
        parameters: tape.parameters().len(),
        steps: trainer.steps(),
        ended: match outcome {
            Outcome::Finished => "all epochs are done".to_owned(),
            Outcome::Stopped(reason) => reason,
        },
        epochs: teller.evaluations.records().to_vec(),
        probe: probe.map(|probe| probe.records().to_vec()).unwrap_or_default(),
    };
    write_whole(&out.join("training.json"), &serde_json::to_vec_pretty(&trained)?)?;
    Ok(trained)
}

/// The probe that the settings ask for: samples chosen by a stream of their own, measured in `f64`.
fn probe(
    settings: &Settings,
    data: &Data,
    train_set: &ImageSet,
    tape: &Arc<Tape>,
    seed: Seed,
) -> Result<Option<ProbeLog>, Failure> {
    let Some(every) = settings.probe else { return Ok(None) };
    let (inputs, targets) = data.draw::<f64>(train_set, settings.probe_size, seed.derive("probe set"))?;
    let loss = settings.loss()?;
    let targets = loss.rows(targets.view().into(), data.classes())?;
    let probe = Probe::new(tape.clone(), loss.by_row().clone());
    Ok(Some(ProbeLog::new(probe, inputs, targets, every)?))
}

/// Makes the folder and keeps other processes out of it, as far as its file system can.
fn lock(out: &Path) -> Result<FolderLock, Failure> {
    fs::create_dir_all(out).map_err(FileError::of("make the folder", out))?;
    let lock = FolderLock::take(&out.join("lock"))?;
    let lock = lock.ok_or_else(|| TrainError::FolderInUse(out.to_owned()))?;
    fenchel_files::remove_leftovers(out)?;
    Ok(lock)
}

/// Evaluates, and tells of steps and epochs.
struct Teller<'a> {
    evaluations: Evaluations<f32>,
    show: &'a mut (dyn FnMut(Event<'_>) + Send),
    sessions: Option<Sessions>,
    steps: u64,
    out: &'a Path,
    /// The damaged checkpoints that are not told of yet.
    passed_over: &'a Mutex<Vec<String>>,
}

impl Teller<'_> {
    fn tell_passed_over(&mut self) {
        let told = std::mem::take(&mut *self.passed_over.lock().unwrap_or_else(PoisonError::into_inner));
        told.iter().for_each(|what| (self.show)(Event::PassedOver(what)));
    }

    fn note_time(&mut self, step: u64) -> Result<(), Failure> {
        self.sessions.as_mut().map_or(Ok(()), |sessions| sessions.write(self.out, step))
    }
}

impl Observer<f32> for Teller<'_> {
    fn name(&self) -> String {
        self.evaluations.name()
    }

    fn before_step(&mut self, moment: &Moment<'_, f32>) -> Result<(), NnError> {
        if self.sessions.is_none() {
            self.tell_passed_over();
            let step = moment.trainer.steps();
            (self.show)(Event::Begins { step, steps: self.steps, tape: moment.trainer.engine().tape() });
            self.sessions = Some(Sessions::begin(self.out, step));
        }
        Ok(())
    }

    fn after_step(&mut self, moment: &Moment<'_, f32>) -> Result<Control, NnError> {
        let loss = moment.epoch_loss.unwrap_or(f64::NAN);
        (self.show)(Event::Step { step: moment.trainer.steps(), loss });
        Ok(Control::Continue)
    }

    fn after_epoch(&mut self, moment: &Moment<'_, f32>) -> Result<Control, NnError> {
        let control = self.evaluations.after_epoch(moment)?;
        let seconds = self.sessions.as_ref().map_or(0.0, Sessions::seconds);
        if let Some(&record) = self.evaluations.records().last() {
            (self.show)(Event::Epoch { record, seconds });
        }
        self.note_time(moment.trainer.steps()).map_err(|error| NnError::Outside {
            what: "timings.json".to_owned(),
            reason: error.to_string(),
        })?;
        Ok(control)
    }

    fn memory(&self) -> Result<Value, NnError> {
        Observer::<f32>::memory(&self.evaluations)
    }

    fn restore(&mut self, memory: &Value) -> Result<(), NnError> {
        Observer::<f32>::restore(&mut self.evaluations, memory)
    }
}
