//! What the claims and the figures of `init` both take from its records.

use std::collections::BTreeMap;

use fenchel_harness::Outcome;
use fenchel_harness::claim::groups_of;

use super::{Case, Record};

pub(super) type Finished = Outcome<Case, Record>;

pub(super) fn is_equal(case: &Case) -> bool {
    case.start.starts_with("equal")
}

/// The mean excess loss over the probe set at the end.
pub(super) fn final_risk(record: &Record) -> f64 {
    match record.diverged {
        Some(_) => f64::INFINITY,
        None => record.logs.last().map_or(f64::NAN, |log| log.probe.risk),
    }
}

/// The cells by data set, start and depth.
pub(super) fn groups(cells: &[Finished]) -> BTreeMap<(String, usize, String), Vec<&Finished>> {
    groups_of(cells, |cell| {
        let Case { dataset, start, depth, .. } = &cell.case;
        (dataset.clone(), *depth, start.clone())
    })
}
