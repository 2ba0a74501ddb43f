//! The options of the command line.

use crate::claims::ClaimsOptions;
use crate::data::DataCommand;
use crate::judge::JudgeOptions;
use crate::list::ListOptions;
use crate::measure::MeasureOptions;
use crate::model::ModelOptions;
use crate::report::ReportOptions;
use crate::reproduce::Reproduce;
use crate::train::Train;
use crate::work::{PlanOptions, Prepare, StatusOptions, Work};
use clap::{Parser, Subcommand};

/// The papers' claims as experiments: run them, decide them, report them.
#[derive(Debug, Parser)]
#[command(name = "fenchel", version)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run what is missing of a profile, decide the claims and write the report.
    Reproduce(Reproduce),
    /// Write down what a run folder is to hold: settings, cells, costs. Workers then work on it.
    Prepare(Prepare),
    /// Work on a prepared folder, beside any number of other workers, here or on other hosts.
    Work(Work),
    /// How far a run is: done, running where and since when, failed why, time left.
    Status(StatusOptions),
    /// Print a script with which Slurm, Snakemake, HyperQueue or GNU parallel starts workers.
    Plan(PlanOptions),
    /// Rebuild the report of a run folder from its stored records, without running anything: also of a run that
    /// is at work.
    Report(ReportOptions),
    /// Print what is claimed and by which criteria it is decided, before anything is run.
    Claims(ClaimsOptions),
    /// List the experiments and their settings.
    List(ListOptions),
    /// Measure a network trained anywhere: logits, losses, gradient norms, structural matrices, bounds.
    Measure(MeasureOptions),
    /// Judge numbers that were computed elsewhere: logits, gradient norms, structural matrices.
    Judge(JudgeOptions),
    /// Print a network as a table, or as the description that `measure` reads.
    Model(ModelOptions),
    /// The public data sets: fetch, verify, look at them.
    #[command(subcommand)]
    Data(DataCommand),
    /// Train a model on a data set, with checkpoints.
    Train(Box<Train>),
}
