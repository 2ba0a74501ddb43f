//! `fenchel measure`: a network trained anywhere, its samples measured into one npz file.

use std::fmt::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::{Args, ValueEnum};
use fenchel::measure::{Measured, Precision, QUANTITIES, Request, measure};
use fenchel_experiments::ingredients;
use fenchel_harness::Failure;
use fenchel_harness::number::{duration, short};

use crate::progress::Progress;
use crate::voice::{out, say};

/// The options of `measure`.
#[derive(Debug, Args)]
#[command(after_long_help = arrays())]
pub(crate) struct MeasureOptions {
    /// The model description: TOML, see docs/measure.md; `fenchel model FILE` prints it as a table.
    #[arg(long, value_name = "FILE")]
    model: PathBuf,
    /// The parameters by layer path (`0.weight`, `2.body.0.bias`) in PyTorch's layouts; safetensors or npz, f32 or f64.
    #[arg(long, value_name = "FILE")]
    weights: PathBuf,
    /// The samples: `x` (N x C x H x W or N x d, f32 or f64) and `y` (N integer labels); npz.
    #[arg(long, value_name = "FILE")]
    data: PathBuf,
    /// The loss of a sample.
    #[arg(long, value_enum)]
    loss: LossName,
    /// The npz file to write; it appears when everything is measured.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Write the gradient of the mean loss as well: `grad/NAME` for each parameter, in its shape.
    #[arg(long)]
    gradients: bool,
    /// The precision of the network passes; losses, eigenvalues and bounds are computed, and everything written, in f64.
    #[arg(long, value_enum, default_value_t)]
    precision: PrecisionName,
    /// Worker threads [default: one a core]. The result has the same bits at any number.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    threads: Option<u16>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LossName {
    /// Softmax cross-entropy with the label, natural logarithm.
    Ce,
    /// Half the sum of squares of outputs less one-hot label.
    Squared,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum PrecisionName {
    /// Single precision.
    F32,
    /// Double precision: about twelve digits.
    #[default]
    F64,
}

/// The list of the arrays for the help.
fn arrays() -> String {
    let mut text =
        "The arrays of the result, all f64 (N samples, m outputs, natural logarithms):\n".to_owned();
    for (name, shape, meaning) in QUANTITIES {
        // Writing into a String cannot fail.
        let _ = writeln!(text, "  {name:<13} {shape:<10} {meaning}");
    }
    text += "  grad/NAME     as NAME    with --gradients: the gradient of the mean loss\n\n";
    text += "lower and upper are the two bounds of the loss by theorem T11 (docs/theory.md, section 5): lo and hi are the\n\
             loss's own bounds by the norm of its residual, |grad| is the root of grad_norm_sq.";
    text
}

/// Carries the command out.
pub(crate) fn run(options: &MeasureOptions) -> Result<ExitCode, Failure> {
    let loss = match options.loss {
        LossName::Ce => "ce",
        LossName::Squared => "squared",
    };
    let request = Request {
        model: options.model.clone(),
        weights: options.weights.clone(),
        data: options.data.clone(),
        loss: ingredients::loss(loss)?,
        out: options.out.clone(),
        gradients: options.gradients,
        precision: match options.precision {
            PrecisionName::F32 => Precision::F32,
            PrecisionName::F64 => Precision::F64,
        },
        threads: options.threads.map(usize::from),
    };
    let start = Instant::now();
    let progress = Progress::new(0, "{wide_bar} {pos}/{len} samples, {eta} left");
    let measured = measure(&request, |done, total| {
        progress.set_length(total as u64);
        let left = || start.elapsed().as_secs_f64() / done.max(1) as f64 * (total - done) as f64;
        let line = || format!("{done}/{total} samples, about {} left", duration(left()));
        progress.show(done as u64, String::new, line);
    });
    progress.end();
    let measured = measured?;
    out(format_args!("{}", fenchel_nn::description::table(&measured.network)));
    say!("\n{}", table(&measured));
    say!("measured in {}: {}", duration(start.elapsed().as_secs_f64()), options.out.display());
    Ok(ExitCode::SUCCESS)
}

fn table(measured: &Measured) -> String {
    let n = measured.samples();
    let mut text =
        format!("{:<13} {:>11} {:>11} {:>11} {:>11}\n", "quantity", "mean", "min", "median", "max");
    for line in measured.lines() {
        let [mean, min, median, max] = [line.mean, line.min, line.median, line.max].map(short);
        // Writing into a String cannot fail, here and below.
        let _ = writeln!(text, "{:<13} {mean:>11} {min:>11} {median:>11} {max:>11}", line.name);
    }
    let _ =
        writeln!(text, "\n{n} samples, {} outputs, {} classified right", measured.outputs, measured.right);
    if let Some(norm) = measured.squared_mean_gradient_norm {
        let _ = writeln!(text, "squared norm of the mean loss's gradient: {}", short(norm));
    }
    let held = n - measured.violations;
    let _ = write!(text, "lower <= loss <= upper holds for {held} of {n} samples, round-off allowed for");
    text
}
