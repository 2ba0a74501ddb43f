//! Claims as data: what is claimed, what decides it, and the verdict that follows from what was measured.
//!
//! A [`Claim`] is a constant. It stands before any run, is printed by `fenchel claims`, and its criteria have a
//! [`fingerprint`]. A summary can only fill in what its conditions ask for ([`Findings`]); what it does not fill
//! in is undecided.
//!
//! ```
//! use fenchel_harness::claim::{Claim, Condition, Criterion, Findings, Kind, Verdict};
//!
//! const CORRELATION: Condition = Condition::groups("local correlation", Criterion::AtLeast(0.9));
//! const BOUND: Condition = Condition::always("the bound holds");
//! const CLAIMS: &[Claim] = &[Claim {
//!     id: "demo.follows",
//!     kind: Kind::Observation,
//!     theorems: &[],
//!     statement: "the bound follows the risk",
//!     conditions: &[CORRELATION, BOUND],
//!     figures: &[],
//!     tables: &[],
//! }];
//!
//! let mut findings = Findings::of(CLAIMS);
//! let seeds = vec![Some(0.91), Some(0.95), Some(0.93)];
//! findings.about(&CLAIMS[0])?.groups(&CORRELATION, [("mnist", seeds)])?;
//! let [finding] = findings.list() else { panic!("one claim, one finding") };
//! assert_eq!(finding.verdict().word(), "undecided"); // Whether the bound holds was not measured.
//! findings.about(&CLAIMS[0])?.holds(&BOUND, 0, 12_000)?;
//! assert_eq!(findings.list()[0].verdict(), Verdict::Reproduced);
//! # Ok::<(), fenchel_harness::Error>(())
//! ```

mod criterion;
mod finding;
mod groups;
mod tally;
mod verdict;

pub use criterion::Criterion;
pub use finding::{Count, Finding, Findings, Measurement};
pub use groups::{Group, LEAST_REPLICATES, extreme, groups_of, replicates};
pub use tally::{Tallies, Tally};
pub use verdict::Verdict;

use serde::Serialize;
use sha2::{Digest, Sha256};
use std::fmt::{self, Write};

/// What the verdict on a claim says, and of what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A proved statement, tried on measured numbers: a failure is a fault of the proof, of the program or of a
    /// rounding bound.
    Theorem,
    /// What the data show, and might not have shown.
    Observation,
    /// True of whatever was measured, by algebra or by how the numbers are made: a self-check of the program, no
    /// finding.
    Identity,
}

impl Kind {
    /// All kinds, in the order of the tallies.
    pub const ALL: [Self; 3] = [Self::Theorem, Self::Observation, Self::Identity];

    /// The kind in words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Theorem => "theorem check",
            Self::Observation => "observation",
            Self::Identity => "identity",
        }
    }
}

/// How a condition is decided.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Rule {
    /// It holds wherever it was checked.
    Always,
    /// A number meets the criterion, with its whole interval where it has one.
    Value(Criterion),
    /// The number of every group meets the criterion by itself.
    Groups(Criterion),
    /// A hypothesis: where the number does not meet it, nothing is decided in favour.
    Supposed(Criterion),
}

/// What a claim asks for.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Condition {
    /// What is measured; unique in its claim.
    pub name: &'static str,
    /// How it is decided.
    pub rule: Rule,
}

impl Condition {
    /// An inequality that must hold wherever it is checked.
    #[must_use]
    pub const fn always(name: &'static str) -> Self {
        Self { name, rule: Rule::Always }
    }

    /// A number and what it must satisfy.
    #[must_use]
    pub const fn value(name: &'static str, criterion: Criterion) -> Self {
        Self { name, rule: Rule::Value(criterion) }
    }

    /// A quantity that every group (data set, model, loss, ...) must satisfy by itself.
    #[must_use]
    pub const fn groups(name: &'static str, criterion: Criterion) -> Self {
        Self { name, rule: Rule::Groups(criterion) }
    }

