//! The claims of `sgd`, each with the criterion that was fixed before the run.

use std::collections::BTreeMap;

use super::record::{Step, Tally};
use super::{Case, Record, Rule, Settings, figures};
use crate::claim::{Claim, Criterion};
use crate::error::{Failure, Result};
use crate::experiment::Outcome;
use crate::number::{grouped, short};
use crate::statistics::{Estimate, bootstrap_median, spearman_interval};
use crate::summary::Summary;

/// A finished cell with the numbers that the claims need.
pub(super) struct Measured<'a> {
    pub case: &'a Case,
    pub record: &'a Record,
    /// The sum of the energies over the right side of T8, after all steps.
    pub share: f64,
    /// The mean energy of the sampled batches over the last half.
    pub late_energy: f64,
    /// The mean interference over the last half.
    pub late_interference: f64,
    /// Steps with `η C_k > 1`, where the form with `η/2` is not promised.
    pub long_steps: usize,
    /// Whether GCS's floor is above every energy that was seen: it promises a level that any step has.
    pub vacuous: bool,
}

impl<'a> Measured<'a> {
    fn new(case: &'a Case, record: &'a Record) -> Self {
        let last = record.steps.last();
        let late = &record.steps[record.steps.len() / 2..];
        let mean = |of: fn(&Step) -> f64| late.iter().map(of).sum::<f64>() / late.len() as f64;
        let most = record.steps.iter().map(|step| step.energy).fold(f64::NEG_INFINITY, f64::max);
        Self {
            case,
            record,
            share: last.map_or(f64::NAN, |step| step.energies / step.right),
            late_energy: mean(|step| step.energy),
            late_interference: mean(|step| step.interference),
            long_steps: record.steps.iter().filter(|step| step.rate * step.smoothness > 1.0).count(),
            vacuous: record.floor >= most,
        }
    }

    /// `(b/n)` times the late energy.
    pub(super) fn scaled_energy(&self) -> f64 {
        self.record.batch as f64 / self.record.samples as f64 * self.late_energy
    }

    /// Risk and local gradient norm of the probe set at the start and at the end, unless the training diverged.
    fn ends(&self) -> Option<[super::record::Log; 2]> {
        let logs = &self.record.logs;
        if self.record.diverged.is_some() { None } else { Some([*logs.first()?, *logs.last()?]) }
    }
}

pub(super) fn summarise(
    settings: &Settings,
    outcomes: &[Outcome<Case, Record>],
) -> std::result::Result<Summary, Failure> {
    let cells: Vec<Measured> =
        outcomes.iter().map(|Outcome { case, record, .. }| Measured::new(case, record)).collect();
    Ok(Summary {
        ran: ran(settings, &cells),
        came_out: came_out(&cells),
        differs: differs(),
        claims: vec![
            sandwich(&cells),
            identity(&cells),
            inequality(&cells, Rule::LineSearch)?,
            inequality(&cells, Rule::Plain)?,
            momentum(&cells),
            floor(&cells)?,
            follows(&cells)?,
            falls(&cells),
        ],
        tables: vec![figures::sums(&cells), figures::norms(&cells)],
        figures: vec![figures::prefixes(&cells), figures::floor(&cells), figures::local_norm(&cells)],
    })
}

fn total(cells: &[Measured], which: impl Fn(&Measured) -> bool, tally: fn(&Record) -> Tally) -> Tally {
    cells.iter().filter(|cell| which(cell)).fold(Tally::default(), |sum, cell| {
        let Tally { checked, violated } = tally(cell.record);
        Tally { checked: sum.checked + checked, violated: sum.violated + violated }
    })
}

fn sandwich(cells: &[Measured]) -> Claim {
    let checked = cells.iter().map(|cell| cell.record.checked).sum();
    let violated = cells.iter().map(|cell| cell.record.violated).sum();
    Claim::new("sgd.sandwich", "Every sample's loss lies between its two bounds along every training [T11]")
        .holds("lo ≤ l − l_{inf} ≤ hi, sample by sample, beyond the stated round-off", violated, checked)
        .shown_in("local-norm")
        .listed_in("norms")
}

