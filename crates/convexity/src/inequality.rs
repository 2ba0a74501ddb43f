//! One inequality, one decision.
//!
//! All that this crate judges are inequalities at points: a bound on a Bregman divergence at a pair, a Polyak-Lojasiewicz
//! inequality at a point, the decrease of one step of a method. Each is here in the same form,
//!
//! `measured <= constant unit + offset`, or `measured >= constant unit - offset`,
//!
//! with both sides in f64 for the search and enclosed in 256-bit intervals for the verdict. [`decide`] is the only place where
//! an enclosure becomes an answer: certainly violated, holds beyond doubt, within round-off, or cannot tell. Claims, proxies and
//! the theorem checkers all use it, so that no two of them can judge by different rules.
//!
//! Nothing here searches; see [`search`](crate::search).

mod bregman_bound;
mod decide;
mod polyak_lojasiewicz;
mod proxy_convexity;
mod slope;
mod tally;

pub(crate) use bregman_bound::BregmanBound;
pub(crate) use decide::{Decision, certainly_contains, decide, examine, verdict_at};
pub(crate) use polyak_lojasiewicz::PolyakLojasiewicz;
pub(crate) use proxy_convexity::ProxyConvexity;
pub(crate) use slope::Slope;
pub(crate) use tally::{Evidence, Observation, Tally};

use crate::number::{Interval, Number, PreciseInterval};
use crate::objectives::Objective;
use crate::verdict::Witness;

/// The points at which an inequality is evaluated: a pair (u, v), or u alone.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Pair {
    pub(crate) u: Vec<f64>,
    pub(crate) v: Vec<f64>,
}

/// How many points an inequality mentions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Points {
    /// u; the search keeps v as the place from which it measures distances.
    One,
    /// u and v.
    Two,
}

/// Which side is bounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sense {
    /// `measured <= constant unit + offset`.
    AtMost,
    /// `measured >= constant unit - offset`.
    AtLeast,
}

/// The two terms of an inequality at one pair.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Terms<N> {
    pub(crate) measured: N,
    pub(crate) unit: N,
    /// What round-off and slacks are compared with: the sizes of all terms.
    pub(crate) size: f64,
}

/// An inequality in one or two points of a space.
pub(crate) trait Inequality: Sync {
    /// The function whose domain, sublevel sets and dimension count.
    fn ground(&self) -> &dyn Objective;

    /// All functions that occur: their kinks are worth a look, and all of them must be enclosed.
    fn functions(&self) -> Vec<&dyn Objective>;

    /// How many points it mentions.
    fn points(&self) -> Points;

    /// Which side is bounded.
    fn sense(&self) -> Sense;

    /// The factor of the unit.
    fn constant(&self) -> f64;

    /// What is granted, at least 0.
    fn offset(&self) -> f64;

    /// The terms in f64; none where a value cannot be computed.
    fn terms(&self, pair: &Pair) -> Option<Terms<f64>>;

    /// The terms enclosed in f64 intervals, for the search: how much of the f64 terms is round-off.
    fn coarse(&self, u: &[Interval], v: &[Interval]) -> Terms<Interval>;

    /// The terms enclosed in 256-bit intervals, for verdicts.
    fn fine(&self, u: &[PreciseInterval], v: &[PreciseInterval]) -> Terms<PreciseInterval>;

    /// The same from values and gradients alone, where `fine` uses a formula of its own.
    fn by_definition(&self, u: &[PreciseInterval], v: &[PreciseInterval]) -> Terms<PreciseInterval>;

    /// The slopes on which the measured side rests: each is compared with difference quotients before a violation is said.
    fn slopes(&self, u: &[PreciseInterval], v: &[PreciseInterval]) -> Vec<Slope<'_>>;

    /// The measured side if the slopes were these enclosures, in the order of [`Inequality::slopes`].
    fn with_slopes(
        &self,
        u: &[PreciseInterval],
        v: &[PreciseInterval],
        slopes: &[PreciseInterval],
    ) -> PreciseInterval;

    /// What a violation is divided by for the height that the search climbs.
    fn whole(&self, terms: &Terms<f64>) -> f64;

    /// Writes the gradients of `by_measured * measured + by_unit * unit` in u and v; false where there is none.
    fn gradient(
        &self,
        pair: &Pair,
        by_measured: f64,
        by_unit: f64,
        to_u: &mut [f64],
        to_v: &mut [f64],
    ) -> bool {
        let _ = (pair, by_measured, by_unit, to_u, to_v);
        false
    }

    /// The points with the names that the inequality gives them.
    fn witness(&self, pair: &Pair) -> Witness;
}

/// How far the terms are from breaking the inequality; negative where they do.
pub(crate) fn slack<N: Number>(inequality: &dyn Inequality, terms: Terms<N>) -> N {
    let bound = terms.unit * inequality.constant();
    match inequality.sense() {
        Sense::AtMost => bound + inequality.offset() - terms.measured,
        Sense::AtLeast => terms.measured - bound + inequality.offset(),
    }
}
