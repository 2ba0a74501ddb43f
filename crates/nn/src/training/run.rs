//! The loop.

use fenchel_tensor::Real;
use serde_json::{Value, json};

use super::checkpoint::{Checkpoints, Progress};
use super::{BatchSource, Control, Moment, Observer};
use crate::{NnError, Schedule, Trainer};

/// How a training ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All epochs are done.
    Finished,
    /// An observer stopped it, for this reason.
    Stopped(String),
}

/// A training of a model over epochs, with observers and checkpoints.
///
/// The optimiser's rate at the start is the base rate of the schedule.
pub struct Training<'a, T: Real> {
    trainer: Trainer<T>,
    source: Box<dyn BatchSource<T> + 'a>,
    schedule: Schedule,
    epochs: u64,
    base_rate: f64,
    /// What the training is, apart from what the caller says of it.
    own_configuration: Value,
    observers: Vec<Box<dyn Observer<T> + 'a>>,
    checkpoints: Option<Checkpoints>,
    passed_over: Vec<String>,
    progress: Progress,
}

impl<T: Real> std::fmt::Debug for Training<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Training")
            .field("trainer", &self.trainer)
            .field("progress", &self.progress)
            .finish_non_exhaustive()
    }
}

impl<'a, T: Real> Training<'a, T> {
    /// A training over this many epochs, counted from the beginning.
    pub fn new(
        trainer: Trainer<T>,
        source: impl BatchSource<T> + 'a,
        schedule: Schedule,
        epochs: u64,
    ) -> Self {
        let own_configuration = json!({
            "optimiser": trainer.optimiser().name(),
            "schedule": format!("{schedule:?}"),
            "loss": trainer.loss().name(),
            "parameters": trainer.parameters().len(),
            "precision": T::NAME,
            "batches": source.per_epoch(),
        });
        Self {
            base_rate: trainer.optimiser().rate(),
            trainer,
            source: Box::new(source),
            schedule,
            epochs,
            own_configuration,
            observers: Vec::new(),
            checkpoints: None,
            passed_over: Vec::new(),
            progress: Progress::default(),
        }
    }

    /// With an observer more. Observers are called in the order in which they were given.
    #[must_use]
    pub fn observed(mut self, observer: impl Observer<T> + 'a) -> Self {
        self.observers.push(Box::new(observer));
        self
    }

    /// With checkpoints after every epoch, and between if they say so.
    #[must_use]
    pub fn checkpointed(self, checkpoints: Checkpoints) -> Self {
        Self { checkpoints: Some(checkpoints), ..self }
    }

    /// The model.
    #[must_use]
    pub fn trainer(&self) -> &Trainer<T> {
        &self.trainer
    }

