//! The claims of `labels`, each with the criterion that was fixed before the run.
//!
//! "A hundred times the energy" would be an ill-posed criterion: with the residual e of a right label and one near 2 for a wrong one, the
//! ratio is about 2 / mean ‖e‖², which measures the length of the training. The criteria here are those of trainings of a few epochs.

use std::collections::BTreeMap;

use super::{Log, Record, figures};
use crate::claim::{Claim, Criterion};
use crate::error::Failure;
use crate::experiment::Outcome;
use crate::ingredients::{TrainingCase, TrainingSettings};
use crate::number::{grouped, short};
use crate::statistics::{LocalCorrelation, local_pearson, median};
use crate::summary::Summary;

/// Below this final risk a cross-entropy cell has learned enough to be compared with its wrong labels.
const LEARNED: f64 = 0.1;

/// A finished cell with its correlations.
pub(super) struct Measured<'a> {
    pub case: &'a TrainingCase,
    pub record: &'a Record,
    pub digest: Digest,
}

/// The numbers of one cell that the claims and figures need; set medians, logarithms.
#[derive(Clone, Debug)]
pub(super) struct Digest {
    /// True risk and the wrong labels' lower bound.
    pub across: LocalCorrelation,
    /// True risk and its own lower bound.
    pub right: LocalCorrelation,
    /// The wrong labels' risk and their lower bound.
    pub wrong: LocalCorrelation,
    /// Mean energy under wrong labels over that under right ones, median of the last half.
    pub energy_ratio: f64,
    /// The share of samples whose energy is larger under the wrong label, median of the last half.
    pub larger: f64,
    /// The share of samples whose upper bound under the wrong label is infinite, mean over all logs.
    pub infinite: f64,
    /// The mean excess loss under right labels at the end.
    pub final_risk: f64,
}

impl Digest {
    pub(super) fn new(record: &Record, window: usize) -> crate::error::Result<Self> {
        let logs = &record.logs;
        let series = |value: fn(&Log) -> f64| logs.iter().map(|log| value(log).ln()).collect::<Vec<f64>>();
        let local = |x: &[f64], y: &[f64]| local_pearson(x, y, window);
        let (risk, lower) = (series(|log| log.right.risk_median), series(|log| log.right.lower_median));
        let (wrong_risk, wrong_lower) =
            (series(|log| log.wrong.risk_median), series(|log| log.wrong.lower_median));
        let last_half = &logs[logs.len() / 2..];
        let late = |value: fn(&Log) -> f64| median(&last_half.iter().map(value).collect::<Vec<f64>>());
        Ok(Self {
            across: local(&risk, &wrong_lower)?,
            right: local(&risk, &lower)?,
            wrong: local(&wrong_risk, &wrong_lower)?,
            energy_ratio: late(|log| log.wrong.energy / log.right.energy)?,
            larger: late(|log| log.larger)?,
            infinite: logs.iter().map(|log| 1.0 - log.wrong.upper_finite).sum::<f64>() / logs.len() as f64,
            final_risk: logs.last().map_or(f64::NAN, |log| log.right.risk),
        })
    }

    /// By how much the right labels' correlation exceeds the wrong ones'; None where one has no window.
    pub(super) fn lost(&self) -> Option<f64> {
        Some(self.right.last_half_median()? - self.wrong.last_half_median()?)
    }
}

pub(super) fn summarise(
    settings: &TrainingSettings,
    outcomes: &[Outcome<TrainingCase, Record>],
) -> Result<Summary, Failure> {
    let cells = outcomes
        .iter()
        .map(|Outcome { case, record, .. }| {
            Digest::new(record, settings.window).map(|digest| Measured { case, record, digest })
        })
        .collect::<Result<Vec<Measured>, _>>()?;
    // One seed stands for its group in the figures; the table holds all.
    let figures: Vec<_> = groups(&cells).values().map(|cells| figures::labels(cells[0])).collect();
    let shown = |loss: &str| {
        let cell = cells.iter().find(|cell| cell.case.loss == loss).or(cells.first());
        cell.map_or(String::new(), |cell| figures::identifier(cell.case))
    };
    let claims = [sandwich(&cells), unrelated(&cells)?, own(&cells)?, energy(&cells)?];
    Ok(Summary {
        ran: ran(settings, &cells),
        came_out: came_out(&cells),
        differs: "The papers show no such control. Under the squared error a wrong label's risk keeps following its own lower \
            bound, as it should: the sandwich holds for any label, and the residual of a wrong label moves with the outputs. \
            Under cross-entropy the residual of a wrong label is near its largest value √2, where the lower bound no longer \
            moves while the loss grows; so the correlation is lost there, and nearly every upper bound is infinite."
            .into(),
        claims: claims.into_iter().map(|claim| claim.shown_in(&shown("ce")).listed_in("cells")).collect(),
        tables: vec![figures::cells(&cells)],
        figures,
    })
}

/// The cells by group, in the order of the plan within each.
fn groups<'a, 'b>(cells: &'b [Measured<'a>]) -> BTreeMap<String, Vec<&'b Measured<'a>>> {
    let mut groups: BTreeMap<String, Vec<&Measured>> = BTreeMap::new();
    for cell in cells {
        groups.entry(cell.case.group()).or_default().push(cell);
    }
    groups
}

