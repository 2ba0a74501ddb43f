//! The plan of a run: experiments with their settings and cells, and about how long each cell takes.

use super::Request;
use super::prices::Prices;
use crate::cost::{Price, Unit};
use crate::error::{Error, Result};
use crate::experiment::{AnyExperiment, Cell};
use crate::profile::Profile;
use crate::registry::Registry;
use crate::settings;
use crate::store::{Configuration, StoredPlan};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

/// What a request will run.
pub struct Plan {
    /// The size of the run.
    pub profile: Profile,
    /// The experiments, in the order of the report.
    pub experiments: Vec<Planned>,
    /// What the estimates rest on.
    pub prices: Vec<Price>,
    /// The fingerprint of the criteria of all experiments that this program knows.
    pub criteria: String,
}

/// One experiment of a plan.
pub struct Planned {
    /// The experiment.
    pub experiment: &'static dyn AnyExperiment,
    /// Its settings, with the changes of the request, and what else its cells belong to.
    pub configuration: Configuration,
    /// Its cells.
    pub cells: Vec<Cell<Value>>,
    /// The estimated seconds of each cell on one core.
    pub seconds: Vec<f64>,
}

impl Plan {
    /// The number of cells.
    #[must_use]
    pub fn cells(&self) -> usize {
        self.experiments.iter().map(|planned| planned.cells.len()).sum()
    }

    /// The estimated time on one core, in seconds.
    #[must_use]
    pub fn cost(&self) -> f64 {
        self.experiments.iter().map(Planned::cost).sum()
    }

    /// All cells as (experiment, cell) indices, in order.
    pub(super) fn places(&self) -> Vec<(usize, usize)> {
        let cells = |(at, planned): (usize, &Planned)| (0..planned.cells.len()).map(move |cell| (at, cell));
        self.experiments.iter().enumerate().flat_map(cells).collect()
    }

    /// The plan of `selected` experiments with these settings; `prices` gives the prices of their units.
    fn new(
        registry: &Registry,
        profile: Profile,
        selected: Vec<(&'static dyn AnyExperiment, Value)>,
        prices: impl FnOnce(BTreeSet<(String, Unit)>) -> Prices,
    ) -> Result<Self> {
        let mut experiments = selected
            .into_iter()
            .map(|(experiment, settings)| {
                let cells = experiment.cells(&settings)?;
                let configuration = registry.configuration(experiment, &settings);
                Ok(Planned { experiment, configuration, cells, seconds: Vec::new() })
            })
            .collect::<Result<Vec<_>>>()?;
        let units = experiments.iter().flat_map(|planned: &Planned| {
            planned.cells.iter().map(|cell| (planned.experiment.id().to_owned(), cell.work.unit.clone()))
        });
        let prices = prices(units.collect());
        for planned in &mut experiments {
            let id = planned.experiment.id();
            planned.seconds = planned.cells.iter().map(|cell| prices.seconds(id, &cell.work)).collect();
        }
        Ok(Self { profile, experiments, prices: prices.list(), criteria: registry.criteria() })
    }

    /// The plan that a run folder holds, of those experiments whose cells this program computes as planned; the
    /// others, and why this program does not.
    ///
    /// # Errors
    /// When none is left, or the settings are no longer those of an experiment.
    pub fn of_folder(registry: &Registry, stored: &StoredPlan, folder: &Path) -> Result<(Self, Vec<String>)> {
        let (mut selected, mut others, mut difference) = (Vec::new(), Vec::new(), None);
        for &experiment in registry.experiments {
            let Some(entry) = stored.experiments.get(experiment.id()) else { continue };
            let (there, here) =
                (&entry.configuration, registry.configuration(experiment, &entry.configuration.settings));
            if *there == here {
                selected.push((experiment, here.settings));
                continue;
            }
            let what = if there.back_end == here.back_end {
                format!("code {} there, {} here", there.numerics, here.numerics)
            } else {
                format!("back end {} there, {} here", there.back_end, here.back_end)
            };
            others.push(format!("{}: {what}", experiment.id()));
            difference.get_or_insert(what);
        }
        if let (true, Some(difference)) = (selected.is_empty(), difference) {
            return Err(Error::OtherProgram { folder: folder.to_path_buf(), difference });
        }
        let prices = Prices::of(&stored.prices);
        Ok((Self::new(registry, stored.profile, selected, |_| prices)?, others))
    }
}

impl Planned {
    /// The estimated time on one core, in seconds.
    #[must_use]
    pub fn cost(&self) -> f64 {
        self.seconds.iter().sum()
    }
}

/// Plans a request: chooses the experiments, applies the changed settings, lists the cells, prices them.
///
/// # Errors
/// When an experiment or a setting is unknown, or a value is refused.
pub fn plan(registry: &Registry, request: &Request) -> Result<Plan> {
    let experiments = registry.select(&request.only)?;
    let profile = request.profile.unwrap_or_default();
    let mut changed: Vec<(String, Value)> = experiments
        .iter()
        .map(|experiment| (experiment.id().to_owned(), experiment.default_settings(profile)))
        .collect();
    for (name, value) in &request.choices {
        settings::set(&mut changed, name, value)?;
    }
    settings::apply(&mut changed, &request.set)?;
    let selected = experiments.into_iter().zip(changed.into_iter().map(|(_, settings)| settings));
    Plan::new(registry, profile, selected.collect(), |units| {
        Prices::gather(&request.folder(), units, registry.probe)
    })
}
