//! `fenchel measure`: a network trained anywhere, its samples measured into one npz file.

use std::fmt::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::{Args, ValueEnum};
use fenchel_harness::Failure;
use fenchel_harness::number::{duration, short};
use fenchel_measure::files::{Precision, Request, measure, require_distinct};
use fenchel_measure::report::{Beside, page};
use fenchel_measure::{Measurement, QUANTITIES};

use crate::criterion::CriterionOptions;
use crate::progress::Progress;
use crate::voice::{out, say, tell};

/// The options of `measure`.
#[derive(Debug, Args)]
#[command(after_long_help = arrays())]
pub(crate) struct MeasureOptions {
    /// The model description: TOML, see docs/measure.md; `fenchel model FILE` prints it as a table.
    #[arg(long, value_name = "FILE")]
    model: PathBuf,
    /// The parameters by layer path (`0.weight`, `2.body.0.bias`) in PyTorch's layouts; safetensors or npz, f64 or narrower.
    #[arg(long, value_name = "FILE")]
    weights: PathBuf,
    /// What stands before every name in the file of the weights: `module.` or `_orig_mod.`, for example.
    #[arg(long, value_name = "TEXT", default_value = "")]
    prefix: String,
    /// The samples: `x` (N x C x H x W or N x d, f64 or narrower), `y` (N labels, or N x m or N real targets), and perhaps
    /// `weight` (N); npz or safetensors.
    #[arg(long, value_name = "FILE")]
    data: PathBuf,
    #[command(flatten)]
    criterion: CriterionOptions,
    /// The npz file to write; it appears when everything is measured.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Write a page with figures as well.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Write the gradient of the mean loss as well: `grad/NAME` for each parameter, in its shape.
    #[arg(long)]
    gradients: bool,
    /// Write each layer's part of the structural matrices as well, and what is left below the head.
    #[arg(long)]
    parts: bool,
    /// Write the tangent kernel between all samples as well, `kernel`, N m x N m.
    #[arg(long)]
    kernel: bool,
    /// The precision of the network passes; losses, eigenvalues and bounds are computed, and everything written, in f64.
    #[arg(long, value_enum, default_value_t)]
    precision: PrecisionName,
    /// Worker threads [default: one a core]. The result has the same bits at any number.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    threads: Option<u16>,
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
    let more = [
        ("entropy", "N", "of a soft or smoothed label under ce: what other systems add to the loss"),
        ("grad/NAME", "as NAME", "with --gradients: the gradient of the mean loss"),
        (
            "part/LAYER/...",
            "N",
            "with --parts: trace, lambda_min, lambda_max of each layer's part; below_head/... without the last",
        ),
        ("kernel", "Nm x Nm", "with --kernel: the empirical neural tangent kernel"),
    ];
    for (name, shape, meaning) in QUANTITIES.into_iter().chain(more) {
        // Writing into a String cannot fail.
        let _ = writeln!(text, "  {name:<14} {shape:<10} {meaning}");
    }
    text += "\nlower and upper are the two bounds of the loss by theorem T11 (docs/theory.md, section 5): lo and hi are the\n\
             loss's own bounds by the norm of its residual, |grad| is the root of grad_norm_sq.\n\
             A sample that cannot be measured is NaN in all arrays and named; the exit code is then 1.";
    text
}

/// Carries the command out.
pub(crate) fn run(options: &MeasureOptions) -> Result<ExitCode, Failure> {
    let request = Request {
        model: options.model.clone(),
        weights: options.weights.clone(),
        prefix: options.prefix.clone(),
        data: options.data.clone(),
        criterion: options.criterion.criterion()?,
        out: options.out.clone(),
        gradients: options.gradients,
        parts: options.parts,
        kernel: options.kernel,
        precision: match options.precision {
            PrecisionName::F32 => Precision::F32,
            PrecisionName::F64 => Precision::F64,
        },
        threads: options.threads.map(usize::from),
    };
    if let Some(page) = &options.report {
        require_distinct(page, [&options.model, &options.weights, &options.data, &options.out])?;
    }
    let start = Instant::now();
    let progress = Progress::new(0, "{wide_bar} {pos}/{len} samples, {eta} left");
    let written = measure(&request, |done, total| {
        progress.set_length(total as u64);
        let left = || start.elapsed().as_secs_f64() / done.max(1) as f64 * (total - done) as f64;
        let line = || format!("{done}/{total} samples, about {} left", duration(left()));
        progress.show(done as u64, String::new, line);
    });
    progress.end();
    let written = written?;
    let network = fenchel_nn::description::table(&written.network);
    out(format_args!("{network}"));
    let mut text = table(&written.measurement);
    if let Some(norm) = written.squared_mean_gradient_norm {
        let _ = write!(text, "\nsquared norm of the mean loss's gradient: {}", short(norm));
    } else if options.gradients {
        text += "\nno gradient of the mean loss: it would need every sample";
    }
    say!("\n{text}");
    if let Some(file) = &options.report {
        let beside = Beside {
            loss: &options.criterion.name(),
            network: Some(&network),
            parts: written.parts.as_ref(),
            ..Beside::default()
        };
        page(&written.measurement, &beside)?.write(file)?;
        say!("the page: {}", file.display());
    }
    say!("measured in {}: {}", duration(start.elapsed().as_secs_f64()), options.out.display());
    Ok(told_of_failures(&written.measurement))
}

/// Names the samples that could not be measured; then the exit code is that of a failure.
pub(crate) fn told_of_failures(measured: &Measurement) -> ExitCode {
    const NAMED: usize = 5;
    let failures = measured.failures();
    for failure in failures.iter().take(NAMED) {
        tell!("fenchel: sample {} could not be measured: {}", failure.sample, failure.reason);
    }
    if let more @ 1.. = failures.len().saturating_sub(NAMED) {
        tell!("fenchel: {more} more samples could not be measured");
    }
    if failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The quantities' means and ranges, and what the sandwich says.
pub(crate) fn table(measured: &Measurement) -> String {
    let n = measured.samples();
    let mut text =
        format!("{:<13} {:>11} {:>11} {:>11} {:>11}\n", "quantity", "mean", "min", "median", "max");
    for line in measured.lines() {
        let [mean, min, median, max] = [line.mean, line.min, line.median, line.max].map(short);
        // Writing into a String cannot fail, here and below.
        let _ = writeln!(text, "{:<13} {mean:>11} {min:>11} {median:>11} {max:>11}", line.name);
    }
    let _ = write!(text, "\n{n} samples, {} outputs", measured.outputs());
    if let (classified @ 1.., right) = measured.classified() {
        let of = if classified == n { String::new() } else { format!(" of {classified}") };
        let _ = write!(text, ", {right}{of} classified right");
    }
    let known = measured.judged();
    let held = known - measured.violations().len();
    let _ =
        write!(text, "\nlower <= loss <= upper holds for {held} of {known} samples, round-off allowed for");
    text
}
