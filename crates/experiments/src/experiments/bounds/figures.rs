//! The figures and tables of `bounds`: risk between bounds, components, local correlation.

use std::f64::consts::LN_2;

use fenchel_harness::statistics::LocalCorrelation;
use fenchel_harness::{Axis, Curve, Figure, Panel, Table};

use super::digest::Measured;
use super::record::Log;
use crate::ingredients::{loss_title, risk_between_bounds};

/// One point a log.
fn series(cell: &Measured, value: impl Fn(&Log) -> f64) -> Vec<(f64, f64)> {
    cell.record.logs.iter().map(|log| (log.step as f64, value(log))).collect()
}

/// One point a window, at the step of its middle.
fn windows(cell: &Measured, correlation: &LocalCorrelation) -> Vec<(f64, f64)> {
    correlation.points().map(|(log, value)| (cell.record.logs[log].step as f64, value)).collect()
}

fn identifier(prefix: &str, cell: &Measured) -> String {
    format!("{prefix}-{}", cell.case.group().replace(' ', "-"))
}

fn title(cell: &Measured) -> String {
    format!("{}, {}, {}", cell.case.dataset, cell.case.model, loss_title(&cell.case.loss))
}

/// The three panels over the probe set.
pub(super) fn probe_set(cell: &Measured) -> Figure {
    let steps = || Axis::linear("step");
    let logs = cell.record.logs.iter().map(|log| (log.step, &log.probe));
    let risk = risk_between_bounds("risk between its bounds", logs);
    let components = Panel::new("components", steps(), Axis::linear("log₂ (bits)"))
        .curve(Curve::new("log₂ mean ‖∇l‖²", 0, series(cell, |log| log.probe.energy.log2())))
        .curve(Curve::new("log₂ ‖mean ∇l‖²", 4, series(cell, |log| log.probe.mean_gradient.log2())))
        .curve(Curve::new("U (mean)", 2, series(cell, |log| log.probe.u / LN_2)))
        .curve(Curve::new("L (mean)", 1, series(cell, |log| log.probe.l / LN_2)))
        .curve(Curve::new("D = U − L", 3, series(cell, |log| log.probe.d / LN_2)));
    let digest = &cell.digest;
    let local =
        Panel::new("local correlation", steps(), Axis::linear("Pearson correlation").range(0.0, 1.02))
            .curve(Curve::new("l and lo (geometric means)", 1, windows(cell, &digest.set_lower)))
            .curve(Curve::new("l and hi (medians)", 2, windows(cell, &digest.set_upper)));
    Figure::new(
        &identifier("probe", cell),
        &format!("The probe set's risk between its bounds: {}", title(cell)),
        &format!(
            "Seed {}. Left: the median loss of the probe set between the medians of the samples' own lower and upper \
             bounds (an infinite upper bound reaches the top). Middle: local gradient norm, norm of the mean gradient, and the \
             structural error in bits. Right: Pearson correlation of the logarithms in windows of {} logs.",
            cell.case.seed, digest.set_lower.window
        ),
    )
    .panel(risk)
    .panel(components)
    .panel(local)
}

