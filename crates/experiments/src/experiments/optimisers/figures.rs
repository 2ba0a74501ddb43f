//! The figures and the table of `optimisers`.

use std::collections::BTreeMap;
use std::f64::consts::LN_2;

use fenchel_harness::{Figure, Table};

use super::Case;
use super::digest::Finished;
use crate::ingredients::{BoundCorrelations, StepLog, file_safe, risk_between_bounds};

/// An optimiser's name as a reader knows it.
pub(super) fn readable(optimiser: &str) -> String {
    let parts: Vec<&str> = optimiser.split(':').collect();
    match parts[..] {
        ["sgd", rate] => format!("SGD {rate}"),
        ["sgd", rate, momentum] => format!("SGD {rate}, momentum {momentum}"),
        ["adam", rate] => format!("Adam {rate}"),
        ["rmsprop", rate] => format!("RMSprop {rate}"),
        ["generalised", r, p, rate] => {
            let p = if p == "inf" { "∞" } else { p };
            format!("generalised SGD, r = {r}, l_{{{p}}}, a = {rate}")
        }
        _ => optimiser.into(),
    }
}

/// For each data set, model and loss one figure: a row an optimiser, a column a schedule; the first seed of each.
pub(super) fn grids(cells: &[Finished]) -> Vec<Figure> {
    let mut groups: BTreeMap<String, Vec<&Finished>> = BTreeMap::new();
    for cell in cells {
        let Case { dataset, model, loss, .. } = &cell.case;
        let group = groups.entry(format!("{dataset} {model} {loss}")).or_default();
        if group.iter().all(|other| other.case.group() != cell.case.group()) {
            group.push(cell);
        }
    }
    groups.into_iter().map(|(name, cells)| grid(&name, &cells)).collect()
}

fn grid(name: &str, cells: &[&Finished]) -> Figure {
    let mut schedules: Vec<&str> = cells.iter().map(|cell| cell.case.schedule.as_str()).collect();
    schedules.sort_unstable();
    schedules.dedup();
    let figure = Figure::new(
        &format!("optimisers-{}", file_safe(name)),
        &format!("Risk between its bounds under other optimisers: {}", name.replace(' ', ", ")),
        &format!(
            "Seed {}. The median loss of the probe set between the medians of the samples' own bounds; an infinite upper bound \
             reaches the top. The same start and the same batches in all panels.",
            cells.first().map_or(0, |cell| cell.case.seed)
        ),
    )
    .columns(schedules.len());
    cells.iter().fold(figure, |figure, cell| {
        let title = format!("{}, {}", readable(&cell.case.optimiser), cell.case.schedule);
        let logs = cell.record.logs.iter().map(|log| (log.step, &log.probe));
        figure.panel(risk_between_bounds(&title, logs))
    })
}

/// One row a cell.
pub(super) fn cells(cells: &[Finished], window: usize) -> fenchel_harness::error::Result<Table> {
    let mut table = Table::new(
        "cells",
        "One row a cell: training, sandwiches, local correlations (last-half medians).",
        &[
            "data set",
            "model",
            "loss",
            "optimiser",
            "schedule",
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
            "windows skipped (upper)",
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
            cell.case.optimiser.as_str().into(),
            cell.case.schedule.as_str().into(),
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
            correlations.upper.skipped().into(),
            (last(|log| log.probe.d) / LN_2).into(),
        ]);
    }
    Ok(table)
}
