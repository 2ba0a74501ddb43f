//! One cell of `skip`: chains of all depths, measured at initialisation and, from the default start, after training.

use std::sync::Arc;

use fenchel_convexity::ConvexityError;
use fenchel_convexity::losses::{Loss, SoftmaxCrossEntropy};
use fenchel_convexity::theorems::skip_connections::singular_values;
use fenchel_harness::{Context, Failure};
use fenchel_nn::measurement::{LayerSum, Probe, layer_sums};
use fenchel_nn::optimisers::Sgd;
use fenchel_nn::{NnError, Schedule, evaluate};
use fenchel_random::Seed;
use fenchel_tensor::{Engine, Tape};
use ndarray::Array2;

use super::chain::{first_layer_jacobians, tape};
use super::record::{Depth, Record, Structure, Trained, head};
use super::{Case, Settings};
use crate::ingredients::{Data, ProbeSet, SandwichTally, Tally, TrainingRun, drawn, widened};

/// Measures and trains the chains of all depths.
pub(super) fn run(settings: &Settings, case: &Case, context: &Context) -> Result<Record, Failure> {
    let data = Data::shared(&case.dataset, context)?;
    let seed = Seed::new(case.seed).derive("skip");
    let set = ProbeSet::draw(&data, settings.probe, seed)?;
    let mut measurements =
        Measurements { case, set, tally: SandwichTally::default(), floors: Tally::default() };
    let evaluated = data.draw(&data.train, settings.evaluated, seed.derive("evaluated"))?;
    let training = Training { settings, case, data: &data, seed, evaluated };

    let mut depths = Vec::new();
    let total: usize = settings.depths.iter().sum();
    let mut done = 0;
    for &depth in &settings.depths {
        let tape = tape(case.block, (depth, settings.width), case.biases, data.shape(), data.classes())?;
        let parameters = drawn(case.start.initialiser(), &tape, seed)?;
        let start = measurements.structure(&tape, &parameters)?;
        let trained = if case.is_trained() && settings.trained_depths.contains(&depth) {
            let part = context.part(done, depth, total);
            Some(training.run(&tape, &mut measurements, &part)?)
        } else {
            None
        };
        depths.push(Depth { depth, parameters: parameters.len(), start, trained });
        done += depth;
        context.progress(done, total);
    }
    Ok(Record { depths, sandwiches: measurements.tally, floors: measurements.floors })
}

/// The samples that are measured, and the count of what was checked on them.
struct Measurements<'a> {
    case: &'a Case,
    set: ProbeSet,
    tally: SandwichTally,
    floors: Tally,
}

impl Measurements<'_> {
    fn structure(&mut self, tape: &Arc<Tape>, parameters: &[f32]) -> Result<Structure, Failure> {
        let parameters = widened(parameters);
        let ProbeSet { inputs, targets } = &self.set;
        let own = f64::from(u8::from(self.case.biases));
        let first = first_layer_jacobians(tape, &parameters, inputs.view())?
            .iter()
            .zip(inputs.rows())
            .map(|(p, input)| {
                let values = singular_values(p.t())?;
                let eigenvalue = |singular: f64| (input.dot(&input) + own) * singular * singular;
                Ok((eigenvalue(values[0]), eigenvalue(values[values.len() - 1])))
            })
            .collect::<Result<Vec<_>, Failure>>()?;
        let sums = layer_sums(&Engine::<f64>::new(tape.clone()), &parameters, inputs.view())?;
        let probe = Probe::<f64>::new(tape.clone(), Arc::new(SoftmaxCrossEntropy));
        let measured = probe.measure(&parameters, inputs.view(), targets.view())?;
        self.tally.count(&measured);
        self.count_floors(&sums, tape.backward_roundoff::<f64>());
        Ok(Structure::of(&first, &sums, &measured)?)
    }

    /// T12: no eigenvalue lies below the head's own.
    fn count_floors(&mut self, sums: &[LayerSum], roundoff: f64) {
        for sum in sums {
            let whole = sum.whole.eigenvalues;
            let floor = head(sum).eigenvalues.min * (1.0 - roundoff);
            self.floors.count(whole.min + roundoff * whole.max >= floor);
        }
    }
}

/// What the trainings of a cell's chains have in common.
struct Training<'a> {
    settings: &'a Settings,
    case: &'a Case,
    data: &'a Data,
    seed: Seed,
    /// The training samples over which the risk after training is the mean.
    evaluated: (Array2<f32>, Array2<f64>),
}

impl Training<'_> {
    fn run(
        &self,
        tape: &Arc<Tape>,
        measurements: &mut Measurements<'_>,
        context: &Context,
    ) -> Result<Trained, Failure> {
        let settings = self.settings;
        let loss: Arc<dyn Loss> = Arc::new(SoftmaxCrossEntropy);
        let run = TrainingRun {
            data: self.data,
            tape: tape.clone(),
            loss: loss.clone(),
            initialiser: self.case.start.initialiser(),
            optimiser: Box::new(Sgd::new(settings.rate, settings.momentum)?),
            schedule: Schedule::constant(),
            batch: settings.batch,
            steps: settings.steps,
            log_every: settings.steps,
            seed: self.seed,
        };
        let ended = run.train(context, |_| Ok(()))?;
        let trainer = &ended.trainer;
        let (inputs, targets) = &self.evaluated;
        let (engine, parameters) = (trainer.engine(), trainer.parameters());
        // A chain that leaves the range of f32 is a result, not a failure.
        let overflowed = Trained {
            overflowed: Some(trainer.steps()),
            risk: f64::NAN,
            accuracy: f64::NAN,
            structure: None,
        };
        if ended.diverged.is_some() {
            return Ok(overflowed);
        }
        let end = match evaluate(engine, parameters, &*loss, inputs.view(), targets.view()) {
            Err(NnError::Diverged(_) | NnError::Convexity(ConvexityError::NotFinite { .. })) => {
                return Ok(overflowed);
            }
            end => end?,
        };
        Ok(Trained {
            overflowed: None,
            risk: end.risk,
            accuracy: end.accuracy,
            structure: Some(measurements.structure(tape, parameters)?),
        })
    }
}