/// The papers' reading: one fresh sample a log, constant-free bounds.
pub(super) fn fresh_sample(cell: &Measured) -> Figure {
    let steps = || Axis::linear("step");
    let bits = |value: f64| value / LN_2;
    let risk = Panel::new("one fresh sample a log", steps(), Axis::linear("log₂ (bits)"))
        .curve(Curve::new(
            "log₂ ‖∇l‖² − log₂ λ_{min}",
            2,
            series(cell, |log| bits(log.fresh.constant_free_upper())),
        ))
        .curve(Curve::new(
            "log₂ ‖∇l‖² − log₂ λ_{max}",
            1,
            series(cell, |log| bits(log.fresh.constant_free_lower())),
        ))
        .curve(Curve::new("log₂ (l − l_{inf})", 0, series(cell, |log| log.fresh.excess.log2())));
    let components = Panel::new("components", steps(), Axis::linear("log₂ (bits)"))
        .curve(Curve::new("log₂ ‖∇l‖²", 0, series(cell, |log| log.fresh.energy.log2())))
        .curve(Curve::new("U = −log₂ λ_{min}", 2, series(cell, |log| -log.fresh.lambda_min.log2())))
        .curve(Curve::new("L = −log₂ λ_{max}", 1, series(cell, |log| -log.fresh.lambda_max.log2())));
    let digest = &cell.digest;
    let local = Panel::new("local correlation", steps(), correlation_axis())
        .curve(Curve::new("with the lower bound", 1, windows(cell, &digest.fresh_lower)))
        .curve(Curve::new("with the upper bound", 2, windows(cell, &digest.fresh_upper)))
        .curve(Curve::new("with another sample's", 4, windows(cell, &digest.other_lower)))
        .curve(Curve::new("in shuffled time", 6, windows(cell, &digest.shuffled)));
    Figure::new(
        &identifier("fresh", cell),
        &format!("A fresh sample's risk and its constant-free bounds: {}", title(cell)),
        &format!(
            "Seed {}. The papers' reading: at each log one fresh training sample, its log loss beside log ‖∇l‖² − log λ, \
             which leave the losses' constants out and so need not lie on their sides of the loss. Right: Pearson \
             correlation in windows of {} logs, with two controls.",
            cell.case.seed, digest.fresh_lower.window
        ),
    )
    .panel(risk)
    .panel(components)
    .panel(local)
}

fn correlation_axis() -> Axis {
    Axis::linear("Pearson correlation").range(-1.0, 1.05)
}

/// One row a cell: how training went, how many sandwiches were checked, what structure explains.
pub(super) fn cells(cells: &[Measured]) -> Table {
    let mut table = Table::new(
        "cells",
        "One row a cell: training, sandwiches checked and violated, share of finite upper bounds, residual ratio.",
        &[
            "data set",
            "model",
            "loss",
            "seed",
            "parameters",
            "test accuracy",
            "test risk",
            "final probe risk",
            "final D (bits)",
            "sandwiches",
            "finite upper bounds",
            "violated",
            "least finite share of hi, last half",
            "residual ratio",
        ],
    );
    for Measured { case, record, digest } in cells {
        let d = record.logs.last().map_or(f64::NAN, |log| log.probe.d / LN_2);
        table.push([
            case.dataset.as_str().into(),
            case.model.as_str().into(),
            case.loss.as_str().into(),
            case.seed.into(),
            record.parameters.into(),
            record.test_accuracy.into(),
            record.test_risk.into(),
            digest.final_risk.into(),
            d.into(),
            record.sandwiches.checked.into(),
            record.sandwiches.finite.into(),
            record.sandwiches.violated().into(),
            digest.upper_finite.into(),
            digest.residual_ratio.into(),
        ]);
    }
    table
}

/// One row a cell: the last-half medians of all local correlations, and how many windows were skipped.
pub(super) fn correlations(cells: &[Measured]) -> Table {
    let mut table = Table::new(
        "correlations",
        "One row a cell: local Pearson correlations, medians over the windows of the last half of the run.",
        &[
            "data set",
            "model",
            "loss",
            "seed",
            "fresh: lower",
            "fresh: upper",
            "fresh: energy alone",
            "another's lower",
            "another's upper",
            "shuffled time",
            "set: geometric l, lo",
            "set: median l, hi",
            "set: mean l, lo",
            "windows skipped (fresh lower)",
            "windows skipped (set upper)",
        ],
    );
    for Measured { case, digest, .. } in cells {
        table.push([
            case.dataset.as_str().into(),
            case.model.as_str().into(),
            case.loss.as_str().into(),
            case.seed.into(),
            digest.fresh_lower.last_half_median().into(),
            digest.fresh_upper.last_half_median().into(),
            digest.fresh_energy.last_half_median().into(),
            digest.other_lower.last_half_median().into(),
            digest.other_upper.last_half_median().into(),
            digest.shuffled.last_half_median().into(),
            digest.set_lower.last_half_median().into(),
            digest.set_upper.last_half_median().into(),
            digest.mean_lower.last_half_median().into(),
            digest.fresh_lower.skipped().into(),
            digest.set_upper.skipped().into(),
        ]);
    }
    table
}
