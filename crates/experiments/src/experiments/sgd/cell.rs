//! One cell of `sgd`: a training whose every step is measured on the whole set.

use std::sync::Arc;

use fenchel_convexity::losses::{Loss, SoftmaxCrossEntropy};
use fenchel_harness::{Context, Failure};
use fenchel_nn::losses::{BatchLoss, Targets};
use fenchel_nn::measurement::{InterferenceLog, InterferenceRecord, InterferenceSums, Probe};
use fenchel_nn::optimisers::Sgd;
use fenchel_nn::training::{BatchView, Moment, Observer};
use fenchel_nn::{Initialiser, NnError, Trainer};
use fenchel_random::Seed;
use fenchel_tensor::Tape;
use ndarray::{Array2, Axis, s};

use super::batches::EqualBatches;
use super::line_search::BatchRisk;
use super::record::{Log, Record, Step};
use super::{Case, Rule, Settings};
use crate::ingredients::{Data, ProbeSet, SandwichTally, Tally, model};

/// Trains and measures.
pub(super) fn run(settings: &Settings, case: &Case, context: &Context) -> Result<Record, Failure> {
    let data = Data::shared(&case.dataset, context)?;
    let seed = Seed::new(case.seed).derive("sgd");
    let (inputs, targets) = data.draw::<f64>(&data.train, settings.samples, seed.derive("training set"))?;
    let tape = model(&settings.model)?.tape(data.shape(), data.classes())?;
    let (batch, steps) = settings.plan_of(case);
    let plan = Plan {
        case,
        momentum: settings.momentum,
        first_constant: settings.first_constant,
        batch,
        steps,
        log_every: steps.div_ceil(settings.logs),
        probe: settings.probe,
        seed,
    };
    plan.run(&tape, inputs, targets, context)
}

/// A training, apart from data and model.
pub(super) struct Plan<'a> {
    pub(super) case: &'a Case,
    pub(super) momentum: f64,
    pub(super) first_constant: f64,
    pub(super) batch: usize,
    pub(super) steps: usize,
    pub(super) log_every: usize,
    pub(super) probe: usize,
    pub(super) seed: Seed,
}

impl Plan<'_> {
    pub(super) fn run(
        &self,
        tape: &Arc<Tape>,
        inputs: Array2<f64>,
        targets: Array2<f64>,
        context: &Context,
    ) -> Result<Record, Failure> {
        let loss: Arc<dyn Loss> = Arc::new(SoftmaxCrossEntropy);
        let start = Initialiser::FanInUniform.draw(tape, self.seed)?;
        let momentum = if self.case.rule == Rule::Momentum { self.momentum } else { 0.0 };
        // The line search sets the rate of every step.
        let sgd = Sgd::new(self.case.rate.unwrap_or(1.0), momentum)?;
        let mut trainer = Trainer::<f64>::new(tape.clone(), start, loss.clone(), Box::new(sgd));
        let mut interference =
            InterferenceLog::new(tape.clone(), loss.clone(), inputs.clone(), targets.clone(), 1)?;
        let mut probe = ProbeLogs::new(self.probe, tape, loss, &inputs, &targets);
        let mut batches = EqualBatches::new(inputs.nrows(), self.batch, self.seed.derive("batches"));
        let mut constant = self.first_constant;
        let mut diverged = None;
        probe.log(0, trainer.parameters())?;
        for done in 1..=self.steps {
            let indices = batches.next();
            let set = (&inputs, &targets);
            match self.step(&mut trainer, &mut interference, indices, set, &mut constant) {
                // A training that leaves the range of f64 is a result, not a failure.
                Err(NnError::Diverged(_)) => {
                    diverged = Some(trainer.steps());
                    break;
                }
                stepped => stepped?,
            }
            if done.is_multiple_of(self.log_every) || done == self.steps {
                probe.log(done, trainer.parameters())?;
            }
            context.progress(done, self.steps);
        }
        let mut record = digest(self.case.rule, interference.records(), trainer.steps())?;
        record.diverged = diverged;
        (record.logs, record.sandwiches) = (probe.logs, probe.tally);
        Ok(record)
    }

    fn step(
        &self,
        trainer: &mut Trainer<f64>,
        interference: &mut InterferenceLog,
        indices: &[usize],
        (inputs, targets): (&Array2<f64>, &Array2<f64>),
        constant: &mut f64,
    ) -> Result<(), NnError> {
        let inputs = inputs.select(Axis(0), indices);
        let targets = targets.select(Axis(0), indices);
        if self.case.rule == Rule::LineSearch {
            let loss: &BatchLoss = trainer.loss();
            let risk =
                BatchRisk { engine: trainer.engine(), loss, inputs: inputs.view(), targets: targets.view() };
            // Half of the last step's constant: it may fall as well as rise.
            *constant = risk.constant(trainer.parameters(), *constant / 2.0)?;
            trainer.set_rate(1.0 / *constant)?;
        }
        interference.before_step(&moment(trainer, (&inputs, &targets), indices))?;
        trainer.step(inputs.view(), targets.view())?;
        interference.after_step(&moment(trainer, (&inputs, &targets), indices))?;
        Ok(())
    }
}

