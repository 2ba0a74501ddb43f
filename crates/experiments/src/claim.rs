//! Claims and verdicts: a criterion fixed in code, a measurement with its interval, and what follows.
//!
//! ```
//! use fenchel_experiments::claim::{Claim, Criterion, Verdict};
//! use fenchel_experiments::statistics::Estimate;
//!
//! let measured = Estimate::with_interval(0.94, 0.92, 0.97, 5);
//! let claim = Claim::new("demo.follows", "the bound follows the risk")
//!     .requires("local correlation", measured, Criterion::AtLeast(0.9))
//!     .holds("violations of the bound", 0, 12_000)
//!     .shown_in("bounds");
//! assert_eq!(claim.verdict(), Verdict::Reproduced);
//! ```

mod groups;

pub use groups::{Group, LEAST_REPLICATES};

use crate::error::Result;
use crate::number::{grouped, short};
use crate::statistics::Estimate;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What the measurements say about a claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Every criterion is met, with its whole interval where there is one.
    Reproduced,
    /// Some criterion is missed, with its whole interval where there is one.
    Failed,
    /// Neither, and why.
    Undecided(String),
}

impl Verdict {
    /// The verdict in one word.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Reproduced => "reproduced",
            Self::Failed => "failed",
            Self::Undecided(_) => "undecided",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Undecided(why) => write!(f, "undecided ({why})"),
            _ => f.write_str(self.word()),
        }
    }
}

/// What a measured value must satisfy; fixed in code before the run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Criterion {
    /// value >= bound.
    AtLeast(f64),
    /// value > bound.
    Above(f64),
    /// value <= bound.
    AtMost(f64),
    /// value < bound.
    Below(f64),
    /// low <= value <= high.
    Between(f64, f64),
}

impl Criterion {
    /// Whether a single value satisfies the criterion; NaN never does.
    #[must_use]
    pub fn admits(self, value: f64) -> bool {
        match self {
            Self::AtLeast(bound) => value >= bound,
            Self::Above(bound) => value > bound,
            Self::AtMost(bound) => value <= bound,
            Self::Below(bound) => value < bound,
            Self::Between(low, high) => low <= value && value <= high,
        }
    }

    /// Whether the whole interval lies on the wrong side.
    fn excludes(self, low: f64, high: f64) -> bool {
        match self {
            Self::AtLeast(_) | Self::Above(_) => !self.admits(high),
            Self::AtMost(_) | Self::Below(_) => !self.admits(low),
            Self::Between(from, to) => high < from || low > to,
        }
    }
}

impl fmt::Display for Criterion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtLeast(bound) => write!(f, "≥ {}", short(*bound)),
            Self::Above(bound) => write!(f, "> {}", short(*bound)),
            Self::AtMost(bound) => write!(f, "≤ {}", short(*bound)),
            Self::Below(bound) => write!(f, "< {}", short(*bound)),
            Self::Between(low, high) => write!(f, "in [{}, {}]", short(*low), short(*high)),
        }
    }
}

/// One measured condition of a claim.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// A value that must satisfy a criterion.
    Value {
        /// What was measured.
        name: String,
        /// The measurement.
        #[serde(skip_deserializing)]
        measured: Estimate,
        /// What it must satisfy.
        criterion: Criterion,
    },
    /// A quantity of several groups, each of which must satisfy a criterion by itself.
    Groups {
        /// What was measured.
        name: String,
        /// The measurements by group.
        groups: Vec<Group>,
        /// What each must satisfy.
        criterion: Criterion,
    },
    /// An inequality that must hold at every point checked.
    Always {
        /// What was checked.
        name: String,
        /// How often it did not hold.
        violations: usize,
        /// How often it was checked.
        checked: usize,
    },
    /// A reason why nothing can be said, such as a hypothesis that is not met.
    Open {
        /// The reason.
        reason: String,
    },
}

