//! One cell of `labels`: train on true labels, measure under true and wrong ones.

use fenchel_convexity::losses::Loss;
use fenchel_harness::{Context, Failure};
use fenchel_nn::NnError;
use fenchel_nn::measurement::{Probe, ProbeMeasurement};
use fenchel_random::Seed;
use ndarray::{Array2, ArrayView2};

use super::{Log, Record};
use crate::ingredients::{ProbeLog, SandwichTally, TrainingCase, TrainingSettings, widened};

/// Trains and measures.
pub(super) fn run(
    settings: &TrainingSettings,
    case: &TrainingCase,
    context: &Context,
) -> Result<Record, Failure> {
    let prepared = settings.prepare("labels", case, context)?;
    let training = settings.training(case, &prepared)?;
    let (set, loss) = (&prepared.set, training.loss.clone());
    let probe = Probe::<f64>::new(prepared.tape.clone(), loss.clone());
    let wrong = wrong_labels(set.targets.view(), prepared.seed);
    let (mut logs, mut tally) = (Vec::new(), SandwichTally::default());
    let trained = training
        .train(context, |trainer| {
            let parameters = widened(trainer.parameters());
            let right = probe.measure(&parameters, set.inputs.view(), set.targets.view())?;
            let wrong_measured = probe.measure(&parameters, set.inputs.view(), wrong.view())?;
            tally.count(&wrong_measured);
            logs.push(Log {
                step: trainer.steps() as usize,
                right: condensed(&right, &*loss, set.targets.view())?,
                wrong: condensed(&wrong_measured, &*loss, wrong.view())?,
                larger: larger(&right, &wrong_measured),
            });
            Ok(())
        })?
        .finished()?;
    let test = trained.test(&prepared.data, &*loss)?;
    Ok(Record { logs, test_accuracy: test.accuracy, sandwiches: tally })
}

/// A label for each row, uniform over the classes that are not the row's own.
pub(super) fn wrong_labels(targets: ArrayView2<'_, f64>, seed: Seed) -> Array2<f64> {
    let (rows, classes) = targets.dim();
    let mut stream = seed.derive("wrong labels").stream();
    let mut wrong = Array2::zeros((rows, classes));
    for (target, mut row) in targets.rows().into_iter().zip(wrong.rows_mut()) {
        let label = target.iter().position(|&share| share == 1.0).unwrap_or(0);
        row[(label + stream.random_range(1..classes)) % classes] = 1.0;
    }
    wrong
}

fn condensed(
    measured: &ProbeMeasurement,
    loss: &dyn Loss,
    targets: ArrayView2<'_, f64>,
) -> Result<ProbeLog, Failure> {
    // A one-hot target stands for all: these losses treat all classes alike.
    let bounds = loss.bounds(&targets.row(0)).map_err(NnError::from)?;
    let lower = |energy: f64, lambda_max: f64| bounds.lower((energy / lambda_max).sqrt());
    Ok(ProbeLog::of(measured, lower)?)
}

/// The share of samples whose energy is larger in `wrong`.
fn larger(right: &ProbeMeasurement, wrong: &ProbeMeasurement) -> f64 {
    let pairs = right.samples.iter().zip(&wrong.samples);
    let count =
        pairs.filter(|(right, wrong)| wrong.squared_gradient_norm > right.squared_gradient_norm).count();
    count as f64 / right.samples.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn every_wrong_label_is_wrong_and_every_class_occurs() {
        let labels: Vec<usize> = (0..300).map(|i| i % 3).collect();
        let targets = fenchel_nn::one_hot(&labels, 3).unwrap();
        let wrong = wrong_labels(targets.view(), Seed::new(1));
        assert!(
            wrong.rows().into_iter().all(|row| row.sum() == 1.0 && row.iter().all(|&y| y == 0.0 || y == 1.0))
        );
        assert_eq!((&wrong * &targets).sum(), 0.0);
        // Of the two wrong classes each has a half: 300 coins, five deviations are 43.
        let next =
            labels.iter().zip(wrong.rows()).filter(|&(&label, row)| row[(label + 1) % 3] == 1.0).count();
        assert!((107..=193).contains(&next), "{next}");
        assert_eq!(wrong, wrong_labels(targets.view(), Seed::new(1)));
        assert_ne!(wrong, wrong_labels(targets.view(), Seed::new(2)));
        assert_eq!(wrong_labels(array![[0.0, 1.0]].view(), Seed::new(0)), array![[1.0, 0.0]]);
    }
}
