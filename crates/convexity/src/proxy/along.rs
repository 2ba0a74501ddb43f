//! An inequality at every point of a trajectory.

use crate::error::{ConvexityError, require_dimension};
use crate::inequality::{Inequality, Observation, Pair, Sense, slack, verdict_at};
use crate::trajectory::Trajectory;
use crate::verdict::{Report, Verdict};
use ndarray::ArrayView1;

/// The worst of the points, against a fixed v; every slack that is negative in f64 is enclosed.
pub(super) fn along(
    inequality: &dyn Inequality,
    trajectory: &Trajectory,
    v: ArrayView1<f64>,
) -> Result<Report, ConvexityError> {
    require_dimension("trajectory", trajectory.dimension(), inequality.ground().dimension())?;
    let mut worst: Option<(f64, Observation, Verdict)> = None;
    for state in trajectory.states() {
        let pair = Pair { u: state.point.to_vec(), v: v.to_vec() };
        let Some(terms) = inequality.terms(&pair) else {
            return Err(ConvexityError::Overflow { what: "a side of the inequality" });
        };
        let (measured, size) = (terms.measured, terms.size.max(f64::MIN_POSITIVE));
        let own = slack(inequality, terms);
        let bound = match inequality.sense() {
            Sense::AtLeast => measured - own,
            Sense::AtMost => measured + own,
        };
        let margin = own / size;
        if worst.as_ref().is_some_and(|(least, ..)| *least <= margin) {
            continue;
        }
        let verdict = verdict_at(inequality, &pair);
        // A suspicion that an enclosure dismisses is no slack below zero.
        let margin = if verdict.holds() { margin.max(0.0) } else { margin };
        worst = Some((margin, Observation { measured, bound, slack: own, size }, verdict));
    }
    let (margin, row, verdict) = worst.ok_or(ConvexityError::Empty { argument: "trajectory" })?;
    let claim = match verdict {
        Verdict::Holds { worst_point, .. } => {
            Verdict::Holds { margin, evaluations: trajectory.states().len() as u64, worst_point }
        }
        other @ (Verdict::Violated { .. } | Verdict::Undecided { .. }) => other,
    };
    Ok(Report {
        theorem: "proxy",
        hypotheses: Vec::new(),
        measured: row.measured,
        bound: row.bound,
        slack: row.slack,
        inequality: claim,
    })
}
