//! The conclusions of the guarantees at every prefix.

use crate::inequality::{Decision, decide};
use crate::number::{Number, PreciseInterval};
use crate::proxy::confidence::{limits, student_quantile};
use crate::proxy::{Run, Step};
use crate::verdict::{Hypothesis, Method, Reason, Report, Verdict, Witness};
use std::cell::OnceCell;

/// A guarantee on runs: hypotheses, conclusion, and how conservative it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    /// Hypotheses and claim, apart; the numbers are those of the prefix with the smallest slack relative to
    /// the bound.
    pub report: Report,
    /// Both sides at every prefix.
    pub prefixes: Vec<Prefix>,
    /// At how many prefixes the claim is violated: certified for gradient descent, with 99 % confidence for
    /// SGD.
    pub violations: usize,
    /// At how many prefixes the claim is confirmed: up to round-off for gradient descent, with 99 %
    /// confidence for SGD.
    pub confirmed: usize,
}

/// Both sides of a guarantee after T steps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prefix {
    /// T.
    pub steps: u64,
    /// The measured side; for SGD the mean over runs, or the least of the means.
    pub measured: f64,
    /// Its lower limit.
    pub lower: f64,
    /// Its upper limit.
    pub upper: f64,
    /// The bound.
    pub bound: f64,
}

impl Checked {
    /// How conservative the guarantee is at the last prefix: bound / measured, at least 1 where it holds;
    /// infinite if the measured side is 0.
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

/// What of the surrogates at the first T iterates is bounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::proxy) enum Summary {
    /// The mean of E g(w_t).
    Mean,
    /// The least E g(w_t).
    Least,
}

/// A bound for every prefix.
pub(in crate::proxy) struct Conclusion<'a> {
    pub(in crate::proxy) theorem: &'static str,
    pub(in crate::proxy) summary: Summary,
    /// The bound after T steps, infinite where there is none.
    pub(in crate::proxy) bound: &'a dyn Fn(u64) -> f64,
    /// What round-off was excused at an iterate: the part that counts where it is worst, and the part that
    /// counts in the mean.
    pub(in crate::proxy) excused: &'a dyn Fn(&Run, &Step) -> (f64, f64),
    /// What these come to after T steps, in units of g.
    pub(in crate::proxy) granted: &'a dyn Fn(u64, f64, f64) -> f64,
}

