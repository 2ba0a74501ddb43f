//! Limited-memory quasi-Newton ascent (Nocedal 1980) with projection and backtracking.

use super::Climber;
use crate::inequality::Pair;
use std::collections::VecDeque;

/// Pairs of steps and gradient changes that are remembered.
const MEMORY: usize = 8;
/// A gradient costs two gradients and a Hessian product.
const GRADIENT_COST: u64 = 3;
/// Steps that gain less than this share of the score are progress no more.
const STALL: f64 = 1e-8;

pub(super) fn climb(climber: &mut Climber<'_>) {
    let m = climber.pair.u.len();
    let mut memory: VecDeque<(Vec<f64>, Vec<f64>)> = VecDeque::new();
    let mut gradient = vec![0.0; 2 * m];
    if !write_gradient(climber, &mut gradient) {
        return;
    }
    let mut stalled = 0;
    while climber.goes_on() && stalled < 2 {
        let mut direction = newton_direction(&gradient, &memory);
        if dot(&direction, &gradient) <= 0.0 {
            memory.clear();
            direction.clone_from(&gradient);
        }
        let size = dot(&direction, &direction).sqrt();
        if size == 0.0 || !size.is_finite() {
            return;
        }
        // Without memory the only scale known is the distance of the pair.
        let step = if memory.is_empty() { 0.1 * climber.distance() / size } else { 1.0 };
        let (start, before) = (climber.pair.clone(), climber.height.score);
        if !line_search(climber, &start, &direction, step, memory.is_empty()) {
            if memory.is_empty() {
                return;
            }
            memory.clear();
            continue;
        }
        stalled = if climber.height.score - before > STALL * before.abs() { 0 } else { stalled + 1 };
        let mut next = vec![0.0; 2 * m];
        if !write_gradient(climber, &mut next) {
            return;
        }
        let moved: Vec<f64> =
            concatenated(&climber.pair).iter().zip(concatenated(&start)).map(|(a, b)| a - b).collect();
        // Ascent on f is descent on -f: the change of gradient is taken with that sign.
        let change: Vec<f64> = gradient.iter().zip(&next).map(|(old, new)| old - new).collect();
        if dot(&moved, &change) > 1e-14 * dot(&change, &change).sqrt() * dot(&moved, &moved).sqrt() {
            memory.push_back((moved, change));
            if memory.len() > MEMORY {
                memory.pop_front();
            }
        }
        gradient = next;
    }
}

/// Backtracks from the step until a trial is higher; a first step that succeeds is doubled while that helps.
fn line_search(climber: &mut Climber<'_>, start: &Pair, direction: &[f64], step: f64, expand: bool) -> bool {
    let m = start.u.len();
    let at = |t: f64| Pair {
        u: (0..m).map(|i| start.u[i] + t * direction[i]).collect(),
        v: (0..m).map(|i| start.v[i] + t * direction[m + i]).collect(),
    };
    let mut t = step;
    for trial in 0..14 {
        if climber.try_pair(at(t)) {
            let mut doublings = 0;
            while expand && trial == 0 && doublings < 8 && climber.goes_on() && climber.try_pair(at(2.0 * t))
            {
                t *= 2.0;
                doublings += 1;
            }
            return true;
        }
        if !climber.goes_on() {
            return false;
        }
        t *= 0.3;
    }
    false
}

/// The two-loop recursion.
fn newton_direction(gradient: &[f64], memory: &VecDeque<(Vec<f64>, Vec<f64>)>) -> Vec<f64> {
    let mut direction = gradient.to_vec();
    let mut weights = Vec::with_capacity(memory.len());
    for (step, change) in memory.iter().rev() {
        let weight = dot(step, &direction) / dot(step, change);
        direction.iter_mut().zip(change).for_each(|(d, c)| *d -= weight * c);
        weights.push(weight);
    }
    if let Some((step, change)) = memory.back() {
        let scale = dot(step, change) / dot(change, change);
        direction.iter_mut().for_each(|d| *d *= scale);
    }
    for ((step, change), weight) in memory.iter().zip(weights.into_iter().rev()) {
        let back = weight - dot(change, &direction) / dot(step, change);
        direction.iter_mut().zip(step).for_each(|(d, s)| *d += back * s);
    }
    direction
}

fn write_gradient(climber: &mut Climber<'_>, gradient: &mut [f64]) -> bool {
    climber.evaluations += GRADIENT_COST;
    let (to_u, to_v) = gradient.split_at_mut(climber.pair.u.len());
    climber.landscape.gradient(&climber.pair, &climber.height, to_u, to_v)
}

fn concatenated(pair: &Pair) -> Vec<f64> {
    pair.u.iter().chain(&pair.v).copied().collect()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).fold(0.0, |sum, (x, y)| sum + x * y)
}
