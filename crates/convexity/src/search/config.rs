//! How long and from where to search, and what a search has seen.

use fenchel_random::Seed;
use std::fmt;

/// How long and from where to search.
///
/// ```
/// use fenchel_convexity::search::SearchConfig;
///
/// let search = SearchConfig::budget(4000).seed(7);
/// assert_eq!(search.budget, 4000);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SearchConfig {
    /// The seed of the start pairs.
    pub seed: Seed,
    /// Evaluations to spend: one is a divergence; a gradient of the violation counts as three.
    pub budget: u64,
}

impl Default for SearchConfig {
    fn default() -> Self {
        Self { seed: Seed::new(0), budget: 20_000 }
    }
}

impl SearchConfig {
    /// A search with this many evaluations, from the seed 0.
    #[must_use]
    pub fn budget(budget: u64) -> Self {
        Self { budget, ..Self::default() }
    }

    /// The search from another seed.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        Self { seed: Seed::new(seed), ..self }
    }
}

/// How far a search has come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// Evaluations spent.
    pub evaluations: u64,
    /// Evaluations to spend.
    pub budget: u64,
    /// The height reached: the largest relative violation (below zero while the claim stands), or, in an estimate, the
    /// constant that the best pair asks for (with a minus sign on the convex side).
    pub best: f64,
}

/// What stands behind the answer of a search that found nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Coverage {
    /// Start pairs drawn.
    pub starts: u64,
    /// Of these, how many could be evaluated.
    pub evaluated: u64,
    /// Of these, at how many the round-off of f64 was as large as the bound; some of them were looked at in 256 bits.
    pub drowned: u64,
    /// Local ascents begun.
    pub climbs: u64,
    /// Of these, how many settled; the others were still rising when their share of the budget was spent.
    pub settled: u64,
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { starts, evaluated, drowned, climbs, settled } = self;
        write!(f, "{evaluated} of {starts} start pairs evaluated, ")?;
        write!(f, "{drowned} of them below the round-off; {settled} of {climbs} climbs settled")
    }
}