impl Conclusion<'_> {
    /// Decides every prefix; the runs are alike.
    pub(in crate::proxy) fn check(&self, runs: &[Run], hypotheses: Vec<Hypothesis>) -> Checked {
        let (rows, stochastic) = (self.rows(runs), runs[0].stochastic);
        let errors = OnceCell::new();
        let (mut violations, mut confirmed) = (0, 0);
        let mut worst: Option<(f64, Prefix)> = None;
        let mut violated: Option<(f64, Verdict)> = None;
        let mut open: Option<Reason> = None;
        for (t, (prefix, size)) in rows.iter().enumerate() {
            let error = || {
                let known = errors.get_or_init(|| self.errors(runs)).get(t)?;
                // The sums of the measured side and the bound's own formula.
                Some(known + (t + 17) as f64 * f64::EPSILON * size)
            };
            let decisive = if stochastic { prefix.upper } else { prefix.measured };
            let slack = prefix.bound - decisive;
            let margin = slack / prefix.bound.abs().max(f64::MIN_POSITIVE);
            if worst.is_none_or(|(least, _)| margin < least) {
                worst = Some((margin, *prefix));
            }
            match judge(prefix, *size, stochastic, error) {
                Decision::Holds(_) | Decision::RoundOff => confirmed += 1,
                Decision::Violated(certificate) => {
                    violations += 1;
                    if violated.as_ref().is_none_or(|(least, _)| margin < *least) {
                        let point = witness(prefix);
                        violated = Some((margin, Verdict::Violated { point, slack, certificate }));
                    }
                }
                Decision::Open(reason) => {
                    violations += usize::from(matches!(reason, Reason::NoCertificate { .. }) && stochastic);
                    // A bound that fails says more than one that is not reached.
                    if open.is_none() || matches!(open, Some(Reason::Vacuous { .. })) {
                        open = Some(reason);
                    }
                }
            }
        }
        let prefixes: Vec<Prefix> = rows.into_iter().map(|(prefix, _)| prefix).collect();
        // A margin that is NaN everywhere (an infinite bound) leaves the last prefix to be reported.
        let last = (f64::NAN, prefixes[prefixes.len() - 1]);
        let (margin, prefix) = worst.filter(|(margin, _)| !margin.is_nan()).unwrap_or(last);
        let claim = match (violated, open) {
            (Some((_, verdict)), _) => verdict,
            (None, Some(reason)) => Verdict::undecided(reason),
            (None, None) => Verdict::Holds {
                margin: margin.max(0.0),
                evaluations: confirmed as u64,
                worst_point: witness(&prefix),
            },
        };
        let (measured, bound) = (prefix.measured, prefix.bound);
        let report = Report {
            theorem: self.theorem,
            hypotheses,
            measured,
            bound,
            slack: bound - measured,
            inequality: claim,
        };
        Checked { report, prefixes, violations, confirmed }
    }

    /// Both sides at every prefix, each with the size of its terms.
    fn rows(&self, runs: &[Run]) -> Vec<(Prefix, f64)> {
        let quantile = if runs.len() < 2 { f64::NAN } else { student_quantile(runs.len() - 1) };
        let mut sums = vec![0.0; runs.len()];
        let mut absolute = 0.0;
        let (mut least, mut least_lower) = (f64::INFINITY, f64::INFINITY);
        let row = |t: usize| {
            let steps = t as u64 + 1;
            let now: Vec<f64> = runs.iter().map(|run| run.steps[t].g).collect();
            sums.iter_mut().zip(&now).for_each(|(sum, g)| *sum += g);
            absolute += now.iter().map(|g| g.abs()).sum::<f64>() / runs.len() as f64;
            let (measured, lower, upper) = match self.summary {
                Summary::Mean => {
                    let means: Vec<f64> = sums.iter().map(|sum| sum / steps as f64).collect();
                    limits(&means, quantile)
                }
                Summary::Least => {
                    let (mean, lower, upper) = limits(&now, quantile);
                    (least, least_lower) = (min(least, mean), min(least_lower, lower));
                    (least, least_lower, if runs.len() < 2 { least } else { upper })
                }
            };
            let bound = (self.bound)(steps);
            let size = bound.abs() + measured.abs() + absolute / steps as f64;
            (Prefix { steps, measured, lower, upper, bound }, size)
        };
        (0..runs[0].steps.len()).map(row).collect()
    }

    /// What round-off is granted at every prefix, as far as every iterate has a bound on it.
    fn errors(&self, runs: &[Run]) -> Vec<f64> {
        let count = runs.len() as f64;
        let (mut worst, mut sum) = (0.0, 0.0);
        let mut errors = Vec::new();
        for t in 0..runs[0].steps.len() {
            let mut pointwise = 0.0;
            for run in runs {
                let Some(step) = run.bounded(t) else { return errors };
                let (here, averaged) = (self.excused)(run, &step);
                pointwise += here / count;
                sum += averaged / count;
            }
            worst = if pointwise > worst || pointwise.is_nan() { pointwise } else { worst };
            errors.push((self.granted)(t as u64 + 1, worst, sum / (t + 1) as f64));
        }
        errors
    }
}

/// Decides one prefix; the error is asked for where it matters.
fn judge(prefix: &Prefix, size: f64, stochastic: bool, error: impl Fn() -> Option<f64>) -> Decision {
    let &Prefix { measured, lower, upper, bound, .. } = prefix;
    if bound == f64::INFINITY {
        let why = "the step size is beyond the guarantee's limit, or the start is below the infimum".into();
        return Decision::Open(Reason::Vacuous { why });
    }
    if [measured, lower, upper, bound].iter().any(|x| !x.is_finite()) {
        return Decision::Open(Reason::Overflow { what: "a side of the guarantee".into() });
    }
    if upper <= bound {
        return Decision::Holds(bound - upper);
    }
    let (slack, error) = (bound - measured, error().filter(|error| error.is_finite()));
    if stochastic {
        let error = error.unwrap_or(0.0);
        return if upper - error <= bound {
            Decision::RoundOff
        } else if lower - error > bound {
            Decision::Open(Reason::NoCertificate { slack, point: witness(prefix) })
        } else {
            let why = "the confidence interval straddles the bound".into();
            Decision::Open(Reason::Vacuous { why })
        };
    }
    let Some(error) = error else {
        return Decision::Open(Reason::NoCertificate { slack, point: witness(prefix) });
    };
    let near = PreciseInterval::from_f64(slack);
    let enclosure = (near.clone() - error).union(&(near + error));
    decide(&enclosure, size, Method::ForwardError)
}

fn witness(prefix: &Prefix) -> Witness {
    Witness::default().with("T", &[prefix.steps as f64])
}

/// The smaller, NaN if either is.
fn min(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() { f64::NAN } else { a.min(b) }
}
