//! The prices of units that were never timed, by doing a few of each.

use crate::cost::Unit;
use crate::error::Failure;
use crate::ingredients::{drawn, loss, model};
use fenchel_nn::optimisers::Sgd;
use fenchel_nn::{Initialiser, Trainer, one_hot};
use fenchel_random::Seed;
use fenchel_tensor::Shape;
use ndarray::Array2;
use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// The time for all units together; the first of each takes what it takes.
const ALL: Duration = Duration::from_secs(1);
/// The time for one unit at most, which is enough.
const ONE: Duration = Duration::from_millis(100);
/// Samples of a training step.
const BATCH: usize = 16;
/// The classes of every data set.
const CLASSES: usize = 10;

/// The seconds of each unit on one core, as measured now.
#[must_use]
pub fn seconds(units: &[Unit]) -> BTreeMap<Unit, f64> {
    // One thread, as many as a cell is priced for.
    let Ok(pool) = rayon::ThreadPoolBuilder::new().num_threads(1).build() else { return BTreeMap::new() };
    let time = ONE.min(ALL / units.len().max(1) as u32);
    let measured = |unit: &Unit| {
        let seconds = match unit {
            Unit::Sample { model, input } => pool.install(|| sample(model, *input, time)).ok()?,
            Unit::Evaluation { .. } => evaluation(time),
        };
        Some((unit.clone(), seconds))
    };
    units.iter().filter_map(measured).collect()
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
