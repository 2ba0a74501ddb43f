//! The options of the command line.

use crate::claims::ClaimsOptions;
use crate::data::DataCommand;
use crate::measure::MeasureOptions;
use crate::model::ModelOptions;
use crate::train::Train;
use crate::work::{PlanOptions, StatusOptions, Work};
use clap::{Args, Parser, Subcommand};
use fenchel_experiments::run::Request;
use fenchel_experiments::{Profile, settings};
use std::path::PathBuf;

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
    /// Print a network as a table, or as the description that `measure` reads.
    Model(ModelOptions),
    /// The public data sets: fetch, verify, look at them.
    #[command(subcommand)]
    Data(DataCommand),
    /// Train a model on a data set, with checkpoints.
    Train(Box<Train>),
}

/// What is to be run.
#[derive(Debug, Args)]
pub(crate) struct Selection {
    /// How large: embedded data and minutes, the papers' settings and hours, or everything [default: quick].
    #[arg(long, value_enum)]
    profile: Option<Profile>,
    /// The folder of the data files (otherwise FENCHEL_DATA_DIR, then the platform's cache folder).
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Only these experiments (repeat, or part by commas).
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    only: Vec<String>,
    /// Only these data sets (repeat, or part by commas).
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    dataset: Vec<String>,
    /// The seeds, such as 0,1,2 or 0..5.
    #[arg(long, value_name = "SEEDS")]
    seeds: Option<String>,
    /// Change a setting, such as gd.iterations=400 (repeat; `fenchel list` shows them).
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Throw away the finished cells of the chosen experiments first.
    #[arg(long)]
    fresh: bool,
    /// Take cells that other code computed as they are, instead of running them again.
    #[arg(long, conflicts_with = "fresh")]
    keep: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Prepare {
    /// The run folder. If it is prepared already and nothing says what is to be run, the same again.
    pub(crate) folder: PathBuf,
    #[command(flatten)]
    pub(crate) selection: Selection,
}

#[derive(Debug, Args)]
pub(crate) struct Reproduce {
    #[command(flatten)]
    selection: Selection,
    /// The run folder [default: results/PROFILE].
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Worker threads [default: one a core]. The results do not depend on it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    threads: Option<u16>,
    /// Show what would be run, and about how long it takes, and stop.
    #[arg(long)]
    pub(crate) plan: bool,
    /// End with exit code 3 unless every claim is reproduced.
    #[arg(long)]
    pub(crate) strict: bool,
    /// End with exit code 3 when a verdict is another than this file says for the back end.
    #[arg(long, value_name = "FILE")]
    pub(crate) expect: Option<PathBuf>,
}

impl Reproduce {
    /// The request behind the options; ends the program where the seeds cannot be read.
    pub(crate) fn request(&self) -> Request {
        self.selection.request(self.out.clone(), self.threads.map(usize::from))
    }
}

impl Selection {
    /// The request for a folder; ends the program where the seeds cannot be read.
    pub(crate) fn request(&self, out: Option<PathBuf>, threads: Option<usize>) -> Request {
        let seeds = self.seeds.as_deref().map(|text| {
            settings::seeds(text).unwrap_or_else(|reason| {
                use clap::CommandFactory;
                Arguments::command()
                    .error(clap::error::ErrorKind::InvalidValue, format!("--seeds: {reason}"))
                    .exit()
            })
        });
        Request {
            profile: self.profile,
            only: self.only.clone(),
            datasets: self.dataset.clone(),
            seeds,
            set: self.set.clone(),
            data_dir: self.data_dir.clone(),
            out,
            threads,
            fresh: self.fresh,
            keep: self.keep,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct ReportOptions {
    /// The run folder, such as results/quick.
    #[arg(required_unless_present = "compare")]
    pub(crate) folder: Option<PathBuf>,
    /// Also write the results as a Markdown page, with its figures in `figures/` beside it.
    #[arg(long, value_name = "FILE", requires = "folder")]
    pub(crate) markdown: Option<PathBuf>,
    /// Set two run folders side by side: verdicts, settings, tables.
    #[arg(long, num_args = 2, value_names = ["A", "B"], conflicts_with = "folder")]
    pub(crate) compare: Option<Vec<PathBuf>>,
    /// Write the report there instead of into the run folder, which may then be read-only.
    #[arg(long, value_name = "DIR", requires = "folder")]
    pub(crate) out: Option<PathBuf>,
    /// End with exit code 3 when a verdict is another than this file says for the run's back end.
    #[arg(long, value_name = "FILE", requires = "folder")]
    pub(crate) expect: Option<PathBuf>,
    /// Write the verdicts of this run into the file as those that its back end is expected to give.
    #[arg(long, value_name = "FILE", requires = "folder")]
    pub(crate) note_expected: Option<PathBuf>,
    /// With --compare: also write the comparison as a page.
    #[arg(long, value_name = "FILE", requires = "compare")]
    pub(crate) page: Option<PathBuf>,
    /// With --compare: end with exit code 3 when a verdict or a table differs.
    #[arg(long, requires = "compare")]
    pub(crate) exit_code: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ListOptions {
    /// Whose settings to show.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) profile: Profile,
}