impl Condition {
    /// What follows from this condition alone.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Open { reason } => Verdict::Undecided(reason.clone()),
            Self::Always { checked: 0, name, .. } => {
                Verdict::Undecided(format!("{name}: nothing was checked"))
            }
            Self::Always { violations: 0, .. } => Verdict::Reproduced,
            Self::Always { .. } => Verdict::Failed,
            Self::Value { name, measured, criterion } => of_estimate(name, measured, *criterion),
            Self::Groups { name, groups, criterion } => groups::verdict(name, groups, *criterion),
        }
    }

    /// The condition, without the measurement.
    #[must_use]
    pub fn criterion(&self) -> String {
        match self {
            Self::Open { .. } => String::new(),
            Self::Always { name, .. } => format!("{name}: always"),
            Self::Value { name, criterion, .. } => format!("{name} {criterion}"),
            Self::Groups { name, criterion, .. } => format!("{name}, every group {criterion}"),
        }
    }

    /// The measurement.
    #[must_use]
    pub fn measured(&self) -> String {
        match self {
            Self::Open { .. } => "—".into(),
            Self::Always { violations: 0, checked, .. } => format!("in all {} checks", grouped(*checked)),
            Self::Always { violations, checked, .. } => {
                format!("not in {} of {} checks", grouped(*violations), grouped(*checked))
            }
            Self::Value { measured, .. } => measured.to_string(),
            Self::Groups { groups, criterion, .. } => groups::measured(groups, *criterion),
        }
    }
}

/// What a measurement with its interval says of a criterion.
fn of_estimate(name: &str, measured: &Estimate, criterion: Criterion) -> Verdict {
    let (low, high) = measured.range();
    if measured.value.is_nan() || low.is_nan() || high.is_nan() {
        Verdict::Undecided(format!("{name}: no measurement"))
    } else if criterion.admits(low) && criterion.admits(high) && criterion.admits(measured.value) {
        Verdict::Reproduced
    } else if criterion.excludes(low, high) && !criterion.admits(measured.value) {
        Verdict::Failed
    } else {
        Verdict::Undecided(format!("{name}: the interval straddles {criterion}"))
    }
}

/// A statement of the paper, with the conditions that decide it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Claim {
    /// Unique over all experiments: `experiment.name`.
    pub id: String,
    /// The statement, in a sentence.
    pub statement: String,
    /// All of these must hold.
    pub conditions: Vec<Condition>,
    /// The identifiers of the figures that show it.
    pub figures: Vec<String>,
    /// The identifiers of the tables that hold its numbers.
    pub tables: Vec<String>,
}

impl Claim {
    /// A claim without conditions, which is undecided.
    #[must_use]
    pub fn new(id: &str, statement: &str) -> Self {
        Self {
            id: id.into(),
            statement: statement.into(),
            conditions: Vec::new(),
            figures: Vec::new(),
            tables: Vec::new(),
        }
    }

    /// Adds a measured value and what it must satisfy.
    #[must_use]
    pub fn requires(mut self, name: &str, measured: Estimate, criterion: Criterion) -> Self {
        self.conditions.push(Condition::Value { name: name.into(), measured, criterion });
        self
    }

    /// Adds a quantity that every group must satisfy by itself: groups by name, each with a number, or None,
    /// for every replicate. A group without replicates is none that the claim is about.
    ///
    /// # Errors
    /// When a number is NaN.
    pub fn requires_of_groups<G: fmt::Display>(
        mut self,
        name: &str,
        groups: impl IntoIterator<Item = (G, Vec<Option<f64>>)>,
        criterion: Criterion,
    ) -> Result<Self> {
        let about = groups.into_iter().filter(|(_, values)| !values.is_empty());
        let groups = about.map(|(group, values)| Group::new(&group.to_string(), name, &values));
        let groups = groups.collect::<Result<_>>()?;
        self.conditions.push(Condition::Groups { name: name.into(), groups, criterion });
        Ok(self)
    }

    /// Adds an inequality that must hold at every point checked.
    #[must_use]
    pub fn holds(mut self, name: &str, violations: usize, checked: usize) -> Self {
        self.conditions.push(Condition::Always { name: name.into(), violations, checked });
        self
    }

    /// Leaves the claim open for a reason, unless another condition fails.
    #[must_use]
    pub fn open(mut self, reason: &str) -> Self {
        self.conditions.push(Condition::Open { reason: reason.into() });
        self
    }

    /// Links a figure of the same experiment.
    #[must_use]
    pub fn shown_in(mut self, figure: &str) -> Self {
        self.figures.push(figure.into());
        self
    }

    /// Links a table of the same experiment.
    #[must_use]
    pub fn listed_in(mut self, table: &str) -> Self {
        self.tables.push(table.into());
        self
    }

