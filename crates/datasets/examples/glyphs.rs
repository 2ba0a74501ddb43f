//! Draws glyphs into a folder: a contact sheet, and IDX files under MNIST's names for other programs to train on.
//!
//! `cargo run --release -p fenchel-datasets --example glyphs -- DIRECTORY [SEED]`

#![allow(clippy::print_stdout)]

use std::fs::{self, File};
use std::path::Path;
use std::time::Instant;

use fenchel_datasets::{ContactSheet, Dataset, glyphs, label_histogram};
use fenchel_random::Seed;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let directory = arguments.next().ok_or("name the directory to write into")?;
    let seed = arguments.next().map_or(Ok(0), |seed| seed.parse())?;
    let start = Instant::now();
    let split = glyphs::generate(Seed::new(seed), 12_000, 2_000);
    println!("14,000 images in {:.2} s", start.elapsed().as_secs_f64());
    println!("training samples of each class: {:?}", label_histogram(&split.train));
    let directory = Path::new(&directory);
    fs::create_dir_all(directory)?;
    ContactSheet::default().write(&split.train, File::create(directory.join("glyphs.png"))?)?;
    for (prefix, set) in [("train", &split.train), ("t10k", &split.test)] {
        let extents = [set.len(), glyphs::SIDE, glyphs::SIDE];
        fs::write(directory.join(format!("{prefix}-images-idx3-ubyte")), idx(&extents, set.pixels()))?;
        fs::write(directory.join(format!("{prefix}-labels-idx1-ubyte")), idx(&extents[..1], set.labels()))?;
    }
    println!("wrote {}", directory.display());
    Ok(())
}

/// An IDX file of unsigned bytes.
fn idx(extents: &[usize], data: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, extents.len() as u8];
    bytes.extend(extents.iter().flat_map(|&extent| (extent as u32).to_be_bytes()));
    bytes.extend(data);
    bytes
}
