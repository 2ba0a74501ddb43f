//! `fenchel data get | check | show`: the public data sets, fetched only here and only when asked.

use std::collections::HashMap;
use std::io::BufWriter;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use fenchel_datasets::download::{self, Event, Options};
use fenchel_datasets::{Collection, ContactSheet, DataDirectory, Dataset, ImageSet, glyphs, label_histogram};
use fenchel_files::{AtomicFile, FileError};
use fenchel_harness::Failure;
use fenchel_random::Seed;

use crate::voice::say;

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
    say!("{} into {}", options.name, directory.path().display());
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
        say!("  {event}");
    };
    download::get(options.name, directory.path(), &settings, &mut report)?;
    Ok(ExitCode::SUCCESS)
}

/// Every set is looked at; what is not there is said, what is wrong fails, and so does a folder without any.
fn check(place: &Place) -> Result<ExitCode, Failure> {
    let directory = DataDirectory::find(place.data_dir.as_deref())?;
    say!("the data sets in {}", directory.path().display());
    let (mut sound, mut found) = (true, false);
    for collection in Collection::ALL {
        match collection.check(directory.path()) {
            Ok(members) => {
                found = true;
                for member in members {
                    match member.outcome {
                        Ok(()) => say!("  {collection}: {}: verified", member.path.display()),
                        Err(error) => {
                            sound = false;
                            say!("  {collection}: WRONG: {error}");
                        }
                    }
                }
            }
            Err(fenchel_datasets::Error::NotFound { .. }) => {
                say!("  {collection}: not there; `fenchel data get {collection}` fetches it");
            }
            Err(error) => {
                (sound, found) = (false, true);
                say!("  {collection}: WRONG: {error}");
            }
        }
    }
    if !found {
        say!("nothing was verified: there is no data set; --data-dir DIR names another folder");
    }
    Ok(if sound && found { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn show(options: &Show) -> Result<ExitCode, Failure> {
    let train: ImageSet = if options.name == "glyphs" {
        glyphs::generate(Seed::new(0).derive("glyphs"), 2000, 0).train
    } else {
        let collection: Collection = options.name.parse()?;
        DataDirectory::find(options.place.data_dir.as_deref())?.load(collection)?.train
    };
    let path = options.out.clone().unwrap_or_else(|| format!("{}.png", options.name).into());
    if options.out.is_none() && path.exists() {
        let path = path.display();
        return Err(format!(
            "{path} is there already; --out FILE names another file, or this one to replace it"
        )
        .into());
    }
    let mut file = BufWriter::new(AtomicFile::create(&path)?);
    ContactSheet::default().write(&train, &mut file)?;
    file.into_inner().map_err(|error| FileError::of("write", &path)(error.into_error()))?.commit()?;
    say!("{}: {} samples of {}", train.name(), train.len(), train.shape());
    for (class, count) in train.classes().iter().zip(label_histogram(&train)) {
        say!("{count:>8}  {class}");
    }
    say!("contact sheet: {}", path.display());
    Ok(ExitCode::SUCCESS)
}
