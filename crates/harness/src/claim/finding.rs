//! What a summary fills into declared claims, and what follows.

use super::verdict::of_estimate;
use super::{Claim, Condition, Group, Rule, Verdict, groups};
use crate::error::{Error, Result};
use crate::number::{counted, grouped};
use crate::statistics::Estimate;
use std::fmt;

/// How often an inequality was checked in a group of cells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// Which group; empty for the only one.
    pub group: String,
    /// How often it did not hold.
    pub violations: usize,
    /// How often it was checked.
    pub checked: usize,
    /// How often it said nothing, as a bound was infinite: beside the checks, not among them.
    pub vacuous: usize,
}

/// What was measured for a condition.
#[derive(Clone, Debug, PartialEq)]
pub enum Measurement {
    /// Nothing.
    Missing,
    /// How often an inequality held, by group.
    Counts(Vec<Count>),
    /// A number.
    Value(Estimate),
    /// A number of every group.
    Groups(Vec<Group>),
}

/// A claim with what was measured for its conditions.
#[derive(Clone, Debug)]
pub struct Finding {
    /// What is claimed.
    pub claim: &'static Claim,
    /// The figures of the report that show it.
    pub figures: Vec<String>,
    /// The tables of the report that hold its numbers.
    pub tables: Vec<String>,
    measured: Vec<Measurement>,
    open: Vec<String>,
}

impl Finding {
    fn new(claim: &'static Claim) -> Self {
        let measured = vec![Measurement::Missing; claim.conditions.len()];
        Self { claim, figures: Vec::new(), tables: Vec::new(), measured, open: Vec::new() }
    }

    /// Fills in a condition, once.
    fn fill(&mut self, condition: &Condition, measurement: Measurement) -> Result<&mut Self> {
        let fault = |reason| {
            Err(Error::Undeclared { what: format!("{}, {}", self.claim.id, condition.name), reason })
        };
        let Some(place) = self.claim.conditions.iter().position(|declared| declared == condition) else {
            return fault("is no condition of the claim");
        };
        if self.measured[place] != Measurement::Missing {
            return fault("is measured twice");
        }
        let suits = matches!(
            (condition.rule, &measurement),
            (Rule::Always, Measurement::Counts(_))
                | (Rule::Value(_) | Rule::Supposed(_), Measurement::Value(_))
                | (Rule::Groups(_), Measurement::Groups(_))
        );
        if !suits {
            return fault("is decided by another kind of measurement");
        }
        self.measured[place] = measurement;
        Ok(self)
    }

    /// Says how often an inequality was checked, and how often it did not hold.
    ///
    /// # Errors
    /// As all that fill in: where the claim has no such condition, it is decided by another kind of
    /// measurement, or it was measured before.
    pub fn holds(&mut self, condition: &Condition, violations: usize, checked: usize) -> Result<&mut Self> {
        self.counts(condition, [Count { group: String::new(), violations, checked, vacuous: 0 }])
    }

    /// The same, check by check: whether each held. Given the comparison that must hold, NaN never meets it.
    ///
    /// # Errors
    /// As [`holds`](Self::holds).
    pub fn each(&mut self, condition: &Condition, held: impl IntoIterator<Item = bool>) -> Result<&mut Self> {
        let (violations, checked) = held
            .into_iter()
            .fold((0, 0), |(violations, checked), held| (violations + usize::from(!held), checked + 1));
        self.holds(condition, violations, checked)
    }

    /// The same by group: one in which nothing was checked is named.
    ///
    /// # Errors
    /// As [`holds`](Self::holds).
    pub fn counts(
        &mut self,
        condition: &Condition,
        counts: impl IntoIterator<Item = Count>,
    ) -> Result<&mut Self> {
        self.fill(condition, Measurement::Counts(counts.into_iter().collect()))
    }

    /// Says a number, also that of a hypothesis.
    ///
    /// # Errors
    /// As [`holds`](Self::holds).
    pub fn value(&mut self, condition: &Condition, measured: Estimate) -> Result<&mut Self> {
        self.fill(condition, Measurement::Value(measured))
    }

    /// Says the numbers of the replicates of every group; None, or NaN, for a replicate without a number.
    ///
    /// # Errors
    /// As [`holds`](Self::holds).
    pub fn groups<G: fmt::Display>(
        &mut self,
        condition: &Condition,
        groups: impl IntoIterator<Item = (G, Vec<Option<f64>>)>,
    ) -> Result<&mut Self> {
        let groups = groups.into_iter().map(|(name, values)| Group::of_replicates(name.to_string(), &values));
        self.fill(condition, Measurement::Groups(groups.collect::<Result<_>>()?))
    }

