//! What every experiment with a probe set asks of its sandwiches.

use std::collections::BTreeMap;

use super::SandwichTally;
use crate::claim::{Condition, Count, Finding};
use crate::error::Result;

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
