//! The figures and the table of `gap`.

use std::f64::consts::LN_2;

use fenchel_harness::{Axis, Band, Curve, Figure, Outcome, Panel, Table};

use super::digest::remainder;
use super::{Log, Record};
use crate::ingredients::{TrainingCase, file_safe, loss_title};

/// The name of a group's figure.
pub(super) fn identifier(case: &TrainingCase) -> String {
    format!("gap-{}", file_safe(&case.group()))
}

/// The parts of the gap stacked, the gap against its prediction, the share of finite bounds.
pub(super) fn gap(cell: &Outcome<TrainingCase, Record>) -> Figure {
    let Outcome { case: TrainingCase { dataset, model, loss, seed }, record, .. } = cell;
    let cross_entropy = loss == "ce";
    let steps = || Axis::linear("SGD step");
    let series = |value: &dyn Fn(&Log) -> f64| -> Vec<(f64, f64)> {
        record.logs.iter().map(|log| (log.step as f64, value(log))).collect()
    };
    // Each part lies on those before it; averaging comes last, since it belongs to the set and not to a sample.
    let stacked = |upto: usize| -> Vec<(f64, f64, f64)> {
        let heights = |log: &Log| {
            let parts = &log.logarithmic;
            [parts.structure_below, parts.structure_above, parts.loss_below + parts.loss_above, log.averaging]
        };
        let layers = record.logs.iter().map(|log| {
            let heights = heights(log).map(|height| height / LN_2);
            let below: f64 = heights[..upto].iter().sum();
            (log.step as f64, below, below + heights[upto])
        });
        layers.collect()
    };
    let mut parts = Panel::new("parts of the gap, stacked", steps(), Axis::linear("log₂ (bits)"));
    let names = ["structure, below", "structure, above", "the loss's own gap", "averaging over the set"];
    for (layer, name) in names.into_iter().enumerate() {
        parts = parts.band(Band::new(name, layer + 1, stacked(layer)));
    }
    let parts = parts.curve(Curve::new("log₂ (mean hi / mean lo)", 0, series(&|log| log.set / LN_2)));
    let m = record.classes as f64;
    let own = 0.5 * (2.0 * (m - 1.0) / m).log2();
    let name = if cross_entropy { "D/2 + ½ log₂ (2(m−1)/m)" } else { "D" };
    let prediction = |log: &Log| {
        let d = log.d / LN_2;
        if cross_entropy { 0.5 * d + own } else { d }
    };
    let predicted = Panel::new("a sample's gap (mean)", steps(), Axis::linear("log₂ (bits)"))
        .curve(Curve::new("log₂ (hi / lo)", 0, series(&|log| log.logarithmic.sum() / LN_2)))
        .curve(Curve::new(name, 2, series(&prediction)));
    let finite =
        Panel::new("finite upper bounds", steps(), Axis::linear("share of samples").range(0.0, 1.02))
            .curve(Curve::new("", 0, series(&|log| log.finite)));
    let loss = loss_title(loss);
    Figure::new(
        &identifier(&cell.case),
        &format!("Which part of the gap is which: {dataset}, {model}, {loss}"),
        &format!(
            "Seed {seed}. Means over the probe samples whose upper bound is finite. Left: the parts of log₂ (hi / lo), one on \
             the other, and what averaging adds until the gap of the mean bounds (black) is reached. Middle: the gap against what \
             the structural error D{} predicts.",
            if cross_entropy { " on the sum-zero directions" } else { "" }
        ),
    )
    .panel(parts)
    .panel(predicted)
    .panel(finite)
}

/// One row a cell, at the end of training.
pub(super) fn cells(cells: &[Outcome<TrainingCase, Record>]) -> Table {
    let mut table = Table::new(
        "cells",
        "One row a cell: checks over the run, and the parts of log(hi / lo) at the end (means over finite bounds, bits).",
        &[
            "data set",
            "model",
            "loss",
            "seed",
            "test accuracy",
            "final probe risk",
            "sandwiches",
            "finite upper bounds",
            "violated",
            "gaps decomposed",
            "sums unequal",
            "parts negative",
            "gaps not D",
            "finite upper bounds (share)",
            "structure above",
            "loss above",
            "loss below",
            "structure below",
            "averaging",
            "D",
            "hi − lo (mean, nats)",
            "remainder of cross-entropy (nats)",
            "remainder, median of the last half (nats)",
        ],
    );
    for Outcome { case, record, .. } in cells {
        let last = |value: &dyn Fn(&Log) -> f64| record.logs.last().map_or(f64::NAN, value);
        let bits = |value: &dyn Fn(&Log) -> f64| last(value) / LN_2;
        let late = |log: &Log| if case.loss == "ce" { remainder(log, record.classes) } else { f64::NAN };
        let half: Vec<f64> =
            record.logs[record.logs.len() / 2..].iter().map(late).filter(|value| !value.is_nan()).collect();
        table.push([
            case.dataset.as_str().into(),
            case.model.as_str().into(),
            case.loss.as_str().into(),
            case.seed.into(),
            record.test_accuracy.into(),
            last(&|log| log.risk).into(),
            record.sandwiches.checked.into(),
            record.sandwiches.finite.into(),
            record.sandwiches.violated().into(),
            record.decomposed.into(),
            record.unequal.into(),
            record.unordered.into(),
            record.not_d.into(),
            last(&|log| log.finite).into(),
            bits(&|log| log.logarithmic.structure_above).into(),
            bits(&|log| log.logarithmic.loss_above).into(),
            bits(&|log| log.logarithmic.loss_below).into(),
            bits(&|log| log.logarithmic.structure_below).into(),
            bits(&|log| log.averaging).into(),
            bits(&|log| log.d).into(),
            last(&|log| log.linear.sum()).into(),
            last(&late).into(),
            fenchel_harness::statistics::median(&half).unwrap_or(f64::NAN).into(),
        ]);
    }
    table
}