    /// A hypothesis of the claim.
    #[must_use]
    pub const fn supposed(name: &'static str, criterion: Criterion) -> Self {
        Self { name, rule: Rule::Supposed(criterion) }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, rule } = self;
        match rule {
            Rule::Always => write!(f, "{name}: always"),
            Rule::Value(criterion) => write!(f, "{name} {criterion}"),
            Rule::Groups(criterion) => write!(f, "{name}, every group {criterion}"),
            Rule::Supposed(criterion) => write!(f, "supposed: {name} {criterion}"),
        }
    }
}

/// A statement with the conditions that decide it, written down before any run.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Claim {
    /// Unique over all experiments: `experiment.name`.
    pub id: &'static str,
    /// What its verdict is a verdict on.
    pub kind: Kind,
    /// The theorems it is about, as they are called in the theory.
    pub theorems: &'static [&'static str],
    /// The statement, in a sentence.
    pub statement: &'static str,
    /// All of these must hold.
    pub conditions: &'static [Condition],
    /// The figures that show it: an identifier, or a pattern with one `*`, which stands for the first that fits.
    #[serde(skip)]
    pub figures: &'static [&'static str],
    /// The tables that hold its numbers.
    #[serde(skip)]
    pub tables: &'static [&'static str],
}

impl fmt::Display for Claim {
    /// The statement with its theorems.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.statement)?;
        if self.theorems.is_empty() { Ok(()) } else { write!(f, " [{}]", self.theorems.join(", ")) }
    }
}

/// The SHA-256 of all that decides these claims, in hexadecimal: identifiers, kinds, conditions with their
/// criteria to the last bit, the number of replicates that it takes, and `source`, the fingerprint of the code that
/// measures by them. Statements and links may change without.
#[must_use]
pub fn fingerprint<'a>(source: &str, claims: impl IntoIterator<Item = &'a Claim>) -> String {
    let criteria: Vec<_> = claims.into_iter().map(|claim| (claim.id, claim.kind, claim.conditions)).collect();
    let text = serde_json::to_vec(&(LEAST_REPLICATES, source, criteria)).expect("constants are plain data");
    Sha256::digest(text).iter().fold(String::new(), |mut hex, byte| {
        // Writing into a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLAIM: Claim = Claim {
        id: "demo.a",
        kind: Kind::Theorem,
        theorems: &["T10", "T11"],
        statement: "it holds",
        conditions: &[Condition::groups("x", Criterion::AtLeast(0.9))],
        figures: &[],
        tables: &[],
    };

    #[test]
    fn the_fingerprint_sees_every_criterion_and_nothing_else() {
        let own = fingerprint("a", [&CLAIM]);
        assert_eq!(own.len(), 64);
        let others = [
            Claim { kind: Kind::Observation, ..CLAIM },
            Claim { id: "demo.b", ..CLAIM },
            Claim { conditions: &[], ..CLAIM },
            Claim {
                conditions: const { &[Condition::groups("x", Criterion::AtLeast(0.9 + f64::EPSILON))] },
                ..CLAIM
            },
            Claim { conditions: const { &[Condition::groups("x", Criterion::Above(0.9))] }, ..CLAIM },
            Claim { conditions: const { &[Condition::value("x", Criterion::AtLeast(0.9))] }, ..CLAIM },
            Claim { conditions: const { &[Condition::groups("y", Criterion::AtLeast(0.9))] }, ..CLAIM },
        ];
        for other in others {
            assert_ne!(fingerprint("a", [&other]), own, "{other:?}");
        }
        assert_ne!(fingerprint("a", [&CLAIM, &CLAIM]), own);
        // A bound that stands in the code.
        assert_ne!(fingerprint("b", [&CLAIM]), own);
        let reworded = Claim { statement: "it always holds", figures: &["f"], theorems: &[], ..CLAIM };
        assert_eq!(fingerprint("a", [&reworded]), own);
    }

    #[test]
    fn a_claim_is_shown_with_its_theorems_and_a_condition_with_its_criterion() {
        assert_eq!(CLAIM.to_string(), "it holds [T10, T11]");
        assert_eq!(CLAIM.conditions[0].to_string(), "x, every group ≥ 0.9");
        assert_eq!(
            Condition::supposed("steps", Criterion::AtLeast(800.0)).to_string(),
            "supposed: steps ≥ 800"
        );
    }
}
