//! The worst of several groups: what a claim over groups has to stand on.

use super::{Estimate, bootstrap_median};
use crate::error::Result;

/// Which end of the groups lies nearest to failing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Worst {
    /// The smallest value, where the criterion is a lower limit.
    Smallest,
    /// The largest value, where the criterion is an upper limit.
    Largest,
}

/// The median over replicates of the worst group, with its bootstrap interval; groups without replicates are left out.
///
/// With no group at all the estimate is NaN, "no measurement".
///
/// # Errors
/// When a replicate is NaN.
///
/// ```
/// use fenchel_experiments::statistics::{Worst, worst_median};
/// let groups = [("a", vec![0.9, 0.95, 0.97]), ("b", vec![0.7, 0.8, 0.9]), ("c", vec![])];
/// let worst = worst_median("demo", groups, Worst::Smallest).unwrap();
/// assert_eq!((worst.value, worst.replicates), (0.8, 3));
/// ```
pub fn worst_median<G: std::fmt::Display>(
    name: &str,
    groups: impl IntoIterator<Item = (G, Vec<f64>)>,
    worst: Worst,
) -> Result<Estimate> {
    let mut found: Option<Estimate> = None;
    for (group, values) in groups {
        if values.is_empty() {
            continue;
        }
        let estimate = bootstrap_median(&format!("{name} {group}"), &values)?;
        let replaces = found.is_none_or(|found| match worst {
            Worst::Smallest => estimate.value < found.value,
            Worst::Largest => estimate.value > found.value,
        });
        if replaces {
            found = Some(estimate);
        }
    }
    Ok(found.unwrap_or(Estimate::exact(f64::NAN)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_group_is_the_one_nearest_to_failing() {
        let groups = || [("a", vec![1.0, 2.0, 3.0]), ("b", vec![5.0]), ("c", vec![])];
        assert_eq!(worst_median("t", groups(), Worst::Smallest).unwrap().value, 2.0);
        assert_eq!(worst_median("t", groups(), Worst::Largest).unwrap(), Estimate::exact(5.0));
        assert!(worst_median::<&str>("t", [], Worst::Largest).unwrap().value.is_nan());
        assert!(worst_median("t", [("a", vec![f64::NAN])], Worst::Largest).is_err());
    }
}
