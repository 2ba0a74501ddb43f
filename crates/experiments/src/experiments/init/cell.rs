//! One cell of `init`: draw a start, measure its structure, train.

use fenchel_nn::Schedule;
use fenchel_nn::measurement::layer_sums;
use fenchel_nn::models::{DenseChain, Model};
use fenchel_nn::optimisers::Sgd;
use fenchel_random::Seed;
use fenchel_tensor::Engine;

use super::{Case, Record, Settings, Start};
use crate::context::Context;
use crate::error::Failure;
use crate::ingredients::{Data, ProbeSet, TrainingRun, initialiser, loss, widened};

/// Measures the start and trains.
pub(super) fn run(settings: &Settings, case: &Case, context: &Context) -> Result<Record, Failure> {
    let data = Data::shared(&case.dataset, context)?;
    // Batches and probe set are those of the seed whatever the start, so that cells pair.
    let seed = Seed::new(case.seed).derive("init");
    let set = ProbeSet::draw(&data, settings.probe, seed)?;
    let loss = loss(&settings.loss)?;
    let initialiser = initialiser(&case.start)?;
    let tape = DenseChain::new(case.depth, settings.width).tape(data.shape(), data.classes())?;

    // The start as the training takes it: rounded to f32, and exact from there on.
    let rounded: Vec<f32> = initialiser.draw(&tape, seed)?.iter().map(|&p| p as f32).collect();
    let parameters = widened(&rounded);
    let sums = layer_sums(&Engine::<f64>::new(tape.clone()), &parameters, set.inputs.view())?;
    let start = Start::new(&sums, tape.outputs(), &parameters, tape.backward_roundoff::<f64>());

    let training = TrainingRun {
        data: &data,
        tape,
        loss: loss.clone(),
        initialiser,
        optimiser: Box::new(Sgd::new(settings.rate, settings.momentum)?),
        schedule: Schedule::constant(),
        batch: settings.batch,
        steps: settings.steps,
        log_every: settings.log_every,
        seed,
    };
    let probed = training.probed(&set, context)?;
    let diverged = probed.trained.diverged.as_ref().map(ToString::to_string);
    let test_accuracy =
        if diverged.is_some() { f64::NAN } else { probed.trained.test(&data, &*loss)?.accuracy };
    Ok(Record {
        start,
        logs: probed.logs,
        diverged,
        test_accuracy,
        checked: probed.tally.checked,
        violated: probed.tally.violated,
    })
}