fn identity(cells: &[Measured]) -> Claim {
    let sum = total(cells, |_| true, |record| record.identity);
    Claim::new(
        "sgd.identity",
        "Under any rule (b/n) Σ [⟨g_{k}, s_{k}⟩ − d_{k}] is R_{0} − R_{T} + Σ I_{k} [T8]",
    )
    .holds("both sides agree to rounding, every prefix of every training", sum.violated, sum.checked)
    .shown_in("prefixes")
    .listed_in("sums")
}

/// T8's inequality under a rule for which it is claimed; the left side at least half of the right at the end, so that it says something.
fn inequality(cells: &[Measured], rule: Rule) -> Result<Claim> {
    let sum = total(cells, |cell| cell.case.rule == rule, |record| record.inequality);
    let mut shares: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for cell in cells.iter().filter(|cell| cell.case.rule == rule) {
        shares.entry(cell.case.group()).or_default().push(cell.share);
    }
    let mut worst = Estimate::default();
    for (group, shares) in shares {
        let estimate = bootstrap_median(&group, &shares)?;
        if worst.value.is_nan() || estimate.range().0 < worst.range().0 {
            worst = estimate;
        }
    }
    let (id, statement, name) = if rule == Rule::LineSearch {
        (
            "sgd.energy",
            "With T8's own step 1/C_{k} the gradient energy is bounded by the risk's decrease and the interference, and fills at least half of that bound",
            "(b/n) Σ ‖g‖²/(2C) ≤ R_{0} − R_{T} + Σ I, every prefix",
        )
    } else {
        (
            "sgd.plain",
            "Under plain SGD the same holds with the energy η (1 − η C_{k}/2) ‖g_{k}‖²",
            "(b/n) Σ η (1 − η C_{k}/2) ‖g‖² ≤ R_{0} − R_{T} + Σ I, every prefix",
        )
    };
    Ok(Claim::new(id, statement)
        .holds(name, sum.violated, sum.checked)
        .requires("left side over right side after all steps, worst group", worst, Criterion::AtLeast(0.5))
        .shown_in("prefixes")
        .listed_in("sums"))
}

/// The energy of plain steps is another sum than the right side as soon as there is a velocity.
fn momentum(cells: &[Measured]) -> Claim {
    let of = |cell: &&Measured| cell.case.rule == Rule::Momentum;
    let agreeing = cells.iter().filter(of).filter(|cell| {
        // The first step of momentum is a plain one.
        let Tally { checked, violated } = cell.record.equality;
        violated == 0 && checked > 1
    });
    Claim::new("sgd.momentum", "Under momentum the form for plain SGD is false, only the identity holds")
        .holds(
            "η (1 − η C_{k}/2) ‖g‖² summed differs from the right side beyond rounding, every training",
            agreeing.count(),
            cells.iter().filter(of).count(),
        )
        .shown_in("prefixes")
        .listed_in("sums")
}

/// The cells of the line search with batches smaller than the set, over which the floor is compared.
pub(super) fn line_searches<'a, 'b>(cells: &'b [Measured<'a>]) -> impl Iterator<Item = &'b Measured<'a>> {
    cells.iter().filter(|cell| cell.case.rule == Rule::LineSearch && cell.record.batch < cell.record.samples)
}

fn correlation(points: impl Iterator<Item = (f64, f64)>) -> Result<Estimate> {
    let (x, y): (Vec<f64>, Vec<f64>) = points.unzip();
    spearman_interval(&x, &y)
}

fn floor(cells: &[Measured]) -> Result<Claim> {
    let scaled =
        correlation(line_searches(cells).map(|cell| (cell.late_interference, cell.scaled_energy())))?;
    Ok(Claim::new("sgd.floor", "The floor of the energy is set by the interference: (b/n) times the late energy follows the late mean of I")
        .requires("rank correlation over the cells of the line search, b < n", scaled, Criterion::AtLeast(0.8))
        .shown_in("floor")
        .listed_in("sums"))
}

fn follows(cells: &[Measured]) -> Result<Claim> {
    let ends = cells.iter().filter_map(Measured::ends).map(|[_, last]| (last.risk, last.local_norm));
    Ok(Claim::new("sgd.follows", "The local gradient norm at the end follows the risk at the end")
        .requires("rank correlation over all cells", correlation(ends)?, Criterion::AtLeast(0.9))
        .shown_in("local-norm")
        .listed_in("norms"))
}

