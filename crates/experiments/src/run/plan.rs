//! The plan of a run: experiments with their settings and cells.

use super::Request;
use crate::error::Result;
use crate::experiment::{AnyExperiment, Cell};
use crate::profile::Profile;
use crate::{registry, settings};
use serde_json::{Value, json};

/// What a request will run.
pub struct Plan {
    /// The size of the run.
    pub profile: Profile,
    /// The experiments, in the order of the report.
    pub experiments: Vec<Planned>,
}

/// One experiment of a plan.
pub struct Planned {
    /// The experiment.
    pub experiment: Box<dyn AnyExperiment>,
    /// Its settings, with the changes of the request.
    pub settings: Value,
    /// Its cells.
    pub cells: Vec<Cell<Value>>,
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
}

impl Planned {
    /// The estimated time on one core, in seconds.
    #[must_use]
    pub fn cost(&self) -> f64 {
        self.cells.iter().map(|cell| cell.cost).sum()
    }
}

/// Plans a request: chooses the experiments, applies the changed settings, lists the cells.
///
/// # Errors
/// When an experiment or a setting is unknown, or a value is refused.
///
/// ```
/// use fenchel_experiments::run::{Request, plan};
/// let request = Request { only: vec!["gd".into()], ..Request::default() };
/// let plan = plan(&request).unwrap();
/// assert_eq!(plan.experiments.len(), 1);
/// assert!(plan.cells() > 0 && plan.cost() > 0.0);
/// ```
pub fn plan(request: &Request) -> Result<Plan> {
    let experiments = registry::select(&request.only)?;
    let mut changed: Vec<(String, Value)> = experiments
        .iter()
        .map(|experiment| (experiment.id().to_owned(), experiment.default_settings(request.profile)))
        .collect();
    if let Some(seeds) = &request.seeds {
        settings::set(&mut changed, "seeds", &json!(seeds))?;
    }
    if !request.datasets.is_empty() {
        settings::set(&mut changed, "datasets", &json!(request.datasets))?;
    }
    settings::apply(&mut changed, &request.set)?;
    let experiments = experiments
        .into_iter()
        .zip(changed)
        .map(|(experiment, (_, settings))| {
            let cells = experiment.cells(&settings)?;
            Ok(Planned { experiment, settings, cells })
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(Plan { profile: request.profile, experiments })
}
