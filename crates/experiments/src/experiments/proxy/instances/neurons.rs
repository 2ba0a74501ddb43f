//! E2, and least squares of E1.

use fenchel_convexity::proxy::neuron::{NeuronInstance, spread};
use fenchel_convexity::proxy::{Descent, Run};
use fenchel_datasets::synthetic::{self, Spread};
use fenchel_harness::Failure;
use fenchel_random::Seed;
use ndarray::{Array1, Array2};

use super::{digests, vector};
use crate::experiments::proxy::Settings;
use crate::experiments::proxy::record::Check;

/// The slope of the leaky ReLU.
pub(in super::super) const GAMMA: f64 = 0.3;

/// Inputs, teacher and start.
pub(in super::super) type Drawn = (Array2<f64>, Array1<f64>, Array1<f64>);

/// Inputs in the unit ball, a teacher of length about 2, and a start.
pub(in super::super) fn drawn(settings: &Settings, seed: Seed) -> Result<Drawn, Failure> {
    let d = settings.dimension;
    let inputs = synthetic::spread(Spread::Ball(1.0), settings.samples, d, seed.derive("inputs"))?;
    let v = synthetic::unit_vector(seed.derive("teacher"), d)? * 2.0;
    let start = vector(&mut seed.derive("start").stream(), d) / (d as f64).sqrt();
    Ok((inputs, v, start))
}

pub(super) fn convex(settings: &Settings, seed: Seed) -> Result<Vec<Check>, Failure> {
    let (inputs, v, start) = drawn(settings, seed)?;
    let labels = inputs.dot(&v) + noise(settings, seed);
    let instance = NeuronInstance::least_squares(inputs, labels, v)?;
    Ok(both(settings, &instance, &start, 0.5, seed)?.0)
}

pub(super) fn realisable(settings: &Settings, seed: Seed) -> Result<Vec<Check>, Failure> {
    let (inputs, v, start) = drawn(settings, seed)?;
    let instance = NeuronInstance::realisable(inputs, v, GAMMA)?;
    Ok(both(settings, &instance, &start, 1.0, seed)?.0)
}

pub(super) fn relu(settings: &Settings, seed: Seed) -> Result<(Vec<Check>, f64), Failure> {
    let (inputs, v, start) = drawn(settings, seed)?;
    let instance = NeuronInstance::relu(inputs, v)?;
    let (checks, run) = both(settings, &instance, &start, 0.5, seed)?;
    Ok((checks, spread(&run)))
}

pub(super) fn agnostic(settings: &Settings, seed: Seed) -> Result<Vec<Check>, Failure> {
    let (inputs, v, start) = drawn(settings, seed)?;
    let clean = inputs.dot(&v).mapv(|z| if z > 0.0 { z } else { GAMMA * z });
    let instance = NeuronInstance::agnostic(inputs, clean + noise(settings, seed), v, GAMMA)?;
    Ok(both(settings, &instance, &start, 0.5, seed)?.0)
}

fn noise(settings: &Settings, seed: Seed) -> Array1<f64> {
    let mut stream = seed.derive("noise").stream();
    Array1::from_shape_simple_fn(settings.samples, || stream.random_range(-0.1..0.1))
}

/// Gradient descent and SGD, one sample a batch, with the step `factor / L2`, under P2.
fn both(
    settings: &Settings,
    instance: &NeuronInstance,
    start: &Array1<f64>,
    factor: f64,
    seed: Seed,
) -> Result<(Vec<Check>, Run), Failure> {
    let (oracle, comparator) = (instance.oracle(1)?, instance.comparator());
    let p2 = instance.guarantee(start)?;
    let step = factor / instance.smoothness();
    let run = Descent::new(step, settings.steps)?.gradient(&oracle, start, comparator)?;
    let sgd = Descent::new(step, settings.stochastic_steps)?.stochastic(
        &oracle,
        start,
        comparator,
        settings.runs,
        seed.derive("sgd"),
    )?;
    let gradient = p2.check(std::slice::from_ref(&run))?;
    Ok((digests(&[gradient], &[p2.check(&sgd)?]), run))
}
