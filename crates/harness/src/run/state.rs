//! What a run folder has of the cells of a plan.

use super::Plan;
use crate::error::Result;
use crate::store::{Store, Stored};
use rayon::prelude::*;
use serde::Serialize;

/// What a run folder has of a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum State {
    Current,
    Stale,
    Absent,
    /// A word for the file's new name, and why it cannot be used.
    Unusable(&'static str, String),
}

impl From<&Stored> for State {
    fn from(stored: &Stored) -> Self {
        match stored {
            Stored::Current(_) => Self::Current,
            Stored::Stale(_) => Self::Stale,
            Stored::Absent => Self::Absent,
            Stored::Damaged(reason) => Self::Unusable("damaged", reason.clone()),
            Stored::Foreign(difference) => {
                Self::Unusable("foreign", format!("other settings ({difference})"))
            }
        }
    }
}

/// Cells by what the folder has of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Cells {
    /// All of them.
    pub planned: usize,
    /// Those that are done.
    pub finished: usize,
    /// Those that other code computed, to be run again.
    pub stale: usize,
    /// Those that there are only unusable files of: damaged ones, and cells of other settings.
    pub unusable: usize,
    /// Those that there is nothing of.
    pub missing: usize,
}

impl Cells {
    pub(super) fn add(&mut self, state: &State) {
        self.planned += 1;
        let number = match state {
            State::Current => &mut self.finished,
            State::Stale => &mut self.stale,
            State::Unusable(..) => &mut self.unusable,
            State::Absent => &mut self.missing,
        };
        *number += 1;
    }
}

/// What a run folder has of a cell, given by its place in the plan.
pub(super) fn state(store: &Store, plan: &Plan, (at, cell): (usize, usize), keep: bool) -> Result<State> {
    let planned = &plan.experiments[at];
    let cell = &planned.cells[cell];
    let id = planned.experiment.id();
    Ok(State::from(&store.read(id, &cell.id, &cell.case, &planned.configuration, keep)?))
}

/// What a run folder has of every cell of a plan, in order.
pub(super) fn states(store: &Store, plan: &Plan, keep: bool) -> Result<Vec<State>> {
    plan.places().into_par_iter().map(|place| state(store, plan, place, keep)).collect()
}
