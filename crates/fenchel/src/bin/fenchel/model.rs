//! `fenchel model NAME|FILE`: a network as a table or as a description.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use fenchel_experiments::ingredients::{MODEL_NAMES, model};
use fenchel_harness::Failure;
use fenchel_nn::description::{Description, DescriptionError, table};
use fenchel_tensor::Shape;

use crate::voice::out;

/// The options of `model`.
#[derive(Debug, Args)]
#[command(after_help = format!("Names: {MODEL_NAMES}."))]
pub(crate) struct ModelOptions {
    /// A name, or the file of a model description (TOML).
    model: String,
    /// The input of a named model: features, or channels,height,width.
    #[arg(long, value_name = "SHAPE", value_parser = shape, default_value = "1,28,28")]
    input: Shape,
    /// The outputs of a named model.
    #[arg(long, value_name = "N", default_value_t = 10)]
    outputs: usize,
    /// Print the description instead of the table.
    #[arg(long)]
    toml: bool,
}

fn shape(text: &str) -> Result<Shape, String> {
    let sizes: Option<Vec<usize>> = text.split([',', 'x']).map(|size| size.trim().parse().ok()).collect();
    match sizes.as_deref() {
        Some(&[features]) => Ok(Shape::vector(features)),
        Some(&[channels, height, width]) => Ok(Shape::image(channels, height, width)),
        _ => Err("give one number of features, or channels,height,width: 784 or 1,28,28".to_owned()),
    }
}

/// Carries the command out.
pub(crate) fn run(options: &ModelOptions) -> Result<ExitCode, Failure> {
    let path = PathBuf::from(&options.model);
    let is_file = path.extension().is_some_and(|extension| extension == "toml") || path.exists();
    let description = if is_file { described(&path)? } else { named(options)? };
    let (_, rows) = description
        .build()
        .map_err(|source| DescriptionError::Build { origin: options.model.clone(), source })?;
    out(format_args!("{}", if options.toml { description.to_toml() } else { table(&rows) }));
    Ok(ExitCode::SUCCESS)
}

fn described(path: &Path) -> Result<Description, Failure> {
    Ok(Description::read(path)?)
}

fn named(options: &ModelOptions) -> Result<Description, Failure> {
    let model = model(&options.model)
        .map_err(|error| format!("{error}; for a model description of your own give its TOML file"))?;
    Ok(model.description(options.input, options.outputs))
}
