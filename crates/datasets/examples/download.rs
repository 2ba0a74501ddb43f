//! Fetches a public data set, verifies it and draws a contact sheet of it.
//!
//! `cargo run --release -p fenchel-datasets --features download --example download -- NAME DIRECTORY [SOURCE...]`

#![allow(clippy::print_stdout)]

use std::fs::File;
use std::path::PathBuf;
use std::time::Instant;

use fenchel_datasets::download::{self, Event, Options};
use fenchel_datasets::{Collection, ContactSheet, DataDirectory, Normalisation, label_histogram};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let collection: Collection = arguments.next().ok_or("name a data set")?.parse()?;
    let directory = arguments.next().map(PathBuf::from);
    let directory = DataDirectory::find(directory.as_deref())?;
    let mut options = Options::from_environment();
    options.sources.extend(arguments);

    let mut tenth = 0;
    let mut report = |event: Event<'_>| match event {
        // One line for each tenth of a file is enough.
        Event::Received { bytes, total: Some(total), .. } if bytes * 10 / total.max(1) == tenth => {}
        Event::Received { bytes, total, .. } => {
            tenth = bytes * 10 / total.unwrap_or(bytes).max(1);
            println!("  {event}");
        }
        _ => println!("{event}"),
    };
    download::get(collection, directory.path(), &options, &mut report)?;

    let start = Instant::now();
    let split = directory.load(collection)?;
    println!("loaded and verified in {:.2} s", start.elapsed().as_secs_f64());
    println!("training samples of each class: {:?}", label_histogram(&split.train));
    println!("{:?}", Normalisation::measure(&split.train)?);
    let sheet = directory.path().join(format!("{collection}.png"));
    ContactSheet::default().write(&split.train, File::create(&sheet)?)?;
    println!("wrote {}", sheet.display());
    Ok(())
}
