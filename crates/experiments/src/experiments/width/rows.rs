//! Rows drawn from the ball model of T15, and its bounds on them.

use fenchel_convexity::linear_algebra::symmetric_eigenvalues;
use fenchel_convexity::theorems::gradient_independence::{BallModel, Bound, check};
use fenchel_harness::{Context, Failure};
use fenchel_random::Seed;

use super::Settings;
use super::record::{Rows, Spread};
use crate::ingredients::Tally;

/// The bounds that follow on the event.
const PROVED: [Bound; 4] = [Bound::Least, Bound::Most, Bound::Spread, Bound::SharperSpread];

pub(super) fn run(
    settings: &Settings,
    dimension: usize,
    seed: u64,
    context: &Context,
) -> Result<Rows, Failure> {
    let model = BallModel::new(settings.rows, dimension)?;
    let seed = Seed::new(seed).derive("width").derive("rows").index(dimension as u64);
    let (mut in_event, mut on_event) = (0, Tally::default());
    let (mut printed_least_refuted, mut printed_spread_refuted) = (0, 0);
    let mut spreads = Vec::with_capacity(settings.draws);
    for draw in 0..settings.draws {
        let rows = model.draw(1.0, seed.index(draw as u64));
        let mut happened = false;
        for bound in PROVED {
            let verdict = check(rows.view(), 1.0, bound)?.verdict();
            // Undecided: the event did not happen, or the bound is vacuous at this m and n.
            if !verdict.is_undecided() {
                happened = true;
                on_event.count(!verdict.is_violated());
            }
        }
        in_event += usize::from(happened);
        let refuted = |bound| -> Result<usize, Failure> {
            Ok(usize::from(check(rows.view(), 1.0, bound)?.inequality.is_violated()))
        };
        printed_least_refuted += refuted(Bound::PrintedLeast)?;
        printed_spread_refuted += refuted(Bound::PrintedSpread)?;
        let gram = rows.dot(&rows.t());
        let values = symmetric_eigenvalues(((&gram + &gram.t()) / 2.0).view())?;
        spreads.push((values[values.len() - 1] / values[0]).ln());
        context.progress(draw + 1, settings.draws);
    }
    Ok(Rows {
        draws: settings.draws,
        in_event,
        on_event,
        printed_least_refuted,
        printed_spread_refuted,
        d: Spread::of(&spreads)?,
    })
}
