//! The search itself: rounds of many starts and a few climbs, in a fixed order on any number of threads.

use super::ascent::Climber;
use super::problem::{Height, Pair, Problem};
use super::starts::Starts;
use super::{Progress, SearchConfig};
use rayon::prelude::*;
use std::ops::ControlFlow;

/// Start pairs examined in one round, at most.
const STARTS: u64 = 256;
/// Climbs made in one round.
const CLIMBS: usize = 8;

/// A pair that the search has reached.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) pair: Pair,
    pub(crate) height: Height,
}

/// What stays when the search ends.
#[derive(Clone, Debug)]
pub(crate) struct Ended {
    /// The highest pair that the examiner did not reject.
    pub(crate) best: Option<Found>,
    /// Evaluations spent.
    pub(crate) evaluations: u64,
}

/// Runs rounds until the budget is spent or the examiner, who sees the best pairs of each round, breaks.
///
/// The examiner returns for each pair whether it is to be kept; `Break` ends the search at once.
pub(crate) fn search(
    problem: &Problem<'_>,
    config: &SearchConfig,
    progress: &mut dyn FnMut(Progress),
    examine: &mut dyn FnMut(&mut Found) -> ControlFlow<(), bool>,
) -> Ended {
    let starts = Starts::new(problem, config.seed);
    let middle = problem.region.middle(&problem.domain, problem.dimension()).0;
    let mut ended = Ended { best: None, evaluations: 0 };
    let mut next_start = 0;
    while ended.evaluations < config.budget {
        let left = config.budget - ended.evaluations;
        let count = STARTS.min(left.div_ceil(4));
        let mut seen: Vec<(u64, Found)> = (next_start..next_start + count)
            .into_par_iter()
            .map(|index| {
                let pair = starts.pair(index);
                let height = problem.height(&pair);
                (index, Found { pair, height })
            })
            .collect();
        next_start += count;
        ended.evaluations += count;
        seen.retain(|(_, found)| found.height.score > f64::NEG_INFINITY);
        seen.sort_by(|a, b| b.1.height.score.total_cmp(&a.1.height.score).then(a.0.cmp(&b.0)));
        let chosen = choose(&seen, ended.best.as_ref());
        let left = config.budget - ended.evaluations;
        let each = climb_budget(problem.dimension()).min(left / chosen.len().max(1) as u64);
        let climbed: Vec<Climber<'_>> = chosen
            .into_par_iter()
            .map(|found| Climber::new(problem, found.pair, found.height, each).climb(&middle))
            .collect();
        let mut reached: Vec<Found> = Vec::new();
        for climber in climbed {
            ended.evaluations += climber.evaluations;
            reached.push(Found { pair: climber.pair, height: climber.height });
        }
        reached.sort_by(|a, b| b.height.score.total_cmp(&a.height.score));
        for mut found in reached {
            if ended.best.as_ref().is_some_and(|best| best.height.score >= found.height.score) {
                continue;
            }
            match examine(&mut found) {
                ControlFlow::Break(()) => {
                    ended.best = Some(found);
                    return ended;
                }
                // The examiner may have corrected the height.
                ControlFlow::Continue(true) => {
                    if ended.best.as_ref().is_none_or(|best| best.height.score < found.height.score) {
                        ended.best = Some(found);
                    }
                }
                ControlFlow::Continue(false) => {}
            }
        }
        let best = ended.best.as_ref().map_or(f64::NEG_INFINITY, |found| found.height.score);
        progress(Progress { evaluations: ended.evaluations, budget: config.budget, best });
        if count == 0 {
            break;
        }
    }
    ended
}

/// Evaluations for one climb: enough for some sweeps of the compass in any dimension.
fn climb_budget(dimension: usize) -> u64 {
    150 + 45 * dimension as u64
}

/// The best pair so far, the best starts of the round, and the best of each family of starts.
fn choose(seen: &[(u64, Found)], best: Option<&Found>) -> Vec<Found> {
    let mut chosen: Vec<Found> = best.cloned().into_iter().collect();
    let mut taken = vec![false; seen.len()];
    let take = |position: usize, taken: &mut Vec<bool>, chosen: &mut Vec<Found>| {
        if !taken[position] && chosen.len() < CLIMBS {
            taken[position] = true;
            chosen.push(seen[position].1.clone());
        }
    };
    for position in 0..seen.len().min(CLIMBS / 2 - 1) {
        take(position, &mut taken, &mut chosen);
    }
    for family in 0..8 {
        if let Some(position) = (0..seen.len()).find(|&p| seen[p].0 % 8 == family && !taken[p]) {
            take(position, &mut taken, &mut chosen);
        }
    }
    chosen
}
