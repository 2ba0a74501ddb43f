//! `fenchel data get | check | show`: the public data sets, fetched only here and only when asked.

use std::collections::HashMap;
use std::fs::File;
use std::io::BufWriter;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use fenchel_datasets::download::{self, Event, Options};
use fenchel_datasets::{Collection, ContactSheet, DataDirectory, Dataset, ImageSet, glyphs, label_histogram};
use fenchel_experiments::error::Failure;
use fenchel_random::Seed;

/// What to do with the data sets.
#[derive(Debug, Subcommand)]
pub(crate) enum DataCommand {
    /// Fetch a data set: resumed, verified by its contents, moved into place whole.
    Get(Get),
    /// Verify every file of the data sets that are there.
    Check(Place),
    /// Write a contact sheet of a data set and print its label histogram.
    Show(Show),
}

/// Where the data are.
#[derive(Debug, Args)]
pub(crate) struct Place {
    /// The folder of the data files (otherwise FENCHEL_DATA_DIR, then the platform's cache folder).
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

/// The options of `data get`.
#[derive(Debug, Args)]
pub(crate) struct Get {
    /// mnist, fashion-mnist or cifar-10.
    name: Collection,
    /// An address to try instead of the known ones; `{name}` stands for the data set (repeat; also
    /// FENCHEL_DATA_SOURCES).
    #[arg(long, value_name = "URL")]
    source: Vec<String>,
    #[command(flatten)]
    place: Place,
}

/// The options of `data show`.
#[derive(Debug, Args)]
pub(crate) struct Show {
    /// glyphs, mnist, fashion-mnist or cifar-10.
    name: String,
    /// The picture to write [default: NAME.png].
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    place: Place,
}

/// Carries the command out.
pub(crate) fn run(command: &DataCommand) -> Result<ExitCode, Failure> {
    match command {
        DataCommand::Get(options) => get(options),
        DataCommand::Check(place) => check(place),
        DataCommand::Show(options) => show(options),
    }
}

fn get(options: &Get) -> Result<ExitCode, Failure> {
    let directory = DataDirectory::find(options.place.data_dir.as_deref())?;
    println!("{} into {}", options.name, directory.path().display());
    let mut settings = Options::from_environment();
    if !options.source.is_empty() {
        settings.sources.clone_from(&options.source);
    }
    // One line for each tenth of a file is enough.
    let mut tenths: HashMap<String, u64> = HashMap::new();
    let mut report = |event: Event<'_>| {
        if let Event::Received { file, bytes, total: Some(total) } = event {
            let tenth = bytes * 10 / total.max(1);
            if tenths.insert(file.to_owned(), tenth) == Some(tenth) {
                return;
            }
        }
        println!("  {event}");
    };
    download::get(options.name, directory.path(), &settings, &mut report)?;
    Ok(ExitCode::SUCCESS)
}

/// Every set is looked at; what is not there is said, what is wrong fails.
fn check(place: &Place) -> Result<ExitCode, Failure> {
    let directory = DataDirectory::find(place.data_dir.as_deref())?;
    println!("the data sets in {}", directory.path().display());
    let mut sound = true;
    for collection in Collection::ALL {
        match collection.check(directory.path()) {
            Ok(members) => {
                for member in members {
                    match member.outcome {
                        Ok(()) => println!("  {collection}: {}: verified", member.path.display()),
                        Err(error) => {
                            sound = false;
                            println!("  {collection}: WRONG: {error}");
                        }
                    }
                }
            }
            Err(fenchel_datasets::Error::NotFound { .. }) => {
                println!("  {collection}: not there; `fenchel data get {collection}` fetches it");
            }
            Err(error) => {
                sound = false;
                println!("  {collection}: WRONG: {error}");
            }
        }
    }
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn show(options: &Show) -> Result<ExitCode, Failure> {
    let train: ImageSet = if options.name == "glyphs" {
        glyphs::generate(Seed::new(0).derive("glyphs"), 2000, 0).train
    } else {
        let collection: Collection = options.name.parse()?;
        DataDirectory::find(options.place.data_dir.as_deref())?.load(collection)?.train
    };
    let path = options.out.clone().unwrap_or_else(|| format!("{}.png", options.name).into());
    let file = File::create(&path).map_err(|error| {
        format!("cannot write {}: {error}; choose another file with --out FILE", path.display())
    })?;
    ContactSheet::default().write(&train, BufWriter::new(file))?;
    println!("{}: {} samples of {}", train.name(), train.len(), train.shape());
    for (class, count) in train.classes().iter().zip(label_histogram(&train)) {
        println!("{count:>8}  {class}");
    }
    println!("contact sheet: {}", path.display());
    Ok(ExitCode::SUCCESS)
}
