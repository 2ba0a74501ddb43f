//! One training with something measured along it: the loop that several experiments share.
//!
//! Training is in `f32` unless an experiment says why not. Weights, the order of the batches and whatever an observer draws come from
//! streams named after their purpose under one seed, so that observing changes no bit of the training.

use std::sync::Arc;

use fenchel_convexity::losses::Loss;
use fenchel_datasets::{Batch, Batches, Dataset, Element};
use fenchel_harness::{Context, Failure};
use fenchel_nn::optimisers::Optimiser;
use fenchel_nn::{Evaluation, Initialiser, NnError, Schedule, Trainer, evaluate, one_hot};
use fenchel_random::Seed;
use fenchel_tensor::{Real, Tape};

use super::{Data, drawn};

/// A training before its first step.
#[derive(Debug)]
pub struct TrainingRun<'a, T: Real = f32> {
    /// The data set.
    pub data: &'a Data,
    /// The model.
    pub tape: Arc<Tape>,
    /// The loss.
    pub loss: Arc<dyn Loss>,
    /// How the parameters are drawn.
    pub initialiser: Initialiser,
    /// The optimiser with its base rate.
    pub optimiser: Box<dyn Optimiser<T>>,
    /// The factor of the base rate at each step.
    pub schedule: Schedule,
    /// Samples a batch; the last of an epoch may have fewer.
    pub batch: usize,
    /// The number of optimiser steps; see [`steps_of`].
    pub steps: usize,
    /// Steps from one log to the next.
    pub log_every: usize,
    /// The seed of the parameters and of the order of the batches.
    pub seed: Seed,
}

/// The number of steps in this many passes over the training samples.
#[must_use]
pub fn steps_of(data: &Data, batch: usize, epochs: u64) -> usize {
    data.train.len().div_ceil(batch) * epochs as usize
}

/// A training after its last step.
#[derive(Debug)]
pub struct Trained<T: Real = f32> {
    /// The model with its last parameters.
    pub trainer: Trainer<T>,
    /// Why the training ended early: a number was no longer finite.
    pub diverged: Option<NnError>,
}

impl<T: Real + Element> TrainingRun<'_, T> {
    /// Trains, and shows the model to `observe` before the first step, every `log_every` steps and after the last.
    ///
    /// A training that diverges ends there, without another look at it.
    ///
    /// # Errors
    /// If the parameters cannot be drawn, a batch cannot be made, or `observe` refuses.
    pub fn train(
        self,
        context: &Context,
        mut observe: impl FnMut(&Trainer<T>) -> Result<(), Failure>,
    ) -> Result<Trained<T>, Failure> {
        let start = drawn(self.initialiser, &self.tape, self.seed)?;
        let base_rate = self.optimiser.rate();
        let mut trainer = Trainer::new(self.tape.clone(), start, self.loss.clone(), self.optimiser);
        let mut batches = Batches::new(&self.data.train, self.batch, self.seed.derive("batches"))?
            .normalised(self.data.normalisation.clone())?;
        let mut batch = Batch::<T>::default();
        observe(&trainer)?;
        for step in 1..=self.steps {
            if !batches.fill_next(&mut batch) {
                batches.start_epoch(batches.epoch() + 1);
                batches.fill_next(&mut batch);
            }
            let targets = one_hot(&batch.labels, self.data.classes())?;
            trainer.set_rate(base_rate * self.schedule.factor(step as u64 - 1))?;
            match trainer.step(batch.inputs.view(), targets.view()) {
                Ok(_) => {}
                Err(error @ NnError::Diverged(_)) => return Ok(Trained { trainer, diverged: Some(error) }),
                Err(error) => return Err(error.into()),
            }
            if step.is_multiple_of(self.log_every) || step == self.steps {
                observe(&trainer)?;
            }
            context.progress(step, self.steps);
        }
        Ok(Trained { trainer, diverged: None })
    }
}

impl<T: Real + Element> Trained<T> {
    /// The training, if it went to its end.
    ///
    /// # Errors
    /// If it diverged: where, and the likely cause.
    pub fn finished(self) -> Result<Self, Failure> {
        match self.diverged {
            Some(error) => Err(error.into()),
            None => Ok(self),
        }
    }

    /// Why the training ended early, in words, and the share of the test samples that it classifies rightly: NaN after a divergence.
    ///
    /// # Errors
    /// As [`test`](Self::test).
    pub fn outcome(&self, data: &Data, loss: &dyn Loss) -> Result<(Option<String>, f64), Failure> {
        match &self.diverged {
            Some(error) => Ok((Some(error.to_string()), f64::NAN)),
            None => Ok((None, self.test(data, loss)?.accuracy)),
        }
    }

    /// The risk (the mean loss, its infimum not subtracted) and accuracy on the test samples.
    ///
    /// # Errors
    /// If an output is not finite.
    pub fn test(&self, data: &Data, loss: &dyn Loss) -> Result<Evaluation, Failure> {
        let all: Vec<usize> = (0..data.test.len()).collect();
        let (inputs, targets) = data.gather::<T>(&data.test, &all)?;
        let trainer = &self.trainer;
        Ok(evaluate(trainer.engine(), trainer.parameters(), loss, inputs.view(), targets.view())?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingredients::{initialiser, loss, model, optimiser, schedule};
    use fenchel_harness::context::Inputs;
    use std::sync::atomic::AtomicU64;

    fn train(steps: usize, log_every: usize, rate: &str) -> (Trained, Vec<u64>) {
        let (inputs, fraction) = (Inputs::default(), AtomicU64::new(0));
        let context = Context::new(&inputs, &fraction);
        let data = Data::shared("glyphs", &context).unwrap();
        let run = TrainingRun {
            tape: model("c-1x4").unwrap().tape(data.shape(), data.classes()).unwrap(),
            data: &data,
            loss: loss("squared").unwrap(),
            initialiser: initialiser("kaiming").unwrap(),
            optimiser: optimiser(rate).unwrap(),
            schedule: schedule("cosine", steps).unwrap(),
            batch: 5000,
            steps,
            log_every,
            seed: Seed::new(3),
        };
        let mut looks = Vec::new();
        let trained = run.train(&context, |trainer| {
            looks.push(trainer.steps());
            Ok(())
        });
        (trained.unwrap(), looks)
    }

    #[test]
    fn observers_look_at_the_first_the_last_and_every_kth_step_and_change_nothing() {
        // Three batches an epoch: seven steps run into the third one.
        let (often, looks) = train(7, 3, "sgd:0.01:0.9");
        assert_eq!(looks, [0, 3, 6, 7]);
        let (seldom, looks) = train(7, 100, "sgd:0.01:0.9");
        assert_eq!(looks, [0, 7]);
        assert_eq!(often.trainer.parameters(), seldom.trainer.parameters());
        // The last rate of the cosine from 0.01 at step 6 of 7.
        let last = 0.005 * (1.0 + (std::f64::consts::PI * 6.0 / 7.0).cos());
        assert!((often.trainer.optimiser().rate() - last).abs() < 1e-15);
    }

    #[test]
    fn a_divergence_ends_the_training_and_is_said() {
        let (trained, looks) = train(50, 100, "sgd:1e30");
        assert_eq!(looks, [0]);
        assert!(trained.diverged.is_some());
        assert!(trained.finished().is_err());
    }
}
