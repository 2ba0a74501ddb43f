//! A training with its probe set measured at every log.

use fenchel_datasets::Element;
use fenchel_harness::statistics::{LocalCorrelation, local_pearson};
use fenchel_harness::{Context, Failure};
use fenchel_nn::NnError;
use fenchel_nn::measurement::Probe;
use fenchel_tensor::Real;
use serde::{Deserialize, Serialize};

use super::{ProbeLog, ProbeSet, SandwichTally, Trained, TrainingRun, widened};

/// The probe set at one step.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct StepLog {
    /// The number of optimiser steps taken before.
    pub step: usize,
    /// Over the probe set.
    pub probe: ProbeLog,
}

/// A training and what was measured along it.
#[derive(Debug)]
pub struct ProbedTraining<T: Real = f32> {
    /// The training after its last step.
    pub trained: Trained<T>,
    /// The logs, in the order of the steps.
    pub logs: Vec<StepLog>,
    /// The sandwiches of all logs.
    pub tally: SandwichTally,
}

/// How risk and bounds move together along a training: local Pearson correlations of logarithms.
#[derive(Clone, Debug)]
pub struct BoundCorrelations {
    /// Of the geometric means of risk and lower bound.
    pub lower: LocalCorrelation,
    /// Of the medians of risk and upper bound.
    pub upper: LocalCorrelation,
}

impl BoundCorrelations {
    /// The correlations in windows of `window` successive logs.
    ///
    /// # Errors
    /// For a window below 3.
    pub fn new(logs: &[StepLog], window: usize) -> fenchel_harness::error::Result<Self> {
        let series =
            |value: fn(&ProbeLog) -> f64| logs.iter().map(|log| value(&log.probe).ln()).collect::<Vec<f64>>();
        let local =
            |x: fn(&ProbeLog) -> f64, y: fn(&ProbeLog) -> f64| local_pearson(&series(x), &series(y), window);
        Ok(Self {
            lower: local(|log| log.risk_geometric, |log| log.lower_geometric)?,
            upper: local(|log| log.risk_median, |log| log.upper_median)?,
        })
    }
}

impl<T: Real + Element> TrainingRun<'_, T> {
    /// Trains, and measures the probe set in `f64` under the training's own loss at every log.
    ///
    /// # Errors
    /// As [`train`](Self::train), and if an output is not finite.
    pub fn probed(self, set: &ProbeSet, context: &Context) -> Result<ProbedTraining<T>, Failure> {
        let loss = self.loss.clone();
        let probe = Probe::<f64>::new(self.tape.clone(), loss.clone());
        let (mut logs, mut tally) = (Vec::new(), SandwichTally::default());
        let trained = self.train(context, |trainer| {
            let parameters = widened(trainer.parameters());
            let measured = probe.measure(&parameters, set.inputs.view(), set.targets.view())?;
            tally.count(&measured);
            // A one-hot target stands for all: the losses treat all classes alike.
            let bounds = loss.bounds(&set.targets.row(0)).map_err(NnError::from)?;
            let lower = |energy: f64, lambda_max: f64| bounds.lower((energy / lambda_max).sqrt());
            logs.push(StepLog { step: trainer.steps() as usize, probe: ProbeLog::of(&measured, lower)? });
            Ok(())
        })?;
        Ok(ProbedTraining { trained, logs, tally })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_bound_is_compared_with_its_own_statistic_of_the_risk() {
        let logs: Vec<StepLog> = (1..=8)
            .map(|step| {
                let t = f64::from(step);
                let probe = ProbeLog {
                    risk_geometric: t,
                    lower_geometric: t.powi(3),
                    risk_median: t,
                    upper_median: 1.0 / t,
                    ..ProbeLog::constant(f64::NAN)
                };
                StepLog { step: step as usize, probe }
            })
            .collect();
        let both = BoundCorrelations::new(&logs, 4).unwrap();
        assert!((both.lower.last_half_median().unwrap() - 1.0).abs() < 1e-12);
        assert!((both.upper.last_half_median().unwrap() + 1.0).abs() < 1e-12);
        assert!(BoundCorrelations::new(&logs, 2).is_err());
    }
}