/// A number of each cell that `which` admits, by group, the seeds as replicates.
fn by_group(
    cells: &[Measured],
    which: impl Fn(&Measured) -> bool,
    value: impl Fn(&Digest) -> Option<f64>,
) -> Vec<(String, Vec<Option<f64>>)> {
    let of_group = |(group, cells): (String, Vec<&Measured>)| {
        (group, cells.into_iter().filter(|cell| which(cell)).map(|cell| value(&cell.digest)).collect())
    };
    groups(cells).into_iter().map(of_group).collect()
}

fn sandwich(cells: &[Measured]) -> Claim {
    let checked = cells.iter().map(|cell| cell.record.checked).sum();
    let violated = cells.iter().map(|cell| cell.record.violated).sum();
    Claim::new("labels.sandwich", "The bounds hold under wrong labels, too, sample by sample [T11]").holds(
        "lo ≤ l − l_inf ≤ hi under wrong labels, beyond the stated round-off",
        violated,
        checked,
    )
}

fn unrelated(cells: &[Measured]) -> Result<Claim, Failure> {
    let claim = Claim::new("labels.unrelated", "The true risk does not follow the bounds of wrong labels");
    // A risk that runs against the bound is related to it, too.
    Ok(claim.requires_of_groups(
        "local correlation of the true risk with the wrong labels' lower bound (set medians)",
        by_group(cells, |_| true, |digest| digest.across.last_half_median()),
        Criterion::Between(-0.3, 0.3),
    )?)
}

/// Only cross-entropy: under the squared error the correlation is kept, which the table reports.
fn own(cells: &[Measured]) -> Result<Claim, Failure> {
    let claim = Claim::new(
        "labels.own",
        "Under cross-entropy a wrong label's risk follows its own bound less than a right label's does",
    );
    let learned = |cell: &Measured| cell.case.loss == "ce" && cell.digest.final_risk < LEARNED;
    if !cells.iter().any(learned) {
        return Ok(claim.open("no cross-entropy cell ended below a risk of 0.1"));
    }
    Ok(claim.requires_of_groups(
        "correlation of risk and lower bound, right less wrong labels, cells ending below 0.1",
        by_group(cells, learned, Digest::lost),
        Criterion::AtLeast(0.3),
    )?)
}

fn energy(cells: &[Measured]) -> Result<Claim, Failure> {
    let mut claim = Claim::new("labels.energy", "Wrong labels raise the local gradient norm ‖∇l‖²");
    for (loss, name, least) in [("ce", "cross-entropy", 30.0), ("squared", "squared error", 5.0)] {
        if cells.iter().any(|cell| cell.case.loss == loss) {
            claim = claim.requires_of_groups(
                &format!("mean energy, wrong over right labels, last half, {name}"),
                by_group(cells, |cell| cell.case.loss == loss, |digest| Some(digest.energy_ratio)),
                Criterion::AtLeast(least),
            )?;
        }
    }
    Ok(claim.requires_of_groups(
        "share of samples with the larger energy under the wrong label",
        by_group(cells, |_| true, |digest| Some(digest.larger)),
        Criterion::AtLeast(0.9),
    )?)
}

fn ran(settings: &TrainingSettings, cells: &[Measured]) -> String {
    let logs: usize = cells.iter().map(|cell| cell.record.logs.len()).sum();
    format!(
        "{} cells: data sets {}; models {}; losses {}; seeds {:?}. SGD with rate {}, momentum {}, batches of {}, {} epochs, on \
         the true labels; a log every {} steps ({} logs in all) of a probe set of {} samples ({} for convolutional models), \
         under its labels and under wrong labels drawn once, uniformly over the other classes. Training in f32, \
         measurements in f64 with the f32 parameters taken as exact.",
        cells.len(),
        settings.datasets.join(", "),
        settings.models.join(", "),
        settings.losses.join(", "),
        settings.seeds,
        settings.rate,
        settings.momentum,
        settings.batch,
        settings.epochs,
        settings.log_every,
        grouped(logs),
        settings.probe,
        settings.probe_convolutional,
    )
}

fn came_out(cells: &[Measured]) -> String {
    let mut parts = Vec::new();
    for (group, cells) in groups(cells) {
        let of = |value: &dyn Fn(&Digest) -> f64| {
            let values: Vec<f64> = cells.iter().map(|cell| value(&cell.digest)).collect();
            short(median(&values).unwrap_or(f64::NAN))
        };
        let correlation = |which: fn(&Digest) -> &LocalCorrelation| {
            of(&|digest| which(digest).last_half_median().unwrap_or(f64::NAN))
        };
        parts.push(format!(
            "{group}: correlation of true risk and wrong bound {}; of risk and own lower bound {} under right, {} under wrong \
             labels; energy ratio {}; infinite upper bounds under wrong labels {} %",
            correlation(|digest| &digest.across),
            correlation(|digest| &digest.right),
            correlation(|digest| &digest.wrong),
            of(&|digest| digest.energy_ratio),
            of(&|digest| 100.0 * digest.infinite),
        ));
    }
    format!("Medians over seeds. {}.", parts.join(". "))
}

#[cfg(test)]
mod tests;
