//! One cell of `bounds`: train a model, measure along the way.

use std::sync::Arc;

use fenchel_convexity::losses::Loss;
use fenchel_datasets::Dataset;
use fenchel_harness::{Context, Failure};
use fenchel_nn::measurement::Probe;
use fenchel_nn::optimisers::Sgd;
use fenchel_nn::{Initialiser, NnError, Schedule};
use fenchel_random::Seed;

use super::record::{Log, Record};
use super::{Case, Extent, Settings};
use crate::ingredients::{
    Data, ProbeLog, ProbeSet, SampleLog, SandwichTally, TrainingRun, loss, model, steps_of, widened,
};

/// Trains and measures.
pub(super) fn run(settings: &Settings, case: &Case, context: &Context) -> Result<Record, Failure> {
    let data = Data::shared(&case.dataset, context)?;
    let seed = Seed::new(case.seed).derive("bounds");
    let loss = loss(&case.loss)?;
    let tape = model(&case.model)?.tape(data.shape(), data.classes())?;
    let Extent { epochs, log_every, probe } = settings.extent(&case.model);
    let mut observer = Observer {
        data: &data,
        probe: Probe::new(tape.clone(), loss.clone()),
        loss: loss.clone(),
        set: ProbeSet::draw(&data, probe, seed)?,
        fresh: seed.derive("fresh samples"),
        logs: Vec::new(),
        tally: SandwichTally::default(),
    };
    let training = TrainingRun {
        data: &data,
        tape,
        loss: loss.clone(),
        initialiser: Initialiser::FanInUniform,
        optimiser: Box::new(Sgd::new(settings.rate, settings.momentum)?),
        schedule: Schedule::constant(),
        batch: settings.batch,
        steps: steps_of(&data, settings.batch, epochs),
        log_every,
        seed,
    };
    let trained = training
        .train(context, |trainer| observer.log(trainer.steps() as usize, trainer.parameters()))?
        .finished()?;
    let test = trained.test(&data, &*loss)?;
    Ok(Record {
        parameters: trained.trainer.parameters().len(),
        logs: observer.logs,
        test_accuracy: test.accuracy,
        test_risk: test.risk,
        sandwiches: observer.tally,
    })
}

/// Measures the probe set and fresh samples, and keeps the logs.
struct Observer<'a> {
    data: &'a Data,
    probe: Probe<f64>,
    loss: Arc<dyn Loss>,
    set: ProbeSet,
    fresh: Seed,
    logs: Vec<Log>,
    tally: SandwichTally,
}

impl Observer<'_> {
    fn log(&mut self, step: usize, parameters: &[f32]) -> Result<(), Failure> {
        let parameters = widened(parameters);
        let probe = self.probe.measure(&parameters, self.set.inputs.view(), self.set.targets.view())?;
        let mut stream = self.fresh.index(self.logs.len() as u64).stream();
        let indices: [usize; 2] = std::array::from_fn(|_| stream.random_range(0..self.data.train.len()));
        let (inputs, targets) = self.data.gather(&self.data.train, &indices)?;
        let fresh = self.probe.measure(&parameters, inputs.view(), targets.view())?;
        self.tally.count(&probe);
        self.tally.count(&fresh);
        // A one-hot target stands for all: the uniform bound is that of the first sample's target.
        let bounds = self.loss.bounds(&self.set.targets.row(0)).map_err(NnError::from)?;
        let lower = |energy: f64, lambda_max: f64| bounds.lower((energy / lambda_max).sqrt());
        self.logs.push(Log {
            step,
            probe: ProbeLog::of(&probe, lower)?,
            fresh: SampleLog::of(&fresh.samples[0]),
            other: SampleLog::of(&fresh.samples[1]),
        });
        Ok(())
    }
}