    /// What follows from all conditions: one that fails decides; otherwise one that is open leaves all open.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let verdicts: Vec<Verdict> = self.conditions.iter().map(Condition::verdict).collect();
        if verdicts.contains(&Verdict::Failed) {
            return Verdict::Failed;
        }
        let reasons: Vec<String> = verdicts
            .into_iter()
            .filter_map(|verdict| if let Verdict::Undecided(why) = verdict { Some(why) } else { None })
            .collect();
        if !reasons.is_empty() {
            return Verdict::Undecided(reasons.join("; "));
        }
        if self.conditions.is_empty() {
            return Verdict::Undecided("nothing was measured".into());
        }
        Verdict::Reproduced
    }

    /// The criteria of all conditions.
    #[must_use]
    pub fn criterion(&self) -> String {
        self.joined(Condition::criterion)
    }

    /// The measurements of all conditions, in the order of the criteria.
    #[must_use]
    pub fn measured(&self) -> String {
        self.joined(Condition::measured)
    }

    fn joined(&self, part: impl Fn(&Condition) -> String) -> String {
        let parts: Vec<String> = self.conditions.iter().map(part).filter(|text| !text.is_empty()).collect();
        parts.join("; ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn value(low: f64, value: f64, high: f64, criterion: Criterion) -> Verdict {
        Claim::new("c", "s").requires("x", Estimate::with_interval(value, low, high, 5), criterion).verdict()
    }

    #[test]
    fn intervals_decide_or_leave_open() {
        assert_eq!(value(0.91, 0.95, 0.97, Criterion::AtLeast(0.9)), Verdict::Reproduced);
        assert_eq!(value(0.5, 0.6, 0.7, Criterion::AtLeast(0.9)), Verdict::Failed);
        assert_eq!(value(0.5, 0.95, 0.97, Criterion::AtLeast(0.9)).word(), "undecided");
        assert_eq!(value(1.0, 2.0, 3.0, Criterion::Between(0.0, 2.5)).word(), "undecided");
        assert_eq!(value(1.0, 2.0, 3.0, Criterion::Between(0.0, 3.5)), Verdict::Reproduced);
        assert_eq!(value(4.0, 5.0, 6.0, Criterion::Between(0.0, 3.5)), Verdict::Failed);
        assert_eq!(value(-2.0, -1.0, 0.0, Criterion::Below(0.0)).word(), "undecided");
        assert_eq!(value(-2.0, -1.0, -0.5, Criterion::Below(0.0)), Verdict::Reproduced);
    }

    #[test]
    fn nothing_is_claimed_without_a_measurement() {
        assert_eq!(Claim::new("c", "s").verdict().word(), "undecided");
        assert_eq!(Claim::new("c", "s").holds("x", 0, 0).verdict().word(), "undecided");
        assert_eq!(value(f64::NAN, f64::NAN, f64::NAN, Criterion::AtLeast(0.0)).word(), "undecided");
        let nan = Estimate::exact(f64::NAN);
        assert_eq!(
            Claim::new("c", "s").requires("x", nan, Criterion::AtMost(1.0)).verdict().word(),
            "undecided"
        );
    }

    #[test]
    fn a_failure_outweighs_an_open_condition() {
        let claim = Claim::new("c", "s").open("hypothesis not met").holds("x", 1, 10);
        assert_eq!(claim.verdict(), Verdict::Failed);
        assert_eq!(
            Claim::new("c", "s").open("hypothesis not met").holds("x", 0, 10).verdict().word(),
            "undecided"
        );
    }

    proptest! {
        /// A verdict never contradicts the point estimate, and a wider interval never turns a failure into success.
        #[test]
        fn verdicts_agree_with_the_point_and_shrink_with_the_interval(
            point in -2.0..2.0_f64, below in 0.0..1.0_f64, above in 0.0..1.0_f64, bound in -2.0..2.0_f64,
        ) {
            for criterion in [
                Criterion::AtLeast(bound), Criterion::Above(bound), Criterion::AtMost(bound),
                Criterion::Below(bound), Criterion::Between(bound, bound + 0.5),
            ] {
                let wide = value(point - below, point, point + above, criterion);
                let narrow = value(point, point, point, criterion);
                match &wide {
                    Verdict::Reproduced => prop_assert!(criterion.admits(point)),
                    Verdict::Failed => prop_assert!(!criterion.admits(point)),
                    Verdict::Undecided(_) => {}
                }
                prop_assert_ne!(narrow.word(), "undecided");
                prop_assert!(wide == narrow || wide.word() == "undecided");
            }
        }
    }
}