    /// The epoch under way, counted from 0; the number of epochs when all are done.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.progress.epoch
    }

    /// Ends the training and hands back the model.
    #[must_use]
    pub fn into_trainer(self) -> Trainer<T> {
        self.trainer
    }

    /// Goes on from the newest checkpoint that is whole, if there is one; returns whether there was.
    ///
    /// Newer ones that are damaged are set aside and [told of](Self::passed_over).
    ///
    /// # Errors
    /// If there are no checkpoints to this training, there are some and none is whole, or the newest is of
    /// another configuration: the first difference is named.
    pub fn resume(&mut self) -> Result<bool, NnError> {
        let Some(checkpoints) = &self.checkpoints else {
            return Err(NnError::Outside {
                what: "resuming".to_owned(),
                reason: "this training has no folder of checkpoints".to_owned(),
            });
        };
        let Some(stored) = checkpoints.newest(&self.own_configuration, &self.trainer)? else {
            return Ok(false);
        };
        self.passed_over = stored.passed_over;
        for observer in &mut self.observers {
            observer.restore(stored.observers.get(&observer.name()).unwrap_or(&Value::Null))?;
        }
        self.progress = stored.progress;
        let p = &self.progress;
        self.trainer.restore(stored.parameters, stored.updates, stored.buffers, p.step, p.last_loss)?;
        Ok(true)
    }

    /// The damaged checkpoints that the last [`resume`](Self::resume) passed over: what is wrong, and where
    /// they are now.
    #[must_use]
    pub fn passed_over(&self) -> &[String] {
        &self.passed_over
    }

    /// Trains until all epochs are done or an observer stops it.
    ///
    /// # Errors
    /// The first error of a step ([`NnError::Diverged`] names the sample or the layer), a source, an observer or a checkpoint.
    pub fn run(&mut self) -> Result<Outcome, NnError> {
        if self.progress.step == 0 && self.progress.position == 0 {
            let per_epoch = self.source.per_epoch();
            let moment = moment(&self.trainer, &self.progress, per_epoch, self.base_rate, None);
            for observer in &mut self.observers {
                observer.before_training(&moment)?;
            }
        }
        while self.progress.stopped.is_none() && self.progress.epoch < self.epochs {
            self.epoch_of_steps()?;
        }
        Ok(self.progress.stopped.clone().map_or(Outcome::Finished, Outcome::Stopped))
    }

    /// The rest of the epoch under way.
    fn epoch_of_steps(&mut self) -> Result<(), NnError> {
        let per_epoch = self.source.per_epoch();
        self.source.seek(self.progress.epoch, self.progress.position)?;
        while self.progress.stopped.is_none() && self.progress.position < per_epoch {
            if !self.one_step()? {
                return Err(NnError::Outside {
                    what: "the source of batches".to_owned(),
                    reason: format!(
                        "it promised {per_epoch} batches an epoch and gave {}",
                        self.progress.position
                    ),
                });
            }
            let between = self.progress.position < per_epoch;
            let due = self.checkpoints.as_ref().is_some_and(|c| c.due(self.progress.step));
            if self.progress.stopped.is_some() || (between && due) {
                self.write_checkpoint()?;
            }
        }
        if self.progress.stopped.is_some() {
            return Ok(());
        }
        let rate = self.trainer.optimiser().rate();
        let moment = moment(&self.trainer, &self.progress, per_epoch, rate, None);
        let mut stop = None;
        for observer in &mut self.observers {
            if let Control::Stop(reason) = observer.after_epoch(&moment)? {
                stop.get_or_insert(reason);
            }
        }
        self.progress.next_epoch();
        self.progress.stopped = stop;
        self.write_checkpoint()
    }

    /// One step; false if the source has no batch.
    fn one_step(&mut self) -> Result<bool, NnError> {
        let Self { trainer, source, schedule, base_rate, observers, progress, .. } = self;
        let per_epoch = source.per_epoch();
        let rate = *base_rate * schedule.factor(progress.step);
        trainer.set_rate(rate)?;
        let Some(batch) = source.next_batch()? else { return Ok(false) };
        progress.position += 1;
        let before = moment(trainer, progress, per_epoch, rate, Some(batch.view()));
        for observer in observers.iter_mut() {
            observer.before_step(&before)?;
        }
        let loss = trainer.step(batch.inputs, batch.targets).map_err(|error| match error {
            NnError::Diverged(divergence) => NnError::Diverged(Box::new(divergence.of_set(batch.indices))),
            other => other,
        })?;
        progress.count(loss);
        let after = moment(trainer, progress, per_epoch, rate, Some(batch.view()));
        let mut stop = None;
        for observer in observers.iter_mut() {
            if let Control::Stop(reason) = observer.after_step(&after)? {
                stop.get_or_insert(reason);
            }
        }
        progress.stopped = stop;
        Ok(true)
    }

    fn write_checkpoint(&self) -> Result<(), NnError> {
        let Some(checkpoints) = &self.checkpoints else { return Ok(()) };
        let mut memories = serde_json::Map::new();
        for observer in &self.observers {
            memories.insert(observer.name(), observer.memory()?);
        }
        checkpoints.write(&self.own_configuration, &self.trainer, &self.progress, memories.into())
    }
}

fn moment<'m, T: Real>(
    trainer: &'m Trainer<T>,
    progress: &Progress,
    per_epoch: usize,
    rate: f64,
    batch: Option<super::BatchView<'m, T>>,
) -> Moment<'m, T> {
    Moment {
        trainer,
        epoch: progress.epoch,
        position: progress.position,
        per_epoch,
        rate,
        epoch_loss: progress.epoch_loss(),
        batch,
    }
}
