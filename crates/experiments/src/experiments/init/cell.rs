//! One cell of `init`: draw a start, measure its structure, train.
//!
//! Training is in `f64`. What is claimed of equal weights holds in exact arithmetic, and some products round equal units differently: in
//! `f32` the differences grow to the size of the weights within a run, in `f64` they do not.

use fenchel_harness::{Context, Failure};
use fenchel_nn::Schedule;
use fenchel_nn::measurement::layer_sums;
use fenchel_nn::models::{DenseChain, Model};
use fenchel_nn::optimisers::Sgd;
use fenchel_random::Seed;
use fenchel_tensor::{Engine, Tape};

use super::{Case, Record, Settings, Start};
use crate::ingredients::{Data, ProbeSet, TrainingRun, drawn, initialiser, loss};

/// Measures the start and trains.
pub(super) fn run(settings: &Settings, case: &Case, context: &Context) -> Result<Record, Failure> {
    let data = Data::shared(&case.dataset, context)?;
    // Batches and probe set are those of the seed whatever the start, so that cells pair.
    let seed = Seed::new(case.seed).derive("init");
    let set = ProbeSet::draw(&data, settings.probe, seed)?;
    let loss = loss(&settings.loss)?;
    let initialiser = initialiser(&case.start)?;
    let tape = DenseChain::new(case.depth, settings.width).tape(data.shape(), data.classes())?;

    let parameters = drawn::<f64>(initialiser, &tape, seed)?;
    let sums = layer_sums(&Engine::<f64>::new(tape.clone()), &parameters, set.inputs.view())?;
    let start = Start::new(&sums, tape.outputs(), &parameters, tape.backward_roundoff::<f64>());

    let training = TrainingRun::<f64> {
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
    let (diverged, test_accuracy) = probed.trained.outcome(&data, &*loss)?;
    let asymmetry = asymmetry(probed.trained.trainer.engine().tape(), probed.trained.trainer.parameters());
    Ok(Record { start, logs: probed.logs, diverged, asymmetry, test_accuracy, sandwiches: probed.tally })
}

/// The largest distance of a hidden unit's weight from that of its layer's first unit, over the layer's largest weight.
fn asymmetry(tape: &Tape, parameters: &[f64]) -> f64 {
    let hidden = tape.parameters().slots().iter().filter(|slot| slot.name.starts_with("dense"));
    hidden.fold(0.0, |most, slot| {
        let units = &parameters[slot.range.clone()];
        let Some(first) = units.get(..units.len() / slot.shape[0]) else { return most };
        let apart = units
            .chunks_exact(first.len())
            .flat_map(|unit| unit.iter().zip(first))
            .fold(0.0, |apart: f64, (a, b)| apart.max((a - b).abs()));
        let largest = units.iter().fold(0.0, |largest: f64, w| largest.max(w.abs()));
        if apart == 0.0 { most } else { most.max(apart / largest) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use fenchel_nn::Initialiser;
    use fenchel_tensor::Shape;

    #[test]
    fn equal_units_have_no_asymmetry_and_one_that_differs_has() {
        let tape = DenseChain::new(2, 4).tape(Shape::vector(3), 5).unwrap();
        let mut parameters =
            Initialiser::Constant { weight: 0.5, bias: 0.5 }.draw(&tape, Seed::new(0)).unwrap().to_vec();
        assert_eq!(asymmetry(&tape, &parameters), 0.0);
        // The head is no hidden layer.
        let head = tape.parameters().find("head.weight").unwrap().range.clone();
        parameters[head.start] = 7.0;
        assert_eq!(asymmetry(&tape, &parameters), 0.0);
        let second = tape.parameters().find("dense2.weight").unwrap().range.clone();
        parameters[second.end - 1] = 0.25;
        assert_eq!(asymmetry(&tape, &parameters), 0.5);
    }
}
