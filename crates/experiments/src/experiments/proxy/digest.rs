//! What the claims and the figures of `proxy` both take from its records.

use std::collections::BTreeSet;

use fenchel_harness::statistics::slope;
use fenchel_harness::{Failure, Outcome};

use super::record::{Check, Images, Problem, Record, Width};
use super::{Case, Instance};

/// All records, by kind.
pub(super) struct Gathered<'a> {
    pub(super) problems: Vec<(Instance, &'a Problem)>,
    pub(super) widths: Vec<(bool, usize, u64, &'a Width)>,
    pub(super) images: Vec<(&'a str, f64, &'a Images)>,
}

impl<'a> Gathered<'a> {
    pub(super) fn new(outcomes: &'a [Outcome<Case, Record>]) -> Result<Self, Failure> {
        let mut gathered = Self { problems: Vec::new(), widths: Vec::new(), images: Vec::new() };
        for outcome in outcomes {
            match (&outcome.case, &outcome.record) {
                (Case::Problems { instance, .. }, Record::Problems(problems)) => {
                    gathered.problems.extend(problems.iter().map(|problem| (*instance, problem)));
                }
                (Case::Width { smooth, width, seed }, Record::Width(measured)) => {
                    gathered.widths.push((*smooth, *width, *seed, measured));
                }
                (Case::Images { dataset, flipped }, Record::Images(images)) => {
                    gathered.images.push((dataset, *flipped, images));
                }
                (Case::Problems { .. } | Case::Width { .. } | Case::Images { .. }, _) => {
                    return Err(outcome.of_another_kind());
                }
            }
        }
        Ok(gathered)
    }

    /// The checks of an instance, of gradient descent or of SGD.
    pub(super) fn checks(&self, instance: Instance, stochastic: bool) -> impl Iterator<Item = &'a Check> {
        let problems = self.problems.iter().filter(move |(own, _)| *own == instance);
        problems.flat_map(|(_, problem)| &problem.checks).filter(move |check| check.stochastic == stochastic)
    }

    pub(super) fn all_checks(&self) -> impl Iterator<Item = &'a Check> {
        let of_problems = self.problems.iter().flat_map(|(_, problem)| &problem.checks);
        of_problems.chain(self.images.iter().flat_map(|(.., images)| &images.checks))
    }

    /// The slope of log e against log width, for each seed.
    pub(super) fn slopes(&self, smooth: bool) -> Vec<Option<f64>> {
        let own = || self.widths.iter().filter(move |row| row.0 == smooth);
        let seeds: BTreeSet<u64> = own().map(|row| row.2).collect();
        let of = |seed: u64| {
            let rows = own().filter(|row| row.2 == seed);
            let (x, y): (Vec<f64>, Vec<f64>) =
                rows.map(|(_, width, _, measured)| ((*width as f64).ln(), measured.e.ln())).unzip();
            slope(&x, &y).ok().map(|line| line.slope)
        };
        seeds.into_iter().map(of).collect()
    }
}
