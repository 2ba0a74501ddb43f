//! What every experiment with a probe set asks of its sandwiches.

use std::collections::BTreeMap;

use fenchel_harness::claim::{Count, Finding};
use fenchel_harness::number::grouped;
use fenchel_harness::{Condition, Result};

use super::SandwichTally;

/// The lower bounds of T11.
pub const LOWER_BOUNDS: Condition =
    Condition::always("lo ≤ l − l_{inf}, sample by sample, beyond the stated round-off");
/// The upper bounds of T11. The infinite ones are counted beside.
pub const UPPER_BOUNDS: Condition = Condition::always("l − l_{inf} ≤ hi where hi is finite, likewise");
/// The conditions of a claim about sandwiches.
pub const SANDWICH: &[Condition] = &[LOWER_BOUNDS, UPPER_BOUNDS];

/// Fills in both, from the tallies of cells and the group of each; an empty name where there is one group.
///
/// # Errors
/// As [`Finding::holds`].
pub fn sandwiches(
    finding: &mut Finding,
    cells: impl IntoIterator<Item = (String, SandwichTally)>,
) -> Result<()> {
    let mut groups: BTreeMap<String, SandwichTally> = BTreeMap::new();
    for (group, tally) in cells {
        *groups.entry(group).or_default() += tally;
    }
    let lower = groups.iter().map(|(group, tally)| Count {
        group: group.clone(),
        violations: tally.below,
        checked: tally.checked,
        vacuous: 0,
    });
    let upper = groups.iter().map(|(group, tally)| Count {
        group: group.clone(),
        violations: tally.above,
        checked: tally.finite,
        vacuous: tally.checked - tally.finite,
    });
    finding.counts(&LOWER_BOUNDS, lower)?.counts(&UPPER_BOUNDS, upper)?;
    Ok(())
}

/// All sandwiches of all experiments in words: how many bounds were checked, either by itself, and how many are
/// violated. None where none was checked.
#[must_use]
pub fn sandwiches_in_words(findings: &[&Finding]) -> Option<String> {
    let sum = |condition, of: fn(&Count) -> usize| -> usize {
        findings.iter().flat_map(|finding| finding.counted(condition)).map(of).sum()
    };
    let (violated, checked) = (|count: &Count| count.violations, |count: &Count| count.checked);
    let lower = sum(&LOWER_BOUNDS, checked);
    (lower > 0).then(|| {
        format!(
            "{} of {} lower bounds lo ≤ l − l_inf and {} of {} finite upper bounds l − l_inf ≤ hi are violated beyond \
             round-off; {} upper bounds more are infinite and say nothing",
            grouped(sum(&LOWER_BOUNDS, violated)),
            grouped(lower),
            grouped(sum(&UPPER_BOUNDS, violated)),
            grouped(sum(&UPPER_BOUNDS, checked)),
            grouped(sum(&UPPER_BOUNDS, |count| count.vacuous)),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use fenchel_harness::{Claim, Findings, Kind};

    #[test]
    fn the_sandwiches_of_all_claims_are_summed_and_infinite_bounds_counted_beside() {
        const CLAIMS: &[Claim] = &[Claim {
            id: "demo.sandwich",
            kind: Kind::Theorem,
            theorems: &[],
            statement: "s",
            conditions: SANDWICH,
            figures: &[],
            tables: &[],
        }];
        let mut findings = Findings::of(CLAIMS);
        assert_eq!(sandwiches_in_words(&[&findings.list()[0]]), None);
        let tally = SandwichTally { checked: 1007, below: 0, finite: 7, above: 0 };
        sandwiches(findings.about(&CLAIMS[0]).unwrap(), [(String::new(), tally)]).unwrap();
        let own = &findings.list()[0];
        assert!(own.measured().contains("in all 7 checks; vacuous 1,000 times more"), "{}", own.measured());
        let words = sandwiches_in_words(&[own]).unwrap();
        for expected in
            ["0 of 1,007 lower bounds", "0 of 7 finite upper bounds", "1,000 upper bounds more are infinite"]
        {
            assert!(words.contains(expected), "{words}");
        }
    }
}
