//! How many claims of each kind came out how.

use super::{Finding, Kind, Verdict};
use crate::number::counted;
use std::fmt;

/// The claims of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// With every criterion met.
    pub reproduced: usize,
    /// With a criterion missed.
    pub failed: usize,
    /// The others.
    pub undecided: usize,
}

impl Tally {
    /// All of them.
    #[must_use]
    pub fn all(&self) -> usize {
        self.reproduced + self.failed + self.undecided
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { reproduced, failed, undecided } = self;
        write!(f, "{reproduced} reproduced, {failed} failed, {undecided} undecided")
    }
}

/// The claims by kind. A sum over kinds would say nothing: what cannot fail is no evidence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tallies([Tally; Kind::ALL.len()]);

impl Tallies {
    /// Counts claims.
    #[must_use]
    pub fn of<'a>(findings: impl IntoIterator<Item = &'a Finding>) -> Self {
        let mut tallies = Self::default();
        for finding in findings {
            let tally = &mut tallies.0[finding.claim.kind as usize];
            match finding.verdict() {
                Verdict::Reproduced => tally.reproduced += 1,
                Verdict::Failed => tally.failed += 1,
                Verdict::Undecided(_) => tally.undecided += 1,
            }
        }
        tallies
    }

    /// The kinds that have claims, in the order of [`Kind::ALL`], each with what it is called: `3 theorem checks`.
    pub fn kinds(&self) -> impl Iterator<Item = (String, Tally)> + '_ {
        let named = Kind::ALL.into_iter().map(|kind| (kind, self.0[kind as usize]));
        named.filter(|(_, tally)| tally.all() > 0).map(|(kind, tally)| {
            let name = match kind {
                Kind::Identity if tally.all() != 1 => format!("{} identities (self-checks)", tally.all()),
                Kind::Identity => "1 identity (self-check)".to_owned(),
                _ => counted(tally.all(), kind.words()),
            };
            (name, tally)
        })
    }

    /// Whether every claim of every kind is reproduced.
    #[must_use]
    pub fn all_reproduced(&self) -> bool {
        self.0.iter().all(|tally| tally.reproduced == tally.all())
    }
}

impl fmt::Display for Tallies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kinds: Vec<String> = self.kinds().map(|(name, tally)| format!("{name}: {tally}")).collect();
        f.write_str(&kinds.join("; "))
    }
}