    /// Says a number of every group that has limits of its own, or needs none, as nothing in it is random.
    ///
    /// # Errors
    /// As [`holds`](Self::holds).
    pub fn estimates<G: fmt::Display>(
        &mut self,
        condition: &Condition,
        groups: impl IntoIterator<Item = (G, Estimate)>,
    ) -> Result<&mut Self> {
        let groups =
            groups.into_iter().map(|(name, estimate)| Group::of_estimate(name.to_string(), estimate));
        self.fill(condition, Measurement::Groups(groups.collect()))
    }

    /// The conditions with what was measured and what follows from each.
    pub fn conditions(&self) -> impl Iterator<Item = (&Condition, String, Verdict)> {
        let pairs = self.claim.conditions.iter().zip(&self.measured);
        pairs.map(|(condition, measured)| {
            (condition, words(condition, measured), verdict(condition, measured))
        })
    }

    /// The counts behind a condition, if it was counted.
    pub fn counted(&self, condition: &Condition) -> impl Iterator<Item = &Count> {
        let mut pairs = self.claim.conditions.iter().zip(&self.measured);
        let measured = pairs.find(|(declared, _)| *declared == condition).map(|(_, measured)| measured);
        measured.into_iter().flat_map(|measured| match measured {
            Measurement::Counts(counts) => counts.as_slice(),
            _ => &[],
        })
    }

    /// What follows from all conditions: one that fails decides; otherwise one that is open leaves all open.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let open = self.open.iter().cloned().map(Verdict::Undecided);
        Verdict::worst(self.conditions().map(|(.., verdict)| verdict).chain(open))
    }

    /// The criteria of all conditions.
    #[must_use]
    pub fn criteria(&self) -> String {
        self.claim.conditions.iter().map(Condition::to_string).collect::<Vec<_>>().join("; ")
    }

    /// The measurements of all conditions, in the order of the criteria.
    #[must_use]
    pub fn measured(&self) -> String {
        self.conditions().map(|(_, measured, _)| measured).collect::<Vec<_>>().join("; ")
    }
}

/// What follows from one condition.
fn verdict(condition: &Condition, measured: &Measurement) -> Verdict {
    let name = condition.name;
    match (condition.rule, measured) {
        (Rule::Always, Measurement::Counts(counts)) => {
            if counts.iter().any(|count| count.violations > 0) {
                return Verdict::Failed;
            }
            let empty: Vec<&str> =
                counts.iter().filter(|count| count.checked == 0).map(|count| count.group.as_str()).collect();
            match empty.as_slice() {
                [] if !counts.is_empty() => Verdict::Reproduced,
                [] | [""] => Verdict::Undecided(format!("{name}: nothing was checked")),
                groups => Verdict::Undecided(format!("{name}: nothing was checked of {}", groups.join(", "))),
            }
        }
        (Rule::Value(criterion), Measurement::Value(measured)) => of_estimate(name, measured, criterion),
        (Rule::Groups(criterion), Measurement::Groups(groups)) => groups::verdict(name, groups, criterion),
        (Rule::Supposed(criterion), Measurement::Value(measured)) => {
            match of_estimate(name, measured, criterion) {
                Verdict::Reproduced => Verdict::Reproduced,
                _ => Verdict::Undecided(format!("a hypothesis is not met, {name} {criterion}: {measured}")),
            }
        }
        _ => Verdict::Undecided(format!("{name}: not measured")),
    }
}

/// What was measured, in words.
fn words(condition: &Condition, measured: &Measurement) -> String {
    match (condition.rule, measured) {
        (_, Measurement::Counts(counts)) => {
            let total = |of: fn(&Count) -> usize| -> usize { counts.iter().map(of).sum() };
            let (violations, checked) = (total(|count| count.violations), total(|count| count.checked));
            let mut text = if violations == 0 {
                format!("in all {} checks", grouped(checked))
            } else {
                format!("not in {} of {} checks", grouped(violations), grouped(checked))
            };
            if counts.len() > 1 {
                let broken = counts.iter().filter(|count| count.violations > 0);
                let broken: Vec<&str> = broken.map(|count| count.group.as_str()).collect();
                text += &if broken.is_empty() {
                    format!(" of {}", counted(counts.len(), "group"))
                } else {
                    format!(" ({})", broken.join(", "))
                };
            }
            match total(|count| count.vacuous) {
                0 => text,
                vacuous => text + &format!("; vacuous {} times more", grouped(vacuous)),
            }
        }
        (_, Measurement::Value(estimate)) => estimate.to_string(),
        (Rule::Groups(criterion), Measurement::Groups(groups)) => groups::measured(groups, criterion),
        _ => "not measured".to_owned(),
    }
}

