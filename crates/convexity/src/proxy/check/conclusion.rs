//! The conclusions of the guarantees at every prefix.

use crate::proxy::confidence::{limits, student_quantile};
use crate::proxy::descent::{Run, Step};
use crate::verdict::{Certificate, Hypothesis, Reason, Report, Verdict, Witness};

/// A guarantee on runs: hypotheses, conclusion, and how conservative it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    /// Hypotheses and claim, apart; the numbers are those of the prefix with the smallest slack relative to the bound.
    pub report: Report,
    /// Both sides at every prefix.
    pub prefixes: Vec<Prefix>,
    /// At how many prefixes the claim is violated: beyond round-off for gradient descent, with 99 % confidence for SGD.
    pub violations: usize,
    /// At how many prefixes the claim is confirmed: up to round-off for gradient descent, with 99 % confidence for SGD.
    pub confirmed: usize,
}

/// Both sides of a guarantee after T steps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prefix {
    /// T.
    pub steps: u64,
    /// The measured side; for SGD the mean over runs.
    pub measured: f64,
    /// Its lower limit.
    pub lower: f64,
    /// Its upper limit.
    pub upper: f64,
    /// The bound.
    pub bound: f64,
}

impl Checked {
    /// How conservative the guarantee is at the last prefix: bound / measured, at least 1 where it holds; infinite if the measured side is 0.
    #[must_use]
    pub fn ratio(&self) -> f64 {
        self.prefixes.last().map_or(f64::NAN, |prefix| prefix.bound / prefix.measured)
    }

    /// The answer: the claim's, if every hypothesis is met.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        self.report.verdict()
    }
}

/// What round-off may explain.
#[derive(Clone, Copy, Debug)]
pub(super) enum Grant {
    /// The mean drift of the distance to v, times a factor, and the round-off of g.
    Drift(f64),
    /// The round-off of g.
    Values,
}

/// A bound on the mean of E g over prefixes.
pub(super) fn conclude_mean(
    theorem: &'static str,
    runs: &[Run],
    hypotheses: Vec<Hypothesis>,
    bound: &dyn Fn(u64) -> f64,
    grant: Grant,
) -> Checked {
    let mut sums = vec![(0.0, 0.0); runs.len()];
    let quantile = quantile(runs);
    let rows = (0..runs[0].steps.len()).map(|t| {
        let count = (t + 1) as f64;
        for (sum, run) in sums.iter_mut().zip(runs) {
            sum.0 += run.steps[t].g;
            sum.1 += error_of(run, &run.steps[t], grant);
        }
        let means: Vec<f64> = sums.iter().map(|sum| sum.0 / count).collect();
        let error = sums.iter().map(|sum| sum.1).sum::<f64>() / (count * runs.len() as f64);
        let (measured, lower, upper) = limits(&means, quantile);
        (Prefix { steps: t as u64 + 1, measured, lower, upper, bound: bound(t as u64 + 1) }, error)
    });
    finish(theorem, runs, hypotheses, rows.collect())
}

/// A bound on the least E g over prefixes.
pub(super) fn conclude_min(
    theorem: &'static str,
    runs: &[Run],
    hypotheses: Vec<Hypothesis>,
    bound: &dyn Fn(u64) -> f64,
) -> Checked {
    let quantile = quantile(runs);
    let (mut measured, mut lower, mut upper, mut error) = (f64::INFINITY, f64::INFINITY, f64::INFINITY, 0.0);
    let rows = (0..runs[0].steps.len()).map(|t| {
        let now: Vec<f64> = runs.iter().map(|run| run.steps[t].g).collect();
        let (mean, low, high) = limits(&now, quantile);
        (measured, lower, upper) = (min(measured, mean), min(lower, low), min(upper, high));
        let errors = runs.iter().map(|run| error_of(run, &run.steps[t], Grant::Values));
        error = f64::max(error, errors.sum::<f64>() / runs.len() as f64);
        (Prefix { steps: t as u64 + 1, measured, lower, upper, bound: bound(t as u64 + 1) }, error)
    });
    finish(theorem, runs, hypotheses, rows.collect())
}

/// The smaller, NaN if either is.
fn min(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() { f64::NAN } else { a.min(b) }
}

fn quantile(runs: &[Run]) -> f64 {
    if runs.len() < 2 { f64::NAN } else { student_quantile(runs.len() - 1) }
}

fn error_of(run: &Run, step: &Step, grant: Grant) -> f64 {
    match grant {
        Grant::Values => step.error.g,
        Grant::Drift(factor) => {
            let reach = step.distance + run.step * step.step_square.sqrt();
            step.error.g + factor * step.step_error(run.step) * reach / run.step
        }
    }
}

fn finish(
    theorem: &'static str,
    runs: &[Run],
    hypotheses: Vec<Hypothesis>,
    rows: Vec<(Prefix, f64)>,
) -> Checked {
    let stochastic = runs[0].stochastic;
    let (mut violations, mut confirmed) = (0, 0);
    let mut worst: Option<(f64, Prefix, f64)> = None;
    let mut nan = false;
    for (prefix, error) in &rows {
        // A few roundings of the bound's formula.
        let error = error + 16.0 * f64::EPSILON * prefix.bound.abs();
        nan |= prefix.measured.is_nan() || prefix.bound.is_nan() || error.is_nan();
        violations += usize::from(prefix.lower - error > prefix.bound);
        confirmed += usize::from(prefix.upper - error <= prefix.bound);
        let decisive = if stochastic { prefix.upper } else { prefix.measured };
        let margin = (prefix.bound - decisive) / prefix.bound.abs().max(f64::MIN_POSITIVE);
        if worst.is_none_or(|(least, ..)| margin < least) {
            worst = Some((margin, *prefix, error));
        }
    }
    let prefixes: Vec<Prefix> = rows.into_iter().map(|(prefix, _)| prefix).collect();
    // A margin that is NaN everywhere (an infinite bound) leaves the last prefix to be reported.
    let (margin, prefix, error) = worst.filter(|(margin, ..)| !margin.is_nan()).unwrap_or((
        f64::NAN,
        prefixes[prefixes.len() - 1],
        0.0,
    ));
    let slack = prefix.bound - prefix.measured;
    let point = Witness::default().with("T", &[prefix.steps as f64]);
    let claim = if nan {
        Verdict::undecided(Reason::Overflow { what: "a side of the guarantee".into() })
    } else if prefix.bound == f64::INFINITY {
        Verdict::undecided(Reason::Vacuous { why: "the step size is beyond the guarantee's limit".into() })
    } else if confirmed == prefixes.len() {
        Verdict::Holds { margin: margin.max(0.0), evaluations: confirmed as u64, worst_point: point }
    } else if stochastic && violations == 0 {
        Verdict::undecided(Reason::Vacuous { why: "the confidence interval straddles the bound".into() })
    } else if stochastic {
        Verdict::undecided(Reason::NoCertificate { slack, point })
    } else {
        match Certificate::from_forward_error(slack, error) {
            Some(certificate) => Verdict::Violated { point, slack, certificate },
            None => Verdict::undecided(Reason::WithinRoundOff { slack, error }),
        }
    };
    let report = Report { theorem, hypotheses, measured: prefix.measured, bound: prefix.bound, slack, claim };
    Checked { report, prefixes, violations, confirmed }
}
