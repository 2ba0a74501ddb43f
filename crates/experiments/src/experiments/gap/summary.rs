//! What the records of `gap` say of its claims.

use fenchel_harness::claim::{groups_of, replicates};
use fenchel_harness::number::{grouped, short};
use fenchel_harness::statistics::median;
use fenchel_harness::{Failure, Findings, Outcome, Result, Summary};

use super::claims::*;
use super::digest::remainder;
use super::{Log, Record, figures};
use crate::ingredients::{TrainingCase, TrainingSettings, sandwiches};

/// Below this final risk the samples of a cross-entropy cell are near their labels, where the constants are those
/// of small residuals.
const LEARNED: f64 = 0.1;

type Finished = Outcome<TrainingCase, Record>;

pub(super) fn summarise(
    settings: &TrainingSettings,
    cells: &[Finished],
    findings: &mut Findings,
) -> std::result::Result<Summary, Failure> {
    decide(cells, findings)?;
    Ok(Summary {
        ran: ran(settings, cells),
        came_out: came_out(cells),
        differs: "The papers attribute the gap to the structural error alone. That is exact for the squared error. For \
            cross-entropy the bounds grow like the residual's norm, not its square, so near a label only D/2 is the \
            structure's, and ½ log(2(m−1)/m) is the loss's own, since the norm of a residual does not say how its mass is \
            spread over the wrong classes; far from its label a sample has no finite upper bound. Averaging adds as much \
            as the samples differ, whatever the structure."
            .into(),
        tables: vec![figures::cells(cells)],
        // One seed stands for its group in the figures; the table holds all.
        figures: groups_of(cells, |cell| cell.case.group()).values().map(|cells| figures::gap(cells[0])).collect(),
    })
}

fn last(record: &Record) -> Option<&Log> {
    record.logs.last()
}

fn decide(cells: &[Finished], findings: &mut Findings) -> Result<()> {
    let total = |which: fn(&&Finished) -> bool, count: fn(&Record) -> usize| {
        cells.iter().filter(which).map(|cell| count(&cell.record)).sum::<usize>()
    };
    let (all, decomposed) = (|_: &&Finished| true, |record: &Record| record.decomposed);
    let squared = |cell: &&Finished| cell.case.loss == "squared";
    let learned =
        |cell: &&Finished| cell.case.loss == "ce" && last(&cell.record).is_some_and(|log| log.risk < LEARNED);
    let remainder = |cell: &&Finished| Some(remainder(last(&cell.record)?, cell.record.classes).abs());

    let tallies = cells.iter().map(|cell| (String::new(), cell.record.sandwiches));
    sandwiches(findings.about(&SANDWICH)?, tallies)?;
    findings.about(&PARTS)?.holds(&SUM, total(all, |record| record.unequal), total(all, decomposed))?.holds(
        &ORDERED,
        total(all, |record| record.unordered),
        total(all, decomposed),
    )?;
    let not_d = total(squared, |record| record.not_d);
    findings.about(&SQUARED)?.holds(&IS_D, not_d, total(squared, decomposed))?;
    let groups = replicates(cells.iter().filter(learned), |cell| cell.case.group(), remainder);
    findings.about(&ENTROPY)?.groups(&REMAINDER, groups)?;
    Ok(())
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
    for (group, cells) in groups_of(cells, |cell| cell.case.group()) {
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
