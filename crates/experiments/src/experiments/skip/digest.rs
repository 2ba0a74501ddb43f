//! What the claims and the figures of `skip` both take from its records.

use std::collections::BTreeMap;

use fenchel_harness::statistics::{median_estimate, slope};
use fenchel_harness::{Estimate, Outcome};

use super::record::Structure;
use super::{Block, Case, Record};
use crate::ingredients::Start;

/// What is common to the seeds of a group.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub dataset: String,
    pub start: Start,
    pub no_biases: bool,
    pub block: Block,
}

/// The cells of a group, one a seed, each with its slopes.
pub(super) struct Group<'a> {
    pub key: Key,
    pub cells: Vec<(&'a Case, &'a Record)>,
    pub slopes: Vec<Slopes>,
}

/// What a layer more does to the first layer's term of one seed's chains at initialisation, in bits. The chains
/// of a seed share their first layer and their samples, so a seed gives one slope and the seeds are the
/// replicates.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slopes {
    pub min: Option<f64>,
    pub max: Option<f64>,
    pub d: Option<f64>,
    /// Whether the shallowest chain has a finite term, from which deeper ones can fall.
    grounded: bool,
}

impl Slopes {
    pub(super) fn of(record: &Record) -> Self {
        let line = |of: fn(&Structure) -> f64| {
            let points = record.depths.iter().map(|depth| (depth.depth as f64, of(&depth.start)));
            let (x, y): (Vec<f64>, Vec<f64>) = points.unzip();
            // A chain that vanished has no place on a line, and is the steepest fall there is; likewise for D.
            match y.iter().find(|value| value.is_infinite()) {
                Some(infinite) => Some(*infinite),
                None => slope(&x, &y).ok().map(|line| line.slope),
            }
        };
        // D of the matrix 0 is 0 by convention and says nothing of a condition.
        let dead = record.depths.iter().any(|depth| depth.start.first.max == f64::NEG_INFINITY);
        let d = line(|structure| structure.first.d).filter(|_| !dead);
        let shallowest = record.depths.iter().min_by_key(|depth| depth.depth);
        let grounded = shallowest.is_some_and(|depth| {
            let first = depth.start.first;
            [first.min, first.max, first.d].iter().all(|value| value.is_finite())
        });
        let (min, max) = (line(|structure| structure.first.min), line(|structure| structure.first.max));
        Self { min, max, d, grounded }
    }

    /// What depth takes from λ_min: a chain that is singular from the first has lost nothing by depth.
    pub(super) fn loss(&self) -> Option<f64> {
        self.min.filter(|_| self.grounded)
    }

    /// What depth adds to D, likewise.
    pub(super) fn spread(&self) -> Option<f64> {
        self.d.filter(|_| self.grounded)
    }
}

impl Group<'_> {
    /// The median over seeds, with its range or interval.
    pub(super) fn estimate(&self, of: fn(&Slopes) -> Option<f64>) -> Estimate {
        let slopes: Vec<f64> = self.slopes.iter().filter_map(of).collect();
        median_estimate(&slopes).unwrap_or_default()
    }

    pub(super) fn name(&self) -> String {
        let Key { dataset, start, no_biases, block } = &self.key;
        let biases = if *no_biases { ", no biases" } else { "" };
        format!("{dataset}, {}{biases}, {}", start.name(), block.formula())
    }
}

pub(super) fn gather(outcomes: &[Outcome<Case, Record>]) -> Vec<Group<'_>> {
    let mut by_key: BTreeMap<Key, Vec<(&Case, &Record)>> = BTreeMap::new();
    for Outcome { case, record, .. } in outcomes {
        let key = Key {
            dataset: case.dataset.clone(),
            start: case.start,
            no_biases: !case.biases,
            block: case.block,
        };
        by_key.entry(key).or_default().push((case, record));
    }
    by_key
        .into_iter()
        .map(|(key, cells)| {
            let slopes = cells.iter().map(|(_, record)| Slopes::of(record)).collect();
            Group { key, cells, slopes }
        })
        .collect()
}
