//! What can go wrong outside the mathematics; every message names the thing and the remedy.

use fenchel_files::FileError;
use std::io;
use std::path::{Path, PathBuf};

/// The result of everything in this crate that can fail.
pub type Result<T> = std::result::Result<T, Error>;

/// The error that one cell may end with: whatever the layers below report, kept as it is.
pub type Failure = Box<dyn std::error::Error + Send + Sync + 'static>;

/// An error of planning, storing or reporting a run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// `--only` named an experiment that is not registered.
    #[error("there is no experiment `{id}`; the experiments are: {known}")]
    UnknownExperiment {
        /// The name that was asked for.
        id: String,
        /// The names that exist.
        known: String,
    },
    /// `--set` named a setting that no selected experiment has.
    #[error("no selected experiment has a setting `{key}`; the settings are: {known}")]
    UnknownSetting {
        /// The name that was asked for.
        key: String,
        /// The names that exist.
        known: String,
    },
    /// `--set` was not of the form `key=value`.
    #[error("`{text}` is not of the form key=value; for example: --set gd.iterations=400")]
    MalformedSetting {
        /// The text that was given.
        text: String,
    },
    /// A setting has the wrong type or a value outside its range.
    #[error("the settings of experiment `{experiment}` are not valid: {reason}")]
    InvalidSettings {
        /// The experiment.
        experiment: String,
        /// What is wrong, and what would be right.
        reason: String,
    },
    /// The input of an experiment is not there or not sound.
    #[error("experiment `{experiment}` cannot start: {reason}")]
    MissingInput {
        /// The experiment.
        experiment: String,
        /// What is missing, and where it can be put.
        reason: String,
    },
    /// Two cells of one experiment share an identifier, or it is not fit to be a file name.
    #[error("experiment `{experiment}` plans the cell `{cell}` {reason}; this is a defect of the experiment")]
    InvalidCell {
        /// The experiment.
        experiment: String,
        /// The cell's identifier.
        cell: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The run folder belongs to a run with another configuration.
    #[error(
        "{} holds a run of `{experiment}` with another configuration ({difference}); \
         give this run a folder of its own with --out DIR, or start that one over with --fresh",
        folder.display()
    )]
    ConfigurationChanged {
        /// The run folder.
        folder: PathBuf,
        /// The experiment.
        experiment: String,
        /// The first difference, stored and asked for.
        difference: String,
    },
    /// Workers are at work on what is to be thrown away.
    #[error(
        "{} is being worked on by {workers}; a run cannot start over before they end: stop them, or wait {seconds} s \
         after they were killed on another host",
        folder.display()
    )]
    AtWork {
        /// The run folder.
        folder: PathBuf,
        /// Who they are.
        workers: String,
        /// The time after which a dead one has lost its cells.
        seconds: u64,
    },
    /// A folder is not a run folder.
    #[error("{} is no run folder (it has no plan.json); `fenchel prepare DIR` makes one", .0.display())]
    NoRun(PathBuf),
    /// A folder has a manifest and no plan.
    #[error(
        "{} holds a run of an earlier layout (manifest.json, no plan.json); `fenchel prepare` on it with the \
         options of that run makes a plan and keeps the cells that fit",
        .0.display()
    )]
    FirstLayout(PathBuf),
    /// The plan was made by a program that computes otherwise.
    #[error(
        "{} was prepared for another program or machine ({difference}): work on it with that program, on \
         processors for which its back end takes the same kernel (OPENBLAS_CORETYPE chooses one), or prepare it \
         again with this one",
        folder.display()
    )]
    OtherProgram {
        /// The run folder.
        folder: PathBuf,
        /// The first difference.
        difference: String,
    },
    /// A file or folder could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The run ended early, for a reason that every further cell would meet.
    #[error("{reason}; the run stopped with {left} of its cells not begun")]
    Stopped {
        /// What the first such cell met.
        reason: String,
        /// How many cells were not begun.
        left: usize,
    },
    /// A stored file does not contain what it should.
    #[error("{} is damaged ({reason}); `fenchel reproduce` with the settings of this run writes it anew", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A share of a run was not of the form K/N.
    #[error("`{0}` is no share of a run; write K/N with K from 0 to N - 1, as in 3/16")]
    Share(String),
    /// A file of expected verdicts does not say what is expected.
    #[error("{}: {reason}; `fenchel report DIR --note-expected FILE` writes the verdicts of a run into it", path.display())]
    Expected {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// An experiment could not digest its own records.
    #[error("experiment `{experiment}` could not summarise its records: {reason}")]
    Summary {
        /// The experiment.
        experiment: String,
        /// What went wrong.
        reason: String,
    },
    /// A summary measures what no claim declares, or otherwise than declared.
    #[error("{what}: {reason}; this is a defect of the experiment")]
    Undeclared {
        /// The claim, and the condition.
        what: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// A figure could not be drawn.
    #[error("figure `{figure}` could not be drawn: {reason}")]
    Figure {
        /// The figure.
        figure: String,
        /// What went wrong.
        reason: String,
    },
    /// A number given to a statistic makes no sense.
    #[error("{statistic}: {reason}")]
    Statistic {
        /// The statistic.
        statistic: &'static str,
        /// Which argument is at fault, and what would be right.
        reason: String,
    },
    /// The worker threads could not be started.
    #[error("cannot start {threads} worker threads: {reason}; try a smaller --threads")]
    Threads {
        /// How many were asked for.
        threads: usize,
        /// The operating system's reason.
        reason: String,
    },
}

impl Error {
    /// An [`Error::File`] in the form that `map_err` wants.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let of = FileError::of(action, path);
        move |error| Self::File(of(error))
    }
}

/// Whether every further cell would meet the same: the run folder takes no more files.
pub(crate) fn ends_the_run(failure: &Failure) -> bool {
    matches!(failure.downcast_ref::<Error>(), Some(Error::File(error)) if error.is_lasting())
}
