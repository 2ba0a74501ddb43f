//! Verdicts, and the one rule by which a number with its interval meets a criterion.

use super::Criterion;
use crate::statistics::Estimate;
use std::fmt;

/// What the measurements say about a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
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

    /// The worst of several: a failure decides, and otherwise all reasons to leave it open stand side by side.
    pub(super) fn worst(verdicts: impl IntoIterator<Item = Self>) -> Self {
        let mut reasons = Vec::new();
        for verdict in verdicts {
            match verdict {
                Self::Failed => return Self::Failed,
                Self::Undecided(reason) => reasons.push(reason),
                Self::Reproduced => {}
            }
        }
        if reasons.is_empty() { Self::Reproduced } else { Self::Undecided(reasons.join("; ")) }
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

/// What a measurement with its interval says of a criterion.
pub(super) fn of_estimate(name: &str, measured: &Estimate, criterion: Criterion) -> Verdict {
    let (low, high) = measured.range();
    if measured.value.is_nan() || low.is_nan() || high.is_nan() {
        Verdict::Undecided(format!("{name}: no measurement"))
    } else if criterion.admits(low) && criterion.admits(high) && criterion.admits(measured.value) {
        Verdict::Reproduced
    } else if criterion.excludes(low, high) && !criterion.admits(measured.value) {
        Verdict::Failed
    } else {
        Verdict::Undecided(format!("{name}: {measured} lies on both sides of {criterion}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn value(low: f64, value: f64, high: f64, criterion: Criterion) -> Verdict {
        of_estimate("x", &Estimate::with_interval(value, low, high, 5), criterion)
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
        assert_eq!(value(f64::NAN, f64::NAN, f64::NAN, Criterion::AtLeast(0.0)).word(), "undecided");
        assert_eq!(of_estimate("x", &Estimate::default(), Criterion::AtMost(1.0)).word(), "undecided");
    }

    #[test]
    fn the_worst_verdict_keeps_every_reason() {
        let open = |why: &str| Verdict::Undecided(why.into());
        assert_eq!(Verdict::worst([Verdict::Reproduced, open("a"), open("b")]), open("a; b"));
        assert_eq!(Verdict::worst([open("a"), Verdict::Failed]), Verdict::Failed);
        assert_eq!(Verdict::worst([]), Verdict::Reproduced);
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
