//! The figures and the table of `losses`.

use std::collections::BTreeMap;
use std::f64::consts::LN_2;

use fenchel_harness::{Figure, Table};

use super::digest::Finished;
use crate::ingredients::{BoundCorrelations, StepLog, file_safe, loss_title, risk_between_bounds};

/// For each data set and model one figure, one panel a loss, the first seed of each.
pub(super) fn grids(cells: &[Finished]) -> Vec<Figure> {
    let mut groups: BTreeMap<(&str, &str), Vec<&Finished>> = BTreeMap::new();
    for cell in cells {
        let group = groups.entry((&cell.case.dataset, &cell.case.model)).or_default();
        if group.iter().all(|other| other.case.loss != cell.case.loss) {
            group.push(cell);
        }
    }
    groups.into_iter().map(|((dataset, model), cells)| grid(dataset, model, &cells)).collect()
}

fn grid(dataset: &str, model: &str, cells: &[&Finished]) -> Figure {
    let figure = Figure::new(
        &format!("losses-{}", file_safe(&format!("{dataset} {model}"))),
        &format!("Risk between its bounds under other losses: {dataset}, {model}"),
        &format!(
            "Seed {}. The median excess loss of the probe set between the medians of the samples' own bounds, each loss with its \
             own lo and hi; an infinite upper bound reaches the top.",
            cells.first().map_or(0, |cell| cell.case.seed)
        ),
    );
    cells.iter().fold(figure, |figure, cell| {
        let logs = cell.record.logs.iter().map(|log| (log.step, &log.probe));
        figure.panel(risk_between_bounds(&loss_title(&cell.case.loss), logs))
    })
}

/// One row a cell.
pub(super) fn cells(cells: &[Finished], window: usize) -> fenchel_harness::error::Result<Table> {
    let mut table = Table::new(
        "cells",
        "One row a cell: training, sandwiches, local correlations (last-half medians), the bounds at the end.",
        &[
            "data set",
            "model",
            "loss",
            "seed",
            "diverged",
            "test accuracy",
            "risk at the start",
            "risk at the end",
            "sandwiches",
            "finite upper bounds",
            "violated",
            "geometric l, lo",
            "median l, hi",
            "windows skipped (lower)",
            "finite upper bounds at the end (share)",
            "median hi / lo at the end (bits)",
            "D at the end (bits)",
        ],
    );
    for cell in cells {
        let record = &cell.record;
        let correlations = BoundCorrelations::new(&record.logs, window)?;
        let last = |value: fn(&StepLog) -> f64| record.logs.last().map_or(f64::NAN, value);
        table.push([
            cell.case.dataset.as_str().into(),
            cell.case.model.as_str().into(),
            cell.case.loss.as_str().into(),
            cell.case.seed.into(),
            if record.diverged.is_some() { "yes" } else { "no" }.into(),
            record.test_accuracy.into(),
            record.logs.first().map_or(f64::NAN, |log| log.probe.risk).into(),
            last(|log| log.probe.risk).into(),
            record.sandwiches.checked.into(),
            record.sandwiches.finite.into(),
            record.sandwiches.violated().into(),
            correlations.lower.last_half_median().into(),
            correlations.upper.last_half_median().into(),
            correlations.lower.skipped().into(),
            last(|log| log.probe.upper_finite).into(),
            (last(|log| (log.probe.upper_median / log.probe.lower_median).ln()) / LN_2).into(),
            (last(|log| log.probe.d) / LN_2).into(),
        ]);
    }
    Ok(table)
}
