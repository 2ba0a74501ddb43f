//! Risk and accuracy after every epoch, and early stopping by them.

use fenchel_tensor::Real;
use ndarray::Array2;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::observer::{recall, remember};
use super::{Control, Moment, Observer};
use crate::losses::Targets;
use crate::optimisers::require;
use crate::{Evaluation, NnError, evaluate_batch};

/// What is known after an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpochRecord {
    /// How many epochs are done.
    pub epoch: u64,
    /// How many steps were taken.
    pub step: u64,
    /// The rate of the last step.
    pub rate: f64,
    /// The mean of the batches' losses, each before its step.
    pub train_loss: f64,
    /// The mean loss on the set.
    pub risk: f64,
    /// The share of the set that is classified rightly.
    pub accuracy: f64,
}

/// What early stopping goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judge {
    /// The risk on the set should fall.
    Risk,
    /// The accuracy on the set should rise.
    Accuracy,
}

/// Ends a training once a quantity did not improve for some epochs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EarlyStopping {
    /// The quantity.
    pub judge: Judge,
    /// How many epochs without improvement are borne.
    pub patience: u64,
    /// How much better than the best so far counts as an improvement.
    pub least: f64,
}

/// Evaluates a set after every epoch: by the training's own loss, smoothing included, in the precision of the training.
///
/// Stop by a validation set, not by the test set that the result is told by.
#[derive(Clone, Debug)]
pub struct Evaluations<T> {
    name: String,
    inputs: Array2<T>,
    labels: Vec<usize>,
    stopping: Option<EarlyStopping>,
    records: Vec<EpochRecord>,
}

impl<T: Real> Evaluations<T> {
    /// Evaluations of a labelled set (`inputs` is `n x d`) called `name`.
    ///
    /// # Errors
    /// If the set is empty or its parts differ in number.
    pub fn new(name: &str, inputs: Array2<T>, labels: Vec<usize>) -> Result<Self, NnError> {
        if inputs.nrows() != labels.len() || labels.is_empty() {
            let (left_rows, right_rows) = (inputs.nrows(), labels.len());
            return Err(NnError::Rows { left: "inputs", left_rows, right: "labels", right_rows });
        }
        Ok(Self { name: name.to_owned(), inputs, labels, stopping: None, records: Vec::new() })
    }

    /// With early stopping.
    ///
    /// # Errors
    /// Unless the patience is positive and the least improvement finite and not negative.
    pub fn stopping(self, stopping: EarlyStopping) -> Result<Self, NnError> {
        require("patience", stopping.patience as f64, stopping.patience > 0, "at least 1")?;
        let least = stopping.least;
        require("least", least, least.is_finite() && least >= 0.0, "finite and not negative")?;
        Ok(Self { stopping: Some(stopping), ..self })
    }

    /// What was found, epoch by epoch.
    #[must_use]
    pub fn records(&self) -> &[EpochRecord] {
        &self.records
    }

    /// The reason to stop now, if there is one: a function of the records alone.
    fn verdict(&self) -> Option<String> {
        let EarlyStopping { judge, patience, least } = self.stopping?;
        let (mut best, mut since) = (f64::INFINITY, 0);
        for record in &self.records {
            // Smaller is better in either case.
            let value = match judge {
                Judge::Risk => record.risk,
                Judge::Accuracy => -record.accuracy,
            };
            if value < best - least {
                (best, since) = (value, 0);
            } else {
                since += 1;
            }
        }
        let quantity = match judge {
            Judge::Risk => format!("the risk on {} has not fallen below {best}", self.name),
            Judge::Accuracy => format!("the accuracy on {} has not risen above {}", self.name, -best),
        };
        (since >= patience).then(|| format!("{quantity} for {since} epochs"))
    }
}

impl<T: Real> Observer<T> for Evaluations<T> {
    fn name(&self) -> String {
        format!("evaluations on {}", self.name)
    }

    fn after_epoch(&mut self, moment: &Moment<'_, T>) -> Result<Control, NnError> {
        let trainer = moment.trainer;
        let targets = Targets::Labels(&self.labels);
        let Evaluation { risk, accuracy } = evaluate_batch(
            trainer.engine(),
            trainer.parameters(),
            trainer.loss(),
            self.inputs.view(),
            targets,
        )?;
        self.records.push(EpochRecord {
            epoch: moment.epoch + 1,
            step: trainer.steps(),
            rate: moment.rate,
            train_loss: moment.epoch_loss.unwrap_or(risk),
            risk,
            accuracy,
        });
        Ok(self.verdict().map_or(Control::Continue, Control::Stop))
    }

    fn memory(&self) -> Result<Value, NnError> {
        remember("evaluations", &self.records)
    }

    fn restore(&mut self, memory: &Value) -> Result<(), NnError> {
        self.records = recall("evaluations", memory)?;
        Ok(())
    }
}
