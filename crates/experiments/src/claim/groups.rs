//! A condition over groups (data sets, models, losses, ...): each is decided by itself, and the worst verdict
//! counts.

use super::{Criterion, Verdict, of_estimate};
use crate::error::Result;
use crate::statistics::{Estimate, bootstrap_median};
use serde::{Deserialize, Serialize};

/// Fewer replicates than this decide nothing: two seeds say neither how far seeds lie apart nor where their
/// middle is.
pub const LEAST_REPLICATES: usize = 3;

/// How many groups a reason names one by one.
const NAMED: usize = 3;

/// One group: its replicates' median with an interval, and how many replicates have no number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// Which group.
    pub name: String,
    /// The median over the replicates that have a number.
    pub estimate: Estimate,
    /// The replicates without one.
    pub without: usize,
}

impl Group {
    /// The group called `name`, whose replicates measured `values`; None where a replicate has no number.
    ///
    /// # Errors
    /// When a number is NaN.
    pub fn new(name: &str, of: &str, values: &[Option<f64>]) -> Result<Self> {
        let numbers: Vec<f64> = values.iter().flatten().copied().collect();
        let estimate = if numbers.is_empty() {
            Estimate::default()
        } else {
            bootstrap_median(&format!("{of} {name}"), &numbers)?
        };
        Ok(Self { name: name.to_owned(), estimate, without: values.len() - numbers.len() })
    }

    fn verdict(&self, criterion: Criterion) -> Verdict {
        let Self { name, estimate, without } = self;
        let all = estimate.replicates + without;
        if *without > 0 {
            return Verdict::Undecided(format!("{name}: {without} of {all} replicates have no measurement"));
        }
        if all < LEAST_REPLICATES {
            return Verdict::Undecided(format!(
                "{name}: {all} of the {LEAST_REPLICATES} replicates that it takes to decide"
            ));
        }
        of_estimate(name, estimate, criterion)
    }

    /// The larger, the nearer to missing the criterion, or the farther beyond it; groups without a number
    /// first.
    fn badness(&self, criterion: Criterion) -> f64 {
        let (low, high) = self.estimate.range();
        let distance = match criterion {
            Criterion::AtLeast(bound) | Criterion::Above(bound) => bound - low,
            Criterion::AtMost(bound) | Criterion::Below(bound) => high - bound,
            Criterion::Between(from, to) => (from - low).max(high - to),
        };
        if distance.is_nan() { f64::INFINITY } else { distance }
    }
}

/// The worst verdict of the groups; the groups that leave it open are named.
pub(super) fn verdict(name: &str, groups: &[Group], criterion: Criterion) -> Verdict {
    let mut reasons = Vec::new();
    for group in groups {
        match group.verdict(criterion) {
            Verdict::Failed => return Verdict::Failed,
            Verdict::Undecided(reason) => reasons.push(reason),
            Verdict::Reproduced => {}
        }
    }
    if groups.is_empty() {
        return Verdict::Undecided(format!("{name}: no measurement"));
    }
    if reasons.is_empty() {
        return Verdict::Reproduced;
    }
    let more = reasons.len().saturating_sub(NAMED);
    reasons.truncate(NAMED);
    let rest = if more > 0 { format!(", and {more} groups more") } else { String::new() };
    Verdict::Undecided(format!("{name}: {}{rest}", reasons.join(", ")))
}

/// The measurement of the group that decides: one of the worst verdict, and of these the nearest to missing.
pub(super) fn measured(groups: &[Group], criterion: Criterion) -> String {
    let rank = |group: &Group| match group.verdict(criterion) {
        Verdict::Failed => 2,
        Verdict::Undecided(_) => 1,
        Verdict::Reproduced => 0,
    };
    let worse = |a: &&Group, b: &&Group| {
        rank(a).cmp(&rank(b)).then(a.badness(criterion).total_cmp(&b.badness(criterion)))
    };
    let Some(worst) = groups.iter().max_by(worse) else { return "no measurement".to_owned() };
    let number = if worst.estimate.replicates == 0 { "none".to_owned() } else { worst.estimate.to_string() };
    format!("{number} ({}, of {})", worst.name, crate::number::counted(groups.len(), "group"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BAR: Criterion = Criterion::AtLeast(0.9);

    fn groups(values: &[(&str, &[f64])]) -> Vec<Group> {
        let group = |(name, values): &(&str, &[f64])| {
            let values: Vec<Option<f64>> = values.iter().map(|&v| Some(v).filter(|v| !v.is_nan())).collect();
            Group::new(name, "t", &values).unwrap()
        };
        values.iter().map(group).collect()
    }

    fn decided(values: &[(&str, &[f64])]) -> Verdict {
        verdict("x", &groups(values), BAR)
    }

    const GOOD: (&str, &[f64]) = ("good", &[0.91, 0.912, 0.915]);

    #[test]
    fn no_group_hides_behind_another() {
        // Its median is the larger, its interval the wider.
        let wide: (&str, &[f64]) = ("wide", &[0.4, 0.92, 0.99]);
        for order in [[GOOD, wide], [wide, GOOD]] {
            let Verdict::Undecided(why) = decided(&order) else { panic!("decided") };
            assert!(why.contains("wide") && !why.contains("good"), "{why}");
            assert!(measured(&groups(&order), BAR).contains("(wide, of 2 groups)"));
        }
        assert_eq!(decided(&[GOOD]), Verdict::Reproduced);
        assert_eq!(decided(&[GOOD, wide, ("bad", &[0.1, 0.2, 0.3])]), Verdict::Failed);
    }

    #[test]
    fn a_group_or_a_replicate_without_a_number_leaves_the_claim_open_and_is_named() {
        for values in [&[f64::NAN, f64::NAN, f64::NAN][..], &[0.95, f64::NAN, 0.95, 0.96]] {
            let Verdict::Undecided(why) = decided(&[GOOD, ("lost", values)]) else { panic!("decided") };
            assert!(why.contains("lost"), "{why}");
        }
        assert_eq!(decided(&[]).word(), "undecided");
    }

    #[test]
    fn fewer_replicates_never_decide_more() {
        for few in [&[0.95][..], &[0.95, 0.96], &[0.1], &[0.1, 0.2]] {
            assert_eq!(decided(&[("few", few)]).word(), "undecided", "{few:?}");
        }
        assert_eq!(decided(&[("three", &[0.95, 0.96, 0.97])]), Verdict::Reproduced);
        assert_eq!(decided(&[("three", &[0.1, 0.2, 0.3])]), Verdict::Failed);
    }
}
