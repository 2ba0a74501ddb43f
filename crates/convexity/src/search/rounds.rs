//! The search itself: rounds of starts and climbs that grow from few to many, in a fixed order on any number of threads.

use super::ascent::Climber;
use super::landscape::{Height, Landscape, Measure};
use super::starts::Starts;
use super::{Coverage, Progress, SearchConfig};
use crate::inequality::Pair;
use rayon::prelude::*;
use std::ops::ControlFlow;

/// Start pairs of the first round and, doubled from round to round, of the largest; more where there are more dimensions.
const STARTS: (u64, u64) = (16, 256);
/// Start pairs of the first round for each dimension, at least.
const STARTS_A_DIMENSION: u64 = 2;
/// Climbs of the first round and of the largest.
const CLIMBS: (usize, usize) = (2, 8);
/// Families of starts, by the shape of a point: neighbours in the sequence are of different ones.
const FAMILIES: u64 = 8;
/// Pairs below the round-off that are examined in a round.
const DROWNED: usize = 4;

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
    /// What was looked at.
    pub(crate) coverage: Coverage,
}

/// What the examiner says of a pair: end the search, or whether to keep the pair.
pub(crate) type Examined = ControlFlow<(), bool>;

/// A running search.
struct Search<'a> {
    landscape: &'a Landscape<'a>,
    examine: &'a mut dyn FnMut(&mut Found) -> Examined,
    ended: Ended,
    /// Violations up to this height were found to be none; a climb ends when it is above.
    doubted: f64,
    /// Whose turn it is among the families of starts.
    family: u64,
}

/// Runs rounds until the budget is spent or the examiner breaks.
///
/// The examiner sees violations as soon as they are met and the best pairs of each round. It returns for each pair whether
/// it is to be kept, and may correct its height; `Break` ends the search at once.
pub(crate) fn search(
    landscape: &Landscape<'_>,
    config: &SearchConfig,
    progress: &mut dyn FnMut(Progress),
    examine: &mut dyn FnMut(&mut Found) -> Examined,
) -> Ended {
    let starts = Starts::new(landscape, config.seed);
    let ended = Ended { best: None, evaluations: 0, coverage: Coverage::default() };
    let mut search = Search { landscape, examine, ended, doubted: 0.0, family: 0 };
    let least = STARTS_A_DIMENSION * landscape.dimension() as u64;
    let (mut count, mut climbs, mut next) = (STARTS.0.max(least), CLIMBS.0, 0);
    while search.ended.evaluations < config.budget {
        let left = config.budget - search.ended.evaluations;
        let drawn = count.min(left.div_ceil(2));
        let flow = search.round(&starts, next..next + drawn, climbs, config.budget);
        next += drawn;
        (count, climbs) = ((2 * count).min(STARTS.1.max(least)), (2 * climbs).min(CLIMBS.1));
        let best = search.ended.best.as_ref().map_or(f64::NEG_INFINITY, |found| found.height.score);
        let evaluations = search.ended.evaluations;
        progress(Progress { evaluations, budget: config.budget, best });
        if flow.is_break() {
            break;
        }
    }
    search.ended
}