fn falls(cells: &[Measured]) -> Claim {
    let learned =
        || cells.iter().filter_map(Measured::ends).filter(|[first, last]| last.risk < first.risk / 100.0);
    let high = learned().filter(|[first, last]| last.local_norm * 10.0 > first.local_norm).count();
    Claim::new("sgd.falls", "Where the risk ends below a hundredth of its start, the local gradient norm ends at a tenth of its own or below")
        .holds("local norm at the end at most a tenth of the start's, every such training", high, learned().count())
        .shown_in("local-norm")
        .listed_in("norms")
}

fn ran(settings: &Settings, cells: &[Measured]) -> String {
    format!(
        "{} cells: model {} on {} samples of {}; batches of {:?} (0: the whole set); the line search, plain SGD with rates {:?}, momentum {} with rates {:?}; {} steps, {} on \
         the whole set; seeds {:?}. {} steps in all, each measured on the whole set; local gradient norm and sandwich on {} samples, {} times a training. Training and \
         measurements in f64.",
        cells.len(),
        settings.model,
        grouped(settings.samples),
        settings.datasets.join(", "),
        settings.batches,
        settings.plain_rates,
        settings.momentum,
        settings.momentum_rates,
        settings.steps,
        settings.full_steps,
        settings.seeds,
        grouped(cells.iter().map(|cell| cell.record.steps.len()).sum()),
        settings.probe,
        settings.logs,
    )
}

fn came_out(cells: &[Measured]) -> String {
    let raw = correlation(line_searches(cells).map(|cell| (cell.late_interference, cell.late_energy)));
    let partial = || cells.iter().filter(|cell| cell.record.batch < cell.record.samples);
    let long =
        |rule: Rule| -> usize { cells.iter().filter(|c| c.case.rule == rule).map(|c| c.long_steps).sum() };
    let rises: Vec<f64> = cells
        .iter()
        .filter_map(|cell| {
            let first = cell.record.logs.first()?.local_norm;
            let most = cell.record.logs.iter().map(|log| log.local_norm).fold(0.0, f64::max);
            Some(most / first)
        })
        .collect();
    format!(
        "The raw energy, not multiplied by b/n, has rank correlation {} with the mean interference. Steps with η C_{{k}} > 1: {} under plain SGD, {} under momentum. GCS's floor ((n−b)/b) M lies \
         above every energy that was seen, and so promises nothing, in {} of {} trainings with b < n. The local gradient norm rises before it falls: to {} times its start in the \
         median of all trainings. {} trainings diverged.",
        raw.map_or_else(|_| "no".into(), |raw| short(raw.value)),
        grouped(long(Rule::Plain)),
        grouped(long(Rule::Momentum)),
        partial().filter(|cell| cell.vacuous).count(),
        partial().count(),
        short(crate::statistics::median(&rises).unwrap_or(f64::NAN)),
        cells.iter().filter(|cell| cell.record.diverged.is_some()).count(),
    )
}