/// A moment without epochs, which the log does not look at.
fn moment<'a>(
    trainer: &'a Trainer<f64>,
    (inputs, targets): (&'a Array2<f64>, &'a Array2<f64>),
    indices: &'a [usize],
) -> Moment<'a, f64> {
    let batch = BatchView { inputs: inputs.view(), targets: Targets::Rows(targets.view()), indices };
    let rate = trainer.optimiser().rate();
    Moment { trainer, epoch: 0, position: 0, per_epoch: 1, rate, epoch_loss: None, batch: Some(batch) }
}

/// Samples whose local gradient norm and sandwich are measured again and again.
struct ProbeLogs {
    probe: Probe<f64>,
    set: ProbeSet,
    logs: Vec<Log>,
    tally: SandwichTally,
}

impl ProbeLogs {
    /// The first samples of the set, which was shuffled.
    fn new(
        size: usize,
        tape: &Arc<Tape>,
        loss: Arc<dyn Loss>,
        inputs: &Array2<f64>,
        targets: &Array2<f64>,
    ) -> Self {
        let size = size.min(inputs.nrows());
        Self {
            probe: Probe::new(tape.clone(), loss),
            set: ProbeSet {
                inputs: inputs.slice(s![..size, ..]).to_owned(),
                targets: targets.slice(s![..size, ..]).to_owned(),
            },
            logs: Vec::new(),
            tally: SandwichTally::default(),
        }
    }

    fn log(&mut self, step: usize, parameters: &[f64]) -> Result<(), Failure> {
        let ProbeSet { inputs, targets } = &self.set;
        let measured = self.probe.measure(parameters, inputs.view(), targets.view())?;
        self.tally.count(&measured);
        self.logs.push(Log {
            step,
            risk: measured.risk(),
            local_norm: measured.local_gradient_norm(),
            mean_gradient: measured.squared_mean_gradient_norm,
            d: measured.mean(|sample| sample.eigenvalues.structural_error().d),
        });
        Ok(())
    }
}

/// The gradient energy that T8 gives a step of this rule.
fn energy(rule: Rule, record: &InterferenceRecord) -> f64 {
    let eta = record.rate;
    match rule {
        Rule::LineSearch => eta * record.squared_gradient_norm / 2.0,
        Rule::Plain | Rule::Momentum => {
            eta * (1.0 - eta * record.smoothness.unwrap_or(0.0) / 2.0) * record.squared_gradient_norm
        }
    }
}

