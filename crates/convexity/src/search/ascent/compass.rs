//! Compass search: one move after another, each with its own step, doubled after success and cut after failure.

use super::Climber;
use crate::inequality::{Pair, Points};

/// A move of a pair with one real parameter; the parameter 0 leaves the pair where it is.
#[derive(Clone, Copy, Debug)]
enum Move {
    /// Both points along a coordinate.
    Both(usize),
    /// The point u alone along a coordinate.
    Alone(usize),
    /// The difference scaled, v fixed.
    ScaleFromV,
    /// The difference scaled, u fixed.
    ScaleFromU,
    /// Both points along their difference.
    Slide,
    /// Both points away from the middle, like a photograph enlarged.
    Enlarge,
    /// v away from the middle, the difference kept.
    Recede,
}

/// Steps below this, relative to the pair's distance, change nothing any more.
const SMALLEST: f64 = 1e-7;

pub(super) fn climb(climber: &mut Climber<'_>, middle: &[f64]) {
    let m = climber.pair.u.len();
    let mut moves: Vec<(Move, f64)> = Vec::with_capacity(2 * m + 5);
    match climber.landscape.points() {
        Points::One => moves.extend((0..m).map(|i| (Move::Alone(i), 0.3)).chain([(Move::Enlarge, 0.5)])),
        Points::Two => {
            let whole = [Move::ScaleFromV, Move::ScaleFromU, Move::Slide, Move::Enlarge, Move::Recede];
            moves.extend(whole.map(|kind| (kind, 0.5)));
            moves.extend((0..m).flat_map(|i| [(Move::Both(i), 0.3), (Move::Alone(i), 0.3)]));
        }
    }
    loop {
        let mut alive = false;
        let before = climber.height.score;
        for (kind, step) in &mut moves {
            if step.abs() < SMALLEST {
                continue;
            }
            if !climber.goes_on() {
                return;
            }
            alive = true;
            let distance = climber.distance();
            let start = climber.pair.clone();
            if climber.try_pair(moved(&start, *kind, *step, distance, middle)) {
                *step = (*step * 2.0).clamp(-1e3, 1e3);
            } else if climber.try_pair(moved(&start, *kind, -*step, distance, middle)) {
                *step = -*step;
            } else {
                *step *= 0.35;
            }
        }
        // A sweep that gains next to nothing ends the search: the quasi-Newton method may take over.
        let gain = climber.height.score - before;
        if !alive || (gain > 0.0 && gain < 1e-9 * climber.height.score.abs()) {
            return;
        }
    }
}

fn moved(start: &Pair, kind: Move, step: f64, distance: f64, middle: &[f64]) -> Pair {
    let mut pair = start.clone();
    let Pair { u, v } = &mut pair;
    let m = u.len();
    // A relative step of -t undoes one of t to first order, and never turns a scale negative.
    let factor = step.clamp(-2.0, 2.0).exp();
    match kind {
        Move::Both(i) => {
            u[i] += step * distance;
            v[i] += step * distance;
        }
        Move::Alone(i) => u[i] += step * distance,
        Move::ScaleFromV => (0..m).for_each(|i| u[i] = v[i] + factor * (u[i] - v[i])),
        Move::ScaleFromU => (0..m).for_each(|i| v[i] = u[i] + factor * (v[i] - u[i])),
        Move::Slide => (0..m).for_each(|i| {
            let d = start.u[i] - start.v[i];
            u[i] += step * d;
            v[i] += step * d;
        }),
        Move::Enlarge => (0..m).for_each(|i| {
            u[i] = middle[i] + factor * (u[i] - middle[i]);
            v[i] = middle[i] + factor * (v[i] - middle[i]);
        }),
        Move::Recede => (0..m).for_each(|i| {
            let away = (factor - 1.0) * (v[i] - middle[i]);
            u[i] += away;
            v[i] += away;
        }),
    }
    pair
}
