//! What the records of `labels` say of its claims.

use std::collections::BTreeMap;

use fenchel_harness::claim::{groups_of, replicates};
use fenchel_harness::number::{grouped, short};
use fenchel_harness::statistics::{LocalCorrelation, median};
use fenchel_harness::{Failure, Findings, Outcome, Result, Summary};

use super::claims::*;
use super::digest::{Digest, Measured};
use super::{Record, figures};
use crate::ingredients::{TrainingCase, TrainingSettings, sandwiches};

/// Below this final risk a cross-entropy cell has learned enough to be compared with its wrong labels.
const LEARNED: f64 = 0.1;

pub(super) fn summarise(
    settings: &TrainingSettings,
    outcomes: &[Outcome<TrainingCase, Record>],
    findings: &mut Findings,
) -> std::result::Result<Summary, Failure> {
    let cells = outcomes
        .iter()
        .map(|Outcome { case, record, .. }| {
            Digest::new(record, settings.window).map(|digest| Measured { case, record, digest })
        })
        .collect::<Result<Vec<Measured>>>()?;
    decide(&cells, findings)?;
    Ok(Summary {
        ran: ran(settings, &cells),
        came_out: came_out(&cells),
        differs: "The papers show no such control. Under the squared error a wrong label's risk may keep following its own lower \
            bound: the sandwich holds for any label, and the residual of a wrong label moves with the outputs. \
            Under cross-entropy the residual of a wrong label is near its largest value √2, where the lower bound no longer \
            moves while the loss grows, and the upper bounds are infinite for the most part; so correlations are compared under \
            cross-entropy only."
            .into(),
        tables: vec![figures::cells(&cells)],
        // One seed stands for its group in the figures; the table holds all.
        figures: groups_of(&cells, |cell| cell.case.group()).values().map(|cells| figures::labels(cells[0])).collect(),
    })
}

fn decide(cells: &[Measured], findings: &mut Findings) -> Result<()> {
    let all = |_: &Measured| true;
    let with = |loss: &'static str| move |cell: &Measured| cell.case.loss == loss;
    let learned = |cell: &Measured| cell.case.loss == "ce" && cell.digest.final_risk < LEARNED;
    let tallies = cells.iter().map(|cell| (String::new(), cell.record.sandwiches));
    sandwiches(findings.about(&SANDWICH)?, tallies)?;
    let across = by_group(cells, all, |digest| digest.across.last_half_median());
    findings.about(&UNRELATED)?.groups(&ACROSS, across)?;
    findings.about(&OWN)?.groups(&LOST, by_group(cells, learned, Digest::lost))?;
    let ratio = |digest: &Digest| Some(digest.energy_ratio);
    findings
        .about(&ENERGY)?
        .groups(&RATIO_ENTROPY, by_group(cells, with("ce"), ratio))?
        .groups(&RATIO_SQUARED, by_group(cells, with("squared"), ratio))?
        .groups(&LARGER, by_group(cells, all, |digest| Some(digest.larger)))?;
    Ok(())
}

/// A number of each cell that `which` admits, by group, the seeds as replicates.
fn by_group(
    cells: &[Measured],
    which: impl Fn(&Measured) -> bool,
    value: impl Fn(&Digest) -> Option<f64>,
) -> BTreeMap<String, Vec<Option<f64>>> {
    let number = |cell: &&Measured| value(&cell.digest);
    replicates(cells.iter().filter(|cell| which(cell)), |cell| cell.case.group(), number)
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
    for (group, cells) in groups_of(cells, |cell| cell.case.group()) {
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
