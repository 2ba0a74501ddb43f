//! One cell of `bounds`: train a model, measure along the way.

use std::sync::Arc;

use fenchel_convexity::losses::Loss;
use fenchel_datasets::{Batch, Batches, Dataset};
use fenchel_nn::measurement::{Probe, ProbeMeasurement};
use fenchel_nn::optimisers::Sgd;
use fenchel_nn::{Initialiser, Trainer, evaluate, one_hot};
use fenchel_random::{Rng, Seed, SliceRandom};
use ndarray::Array2;

use super::record::{Log, ProbeLog, Record, SampleLog};
use super::{Case, Settings};
use crate::context::Context;
use crate::error::Failure;
use crate::ingredients::{Data, loss, model};

/// Trains and measures.
pub(super) fn run(settings: &Settings, case: &Case, context: &Context) -> Result<Record, Failure> {
    let data = Data::shared(&case.dataset, context)?;
    let seed = Seed::new(case.seed).derive("bounds");
    let loss = loss(&case.loss)?;
    let tape = model(&case.model)?.tape(data.shape(), data.classes())?;
    let start: Vec<f32> = Initialiser::FanInUniform.draw(&tape, seed)?.iter().map(|&p| p as f32).collect();
    let sgd = Box::new(Sgd::new(settings.rate, settings.momentum)?);
    let mut trainer = Trainer::new(tape.clone(), start, loss.clone(), sgd);
    let mut observer =
        Observer::new(settings, case, &data, loss.clone(), Probe::new(tape, loss.clone()), seed)?;

    let mut batches = Batches::new(&data.train, settings.batch, seed.derive("batches"))?
        .normalised(data.normalisation.clone())?;
    let mut batch = Batch::<f32>::default();
    let total = batches.per_epoch() * settings.epochs as usize;
    observer.log(0, trainer.parameters())?;
    for epoch in 0..settings.epochs {
        batches.start_epoch(epoch);
        while batches.fill_next(&mut batch) {
            let targets = one_hot(&batch.labels, data.classes())?;
            trainer.step(batch.inputs.view(), targets.view())?;
            let step = trainer.steps() as usize;
            if step.is_multiple_of(settings.log_every) || step == total {
                observer.log(step, trainer.parameters())?;
            }
            context.progress(step, total);
        }
    }
    let all: Vec<usize> = (0..data.test.len()).collect();
    let (inputs, targets) = data.gather::<f32>(&data.test, &all)?;
    let test = evaluate(trainer.engine(), trainer.parameters(), &*loss, inputs.view(), targets.view())?;
    Ok(Record {
        parameters: trainer.parameters().len(),
        logs: observer.logs,
        test_accuracy: test.accuracy,
        test_risk: test.risk,
        checked: observer.checked,
        violated: observer.violated,
    })
}

/// Measures the probe set and fresh samples, and keeps the logs.
struct Observer<'a> {
    data: &'a Data,
    probe: Probe<f64>,
    loss: Arc<dyn Loss>,
    inputs: Array2<f64>,
    targets: Array2<f64>,
    fresh: Seed,
    logs: Vec<Log>,
    checked: usize,
    violated: usize,
}

impl<'a> Observer<'a> {
    fn new(
        settings: &Settings,
        case: &Case,
        data: &'a Data,
        loss: Arc<dyn Loss>,
        probe: Probe<f64>,
        seed: Seed,
    ) -> Result<Self, Failure> {
        let mut indices: Vec<usize> = (0..data.train.len()).collect();
        let size = settings.probe_size(&case.model).min(indices.len());
        let (chosen, _) = indices.partial_shuffle(&mut seed.derive("probe set").stream(), size);
        let (inputs, targets) = data.gather(&data.train, chosen)?;
        let fresh = seed.derive("fresh samples");
        Ok(Self { data, probe, loss, inputs, targets, fresh, logs: Vec::new(), checked: 0, violated: 0 })
    }

    fn log(&mut self, step: usize, parameters: &[f32]) -> Result<(), Failure> {
        let parameters: Vec<f64> = parameters.iter().map(|&p| f64::from(p)).collect();
        let probe = self.probe.measure(&parameters, self.inputs.view(), self.targets.view())?;
        let mut stream = self.fresh.index(self.logs.len() as u64).stream();
        let indices: [usize; 2] = std::array::from_fn(|_| stream.random_range(0..self.data.train.len()));
        let (inputs, targets) = self.data.gather(&self.data.train, &indices)?;
        let fresh = self.probe.measure(&parameters, inputs.view(), targets.view())?;
        self.count(&probe);
        self.count(&fresh);
        // A one-hot target stands for all: the uniform bound is that of the first sample's target.
        let lower =
            |energy: f64, lambda_max: f64| self.loss.lower(self.targets.row(0), (energy / lambda_max).sqrt());
        self.logs.push(Log {
            step,
            probe: ProbeLog::of(&probe, lower)?,
            fresh: SampleLog::of(&fresh.samples[0]),
            other: SampleLog::of(&fresh.samples[1]),
        });
        Ok(())
    }

    fn count(&mut self, measured: &ProbeMeasurement) {
        let (checked, violated) = measured.violations();
        self.checked += checked;
        self.violated += violated;
    }
}
