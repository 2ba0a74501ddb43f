//! One cell of `optimisers`: train a model with an optimiser under a schedule, measure along the way.

use fenchel_harness::{Context, Failure};
use fenchel_nn::Initialiser;
use fenchel_random::Seed;

use super::{Case, Record, Settings};
use crate::ingredients::{Data, ProbeSet, TrainingRun, loss, model, optimiser, schedule};

/// Trains and measures.
pub(super) fn run(settings: &Settings, case: &Case, context: &Context) -> Result<Record, Failure> {
    let data = Data::shared(&case.dataset, context)?;
    // Weights, batches and probe set are those of the seed whatever the optimiser, so that cells pair.
    let seed = Seed::new(case.seed).derive("optimisers");
    let set = ProbeSet::draw(&data, settings.probe_size(&case.model), seed)?;
    let loss = loss(&case.loss)?;
    let training = TrainingRun {
        data: &data,
        tape: model(&case.model)?.tape(data.shape(), data.classes())?,
        loss: loss.clone(),
        initialiser: Initialiser::FanInUniform,
        optimiser: optimiser(&case.optimiser)?,
        schedule: schedule(&case.schedule, settings.steps)?,
        batch: settings.batch,
        steps: settings.steps,
        log_every: settings.log_every,
        seed,
    };
    let probed = training.probed(&set, context)?;
    let (diverged, test_accuracy) = probed.trained.outcome(&data, &*loss)?;
    Ok(Record { logs: probed.logs, diverged, test_accuracy, sandwiches: probed.tally })
}
