//! `fenchel judge`: numbers that were computed elsewhere, judged by the theorem.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use fenchel_harness::Failure;
use fenchel_measure::files::{JudgeRequest, judge, require_distinct};
use fenchel_measure::judge::Verdict;
use fenchel_measure::report::{Beside, page};

use crate::criterion::CriterionOptions;
use crate::measure::{table, told_of_failures};
use crate::voice::say;

/// The options of `judge`.
#[derive(Debug, Args)]
#[command(after_long_help = ARRAYS)]
pub(crate) struct JudgeOptions {
    /// The numbers, npz or safetensors.
    numbers: PathBuf,
    #[command(flatten)]
    criterion: CriterionOptions,
    /// The relative error of the passes that made the numbers, where the file has no `roundoff` [default: 1.8e-9, and
    /// 9.5e-4 if an array is in single precision; state it for numbers that were rounded to less].
    #[arg(long, value_name = "R")]
    error: Option<f64>,
    /// Write U, L, D, the bounds and the verdicts to this npz file.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Write a page with figures.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

const ARRAYS: &str = "The arrays that are read (N samples, m outputs):
  logits        N x m      the outputs
  y             N          labels; or N x m one-hot, soft or real targets
  grad_norm_sq  N          the squared norm of the gradient of each sample's loss (not of the mean), weights included
  structure     N x m x m  A = J J', J the Jacobian of a sample's outputs in the parameters
  eigenvalues   N x 2      instead of structure: the smallest and the largest eigenvalue of A; or all, N x m, ascending
  weight        N          a factor of each sample's loss, if there is one
  roundoff      N x 2      what grad_norm_sq and an eigenvalue may be off by, if that is known

Verdicts are relative to the stated error: 0 holds; 1 violated; 2 apart, where e'Ae (e the residual) is not grad_norm_sq, so that the
arrays are not of one network, loss and sample; 3 indefinite, where A is no J J'; 4 undefined, where a number is not finite.
The exit code is 0 if all hold, 1 otherwise.";

/// Carries the command out.
pub(crate) fn run(options: &JudgeOptions) -> Result<ExitCode, Failure> {
    if let Some(page) = &options.report {
        require_distinct(page, [&options.numbers].into_iter().chain(&options.out))?;
    }
    let request = JudgeRequest {
        numbers: options.numbers.clone(),
        criterion: options.criterion.criterion()?,
        error: options.error,
        out: options.out.clone(),
    };
    let judged = judge(&request)?;
    say!("{}", table(&judged.measurement));
    let count = |is: fn(&Verdict) -> bool| judged.verdicts.iter().filter(|verdict| is(verdict)).count();
    let counts = [
        ("hold", count(|v| *v == Verdict::Holds)),
        ("violate the theorem", count(|v| matches!(v, Verdict::Violated(_)))),
        ("have e'Ae apart from grad_norm_sq", count(|v| matches!(v, Verdict::Apart { .. }))),
        ("have no J J' for a matrix", count(|v| *v == Verdict::Indefinite)),
        ("are undefined", count(|v| *v == Verdict::Undefined)),
    ];
    let words: Vec<String> = counts
        .iter()
        .filter(|(_, count)| *count > 0)
        .map(|(what, count)| format!("{count} {what}"))
        .collect();
    let by = judged
        .error
        .map_or("the file's own round-off".to_owned(), |error| format!("a relative error of {error:.1e}"));
    say!("of {} samples {}, by {by}", judged.verdicts.len(), words.join(", "));
    if let Some(file) = &options.report {
        let name = options.criterion.name();
        let beside = Beside { loss: &name, verdicts: Some(&judged.verdicts), ..Beside::default() };
        page(&judged.measurement, &beside)?.write(file)?;
        say!("the page: {}", file.display());
    }
    let code = told_of_failures(&judged.measurement);
    let all = judged.verdicts.iter().all(|verdict| *verdict == Verdict::Holds);
    Ok(if all { code } else { ExitCode::FAILURE })
}
