//! The figures and tables of `skip`.

use fenchel_harness::statistics::median;
use fenchel_harness::table::Entry;
use fenchel_harness::{Axis, Curve, Estimate, Figure, Outcome, Panel, Table};

use super::digest::Group;
use super::record::{Depth, Structure};
use super::{Block, Case, Record};
use crate::ingredients::Start;

/// The ink of a block, the same in all figures.
const fn ink(block: Block) -> usize {
    match block {
        Block::Plain => 0,
        Block::Skip => 2,
        Block::Scaled => 1,
        Block::LayerNorm => 4,
        Block::PreLayerNorm => 3,
    }
}

/// All figures, of the first data set; the tables hold all.
pub(super) fn all(groups: &[Group]) -> Vec<Figure> {
    let dataset = groups.first().map_or("", |group| group.key.dataset.as_str());
    let of = |start: Start| -> Vec<&Group> {
        let same =
            |group: &&Group| group.key.dataset == dataset && group.key.start == start && !group.key.no_biases;
        groups.iter().filter(same).collect()
    };
    let (default, kaiming) = (of(Start::Default), of(Start::Kaiming));
    vec![first_layer(dataset, &default, &kaiming), whole(dataset, &default), trained(dataset, &default)]
}

/// A curve for each block: medians over seeds against depth.
fn panel(title: &str, label: &str, groups: &[&Group], of: impl Fn(&Depth) -> Option<f64>) -> Panel {
    let mut panel = Panel::new(title, Axis::linear("depth (hidden layers)"), Axis::linear(label));
    for group in groups {
        let Some((_, first)) = group.cells.first() else { continue };
        let points = first.depths.iter().enumerate().filter_map(|(index, depth)| {
            let values: Vec<f64> = group
                .cells
                .iter()
                .filter_map(|(_, record)| record.depths.get(index).and_then(&of))
                .filter(|value| value.is_finite())
                .collect();
            Some((depth.depth as f64, median(&values).ok()?))
        });
        let block = group.key.block;
        panel = panel.curve(Curve::new(block.formula(), ink(block), points.collect()).marked());
    }
    panel
}

fn at_start(of: impl Fn(&Structure) -> f64) -> impl Fn(&Depth) -> Option<f64> {
    move |depth| Some(of(&depth.start))
}

fn first_layer(dataset: &str, default: &[&Group], kaiming: &[&Group]) -> Figure {
    let mut figure = Figure::new(
        "first-layer",
        &format!("The first layer's term against depth, at initialisation: {dataset}"),
        "Medians over the probe set and the seeds of the extreme eigenvalues of A₁ = (‖x‖² + 1) P P′ and of D(A₁), in bits. Above: the default start, \
         below: Kaiming's, both with biases.",
    );
    for (name, groups) in [("default start", default), ("Kaiming", kaiming)] {
        figure = figure
            .panel(panel(&format!("smallest, {name}"), "log₂ λ_{min}(A₁)", groups, at_start(|s| s.first.min)))
            .panel(panel(&format!("largest, {name}"), "log₂ λ_{max}(A₁)", groups, at_start(|s| s.first.max)))
            .panel(panel(&format!("condition, {name}"), "D(A₁) (bits)", groups, at_start(|s| s.first.d)));
    }
    figure
}

fn whole(dataset: &str, default: &[&Group]) -> Figure {
    Figure::new(
        "whole",
        &format!("The whole structural matrix against depth, at initialisation: {dataset}"),
        "The same chains, default start with biases: the head's term ‖h‖² + 1 and the last biases are a floor for the eigenvalues of the whole matrix (T12), which hides what the \
         figure before shows.",
    )
    .panel(panel("smallest", "log₂ λ_{min}(A)", default, at_start(|s| s.whole.min)))
    .panel(panel("largest", "log₂ λ_{max}(A)", default, at_start(|s| s.whole.max)))
    .panel(panel("condition", "D(A) (bits)", default, at_start(|s| s.whole.d)))
}

fn trained(dataset: &str, default: &[&Group]) -> Figure {
    let risk = |depth: &Depth| depth.trained.as_ref().map(|trained| trained.risk);
    let after = |of: fn(&Structure) -> f64| {
        move |depth: &Depth| depth.trained.as_ref().and_then(|trained| trained.structure.as_ref()).map(of)
    };
    Figure::new(
        "trained",
        &format!("After training: {dataset}"),
        "The same chains after training; chains that overflowed have no mark. Left: the risk over training samples, ln 10 being that of a uniform guess. \
         Middle and right: the first layer's term then.",
    )
    .panel(panel("risk", "mean loss (nats)", default, risk).level("ln 10", std::f64::consts::LN_10))
    .panel(panel("smallest, trained", "log₂ λ_{min}(A₁)", default, after(|s| s.first.min)))
    .panel(panel("condition, trained", "D(A₁) (bits)", default, after(|s| s.first.d)))
}

