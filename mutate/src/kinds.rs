//! The kinds of change, as the report names them.

/// What sort of mistake a mutant imitates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    /// A number, an index or a count.
    Constants,
    /// An operator, a minus, an absolute value.
    Signs,
    /// The exponent of a power, a square root, a neighbouring function.
    Exponents,
    /// max and min, the infinities, ends of ranges and of enclosures, directions of rounding.
    Extremes,
    /// A comparison.
    Comparisons,
    /// and, or, not, any, all, true, false, a negated condition.
    Logic,
    /// A hypothesis that is always met.
    Hypotheses,
    /// A check of an argument, or an early return, that is left out.
    Checks,
    /// What round-off is granted.
    Allowances,
}

impl Kind {
    /// All kinds, in the order of the report.
    pub(crate) const ALL: [Self; 9] = [
        Self::Constants,
        Self::Signs,
        Self::Exponents,
        Self::Extremes,
        Self::Comparisons,
        Self::Logic,
        Self::Hypotheses,
        Self::Checks,
        Self::Allowances,
    ];

    /// The word by which options and the file of survivors call it.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Constants => "constants",
            Self::Signs => "signs",
            Self::Exponents => "exponents",
            Self::Extremes => "extremes",
            Self::Comparisons => "comparisons",
            Self::Logic => "logic",
            Self::Hypotheses => "hypotheses",
            Self::Checks => "checks",
            Self::Allowances => "allowances",
        }
    }

    /// The name in the report.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Constants => "constants",
            Self::Signs => "signs and operators",
            Self::Exponents => "exponents and functions",
            Self::Extremes => "extremes and ends",
            Self::Comparisons => "comparisons",
            Self::Logic => "logic",
            Self::Hypotheses => "hypotheses",
            Self::Checks => "checks",
            Self::Allowances => "allowances",
        }
    }

    /// The kind that a word names.
    pub(crate) fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}