fn differs() -> String {
    "GCS bounds the number of steps by the factor M, the largest harm that any one step does to the rest; it is known only afterwards, and as a largest value it sets a floor that is mostly \
     above every energy (table of sums). T8 sums the interferences instead, so nothing is lost: left and right side differ only by how far the batch's loss lies \
     below its majorant. For plain SGD the inequality is an equality, since C_{k} is measured at the step's end. The rank correlation of energy and interference is one over cells of different batch sizes and \
     seeds; within one size it has few points."
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claim::Verdict;
    use crate::experiment::Experiment;
    use crate::experiments::sgd::StochasticDescent;
    use crate::experiments::sgd::record::Log;
    use crate::profile::Profile;

    /// Cells whose energies are of the order of their interference, and whose norms are of the order of their risks.
    fn outcomes() -> Vec<Outcome<Case, Record>> {
        let experiment = StochasticDescent;
        let settings = experiment.settings(Profile::Quick);
        let cells = experiment.plan(&settings).unwrap().into_iter().enumerate();
        cells
            .map(|(place, cell)| {
                let (batch, _) = settings.plan_of(&cell.case);
                let level = 1.0 + place as f64;
                let step = Step {
                    rate: 0.1,
                    energy: level * settings.samples as f64 / batch as f64,
                    smoothness: 1.0,
                    squared_gradient_norm: 1.0,
                    interference: level,
                    risk: 0.01,
                    left: 1.0,
                    right: 1.0,
                    energies: 0.8,
                };
                let log = |step, risk, local_norm| Log { step, risk, local_norm, mean_gradient: 0.1, d: 1.0 };
                let fine = Tally { checked: 2, violated: 0 };
                let record = Record {
                    samples: settings.samples,
                    batch,
                    steps: vec![step; 2],
                    first_risk: 2.3,
                    last_risk: 0.01,
                    diverged: None,
                    identity: fine,
                    inequality: fine,
                    equality: if cell.case.rule == Rule::Momentum {
                        Tally { checked: 2, violated: 1 }
                    } else {
                        fine
                    },
                    correlation: 1.0,
                    floor: 1.0,
                    logs: vec![log(0, 2.3, 100.0), log(2, 1e-4 * level, 1e-2 * level)],
                    checked: 10,
                    violated: 0,
                };
                Outcome { id: cell.id, case: cell.case, record }
            })
            .collect()
    }

    fn verdicts(outcomes: &[Outcome<Case, Record>]) -> BTreeMap<String, Verdict> {
        let summary = summarise(&StochasticDescent.settings(Profile::Quick), outcomes).unwrap();
        for claim in &summary.claims {
            assert!(
                claim.figures.iter().all(|id| summary.figures.iter().any(|figure| figure.id == *id)),
                "{}",
                claim.id
            );
            assert!(
                claim.tables.iter().all(|id| summary.tables.iter().any(|table| table.id == *id)),
                "{}",
                claim.id
            );
            assert!(!claim.figures.is_empty() && !claim.tables.is_empty(), "{}", claim.id);
        }
        summary.claims.iter().map(|claim| (claim.id.clone(), claim.verdict())).collect()
    }

    fn failed(change: impl Fn(&mut Outcome<Case, Record>)) -> Vec<String> {
        let mut all = outcomes();
        all.iter_mut().for_each(change);
        let failing = verdicts(&all).into_iter().filter(|(_, verdict)| *verdict == Verdict::Failed);
        failing.map(|(id, _)| id).collect()
    }

    #[test]
    fn records_that_follow_the_theory_reproduce_every_claim() {
        let verdicts = verdicts(&outcomes());
        assert!(verdicts.values().all(|verdict| *verdict == Verdict::Reproduced), "{verdicts:?}");
    }

    #[test]
    fn near_misses_fail() {
        assert_eq!(failed(|outcome| outcome.record.violated = 1), ["sgd.sandwich"]);
        assert_eq!(failed(|outcome| outcome.record.identity.violated = 1), ["sgd.identity"]);
        let of = |rule: Rule, change: fn(&mut Record)| {
            failed(move |outcome| {
                if outcome.case.rule == rule {
                    change(&mut outcome.record);
                }
            })
        };
        assert_eq!(of(Rule::LineSearch, |record| record.inequality.violated = 1), ["sgd.energy"]);
        assert_eq!(of(Rule::LineSearch, |record| record.steps[1].energies = 0.49), ["sgd.energy"]);
        assert_eq!(of(Rule::Plain, |record| record.inequality.violated = 1), ["sgd.plain"]);
        assert_eq!(of(Rule::Momentum, |record| record.equality.violated = 0), ["sgd.momentum"]);
        // Momentum is not asked for the inequality.
        assert!(of(Rule::Momentum, |record| record.inequality.violated = 1).is_empty());
        assert_eq!(
            failed(|outcome| outcome.record.steps.iter_mut().for_each(|s| s.interference = -s.interference)),
            ["sgd.floor"]
        );
        // Norms that fall as the risk rises, and too high by far.
        let inverted =
            failed(|outcome| outcome.record.logs[1].local_norm = 1.0 / outcome.record.logs[1].risk);
        assert_eq!(inverted, ["sgd.falls", "sgd.follows"]);
    }
}
