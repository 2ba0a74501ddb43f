//! What a caller passes in: the experiments, the program that computes their cells, and what only the two know.

use crate::claim::{self, Finding};
use crate::cost::Unit;
use crate::error::{Error, Failure, Result};
use crate::experiment::AnyExperiment;
use crate::machine::Program;
use crate::store::Configuration;
use serde_json::Value;
use std::time::Duration;

/// The experiments and what computes them.
#[derive(Clone, Copy)]
pub struct Registry {
    /// All experiments, in the order of the report.
    pub experiments: &'static [&'static dyn AnyExperiment],
    /// The program that computes their cells.
    pub program: Program,
    /// The settings that choose cells without changing what any cell computes: what they list is part of a cell's case.
    pub choosing: &'static [&'static str],
    /// The seconds of a unit of work on the thread that asks, by doing a few for about the given time.
    pub probe: fn(&Unit, Duration) -> std::result::Result<f64, Failure>,
    /// What is said of all claims of a report together, in a sentence; None where there is nothing to say.
    pub headline: fn(&[&Finding]) -> Option<String>,
}

impl Registry {
    /// The fingerprint of all criteria of all experiments, with the code that decides by them (see [`claim::fingerprint`]).
    #[must_use]
    pub fn criteria(&self) -> String {
        let claims = self.experiments.iter().flat_map(|experiment| experiment.claims());
        claim::fingerprint(self.program.decision, claims)
    }

    /// The experiments named in `only`, or all of them, in the order of the report.
    ///
    /// # Errors
    /// When a name is not registered.
    pub fn select(&self, only: &[String]) -> Result<Vec<&'static dyn AnyExperiment>> {
        let is_there = |id: &String| self.experiments.iter().any(|experiment| experiment.id() == id);
        if let Some(unknown) = only.iter().find(|id| !is_there(id)) {
            let known: Vec<&str> = self.experiments.iter().map(|experiment| experiment.id()).collect();
            return Err(Error::UnknownExperiment { id: unknown.clone(), known: known.join(", ") });
        }
        let is_chosen = |id: &str| only.is_empty() || only.iter().any(|name| name == id);
        Ok(self.experiments.iter().copied().filter(|experiment| is_chosen(experiment.id())).collect())
    }

    /// What the cells of `experiment` with `settings` belong to in this program.
    #[must_use]
    pub fn configuration(&self, experiment: &dyn AnyExperiment, settings: &Value) -> Configuration {
        Configuration {
            experiment: experiment.id().into(),
            revision: experiment.revision(),
            settings: settings.clone(),
            back_end: (self.program.back_end)(),
            numerics: self.program.numerics_of(experiment.id()).into(),
            choosing: self.choosing,
        }
    }
}
