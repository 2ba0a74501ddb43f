//! Groups (data sets, models, losses, ...): each is decided by itself, and the worst verdict counts.

use super::verdict::of_estimate;
use super::{Criterion, Verdict};
use crate::error::Result;
use crate::statistics::{Estimate, median_estimate};
use std::collections::BTreeMap;

/// Fewer replicates than this decide nothing: two seeds say neither how far seeds lie apart nor where their
/// middle is.
pub const LEAST_REPLICATES: usize = 3;

/// How many groups a reason names one by one.
const NAMED: usize = 3;

/// One group: the number that decides it, and how many replicates have none.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// Which group.
    pub name: String,
    /// The median over the replicates that have a number, or a number with limits of its own.
    pub estimate: Estimate,
    /// The replicates without a number.
    pub without: usize,
    /// The replicates that it takes.
    least: usize,
}

/// Cells by group, in the order given within each.
pub fn groups_of<T, K: Ord>(
    cells: impl IntoIterator<Item = T>,
    group: impl Fn(&T) -> K,
) -> BTreeMap<K, Vec<T>> {
    let mut groups: BTreeMap<K, Vec<T>> = BTreeMap::new();
    for cell in cells {
        groups.entry(group(&cell)).or_default().push(cell);
    }
    groups
}

/// Cells by group, with the number of each: None, or NaN, where a cell has none. What is a replicate of what is
/// said by the key: as a rule everything but the seed.
pub fn replicates<T>(
    cells: impl IntoIterator<Item = T>,
    group: impl Fn(&T) -> String,
    number: impl Fn(&T) -> Option<f64>,
) -> BTreeMap<String, Vec<Option<f64>>> {
    let groups = groups_of(cells, group).into_iter();
    groups.map(|(name, cells)| (name, cells.iter().map(&number).collect())).collect()
}

/// The largest or the least of numbers, by `f64::max` or `f64::min`; NaN of none, and where one of them is NaN.
pub fn extreme(numbers: impl IntoIterator<Item = f64>, of_two: fn(f64, f64) -> f64) -> f64 {
    let of_two = |a: f64, b: f64| if a.is_nan() || b.is_nan() { f64::NAN } else { of_two(a, b) };
    numbers.into_iter().reduce(of_two).unwrap_or(f64::NAN)
}

impl Group {
    /// The group called `name`, whose replicates measured `values`.
    pub(super) fn of_replicates(name: String, values: &[Option<f64>]) -> Result<Self> {
        let numbers: Vec<f64> = values.iter().flatten().copied().filter(|value| !value.is_nan()).collect();
        let estimate = if numbers.is_empty() { Estimate::default() } else { median_estimate(&numbers)? };
        let without = values.len() - numbers.len();
        Ok(Self { name, estimate, without, least: LEAST_REPLICATES })
    }

    /// A group whose number has limits of its own, or needs none.
    pub(super) fn of_estimate(name: String, estimate: Estimate) -> Self {
        Self { name, estimate, without: 0, least: 0 }
    }

    fn verdict(&self, criterion: Criterion) -> Verdict {
        let Self { name, estimate, without, least } = self;
        let all = estimate.replicates + without;
        if *without > 0 {
            return Verdict::Undecided(format!("{name}: {without} of {all} replicates have no measurement"));
        }
        if all < *least {
            return Verdict::Undecided(format!(
                "{name}: {all} of the {least} replicates that it takes to decide"
            ));
        }
        of_estimate(name, estimate, criterion)
    }

    /// The larger, the nearer to missing the criterion, or the farther beyond it; groups without a number
    /// first.
    fn badness(&self, criterion: Criterion) -> f64 {
        let (low, high) = self.estimate.range();
        let distance = criterion.distance(low, high);
        if distance.is_nan() { f64::INFINITY } else { distance }
    }
}

/// The worst verdict of the groups; the groups that leave it open are named.
pub(super) fn verdict(name: &str, groups: &[Group], criterion: Criterion) -> Verdict {
    if groups.is_empty() {
        return Verdict::Undecided(format!("{name}: no measurement"));
    }
    let mut reasons = Vec::new();
    for group in groups {
        match group.verdict(criterion) {
            Verdict::Failed => return Verdict::Failed,
            Verdict::Undecided(reason) => reasons.push(reason),
            Verdict::Reproduced => {}
        }
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
            Group::of_replicates((*name).to_owned(), &values).unwrap()
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
    fn cells_are_gathered_by_everything_but_their_seed() {
        let cells = [("b", 1.0), ("a", f64::NAN), ("b", 2.0)];
        let number = |cell: &(&str, f64)| Some(cell.1);
        let groups = replicates(cells, |cell| cell.0.to_owned(), number);
        assert_eq!(groups.keys().collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(groups["b"], [Some(1.0), Some(2.0)]);
        let nan = Group::of_replicates("a".into(), &groups["a"]).unwrap();
        assert_eq!((nan.without, nan.estimate.replicates), (1, 0));
    }

    #[test]
    fn fewer_replicates_never_decide_more() {
        for few in [&[0.95][..], &[0.95, 0.96], &[0.1], &[0.1, 0.2]] {
            assert_eq!(decided(&[("few", few)]).word(), "undecided", "{few:?}");
        }
        assert_eq!(decided(&[("three", &[0.95, 0.96, 0.97])]), Verdict::Reproduced);
        assert_eq!(decided(&[("three", &[0.1, 0.2, 0.3])]), Verdict::Failed);
        // A number with limits of its own is its own evidence.
        let own = Group::of_estimate("own".into(), Estimate::exact(0.95));
        assert_eq!(verdict("x", &[own], BAR), Verdict::Reproduced);
    }

    #[test]
    fn an_extreme_of_numbers_with_nan_is_none() {
        assert_eq!(extreme([1.0, 3.0, 2.0], f64::max), 3.0);
        assert_eq!(extreme([1.0, 3.0, 2.0], f64::min), 1.0);
        for place in 0..3 {
            let mut numbers = [1.0, 3.0, 2.0];
            numbers[place] = f64::NAN;
            assert!(extreme(numbers, f64::max).is_nan() && extreme(numbers, f64::min).is_nan());
        }
        assert!(extreme([], f64::max).is_nan());
    }
}
