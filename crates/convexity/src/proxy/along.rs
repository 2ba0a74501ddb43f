//! An inequality at every point of a trajectory.

use crate::error::{ConvexityError, require_dimension};
use crate::inequality::{Inequality, Observation, Pair, Sense, slack, verdict_at};
use crate::trajectory::Trajectory;
use crate::verdict::{Report, Verdict};
use ndarray::ArrayRef1;

/// The worse the smaller: violations, then what is open, then what holds, by the margin.
type Rank = (u8, f64);

fn rank(verdict: &Verdict, margin: f64) -> Rank {
    match verdict {
        Verdict::Violated { .. } => (0, margin),
        Verdict::Undecided { .. } => (1, margin),
        // A suspicion that an enclosure dismisses is no slack below zero.
        Verdict::Holds { .. } => (2, margin.max(0.0)),
    }
}

/// The worst of the points, against a fixed v; every slack that is negative in f64 is enclosed.
pub(super) fn along(
    inequality: &dyn Inequality,
    trajectory: &Trajectory,
    v: &ArrayRef1<f64>,
) -> Result<Report, ConvexityError> {
    require_dimension("trajectory", trajectory.dimension(), inequality.ground().dimension())?;
    let mut worst: Option<(Rank, Observation, Verdict)> = None;
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
        let Some((least, ..)) = &worst else {
            let verdict = verdict_at(inequality, &pair);
            worst =
                Some((rank(&verdict, margin), Observation { measured, bound, slack: own, size }, verdict));
            continue;
        };
        // A slack that is not negative is at most the worst of those that hold.
        if own >= 0.0 && (2, margin) >= *least {
            continue;
        }
        let verdict = verdict_at(inequality, &pair);
        let rank = rank(&verdict, margin);
        if rank < *least {
            worst = Some((rank, Observation { measured, bound, slack: own, size }, verdict));
        }
    }
    let ((_, margin), row, verdict) = worst.ok_or(ConvexityError::Empty { argument: "trajectory" })?;
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
