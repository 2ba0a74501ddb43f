//! The contract of an experiment: settings, cells, one record a cell, and a summary with claims.
//!
//! An experiment is one file that implements [`Experiment`] and one line in the
//! list that the program passes in. Everything else (command line, plan, scheduler, store, resume, report) is shared.
//! The work is cut into *cells*: independent units, each with a stable identifier, each storing one record. A
//! cell must be a function of its settings and its case alone, so that a run which was killed and resumed, or
//! which had another number of threads, ends with the same bits.

use crate::claim::{Claim, Findings};
use crate::context::Context;
use crate::cost::Work;
use crate::error::{Failure, Result};
use crate::profile::Profile;
use crate::summary::Summary;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// One of the paper's claims turned into a program that decides it.
///
/// Settings are a plain struct. Every field can be changed from the command line by `--set field=value`. Those that the
/// registry calls [choosing](crate::Registry::choosing) may change within one run folder: what such a field lists must be
/// part of a cell's case, and a cell must not look at it otherwise.
pub trait Experiment: Send + Sync + 'static {
    /// Plain data with a value for everything that a reader may want to change. No NaN, no infinity (JSON).
    type Settings: Serialize + DeserializeOwned + Send + Sync;
    /// What distinguishes one cell from the others. No NaN, no infinity (JSON).
    type Case: Serialize + DeserializeOwned + Send + Sync;
    /// What a cell measures; stored exactly, infinities and NaN included.
    type Record: Serialize + DeserializeOwned + Send;

    /// The name on the command line and of the folders.
    const ID: &'static str;
    /// One line for the reader.
    const TITLE: &'static str;
    /// What the paper says, in a sentence or two, with its number.
    const PAPER: &'static str;
    /// Raised when the meaning of a record changes, so that older cells are not taken for current ones.
    const REVISION: u32 = 1;
    /// What it claims, with the criteria, written down before any run.
    const CLAIMS: &'static [Claim];
    /// Fills in what the claims ask for, and turns all records into tables and figures. Cells that failed or were
    /// not run yet are absent.
    const SUMMARISE: Summarise<Self::Settings, Self::Case, Self::Record>;

    /// The default settings of a profile.
    fn settings(&self, profile: Profile) -> Self::Settings;

    /// The cells of a run; refuses settings that make no sense, with a reason.
    fn plan(&self, settings: &Self::Settings) -> std::result::Result<Vec<Cell<Self::Case>>, Failure>;

    /// Looks for what its cells read, before anything is written; a message here names the remedy.
    ///
    /// # Errors
    /// When something is missing or damaged.
    fn find_inputs(_settings: &Self::Settings, _context: &Context) -> std::result::Result<(), Failure> {
        Ok(())
    }

    /// Runs one cell.
    fn run(
        &self,
        settings: &Self::Settings,
        case: &Self::Case,
        context: &Context,
    ) -> std::result::Result<Self::Record, Failure>;
}

/// See [`Experiment::SUMMARISE`].
pub type Summarise<S, C, R> =
    fn(&S, &[Outcome<C, R>], &mut Findings) -> std::result::Result<Summary, Failure>;

/// An independent unit of work.
#[derive(Clone, Debug)]
pub struct Cell<C> {
    /// Stable and unique within the experiment, letters, digits, `.`, `-`, `_`, `+`: it is a file name.
    pub id: String,
    /// What distinguishes the cell.
    pub case: C,
    /// How much there is to do. Priced, it orders the work (longest first) and weighs the progress.
    pub work: Work,
}

/// A finished cell.
#[derive(Clone, Debug)]
pub struct Outcome<C, R> {
    /// The cell's identifier.
    pub id: String,
    /// What distinguishes the cell.
    pub case: C,
    /// What it measured.
    pub record: R,
}

impl<C, R> Outcome<C, R> {
    /// The error for a record that is of another kind than its case: no cell of this program was stored so.
    #[must_use]
    pub fn of_another_kind(&self) -> Failure {
        format!(
            "the record of cell {} is of another kind than its case; remove its file and run it again",
            self.id
        )
        .into()
    }
}

/// An experiment with its types erased, as the shared machinery sees it.
///
/// Implemented for every [`Experiment`]; not meant to be implemented by hand. Settings and cases travel as JSON,
/// records as MessagePack.
pub trait AnyExperiment: Send + Sync {
    /// See [`Experiment::ID`].
    fn id(&self) -> &'static str;
    /// See [`Experiment::TITLE`].
    fn title(&self) -> &'static str;
    /// See [`Experiment::PAPER`].
    fn paper(&self) -> &'static str;
    /// See [`Experiment::REVISION`].
    fn revision(&self) -> u32;
    /// See [`Experiment::CLAIMS`].
    fn claims(&self) -> &'static [Claim];
    /// See [`Experiment::settings`].
    fn default_settings(&self, profile: Profile) -> serde_json::Value;
    /// See [`Experiment::plan`].
    ///
    /// # Errors
    /// When the settings are of the wrong type or refused, or the cells' identifiers are not fit.
    fn cells(&self, settings: &serde_json::Value) -> Result<Vec<Cell<serde_json::Value>>>;
    /// See [`Experiment::find_inputs`].
    ///
    /// # Errors
    /// When one is missing or damaged.
    fn check_inputs(&self, settings: &serde_json::Value, context: &Context) -> Result<()>;
    /// See [`Experiment::run`]; the record as MessagePack.
    ///
    /// # Errors
    /// Whatever the cell reports.
    fn run_cell(
        &self,
        settings: &serde_json::Value,
        case: &serde_json::Value,
        context: &Context,
    ) -> std::result::Result<Vec<u8>, Failure>;
    /// See [`Experiment::SUMMARISE`].
    ///
    /// # Errors
    /// When a record cannot be read or the experiment refuses.
    fn summary(
        &self,
        settings: &serde_json::Value,
        cells: Vec<(Cell<serde_json::Value>, Vec<u8>)>,
        findings: &mut Findings,
    ) -> Result<Summary>;
}
