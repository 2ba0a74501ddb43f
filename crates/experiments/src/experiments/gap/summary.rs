//! The claims of `gap`, each with the criterion that was fixed before the run.
//!
//! "The parts sum to the gap" alone would be a telescope that cannot fail; the claim asks with it that every part is at least 0,
//! which is T10 and the loss's own bounds, sample by sample.

use std::collections::BTreeMap;

use super::{Log, Record, figures};
use crate::claim::{Claim, Criterion};
use crate::error::Failure;
use crate::experiment::Outcome;
use crate::ingredients::{TrainingCase, TrainingSettings};
use crate::number::{grouped, short};
use crate::statistics::median;
use crate::summary::Summary;

/// Below this final risk the samples of a cross-entropy cell are near their labels, where the constants are those of small residuals.
const LEARNED: f64 = 0.1;

type Finished = Outcome<TrainingCase, Record>;

pub(super) fn summarise(settings: &TrainingSettings, cells: &[Finished]) -> Result<Summary, Failure> {
    // One seed stands for its group in the figures; the table holds all.
    let figures: Vec<_> = groups(cells).values().map(|cells| figures::gap(cells[0])).collect();
    let shown = |loss: &str| {
        let cell = cells.iter().find(|cell| cell.case.loss == loss).or(cells.first());
        cell.map_or(String::new(), |cell| figures::identifier(&cell.case))
    };
    let claims = [
        sandwich(cells).shown_in(&shown("ce")),
        parts(cells).shown_in(&shown("ce")),
        squared(cells).shown_in(&shown("squared")),
        cross_entropy(cells)?.shown_in(&shown("ce")),
    ];
    Ok(Summary {
        ran: ran(settings, cells),
        came_out: came_out(cells),
        differs: "The papers attribute the gap to the structural error alone. That is exact for the squared error. For \
            cross-entropy the bounds grow like the residual's norm, not its square, so near a label only D/2 is the \
            structure's, and ½ log(2(m−1)/m) is the loss's own, since the norm of a residual does not say how its mass is \
            spread over the wrong classes; far from its label a sample has no finite upper bound. Averaging adds as much \
            as the samples differ, whatever the structure."
            .into(),
        claims: claims.into_iter().map(|claim| claim.listed_in("cells")).collect(),
        tables: vec![figures::cells(cells)],
        figures,
    })
}

/// The cells by group, in the order of the plan within each.
fn groups(cells: &[Finished]) -> BTreeMap<String, Vec<&Finished>> {
    let mut groups: BTreeMap<String, Vec<&Finished>> = BTreeMap::new();
    for cell in cells {
        groups.entry(cell.case.group()).or_default().push(cell);
    }
    groups
}

fn sandwich(cells: &[Finished]) -> Claim {
    let checked = cells.iter().map(|cell| cell.record.checked).sum();
    let violated = cells.iter().map(|cell| cell.record.violated).sum();
    Claim::new("gap.sandwich", "Every sample's loss lies between its two bounds at every step [T11]").holds(
        "lo ≤ l − l_inf ≤ hi, sample by sample, beyond the stated round-off",
        violated,
        checked,
    )
}

fn parts(cells: &[Finished]) -> Claim {
    let total = |count: fn(&Record) -> usize| cells.iter().map(|cell| count(&cell.record)).sum();
    Claim::new(
        "gap.parts",
        "The gap is the structure's part and the loss's own, above and below, and nothing else",
    )
    .holds("the four parts sum to log hi − log lo", total(|record| record.unequal), total(|r| r.decomposed))
    .holds("no part is negative", total(|record| record.unordered), total(|r| r.decomposed))
}

fn squared(cells: &[Finished]) -> Claim {
    let total = |count: fn(&Record) -> usize| {
        cells.iter().filter(|cell| cell.case.loss == "squared").map(|cell| count(&cell.record)).sum()
    };
    Claim::new("gap.squared", "For the squared error the gap is the structural error: log(hi / lo) = D")
        .holds(
            "log hi − log lo = D, sample by sample, to rounding",
            total(|record| record.not_d),
            total(|record| record.decomposed),
        )
}

/// What is left of log(hi / lo) without D/2 and ½ log(2(m−1)/m), at one log.
pub(super) fn remainder(log: &Log, classes: usize) -> f64 {
    let m = classes as f64;
    log.logarithmic.sum() - 0.5 * log.d - 0.5 * (2.0 * (m - 1.0) / m).ln()
}

fn last(record: &Record) -> Option<&Log> {
    record.logs.last()
}

fn cross_entropy(cells: &[Finished]) -> Result<Claim, Failure> {
    let claim = Claim::new(
        "gap.ce",
        "For cross-entropy near the labels log(hi / lo) is D/2 + ½ log(2(m−1)/m), D on the sum-zero directions",
    );
    let learned =
        |cell: &&Finished| cell.case.loss == "ce" && last(&cell.record).is_some_and(|log| log.risk < LEARNED);
    if !cells.iter().any(|cell| learned(&cell)) {
        return Ok(claim.open("no cross-entropy cell ended below a risk of 0.1"));
    }
    let remainder = |cell: &Finished| {
        let value = remainder(last(&cell.record)?, cell.record.classes).abs();
        Some(value).filter(|value| !value.is_nan())
    };
    let groups = groups(cells)
        .into_iter()
        .map(|(group, cells)| (group, cells.into_iter().filter(learned).map(remainder).collect()));
    Ok(claim.requires_of_groups(
        "|mean log(hi / lo) − D/2 − ½ log(2(m−1)/m)| at the end (nats), samples with finite hi, cells ending below 0.1",
        groups,
        Criterion::AtMost(0.1),
    )?)
}

fn ran(settings: &TrainingSettings, cells: &[Finished]) -> String {
    let decomposed: usize = cells.iter().map(|cell| cell.record.decomposed).sum();
    format!(
        "{} cells: data sets {}; models {}; losses {}; seeds {:?}. SGD with rate {}, momentum {}, batches of {}, {} epochs; a log \
         every {} steps of a probe set of {} samples ({} for convolutional models). {} gaps with a finite upper bound \
         were decomposed. Training in f32, measurements in f64 with the f32 parameters taken as exact; the eigenvalues on \
         the sum-zero directions for cross-entropy, of the whole matrix for the squared error.",
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
        settings.probe,
        settings.probe_convolutional,
        grouped(decomposed),
    )
}

fn came_out(cells: &[Finished]) -> String {
    let bits = std::f64::consts::LN_2.recip();
    let mut parts = Vec::new();
    for (group, cells) in groups(cells) {
        let of = |value: &dyn Fn(&Log) -> f64| {
            let values: Vec<f64> = cells
                .iter()
                .filter_map(|cell| last(&cell.record))
                .map(value)
                .filter(|v| !v.is_nan())
                .collect();
            median(&values).map_or("—".to_owned(), short)
        };
        parts.push(format!(
            "{group}: structure {} bits, the loss's own gap {} bits, averaging {} bits; D {} bits; finite upper bounds {} %",
            of(&|log| bits * log.logarithmic.structure()),
            of(&|log| bits * log.logarithmic.loss()),
            of(&|log| bits * log.averaging),
            of(&|log| bits * log.d),
            of(&|log| 100.0 * log.finite),
        ));
    }
    format!("At the end of training, medians over seeds. {}.", parts.join(". "))
}

#[cfg(test)]
mod tests;
