//! E3, E4 and E5.

use fenchel_convexity::proxy::{Comparator, Descent};
use fenchel_datasets::Dataset;
use fenchel_datasets::synthetic::{self, Separable};
use fenchel_harness::Failure;
use fenchel_nn::proxy::{
    Classification, HiddenLayer, SandwichInstance, SandwichObjective, SeparableInstance, TangentInstance,
};
use fenchel_random::Seed;
use fenchel_tensor::Activation;
use ndarray::Array1;

use super::digests;
use crate::experiments::proxy::Settings;
use crate::experiments::proxy::record::Check;

/// The margin of E3's data, and its slack.
pub(in super::super) const MARGIN: (f64, f64) = (0.5, 0.25);
/// E3's step.
pub(in super::super) const STEP: f64 = 0.5;
/// The radius of E4's ball for runs.
const RADIUS: f64 = 3.0;
/// E5's step, 1/L for gradient descent.
pub(in super::super) const SANDWICH_STEP: f64 = 0.05;
/// E5's noise.
const NOISE: f64 = 0.05;

/// A separable set with the share of flips that came out, and a network of leaky ReLUs.
pub(in super::super) fn separable_task(
    settings: &Settings,
    slope: f64,
    flipped: f64,
    seed: Seed,
) -> Result<(Classification, Array1<f64>, f64), Failure> {
    let config = Separable {
        samples: settings.samples,
        dimension: settings.dimension,
        margin: MARGIN.0,
        slack: MARGIN.1,
        flipped,
    };
    let drawn = config.draw(seed.derive("set"))?;
    let labels = Array1::from_shape_fn(drawn.set.len(), |i| if drawn.set.label(i) == 1 { 1.0 } else { -1.0 });
    let net = HiddenLayer::new(settings.dimension, settings.width, Activation::LeakyRelu { slope })?;
    let share = drawn.flipped.len() as f64 / settings.samples as f64;
    Ok((Classification::new(net, drawn.set.inputs().clone(), labels)?, drawn.normal, share))
}

pub(super) fn separable(
    settings: &Settings,
    slope: f64,
    flipped: f64,
    seed: Seed,
) -> Result<Vec<Check>, Failure> {
    let (task, normal, share) = separable_task(settings, slope, flipped, seed)?;
    let start = task.net().gaussian(0.1, seed);
    let instance = SeparableInstance::new(task, normal, MARGIN.0, slope, share)?;
    let (oracle, comparator) = (instance.oracle(1)?, instance.comparator()?);
    let run = Descent::new(STEP, settings.separable_steps)?.gradient(&oracle, &start, &comparator)?;
    let sgd = Descent::new(STEP, settings.stochastic_steps)?.stochastic(
        &oracle,
        &start,
        &comparator,
        settings.runs,
        seed.derive("sgd"),
    )?;
    let p3 = instance.pl_guarantee(run.steps()[0].f, 1.0 / STEP)?;
    let run = [run];
    let gradient = [instance.check(&run)?, p3.check(&run)?];
    Ok(digests(&gradient, &[instance.check(&sgd)?]))
}

/// A network near a Gaussian start on a small separable set.
pub(in super::super) fn tangent_instance(
    samples: usize,
    width: usize,
    smooth: bool,
    radius: f64,
    seed: Seed,
) -> Result<TangentInstance, Failure> {
    let config = Separable { samples, dimension: 8, margin: 0.3, slack: 0.3, flipped: 0.0 };
    let drawn = config.draw(seed.derive("set"))?;
    let labels = Array1::from_shape_fn(samples, |i| if drawn.set.label(i) == 1 { 1.0 } else { -1.0 });
    let sigma = if smooth { Activation::Tanh } else { Activation::LeakyRelu { slope: 0.1 } };
    let net = HiddenLayer::new(8, width, sigma)?;
    let start = net.gaussian(1.0, seed);
    Ok(TangentInstance::new(Classification::new(net, drawn.set.inputs().clone(), labels)?, start, radius)?)
}

/// e is the one that the search finds; where the run leaves the ball or meets a larger one, the hypothesis of P2 fails and says so.
pub(super) fn tangent(settings: &Settings, smooth: bool, seed: Seed) -> Result<Vec<Check>, Failure> {
    let instance = tangent_instance(16, settings.tangent_width, smooth, RADIUS, seed)?;
    let e = instance.search(seed.derive("search"), settings.ascent)?.e;
    let comparator = instance.comparator(1.0, settings.stochastic_steps, e)?;
    let oracle = instance.oracle(1)?;
    let step = 1.0 / instance.task().radius().powi(2);
    let run =
        Descent::new(step, settings.stochastic_steps)?.gradient(&oracle, &instance.start(), &comparator)?;
    let sgd = Descent::new(0.5 * step, settings.stochastic_steps.min(100))?.stochastic(
        &oracle,
        &instance.start(),
        &comparator,
        settings.runs,
        seed.derive("sgd"),
    )?;
    Ok(digests(&[instance.check(&[run], &comparator)?], &[instance.check(&sgd, &comparator)?]))
}

/// One random sample with ten outputs on a tanh network.
pub(in super::super) fn sandwich_instance(
    settings: &Settings,
    squared: bool,
    seed: Seed,
) -> Result<SandwichInstance, Failure> {
    let outputs = 10;
    let x = synthetic::unit_vector(seed.derive("input"), settings.dimension)?;
    let target = Array1::from_shape_fn(outputs, |i| f64::from(u8::from(i == 3)));
    let objective = if squared { SandwichObjective::SquaredError } else { SandwichObjective::CrossEntropy };
    Ok(SandwichInstance::new(x, target, settings.width, Activation::Tanh, objective)?)
}

/// lambda = 1, the floor of T12.
pub(super) fn sandwich(settings: &Settings, squared: bool, seed: Seed) -> Result<Vec<Check>, Failure> {
    let instance = sandwich_instance(settings, squared, seed)?;
    let start = instance.gaussian(seed);
    // v plays no part in P3.
    let nowhere = Comparator::new(start.clone(), 0.0)?;
    let smoothness = 1.0 / SANDWICH_STEP;
    let run = Descent::new(SANDWICH_STEP, settings.steps)?.gradient(&instance, &start, &nowhere)?;
    let p3 = instance.guarantee(run.steps()[0].f, 1.0, smoothness)?;
    let noisy = instance.with_noise(NOISE)?;
    let sgd = Descent::new(SANDWICH_STEP, settings.stochastic_steps)?.stochastic(
        &noisy,
        &start,
        &nowhere,
        settings.runs,
        seed.derive("sgd"),
    )?;
    let with_noise = noisy.guarantee(run.steps()[0].f, 1.0, smoothness)?;
    Ok(digests(&[p3.check(&[run])?], &[with_noise.check(&sgd)?]))
}
