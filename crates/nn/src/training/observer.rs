//! What looks on while a model is trained.

use fenchel_tensor::Real;
use serde_json::Value;

use super::BatchView;
use crate::{NnError, Trainer};

/// A moment of a training.
#[derive(Clone, Copy, Debug)]
pub struct Moment<'a, T: Real> {
    /// The model; its [`steps`](Trainer::steps) count those that were taken.
    pub trainer: &'a Trainer<T>,
    /// The epoch under way, or just over, counted from 0.
    pub epoch: u64,
    /// How many batches of it were begun.
    pub position: usize,
    /// How many it has.
    pub per_epoch: usize,
    /// The rate of this step.
    pub rate: f64,
    /// The mean of the losses of this epoch's batches so far, each before its step.
    pub epoch_loss: Option<f64>,
    /// The batch of the step; none between epochs.
    pub batch: Option<BatchView<'a, T>>,
}

/// Whether a training goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Control {
    /// It goes on.
    Continue,
    /// It ends here, for this reason.
    Stop(String),
}

/// Something that looks on. Every method does nothing unless it is written.
///
/// An observer gets everything by shared reference and no random stream; whatever it draws comes from a seed of its own. What it remembers goes
/// into the checkpoints, so that a resumed training ends with the same memory.
pub trait Observer<T: Real>: Send {
    /// A name of its own among the observers of a training.
    fn name(&self) -> String;

    /// Before the first step, not again when a training is resumed.
    ///
    /// # Errors
    /// Ends the training.
    fn before_training(&mut self, moment: &Moment<'_, T>) -> Result<(), NnError> {
        let _ = moment;
        Ok(())
    }

    /// Before every step.
    ///
    /// # Errors
    /// Ends the training.
    fn before_step(&mut self, moment: &Moment<'_, T>) -> Result<(), NnError> {
        let _ = moment;
        Ok(())
    }

    /// After every step.
    ///
    /// # Errors
    /// Ends the training.
    fn after_step(&mut self, moment: &Moment<'_, T>) -> Result<Control, NnError> {
        let _ = moment;
        Ok(Control::Continue)
    }

    /// After the last step of every epoch.
    ///
    /// # Errors
    /// Ends the training.
    fn after_epoch(&mut self, moment: &Moment<'_, T>) -> Result<Control, NnError> {
        let _ = moment;
        Ok(Control::Continue)
    }

    /// What it remembers, for a checkpoint; null for nothing.
    ///
    /// # Errors
    /// If it cannot be written as JSON.
    fn memory(&self) -> Result<Value, NnError> {
        Ok(Value::Null)
    }

    /// Takes over what another of its kind remembered.
    ///
    /// # Errors
    /// If it is not of this kind.
    fn restore(&mut self, memory: &Value) -> Result<(), NnError> {
        let _ = memory;
        Ok(())
    }
}

impl<T: Real, O: Observer<T> + ?Sized> Observer<T> for &mut O {
    fn name(&self) -> String {
        (**self).name()
    }

    fn before_training(&mut self, moment: &Moment<'_, T>) -> Result<(), NnError> {
        (**self).before_training(moment)
    }

    fn before_step(&mut self, moment: &Moment<'_, T>) -> Result<(), NnError> {
        (**self).before_step(moment)
    }

    fn after_step(&mut self, moment: &Moment<'_, T>) -> Result<Control, NnError> {
        (**self).after_step(moment)
    }

    fn after_epoch(&mut self, moment: &Moment<'_, T>) -> Result<Control, NnError> {
        (**self).after_epoch(moment)
    }

    fn memory(&self) -> Result<Value, NnError> {
        (**self).memory()
    }

    fn restore(&mut self, memory: &Value) -> Result<(), NnError> {
        (**self).restore(memory)
    }
}

/// A record as JSON, for [`Observer::memory`].
pub(crate) fn remember(what: &str, record: &impl serde::Serialize) -> Result<Value, NnError> {
    let outside =
        |error: serde_json::Error| NnError::Outside { what: what.to_owned(), reason: error.to_string() };
    serde_json::to_value(record).map_err(outside)
}

/// A record from JSON, for [`Observer::restore`].
pub(crate) fn recall<R: serde::de::DeserializeOwned>(what: &str, memory: &Value) -> Result<R, NnError> {
    let outside =
        |error: serde_json::Error| NnError::Outside { what: what.to_owned(), reason: error.to_string() };
    R::deserialize(memory).map_err(outside)
}
