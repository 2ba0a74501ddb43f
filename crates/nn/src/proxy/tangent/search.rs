//! Projected gradient ascent on the nonlinearity of pairs.

use fenchel_random::Seed;
use ndarray::Array1;

use super::{Nonlinearity, TangentInstance, starts};
use crate::NnError;

/// Samples for which single starts are built.
const SAMPLES: usize = 4;
/// The best of the starts for single samples, from which the search climbs.
const CLIMBS: usize = 3;
/// Random pairs from which it climbs too.
const RANDOM: usize = 3;

/// The nonlinearity, and W and V where it is found.
type Found = (f64, Array1<f64>, Array1<f64>);

pub(super) fn search(
    instance: &TangentInstance,
    seed: Seed,
    iterations: usize,
) -> Result<Nonlinearity, NnError> {
    let mut samples: Vec<usize> = (0..instance.task.labels().len()).collect();
    seed.derive("samples").stream().shuffle(&mut samples);
    samples.truncate(SAMPLES);
    let measured = |pairs: Vec<starts::Pair>| -> Result<Vec<Found>, NnError> {
        pairs.into_iter().map(|(w, v)| Ok((instance.nonlinearity(w.view(), v.view())?.0, w, v))).collect()
    };
    let mut single = measured(starts::for_single(instance, &samples)?)?;
    // Stable, so that equal heights keep their order.
    single.sort_by(|a, b| b.0.total_cmp(&a.0));
    single.truncate(CLIMBS);
    // The height of a start says little of the hill: those for all samples together start low and reach farthest.
    let all = measured(starts::for_all(instance)?)?;
    let random = measured(
        (0..RANDOM).map(|k| starts::random(instance, seed.derive("climb").index(k as u64))).collect(),
    )?;
    let mut best = (0.0, instance.start.clone(), instance.start.clone());
    for start in single.into_iter().chain(all).chain(random) {
        let reached = climb(instance, start, iterations)?;
        if reached.0 > best.0 {
            best = reached;
        }
    }
    let (_, w, v) = best;
    let (e, linearisation) = instance.nonlinearity(w.view(), v.view())?;
    Ok(Nonlinearity { e, linearisation, w, v })
}

/// Ascent in V and in W by turns; each has its own step length, a share of the radius, doubled after success and cut after failure.
fn climb(
    instance: &TangentInstance,
    (mut e, mut w, mut v): Found,
    iterations: usize,
) -> Result<Found, NnError> {
    let gradient = |point: &Array1<f64>| Ok::<_, NnError>(instance.task.loss_and_gradient(point.view())?.1);
    let (mut at_w, mut at_v) = (gradient(&w)?, gradient(&v)?);
    let mut lengths = [0.3 * instance.radius; 2];
    for iteration in 0..iterations {
        let turn = iteration % 2;
        let direction = if turn == 0 {
            &at_w - &at_v
        } else {
            // A tenth of the way: far enough to feel the kinks that lie between.
            let ahead = &w + &((&v - &w) * 0.1);
            (gradient(&ahead)? - &at_w) * 10.0
        };
        let size = direction.dot(&direction).sqrt();
        if size == 0.0 {
            lengths[turn] = 0.0;
        } else {
            let from = if turn == 0 { &v } else { &w };
            let trial = instance.pulled_back(from + &(direction * (lengths[turn] / size)));
            let (new_w, new_v) = if turn == 0 { (w.clone(), trial) } else { (trial, v.clone()) };
            let reached = instance.nonlinearity(new_w.view(), new_v.view())?.0;
            if reached > e {
                (e, w, v) = (reached, new_w, new_v);
                if turn == 0 {
                    at_v = gradient(&v)?;
                } else {
                    at_w = gradient(&w)?;
                }
                lengths[turn] = (2.0 * lengths[turn]).min(instance.radius);
            } else {
                lengths[turn] *= 0.4;
            }
        }
        if lengths.iter().all(|&length| length < 1e-6 * instance.radius) {
            break;
        }
    }
    Ok((e, w, v))
}
