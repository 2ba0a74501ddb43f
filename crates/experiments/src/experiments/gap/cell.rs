//! One cell of `gap`: train a model, decompose the gaps along the way.

use fenchel_convexity::losses::Loss;
use fenchel_harness::{Context, Failure};
use fenchel_nn::NnError;
use fenchel_nn::measurement::{Probe, ProbeMeasurement};
use ndarray::ArrayView2;

use super::decomposition::Decomposition;
use super::{Log, Parts, Record};
use crate::ingredients::{SandwichTally, TrainingCase, TrainingSettings, widened};

/// Trains and measures.
pub(super) fn run(
    settings: &TrainingSettings,
    case: &TrainingCase,
    context: &Context,
) -> Result<Record, Failure> {
    let prepared = settings.prepare("gap", case, context)?;
    let training = settings.training(case, &prepared)?;
    let (set, loss) = (&prepared.set, training.loss.clone());
    let probe = Probe::<f64>::new(prepared.tape.clone(), loss.clone());
    let roundoff = prepared.tape.backward_roundoff::<f64>();
    let mut record = Record {
        classes: prepared.tape.outputs(),
        logs: Vec::new(),
        test_accuracy: f64::NAN,
        sandwiches: SandwichTally::default(),
        decomposed: 0,
        unequal: 0,
        unordered: 0,
        not_d: 0,
    };
    let mut tally = SandwichTally::default();
    let trained = training
        .train(context, |trainer| {
            let parameters = widened(trainer.parameters());
            let measured = probe.measure(&parameters, set.inputs.view(), set.targets.view())?;
            tally.count(&measured);
            let parts = decompose(&measured, &*loss, set.targets.view(), roundoff)?;
            record.count(&parts);
            record.logs.push(Log::new(trainer.steps() as usize, &measured, &parts));
            Ok(())
        })?
        .finished()?;
    record.test_accuracy = trained.test(&prepared.data, &*loss)?.accuracy;
    record.sandwiches = tally;
    Ok(record)
}

/// The samples whose gap has a finite logarithm.
fn decompose(
    measured: &ProbeMeasurement,
    loss: &dyn Loss,
    targets: ArrayView2<'_, f64>,
    roundoff: f64,
) -> Result<Vec<Decomposition>, NnError> {
    let pairs = measured.samples.iter().zip(targets.rows());
    let parts =
        pairs.map(|(sample, target)| Ok(Decomposition::new(sample, &loss.bounds(&target)?, roundoff)));
    Ok(parts.collect::<Result<Vec<_>, NnError>>()?.into_iter().flatten().collect())
}

impl Record {
    fn count(&mut self, samples: &[Decomposition]) {
        let count =
            |holds: fn(&Decomposition) -> bool| samples.iter().filter(|sample| !holds(sample)).count();
        self.decomposed += samples.len();
        self.unequal += count(Decomposition::adds_up);
        self.unordered += count(|sample| sample.ordered);
        self.not_d += count(Decomposition::is_d);
    }
}

impl Log {
    /// The means over the decomposed samples: NaN where there is none.
    fn new(step: usize, measured: &ProbeMeasurement, samples: &[Decomposition]) -> Self {
        let count = samples.len() as f64;
        let mean = |value: &dyn Fn(&Decomposition) -> f64| samples.iter().map(value).sum::<f64>() / count;
        let logarithmic = Parts::mean(&samples.iter().map(|s| s.logarithmic).collect::<Vec<_>>());
        let set = (mean(&|s| s.upper) / mean(&|s| s.lower)).ln();
        Self {
            step,
            risk: measured.risk(),
            finite: count / measured.samples.len() as f64,
            logarithmic,
            linear: Parts::mean(&samples.iter().map(|s| s.linear).collect::<Vec<_>>()),
            d: mean(&|s| s.d),
            averaging: set - mean(&|s| s.upper.ln() - s.lower.ln()),
            set,
        }
    }
}
