//! What the claims and the figures of `width` both take from its records.

use std::collections::BTreeMap;

use fenchel_harness::{Failure, Outcome};

use super::record::{Network, Rows, Width};
use super::{Case, Record};
use crate::ingredients::Start;

/// The networks of one data set and start, one entry a seed.
pub(super) type Group<'a> = ((&'a str, Start), Vec<(u64, &'a Network)>);

/// All records, sorted.
pub(super) struct Gathered<'a> {
    pub networks: Vec<Group<'a>>,
    /// By dimension: seeds and what was measured.
    pub rows: Vec<(usize, Vec<(u64, &'a Rows)>)>,
}

impl<'a> Gathered<'a> {
    pub(super) fn of(outcomes: &'a [Outcome<Case, Record>]) -> Result<Self, Failure> {
        let mut networks: BTreeMap<(&str, Start), Vec<(u64, &Network)>> = BTreeMap::new();
        let mut rows: BTreeMap<usize, Vec<(u64, &Rows)>> = BTreeMap::new();
        for outcome in outcomes {
            match (&outcome.case, &outcome.record) {
                (Case::Network { dataset, start, seed }, Record::Network(network)) => {
                    networks.entry((dataset, *start)).or_default().push((*seed, network));
                }
                (Case::Rows { dimension, seed }, Record::Rows(drawn)) => {
                    rows.entry(*dimension).or_default().push((*seed, drawn));
                }
                (Case::Network { .. } | Case::Rows { .. }, _) => return Err(outcome.of_another_kind()),
            }
        }
        Ok(Self { networks: networks.into_iter().collect(), rows: rows.into_iter().collect() })
    }

    /// Every network of every cell.
    pub(super) fn widths(&self) -> impl Iterator<Item = &'a Width> {
        self.networks.iter().flat_map(|(_, cells)| cells).flat_map(|(_, network)| &network.widths)
    }
}

/// What the bound for a hidden layer promises to hold with, at least.
pub(super) fn promised(reach: f64) -> f64 {
    1.0 - 2.0 * (-reach * reach / 2.0).exp()
}
