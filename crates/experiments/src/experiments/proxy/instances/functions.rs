//! E1: star-convex polynomials and quasar-convex powers.

use fenchel_convexity::proxy::star_convex::{EvenPolynomial, RootPower, StarConvex};
use fenchel_convexity::proxy::{Comparator, Descent, Exact, LipschitzGuarantee, Noisy};
use fenchel_harness::Failure;
use fenchel_random::{Seed, Stream};
use ndarray::Array1;

use super::{digests, vector};
use crate::experiments::proxy::Settings;
use crate::experiments::proxy::record::Check;

/// The noise of SGD on functions that are no mean over samples.
const NOISE: f64 = 0.2;

/// A random polynomial in four variables about a random minimiser.
pub(in super::super) fn polynomial(stream: &mut Stream) -> Result<(EvenPolynomial, Array1<f64>), Failure> {
    let minimiser = vector(stream, 4);
    let terms = (0..6)
        .map(|k| {
            let mut a: Vec<i32> = (0..4).map(|_| i32::from(stream.random_bool(0.3))).collect();
            a[k % 4] = a[k % 4].max(1);
            (stream.random_range(0.2..2.0), a)
        })
        .collect();
    Ok((EvenPolynomial::new(minimiser.to_vec(), terms)?, minimiser))
}

pub(super) fn star_convex(settings: &Settings, seed: Seed) -> Result<Vec<Check>, Failure> {
    let mut stream = seed.derive("problem").stream();
    let (function, minimiser) = polynomial(&mut stream)?;
    let start = &minimiser + &vector(&mut stream, 4);
    let distance = length(&(&start - &minimiser));
    // SGD may leave the start's ball; its gradients are bounded on the ball of twice the radius, where the hypothesis is measured.
    let inner = function.instance(distance)?;
    let outer = function.instance(2.0 * distance)?;
    let comparator = inner.comparator();
    let p2 = inner.guarantee(&start)?;
    let run = Descent::new(1.0 / inner.smoothness(), settings.steps)?.gradient(
        &Exact::new(inner.proxy().clone()),
        &start,
        &comparator,
    )?;
    // ‖∇f‖² <= L2 g at the start, and g falls in the mean: four times its value there is ample.
    let steepest = 4.0 * outer.smoothness() * run.steps()[0].g + NOISE * NOISE;
    let step = 0.2 / outer.smoothness();
    let sgd = stochastic(settings, &outer, &start, &comparator, step, seed)?;
    let p1 = LipschitzGuarantee { distance: p2.distance, comparator_cost: 0.0, second_moment: steepest };
    Ok(digests(&[p2.check(&[run])?], &[p1.check(&sgd)?]))
}

pub(super) fn quasar_convex(settings: &Settings, seed: Seed) -> Result<Vec<Check>, Failure> {
    let mut stream = seed.derive("problem").stream();
    let minimiser = vector(&mut stream, 4);
    let p = stream.random_range(0.3..1.0);
    let instance = RootPower::new(minimiser.to_vec(), p, 1.0)?.instance()?;
    let start = &minimiser + &(vector(&mut stream, 4) * 3.0);
    let comparator = instance.comparator();
    let p2 = instance.guarantee(&start)?;
    let run = Descent::new(1.0 / instance.smoothness(), settings.steps)?.gradient(
        &Exact::new(instance.proxy().clone()),
        &start,
        &comparator,
    )?;
    let sgd = stochastic(settings, &instance, &start, &comparator, 0.05, seed)?;
    // p <= 1 and e = 1: r (r² + 1)^{p/2-1} <= 1 everywhere.
    let second_moment = 1.0 + NOISE * NOISE;
    let p1 = LipschitzGuarantee { distance: p2.distance, comparator_cost: 0.0, second_moment };
    Ok(digests(&[p2.check(&[run])?], &[p1.check(&sgd)?]))
}

fn stochastic(
    settings: &Settings,
    instance: &StarConvex,
    start: &Array1<f64>,
    comparator: &Comparator,
    step: f64,
    seed: Seed,
) -> Result<Vec<fenchel_convexity::proxy::Run>, Failure> {
    let oracle = Noisy::new(instance.proxy().clone(), NOISE)?;
    let method = Descent::new(step, settings.stochastic_steps)?;
    Ok(method.stochastic(&oracle, start, comparator, settings.runs, seed.derive("sgd"))?)
}

fn length(x: &Array1<f64>) -> f64 {
    x.dot(x).sqrt()
}