impl Search<'_> {
    fn round(
        &mut self,
        starts: &Starts<'_>,
        indices: std::ops::Range<u64>,
        climbs: usize,
        budget: u64,
    ) -> ControlFlow<()> {
        let landscape = self.landscape;
        self.ended.coverage.starts += indices.end - indices.start;
        self.ended.evaluations += indices.end - indices.start;
        let mut seen: Vec<(u64, Found)> = indices
            .into_par_iter()
            .map(|index| {
                let pair = starts.pair(index);
                let height = landscape.height(&pair, f64::INFINITY);
                (index, Found { pair, height })
            })
            .collect();
        seen.retain(|(_, found)| found.height.score > f64::NEG_INFINITY);
        seen.sort_by(|a, b| b.1.height.score.total_cmp(&a.1.height.score).then(a.0.cmp(&b.0)));
        self.ended.coverage.evaluated += seen.len() as u64;
        self.drowned(&seen)?;
        let mut chosen = self.choose(&seen, climbs);
        for found in &mut chosen {
            found.height = landscape.height(&found.pair, f64::NEG_INFINITY);
            // A violation need not be climbed to be one.
            if self.is_violation(found) {
                self.judge(found.clone())?;
            }
        }
        self.climb(chosen, budget)
    }

    /// Looks at the pairs whose violation, if there is one, drowns in round-off: the examiner has more digits.
    fn drowned(&mut self, seen: &[(u64, Found)]) -> ControlFlow<()> {
        if self.landscape.measure != Measure::Violation {
            return ControlFlow::Continue(());
        }
        let mut drowned: Vec<&Found> =
            seen.iter().map(|(_, found)| found).filter(|found| found.height.is_drowned()).collect();
        self.ended.coverage.drowned += drowned.len() as u64;
        drowned.sort_by(|a, b| b.height.hope.total_cmp(&a.height.hope));
        for found in drowned.into_iter().take(DROWNED) {
            self.ended.evaluations += 1;
            self.judge(found.clone())?;
        }
        ControlFlow::Continue(())
    }

    fn climb(&mut self, chosen: Vec<Found>, budget: u64) -> ControlFlow<()> {
        let landscape = self.landscape;
        let left = budget.saturating_sub(self.ended.evaluations);
        let each = climb_budget(landscape.dimension()).min(left / chosen.len().max(1) as u64);
        let summit = if landscape.measure == Measure::Violation { self.doubted } else { f64::INFINITY };
        let climbed: Vec<Climber<'_>> = chosen
            .into_par_iter()
            .map(|found| Climber::new(landscape, found.pair, found.height, each, summit).climb())
            .collect();
        let mut reached: Vec<Found> = Vec::new();
        // The first one goes on from the best pair of earlier rounds: no climb of its own.
        let known = usize::from(self.ended.best.is_some());
        for (place, climber) in climbed.into_iter().enumerate() {
            self.ended.evaluations += climber.evaluations;
            if place >= known {
                self.ended.coverage.climbs += 1;
                self.ended.coverage.settled += u64::from(climber.is_settled());
            }
            reached.push(Found { pair: climber.pair, height: climber.height });
        }
        reached.sort_by(|a, b| b.height.score.total_cmp(&a.height.score));
        reached.into_iter().try_for_each(|found| self.judge(found))
    }

    /// The best pair so far, the best starts of the round, and the best of the families whose turn it is.
    fn choose(&mut self, seen: &[(u64, Found)], climbs: usize) -> Vec<Found> {
        let mut chosen: Vec<Found> = self.ended.best.clone().into_iter().collect();
        let mut taken: Vec<usize> = (0..seen.len().min(climbs / 2)).collect();
        while chosen.len() + taken.len() < climbs {
            let turn = self.family % FAMILIES;
            self.family += 1;
            match (0..seen.len()).find(|p| seen[*p].0 % FAMILIES == turn && !taken.contains(p)) {
                Some(position) => taken.push(position),
                None if turn + 1 == FAMILIES => break,
                None => {}
            }
        }
        chosen.extend(taken.into_iter().map(|position| seen[position].1.clone()));
        chosen
    }

    fn is_violation(&self, found: &Found) -> bool {
        self.landscape.measure == Measure::Violation && found.height.score > self.doubted
    }

    /// Shows a pair to the examiner, unless one is known that is as high, and keeps it if it is worth it.
    fn judge(&mut self, mut found: Found) -> ControlFlow<()> {
        let known = self.ended.best.as_ref().map_or(f64::NEG_INFINITY, |best| best.height.score);
        if found.height.score <= known && !found.height.is_drowned() {
            return ControlFlow::Continue(());
        }
        let claimed = found.height.score;
        match (self.examine)(&mut found) {
            ControlFlow::Break(()) => {
                self.ended.best = Some(found);
                ControlFlow::Break(())
            }
            ControlFlow::Continue(keep) => {
                // The examiner may have corrected the height.
                if keep && found.height.score > known {
                    self.ended.best = Some(found);
                }
                self.doubted = self.doubted.max(claimed);
                ControlFlow::Continue(())
            }
        }
    }
}

/// Evaluations for one climb: enough for some sweeps of the compass in any dimension.
fn climb_budget(dimension: usize) -> u64 {
    150 + 45 * dimension as u64
}
