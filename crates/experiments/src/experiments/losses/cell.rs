//! One cell of `losses`: train a model under a loss, measure along the way.

use fenchel_harness::{Context, Failure};

use super::Record;
use crate::ingredients::{TrainingCase, TrainingSettings};

/// Trains and measures.
pub(super) fn run(
    settings: &TrainingSettings,
    case: &TrainingCase,
    context: &Context,
) -> Result<Record, Failure> {
    let prepared = settings.prepare("losses", case, context)?;
    let training = settings.training(case, &prepared)?;
    let loss = training.loss.clone();
    let probed = training.probed(&prepared.set, context)?;
    let (diverged, test_accuracy) = probed.trained.outcome(&prepared.data, &*loss)?;
    Ok(Record { logs: probed.logs, diverged, test_accuracy, sandwiches: probed.tally })
}
