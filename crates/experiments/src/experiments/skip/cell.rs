//! One cell of `skip`: chains of all depths, measured at initialisation and, from the default start, after training.

use std::sync::Arc;

use fenchel_convexity::ConvexityError;
use fenchel_convexity::losses::{Loss, SoftmaxCrossEntropy};
use fenchel_convexity::theorems::skip_connections::singular_values;
use fenchel_datasets::{Batch, Batches, Dataset};
use fenchel_nn::measurement::{LayerSum, Probe, layer_sums};
use fenchel_nn::optimisers::Sgd;
use fenchel_nn::{Initialiser, NnError, Trainer, evaluate, one_hot};
use fenchel_random::{Seed, SliceRandom};
use fenchel_tensor::{Engine, Tape};
use ndarray::Array2;

use super::chain::{Chain, tape};
use super::record::{Depth, Record, Structure, Trained, head};
use super::{Case, Settings, Start};
use crate::context::Context;
use crate::error::Failure;
use crate::ingredients::Data;

/// Measures and trains the chains of all depths.
pub(super) fn run(settings: &Settings, case: &Case, context: &Context) -> Result<Record, Failure> {
    let data = Data::shared(&case.dataset, context)?;
    let seed = Seed::new(case.seed).derive("skip");
    let chosen = |purpose: &str, count: usize| {
        let mut indices: Vec<usize> = (0..data.train.len()).collect();
        let count = count.min(indices.len());
        indices.partial_shuffle(&mut seed.derive(purpose).stream(), count).0.to_vec()
    };
    let (inputs, targets) = data.gather(&data.train, &chosen("probe set", settings.probe))?;
    let mut probe = ProbeSet { case, inputs, targets, checked: 0, violated: 0, floors: (0, 0) };
    let evaluated = data.gather::<f32>(&data.train, &chosen("evaluated", settings.evaluated))?;

    let mut depths = Vec::new();
    let total: usize = settings.depths.iter().sum();
    let mut done = 0;
    for &depth in &settings.depths {
        let tape = tape(case.block, (depth, settings.width), case.biases, data.shape(), data.classes())?;
        let initialiser = match case.start {
            Start::Default => Initialiser::FanInUniform,
            Start::Kaiming => Initialiser::Kaiming,
        };
        let parameters: Vec<f32> = initialiser.draw(&tape, seed)?.iter().map(|&p| p as f32).collect();
        let start = probe.structure(depth, &tape, &parameters)?;
        let trained = if case.is_trained() && settings.trained_depths.contains(&depth) {
            let train = Training { settings, data: &data, seed, evaluated: &evaluated };
            Some(train.run(depth, &tape, parameters, &mut probe)?)
        } else {
            None
        };
        depths.push(Depth { depth, parameters: tape.parameters().len(), start, trained });
        done += depth;
        context.progress(done, total);
    }
    Ok(Record {
        depths,
        checked: probe.checked,
        violated: probe.violated,
        floors_checked: probe.floors.0,
        floors_violated: probe.floors.1,
    })
}

/// The samples that are measured, and the count of what was checked on them.
struct ProbeSet<'a> {
    case: &'a Case,
    inputs: Array2<f64>,
    targets: Array2<f64>,
    checked: usize,
    violated: usize,
    /// Floors checked and violated.
    floors: (usize, usize),
}

impl ProbeSet<'_> {
    fn structure(
        &mut self,
        depth: usize,
        tape: &Arc<Tape>,
        parameters: &[f32],
    ) -> Result<Structure, Failure> {
        let parameters: Vec<f64> = parameters.iter().map(|&p| f64::from(p)).collect();
        let chain = Chain::new(self.case.block, depth, tape, &parameters);
        let own = f64::from(u8::from(self.case.biases));
        let first = self
            .inputs
            .rows()
            .into_iter()
            .map(|input| {
                let values = singular_values(chain.first_layer_jacobian(input).t())?;
                let eigenvalue = |singular: f64| (input.dot(&input) + own) * singular * singular;
                Ok((eigenvalue(values[0]), eigenvalue(values[values.len() - 1])))
            })
            .collect::<Result<Vec<_>, Failure>>()?;
        let sums = layer_sums(&Engine::<f64>::new(tape.clone()), &parameters, self.inputs.view())?;
        let probe = Probe::<f64>::new(tape.clone(), Arc::new(SoftmaxCrossEntropy));
        let measured = probe.measure(&parameters, self.inputs.view(), self.targets.view())?;
        let (checked, violated) = measured.violations();
        self.checked += checked;
        self.violated += violated;
        self.count_floors(&sums, tape.backward_roundoff::<f64>());
        Ok(Structure::of(&first, &sums, &measured)?)
    }

    /// T12: no eigenvalue lies below the head's own.
    fn count_floors(&mut self, sums: &[LayerSum], roundoff: f64) {
        for sum in sums {
            let below = sum.whole.eigenvalues.min + roundoff * sum.whole.eigenvalues.max
                < head(sum).eigenvalues.min * (1.0 - roundoff);
            self.floors.0 += 1;
            self.floors.1 += usize::from(below);
        }
    }
}

/// A training of one chain.
struct Training<'a> {
    settings: &'a Settings,
    data: &'a Data,
    seed: Seed,
    evaluated: &'a (Array2<f32>, Array2<f64>),
}

impl Training<'_> {
    fn run(
        &self,
        depth: usize,
        tape: &Arc<Tape>,
        start: Vec<f32>,
        probe: &mut ProbeSet<'_>,
    ) -> Result<Trained, Failure> {
        let settings = self.settings;
        let loss: Arc<dyn Loss> = Arc::new(SoftmaxCrossEntropy);
        let sgd = Box::new(Sgd::new(settings.rate, settings.momentum)?);
        let mut trainer = Trainer::new(tape.clone(), start, loss.clone(), sgd);
        let ended = self.steps(&mut trainer).and_then(|()| {
            let (inputs, targets) = self.evaluated;
            evaluate(trainer.engine(), trainer.parameters(), &*loss, inputs.view(), targets.view())
        });
        let end = match ended {
            // A chain that leaves the range of f32 is a result, not a failure.
            Err(NnError::Diverged(_) | NnError::Convexity(ConvexityError::NotFinite { .. })) => {
                let (risk, accuracy) = (f64::NAN, f64::NAN);
                return Ok(Trained { overflowed: Some(trainer.steps()), risk, accuracy, structure: None });
            }
            ended => ended?,
        };
        Ok(Trained {
            overflowed: None,
            risk: end.risk,
            accuracy: end.accuracy,
            structure: Some(probe.structure(depth, tape, trainer.parameters())?),
        })
    }

    fn steps(&self, trainer: &mut Trainer<f32>) -> Result<(), NnError> {
        let Self { settings, data, seed, .. } = self;
        let outside = |error: fenchel_datasets::Error| NnError::Outside {
            what: "the data set".to_owned(),
            reason: error.to_string(),
        };
        let mut batches = Batches::new(&data.train, settings.batch, seed.derive("batches"))
            .and_then(|batches| batches.normalised(data.normalisation.clone()))
            .map_err(outside)?;
        let mut batch = Batch::<f32>::default();
        let mut epoch = 0;
        batches.start_epoch(epoch);
        for _ in 0..settings.steps {
            if !batches.fill_next(&mut batch) {
                epoch += 1;
                batches.start_epoch(epoch);
                batches.fill_next(&mut batch);
            }
            let targets = one_hot(&batch.labels, data.classes())?;
            trainer.step(batch.inputs.view(), targets.view())?;
        }
        Ok(())
    }
}