/// All claims of an experiment with what was measured, in the order of their declaration.
#[derive(Clone, Debug, Default)]
pub struct Findings(Vec<Finding>);

impl Findings {
    /// Nothing measured yet.
    #[must_use]
    pub fn of(claims: &'static [Claim]) -> Self {
        Self(claims.iter().map(Finding::new).collect())
    }

    /// One claim, to fill in its conditions.
    ///
    /// # Errors
    /// When the experiment declares no such claim.
    pub fn about(&mut self, claim: &Claim) -> Result<&mut Finding> {
        let found = self.0.iter_mut().find(|finding| finding.claim.id == claim.id);
        found.ok_or_else(|| Error::Undeclared {
            what: claim.id.to_owned(),
            reason: "is no claim of the experiment",
        })
    }

    /// All of them.
    #[must_use]
    pub fn list(&self) -> &[Finding] {
        &self.0
    }

    /// Leaves every claim open that has not failed, for a reason.
    pub fn leave_open(&mut self, reason: &str) {
        self.0.iter_mut().for_each(|finding| finding.open.push(reason.to_owned()));
    }

    /// Links the figures and tables that are there.
    pub fn link(&mut self, figures: &[&str], tables: &[&str]) {
        let fits = |pattern: &str, id: &str| match pattern.split_once('*') {
            Some((head, tail)) => {
                id.len() >= head.len() + tail.len() && id.starts_with(head) && id.ends_with(tail)
            }
            None => pattern == id,
        };
        let first =
            |pattern: &&str, ids: &[&str]| ids.iter().find(|id| fits(pattern, id)).map(|id| (*id).to_owned());
        for finding in &mut self.0 {
            let Claim { figures: shown, tables: listed, .. } = finding.claim;
            finding.figures = shown.iter().filter_map(|pattern| first(pattern, figures)).collect();
            finding.tables = listed.iter().filter_map(|pattern| first(pattern, tables)).collect();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claim::{Criterion, Kind};

    const HOLDS: Condition = Condition::always("it holds");
    const NUMBER: Condition = Condition::value("number", Criterion::AtLeast(0.5));
    const STEPS: Condition = Condition::supposed("steps", Criterion::AtLeast(800.0));
    const CLAIM: Claim = Claim {
        id: "demo.a",
        kind: Kind::Observation,
        theorems: &[],
        statement: "s",
        conditions: &[HOLDS, NUMBER, STEPS],
        figures: &["probe-*-ce", "all"],
        tables: &["cells"],
    };
    const CLAIMS: &[Claim] = &[CLAIM, Claim { id: "demo.b", ..CLAIM }];

    fn exact(value: f64) -> Estimate {
        Estimate::exact(value)
    }

    fn decided((violations, number, steps): (usize, f64, f64)) -> Verdict {
        let mut findings = Findings::of(CLAIMS);
        let finding = findings.about(&CLAIM).unwrap();
        finding.holds(&HOLDS, violations, 10).unwrap();
        finding.value(&NUMBER, exact(number)).unwrap().value(&STEPS, exact(steps)).unwrap();
        finding.verdict()
    }

    #[test]
    fn what_is_not_measured_is_undecided_and_named() {
        let mut findings = Findings::of(CLAIMS);
        findings.about(&CLAIM).unwrap().holds(&HOLDS, 0, 10).unwrap().value(&NUMBER, exact(0.6)).unwrap();
        let verdicts: Vec<Verdict> = findings.list().iter().map(Finding::verdict).collect();
        assert_eq!(verdicts[0], Verdict::Undecided("steps: not measured".into()));
        assert!(
            matches!(&verdicts[1], Verdict::Undecided(why) if why.contains("it holds") && why.contains("number"))
        );
        assert_eq!(findings.list()[0].measured(), "in all 10 checks; 0.6; not measured");
    }

    #[test]
    fn what_is_not_declared_is_refused() {
        let mut findings = Findings::of(CLAIMS);
        let unknown = Claim { id: "demo.c", ..CLAIM };
        assert!(findings.about(&unknown).unwrap_err().to_string().contains("demo.c"));
        let finding = findings.about(&CLAIM).unwrap();
        let mistyped = Condition::always("it hold");
        let refused = finding.holds(&mistyped, 0, 1).unwrap_err().to_string();
        assert!(refused.contains("demo.a, it hold"), "{refused}");
        // Nor with another criterion than the declared one, in another form, or twice.
        assert!(finding.value(&Condition::value("number", Criterion::AtLeast(0.4)), exact(1.0)).is_err());
        assert!(finding.value(&HOLDS, exact(1.0)).unwrap_err().to_string().contains("another kind"));
        finding.holds(&HOLDS, 0, 1).unwrap();
        assert!(finding.holds(&HOLDS, 0, 1).unwrap_err().to_string().contains("twice"));
    }

    #[test]
    fn a_failure_outweighs_an_open_condition_and_a_hypothesis_never_fails() {
        assert_eq!(decided((0, 0.6, 800.0)), Verdict::Reproduced);
        assert_eq!(decided((1, 0.6, 799.0)), Verdict::Failed);
        assert_eq!(decided((0, 0.4, 800.0)), Verdict::Failed);
        let Verdict::Undecided(why) = decided((0, 0.6, 799.0)) else { panic!("decided") };
        assert_eq!(why, "a hypothesis is not met, steps ≥ 800: 799");
        let mut findings = Findings::of(CLAIMS);
        findings.about(&CLAIM).unwrap().holds(&HOLDS, 1, 10).unwrap();
        findings.leave_open("cells are missing");
        assert_eq!(findings.list()[0].verdict(), Verdict::Failed);
        assert!(findings.list()[1].verdict().to_string().contains("cells are missing"));
    }

    #[test]
    fn groups_that_break_an_inequality_and_groups_without_a_check_are_named() {
        let count = |group: &str, violations, checked, vacuous| Count {
            group: group.into(),
            violations,
            checked,
            vacuous,
        };
        let decided = |counts: &[Count]| {
            let mut findings = Findings::of(CLAIMS);
            let finding = findings.about(&CLAIM).unwrap().counts(&HOLDS, counts.to_vec()).unwrap();
            let (_, measured, verdict) = finding.conditions().next().unwrap();
            (measured, verdict.to_string())
        };
        let (measured, verdict) = decided(&[count("a", 0, 5, 2), count("b", 0, 1000, 3)]);
        assert_eq!(measured, "in all 1,005 checks of 2 groups; vacuous 5 times more");
        assert_eq!(verdict, "reproduced");
        let (measured, verdict) = decided(&[count("a", 0, 5, 0), count("b", 1, 4, 0)]);
        assert_eq!((measured.as_str(), verdict.as_str()), ("not in 1 of 9 checks (b)", "failed"));
        assert_eq!(
            decided(&[count("a", 0, 5, 0), count("b", 0, 0, 4)]).1,
            "undecided (it holds: nothing was checked of b)"
        );
        for nothing in [&[][..], &[count("", 0, 0, 0)]] {
            assert_eq!(decided(nothing).1, "undecided (it holds: nothing was checked)");
        }
    }

    #[test]
    fn single_checks_are_counted_and_nan_meets_no_comparison() {
        let decided = |values: &[f64]| {
            let mut findings = Findings::of(CLAIMS);
            let held = values.iter().map(|value| *value <= 1.0);
            let finding = findings.about(&CLAIM).unwrap().each(&HOLDS, held).unwrap();
            finding.conditions().next().unwrap().1
        };
        assert_eq!(decided(&[0.5, 1.0]), "in all 2 checks");
        assert_eq!(decided(&[0.5, f64::NAN, 2.0]), "not in 2 of 3 checks");
    }

    #[test]
    fn links_go_to_the_first_figure_that_fits_and_to_nothing_that_is_not_there() {
        let mut findings = Findings::of(CLAIMS);
        findings.link(&["probe-x-squared", "probe-x-ce", "probe-y-ce"], &["cells"]);
        assert_eq!(findings.list()[0].figures, ["probe-x-ce"]);
        assert_eq!(findings.list()[1].tables, ["cells"]);
    }
}