/// Sums the steps and compares both sides at every prefix.
pub(super) fn digest(rule: Rule, records: &[InterferenceRecord], taken: u64) -> Result<Record, Failure> {
    let records: Vec<InterferenceRecord> = records
        .iter()
        .map(|record| InterferenceRecord { energy: Some(energy(rule, record)), ..*record })
        .collect();
    let Some(first) = records.first() else {
        return Err(format!("the training diverged after {taken} steps, before anything was measured").into());
    };
    let sums = InterferenceSums::of(&records)?;
    let energies = sums.energy.as_ref().expect("every record was given one");
    let (mut identity, mut inequality, mut equality) = (Tally::default(), Tally::default(), Tally::default());
    let mut steps = Vec::with_capacity(records.len());
    let mut size = 0.0;
    for (k, record) in records.iter().enumerate() {
        // The bound of `InterferenceSums::roundoff`, for this prefix.
        size += record.risk_before
            + record.risk_after
            + record.batch_before
            + record.batch_after
            + record.inner.abs();
        let roundoff = 4.0 * record.samples as f64 * f64::EPSILON * size;
        let (left, right, energies) = (sums.left[k], sums.right[k], energies[k]);
        identity.count((left - right).abs() <= roundoff);
        inequality.count(energies <= right + roundoff);
        equality.count((energies - right).abs() <= roundoff);
        steps.push(Step {
            rate: record.rate,
            energy: record.energy.unwrap_or(f64::NAN),
            smoothness: record.smoothness.unwrap_or(0.0),
            squared_gradient_norm: record.squared_gradient_norm,
            interference: record.interference,
            risk: record.risk_after,
            left,
            right,
            energies,
        });
    }
    Ok(Record {
        samples: first.samples,
        batch: first.batch,
        first_risk: first.risk_before,
        last_risk: records[records.len() - 1].risk_after,
        steps,
        diverged: None,
        identity,
        inequality,
        equality,
        correlation: sums.correlation,
        floor: sums.floor,
        logs: Vec::new(),
        sandwiches: SandwichTally::default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use fenchel_harness::context::Inputs;
    use fenchel_nn::models::{DenseChain, Model};
    use fenchel_tensor::Shape;
    use std::sync::atomic::AtomicU64;

    fn train(rule: Rule, batch: usize) -> Record {
        let tape = DenseChain::new(1, 6).tape(Shape::vector(4), 3).unwrap();
        let inputs =
            Array2::from_shape_fn((12, 4), |(i, j)| ((5 * i + 3 * j + i * j) % 7) as f64 / 2.0 - 1.5);
        let targets = Array2::from_shape_fn((12, 3), |(i, j)| f64::from(u8::from(i % 3 == j)));
        let rate = (rule != Rule::LineSearch).then_some(0.05);
        let case = Case { dataset: "made up".into(), rule, rate, batch, seed: 0 };
        let plan = Plan {
            case: &case,
            momentum: 0.9,
            first_constant: 1.0,
            batch,
            steps: 40,
            log_every: 10,
            probe: 5,
            seed: Seed::new(1),
        };
        let (inputs_of_run, fraction) = (Inputs::default(), AtomicU64::new(0));
        plan.run(&tape, inputs, targets, &Context::new(&inputs_of_run, &fraction)).unwrap()
    }

    #[test]
    fn the_identity_holds_to_rounding_and_the_inequality_where_it_is_claimed() {
        for rule in [Rule::LineSearch, Rule::Plain, Rule::Momentum] {
            for batch in [1, 5, 12] {
                let record = train(rule, batch);
                assert_eq!(record.identity, Tally { checked: 40, violated: 0 }, "{rule:?} {batch}");
                assert_eq!((record.logs.len(), record.sandwiches.violated()), (5, 0));
                if rule != Rule::Momentum {
                    assert_eq!(record.inequality.violated, 0, "{rule:?} {batch}");
                }
                if rule == Rule::LineSearch {
                    let last = record.steps[39];
                    assert!(
                        last.energies >= 0.5 * last.right - 1e-12,
                        "{batch}: {} {}",
                        last.energies,
                        last.right
                    );
                    assert!(record.steps.iter().all(|step| step.smoothness * step.rate <= 1.0 + 1e-9));
                }
            }
        }
    }

    #[test]
    fn the_plain_energy_is_that_of_plain_steps_only() {
        assert_eq!(train(Rule::Plain, 4).equality.violated, 0);
        let momentum = train(Rule::Momentum, 4);
        // The first step of momentum is a plain one.
        assert_eq!(momentum.equality.violated, 39);
    }

    #[test]
    fn a_changed_loss_breaks_the_identity() {
        // Sums over records whose divergence is off by 1e-9 of the loss: far beyond rounding.
        let one = InterferenceRecord {
            step: 0,
            samples: 4,
            batch: 2,
            rate: 0.5,
            risk_before: 1.0,
            risk_after: 0.5,
            batch_before: 1.0,
            batch_after: 0.25,
            rest_change: -0.25,
            interference: -0.125,
            inner: 1.0,
            squared_gradient_norm: 2.0,
            squared_step_norm: 0.5,
            divergence: 0.25,
            smoothness: Some(1.0),
            smoothness_on_segment: Some(1.0),
            energy: None,
        };
        // (b/n) [<g, s> − d] = 0.375 = 1 − 0.5 − 0.125.
        assert_eq!(digest(Rule::Plain, &[one], 1).unwrap().identity.violated, 0);
        let off = InterferenceRecord { divergence: 0.25 + 1e-9, ..one };
        assert_eq!(digest(Rule::Plain, &[off], 1).unwrap().identity.violated, 1);
        assert!(digest(Rule::Plain, &[], 3).is_err());
    }
}
