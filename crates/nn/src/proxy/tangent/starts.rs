//! Pairs from which the search climbs: units put where the network is least linear.

use fenchel_random::Seed;
use ndarray::{Array1, Array2, s};

use super::TangentInstance;
use crate::NnError;

/// Shares of the ball's radius that the construction spends.
const SHARES: [f64; 3] = [0.4, 0.7, 0.95];

/// A pair W, V of weights.
pub(super) type Pair = (Array1<f64>, Array1<f64>);

/// Constructed pairs for single samples.
pub(super) fn for_single(instance: &TangentInstance, samples: &[usize]) -> Result<Vec<Pair>, NnError> {
    constructed(instance, samples.iter().map(std::slice::from_ref))
}

/// Constructed pairs for all samples together.
pub(super) fn for_all(instance: &TangentInstance) -> Result<Vec<Pair>, NnError> {
    let all: Vec<usize> = (0..instance.task.labels().len()).collect();
    constructed(instance, std::iter::once(all.as_slice()))
}

/// A pair on the ball's surface, each point in a random direction.
pub(super) fn random(instance: &TangentInstance, seed: Seed) -> Pair {
    let mut stream = seed.derive("random pair").stream();
    let mut point = || {
        let d: Array1<f64> = Array1::from_shape_simple_fn(instance.start.len(), || stream.normal());
        let length: f64 = d.dot(&d).sqrt();
        &instance.start + &(d * (instance.radius / length))
    };
    (point(), point())
}

fn constructed<'a>(
    instance: &TangentInstance,
    sets: impl Iterator<Item = &'a [usize]>,
) -> Result<Vec<Pair>, NnError> {
    let z = instance.task.net().pre_activations(instance.start.view(), instance.task.inputs())?;
    let kinked = !instance.task.net().activation().kinks().is_empty();
    let build = if kinked { across_kinks } else { along_curvature };
    Ok(sets.flat_map(|set| SHARES.map(|share| build(instance, &z, set, share))).collect())
}

/// Units, each with a sample of its set by `cost`, of outer weights that agree with the sample's label (others would lower e), cheapest first.
fn candidates(
    instance: &TangentInstance,
    z: &Array2<f64>,
    set: &[usize],
    cost: impl Fn(f64, f64) -> f64,
) -> Vec<(usize, usize, f64)> {
    let (net, inputs, labels) = (instance.task.net(), instance.task.inputs(), instance.task.labels());
    let lengths: Vec<f64> = inputs.rows().into_iter().map(|x| x.dot(&x).sqrt()).collect();
    let mut chosen: Vec<(usize, usize, f64)> = (0..net.width())
        .filter_map(|j| {
            set.iter()
                .filter(|&&i| labels[i] * net.outer_weight(j) > 0.0 && lengths[i] > 0.0)
                .map(|&i| (j, i, cost(z[[i, j]], lengths[i])))
                .min_by(|a, b| a.2.total_cmp(&b.2))
        })
        .collect();
    chosen.sort_by(|a, b| a.2.total_cmp(&b.2).then(a.0.cmp(&b.0)));
    chosen
}

/// W puts the units nearest to a kink just before it, V just as far beyond as the ball allows.
fn across_kinks(instance: &TangentInstance, z: &Array2<f64>, set: &[usize], share: f64) -> Pair {
    let d = instance.task.net().inputs();
    let budget = (share * instance.radius).powi(2);
    let mut spent = 0.0;
    let kinks = instance.task.net().activation().kinks();
    // From the nearest kink.
    let from = |z: f64| {
        let offsets = kinks.iter().map(|kink| z - kink);
        offsets.min_by(|a, b| a.abs().total_cmp(&b.abs())).expect("one of the kinks")
    };
    let units: Vec<_> = candidates(instance, z, set, |z, length| from(z).abs() / length)
        .into_iter()
        .take_while(|(_, _, distance)| {
            spent += distance * distance;
            spent <= budget
        })
        .collect();
    // V goes a distance t beyond the kink: the root of sum (distance + t)^2 = R^2.
    let (count, sum) = (units.len().max(1) as f64, units.iter().map(|unit| unit.2).sum::<f64>());
    let squares: f64 = units.iter().map(|unit| unit.2 * unit.2).sum();
    let rest = instance.radius * instance.radius - squares;
    let beyond = (-sum + (sum * sum + count * rest).max(0.0).sqrt()) / count;
    let (mut w, mut v) = (instance.start.clone(), instance.start.clone());
    for (j, i, distance) in units {
        let x = instance.task.inputs().row(i).to_owned();
        let direction = &x * (-from(z[[i, j]]).signum() / x.dot(&x).sqrt());
        let unit = s![j * d..(j + 1) * d];
        w.slice_mut(unit).scaled_add(distance * (1.0 - 1e-9), &direction);
        v.slice_mut(unit).scaled_add(distance + beyond, &direction);
    }
    (instance.pulled_back(w), instance.pulled_back(v))
}

/// The units of the highest curvature of the right sign, moved along the sample: few of them, for the error is of the second order.
fn along_curvature(instance: &TangentInstance, z: &Array2<f64>, set: &[usize], share: f64) -> Pair {
    let (net, d) = (instance.task.net(), instance.task.net().inputs());
    let curvature = |z: f64| {
        let step = 1e-4;
        (net.activation().derivative(z + step) - net.activation().derivative(z - step)) / (2.0 * step)
    };
    let units = candidates(instance, z, set, |z, length| -curvature(z) * length * length);
    // The share decides here among how many units the radius is spread.
    let count = ((units.len() as f64).powf(share - 0.4).ceil() as usize).clamp(1, units.len().max(1));
    let reach = instance.radius / (count as f64).sqrt();
    let (mut w, mut v) = (instance.start.clone(), instance.start.clone());
    for (j, i, _) in units.into_iter().take(count) {
        let x = instance.task.inputs().row(i).to_owned();
        let direction = &x * (reach / x.dot(&x).sqrt());
        let unit = s![j * d..(j + 1) * d];
        w.slice_mut(unit).scaled_add(-1.0, &direction);
        v.slice_mut(unit).scaled_add(1.0, &direction);
    }
    (instance.pulled_back(w), instance.pulled_back(v))
}
