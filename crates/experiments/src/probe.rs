//! The prices of units that were never timed, by doing a few of each.

use fenchel_harness::Failure;
use fenchel_harness::cost::Unit;
use fenchel_nn::optimisers::Sgd;
use fenchel_nn::{Initialiser, Trainer, one_hot};
use fenchel_random::Seed;
use fenchel_tensor::Shape;
use ndarray::Array2;
use std::hint::black_box;
use std::time::{Duration, Instant};

use crate::ingredients::{drawn, loss, model};

/// Samples of a training step.
const BATCH: usize = 16;
/// The classes of every data set.
const CLASSES: usize = 10;

/// The seconds of a unit on one core, as measured now in about `time`.
pub(crate) fn seconds(unit: &Unit, time: Duration) -> Result<f64, Failure> {
    match unit {
        Unit::Sample { model, input } => sample(model, *input, time),
        Unit::Evaluation { .. } => Ok(evaluation(time)),
    }
}

/// The seconds of a sample in a training step.
fn sample(name: &str, [c, h, w]: [usize; 3], time: Duration) -> Result<f64, Failure> {
    let tape = model(name)?.tape(Shape::image(c, h, w), CLASSES)?;
    let start = drawn(Initialiser::FanInUniform, &tape, Seed::new(0))?;
    // A rate at which nothing diverges: the time of a step does not depend on it.
    let mut trainer = Trainer::<f32>::new(tape, start, loss("ce")?, Box::new(Sgd::new(1e-6, 0.9)?));
    let inputs = Array2::from_shape_fn((BATCH, c * h * w), |(i, j)| ((i + 3 * j) % 7) as f32 / 7.0 - 0.5);
    let labels: Vec<usize> = (0..BATCH).map(|i| i % CLASSES).collect();
    let targets = one_hot(&labels, CLASSES)?;
    let mut step = || trainer.step(inputs.view(), targets.view()).map(|_| ());
    // The first step fills caches and workspaces.
    let clock = Instant::now();
    step()?;
    if clock.elapsed() > time {
        return Ok(clock.elapsed().as_secs_f64() / BATCH as f64);
    }
    let (clock, mut steps) = (Instant::now(), 0);
    while steps == 0 || clock.elapsed() < time {
        step()?;
        steps += 1;
    }
    Ok(clock.elapsed().as_secs_f64() / (steps * BATCH) as f64)
}

/// The seconds of an evaluation of an elementary function.
fn evaluation(time: Duration) -> f64 {
    const ROUND: usize = 4096;
    let numbers: Vec<f64> = (0..ROUND).map(|i| 0.5 + i as f64 / ROUND as f64).collect();
    let (clock, mut rounds) = (Instant::now(), 0);
    while rounds == 0 || clock.elapsed() < time {
        black_box(numbers.iter().map(|x| black_box(*x).powf(1.5)).sum::<f64>());
        rounds += 1;
    }
    clock.elapsed().as_secs_f64() / (rounds * ROUND) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use fenchel_harness::cost::{Source, Work};
    use fenchel_harness::run::prices::Prices;

    #[test]
    fn what_was_never_timed_is_probed_and_every_price_is_positive() {
        let folder = tempfile::tempdir().unwrap();
        let units = [
            Unit::Sample { model: "c-1x8".into(), input: [1, 28, 28] },
            Unit::Sample { model: "lenet5".into(), input: [1, 28, 28] },
            Unit::Evaluation { of: "rows".into() },
        ];
        let wanted = units.iter().map(|unit| ("e".to_owned(), unit.clone()));
        let prices = Prices::gather(&folder.path().join("run"), wanted.collect(), seconds);
        for unit in units.clone() {
            let price = prices.seconds("e", &Work { unit: unit.clone(), units: 10.0 });
            assert!(price > 0.0 && price.is_finite(), "{unit}");
        }
        assert!(prices.list().iter().all(|price| price.source == Source::Probe));
        let price = |unit: &Unit| prices.seconds("e", &Work { unit: unit.clone(), units: 1.0 });
        assert!(price(&units[1]) > price(&units[0]), "LeNet-5 does forty times the operations");
    }
}