/// One row a group: the slopes against depth.
pub(super) fn slopes(groups: &[Group]) -> Table {
    let mut table = Table::new(
        "slopes",
        "One row a data set, start and block: what a layer more does to the first layer's term at initialisation, in bits: medians over the slopes of the seeds, with their range or interval; infinite where a chain vanished.",
        &[
            "data set",
            "start",
            "block",
            "cells",
            "log₂ λ_min(A₁) a layer",
            "from",
            "to",
            "log₂ λ_max(A₁) a layer",
            "from",
            "to",
            "D(A₁) a layer",
            "from",
            "to",
        ],
    );
    for group in groups {
        let ends =
            |estimate: Estimate| [estimate.value, estimate.range().0, estimate.range().1].map(Entry::Number);
        let ([min, min_low, min_high], [max, max_low, max_high], [d, d_low, d_high]) =
            (ends(group.estimate(|s| s.min)), ends(group.estimate(|s| s.max)), ends(group.estimate(|s| s.d)));
        let start = group.cells.first().map_or_else(String::new, |(case, _)| case.start_title());
        table.push([
            group.key.dataset.as_str().into(),
            start.into(),
            group.key.block.formula().into(),
            group.cells.len().into(),
            min,
            min_low,
            min_high,
            max,
            max_low,
            max_high,
            d,
            d_low,
            d_high,
        ]);
    }
    table
}

/// One row a chain at initialisation.
pub(super) fn structures(outcomes: &[Outcome<Case, Record>]) -> Table {
    let mut table = Table::new(
        "structures",
        "One row a chain at initialisation: medians over the probe set, eigenvalues as log₂, D in bits; the cell's sandwiches beside them.",
        &[
            "data set",
            "start",
            "block",
            "seed",
            "depth",
            "parameters",
            "λ_min(A₁)",
            "λ_max(A₁)",
            "D(A₁)",
            "singular A₁",
            "λ_min(A)",
            "λ_max(A)",
            "D(A)",
            "λ_min(B)",
            "λ_max(B)",
            "head's term",
            "risk",
            "sandwiches of the cell",
            "finite upper bounds",
            "violated",
        ],
    );
    for Outcome { case, record, .. } in outcomes {
        for depth in &record.depths {
            let Structure { first, whole, below_head, head, risk, singular } = depth.start;
            table.push([
                case.dataset.as_str().into(),
                case.start_title().into(),
                case.block.formula().into(),
                case.seed.into(),
                depth.depth.into(),
                depth.parameters.into(),
                first.min.into(),
                first.max.into(),
                first.d.into(),
                singular.into(),
                whole.min.into(),
                whole.max.into(),
                whole.d.into(),
                below_head.min.into(),
                below_head.max.into(),
                head.into(),
                risk.into(),
                record.sandwiches.checked.into(),
                record.sandwiches.finite.into(),
                record.sandwiches.violated().into(),
            ]);
        }
    }
    table
}

/// One row a trained chain.
pub(super) fn trainings(outcomes: &[Outcome<Case, Record>]) -> Table {
    let mut table = Table::new(
        "trainings",
        "One row a trained chain: how it ended, and its structure then (medians, eigenvalues as log₂, D in bits).",
        &[
            "data set",
            "block",
            "seed",
            "depth",
            "overflow at step",
            "risk",
            "accuracy",
            "λ_min(A₁)",
            "λ_max(A₁)",
            "D(A₁)",
            "λ_min(A)",
            "D(A)",
        ],
    );
    for Outcome { case, record, .. } in outcomes {
        for depth in &record.depths {
            let Some(trained) = &depth.trained else { continue };
            let of = |value: fn(&Structure) -> f64| {
                Entry::Number(trained.structure.as_ref().map_or(f64::NAN, value))
            };
            table.push([
                case.dataset.as_str().into(),
                case.block.formula().into(),
                case.seed.into(),
                depth.depth.into(),
                trained.overflowed.map_or(Entry::from("—"), Entry::Count),
                trained.risk.into(),
                trained.accuracy.into(),
                of(|s| s.first.min),
                of(|s| s.first.max),
                of(|s| s.first.d),
                of(|s| s.whole.min),
                of(|s| s.whole.d),
            ]);
        }
    }
    table
}
