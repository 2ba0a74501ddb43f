//! The figures and the table of `labels`.

use std::f64::consts::LN_2;

use fenchel_harness::statistics::LocalCorrelation;
use fenchel_harness::{Axis, Curve, Figure, Panel, Table};

use super::Log;
use super::digest::Measured;
use crate::ingredients::{TrainingCase, file_safe, loss_title};

/// One point a log.
fn series(cell: &Measured, value: impl Fn(&Log) -> f64) -> Vec<(f64, f64)> {
    cell.record.logs.iter().map(|log| (log.step as f64, value(log))).collect()
}

/// One point a window, at the step of its middle.
fn windows(cell: &Measured, correlation: &LocalCorrelation) -> Vec<(f64, f64)> {
    correlation.points().map(|(log, value)| (cell.record.logs[log].step as f64, value)).collect()
}

/// The name of a group's figure.
pub(super) fn identifier(case: &TrainingCase) -> String {
    format!("labels-{}", file_safe(&case.group()))
}

/// Risk and bounds under both labels, correlations, energies.
pub(super) fn labels(cell: &Measured) -> Figure {
    let TrainingCase { dataset, model, loss, seed } = cell.case;
    let loss = loss_title(loss);
    let steps = || Axis::linear("SGD step");
    let risk =
        Panel::new("risk and lower bounds (medians)", steps(), Axis::log2("excess loss (nats), log₂ scale"))
            .curve(Curve::new("wrong labels: loss", 2, series(cell, |log| log.wrong.risk_median)))
            .curve(Curve::new("wrong labels: lower bound", 3, series(cell, |log| log.wrong.lower_median)))
            .curve(Curve::new("true labels: loss", 0, series(cell, |log| log.right.risk_median)))
            .curve(Curve::new("true labels: lower bound", 1, series(cell, |log| log.right.lower_median)));
    let digest = &cell.digest;
    let local =
        Panel::new("local correlation", steps(), Axis::linear("Pearson correlation").range(-1.0, 1.05))
            .curve(Curve::new("true loss and its bound", 1, windows(cell, &digest.right)))
            .curve(Curve::new("wrong labels' loss and bound", 3, windows(cell, &digest.wrong)))
            .curve(Curve::new("true loss and wrong bound", 4, windows(cell, &digest.across)));
    let energy = Panel::new("local gradient norm", steps(), Axis::log2("mean ‖∇l‖², log₂ scale"))
        .curve(Curve::new("wrong labels", 2, series(cell, |log| log.wrong.energy)))
        .curve(Curve::new("true labels", 0, series(cell, |log| log.right.energy)));
    Figure::new(
        &identifier(cell.case),
        &format!("Risk, bounds and energy under true and wrong labels: {dataset}, {model}, {loss}"),
        &format!(
            "Seed {seed}. The same parameters and samples, measured under their labels and under random wrong ones. Middle: \
             Pearson correlation of the logarithms of set medians in windows of {} logs.",
            digest.right.window
        ),
    )
    .panel(risk)
    .panel(local)
    .panel(energy)
}

/// One row a cell.
pub(super) fn cells(cells: &[Measured]) -> Table {
    let mut table = Table::new(
        "cells",
        "One row a cell: training, sandwiches under wrong labels, correlations (last-half medians), energies.",
        &[
            "data set",
            "model",
            "loss",
            "seed",
            "test accuracy",
            "final probe risk",
            "final risk, wrong labels (nats)",
            "sandwiches",
            "finite upper bounds",
            "violated",
            "infinite upper bounds, wrong labels (share)",
            "true risk, wrong bound",
            "true risk, own bound",
            "wrong risk, own bound",
            "energy ratio, last half",
            "samples with larger energy (share)",
            "final D, true labels (bits)",
        ],
    );
    for Measured { case, record, digest } in cells {
        let last = |value: fn(&Log) -> f64| record.logs.last().map_or(f64::NAN, value);
        table.push([
            case.dataset.as_str().into(),
            case.model.as_str().into(),
            case.loss.as_str().into(),
            case.seed.into(),
            record.test_accuracy.into(),
            digest.final_risk.into(),
            last(|log| log.wrong.risk).into(),
            record.sandwiches.checked.into(),
            record.sandwiches.finite.into(),
            record.sandwiches.violated().into(),
            digest.infinite.into(),
            digest.across.last_half_median().into(),
            digest.right.last_half_median().into(),
            digest.wrong.last_half_median().into(),
            digest.energy_ratio.into(),
            digest.larger.into(),
            last(|log| log.right.d / LN_2).into(),
        ]);
    }
    table
}
