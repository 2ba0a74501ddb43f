//! The figures and tables of `width`. Figures show D in bits, tables in nats.

use std::f64::consts::LN_2;

use fenchel_convexity::theorems::gradient_independence::BallModel;
use fenchel_harness::statistics::median;
use fenchel_harness::table::Entry;
use fenchel_harness::{Axis, Curve, Figure, Panel, Table};

use super::Settings;
use super::cell::effective_bound;
use super::digest::{Gathered, Group, promised};
use super::record::Width;
use crate::ingredients::Start;

/// All figures; the networks are those of the first data set.
pub(super) fn all(settings: &Settings, gathered: &Gathered) -> Vec<Figure> {
    let dataset = gathered.networks.first().map_or("", |((dataset, _), _)| dataset);
    let groups: Vec<&Group> = gathered.networks.iter().filter(|((name, _), _)| *name == dataset).collect();
    vec![networks_figure(dataset, &groups), rows_figure(settings, gathered)]
}

/// Medians over seeds against the width.
fn series(group: &Group, of: impl Fn(&Width) -> Option<f64>) -> Vec<(f64, f64)> {
    let Some((_, first)) = group.1.first() else { return Vec::new() };
    let points = first.widths.iter().enumerate().filter_map(|(place, width)| {
        let values: Vec<f64> =
            group.1.iter().filter_map(|(_, network)| network.widths.get(place).and_then(&of)).collect();
        Some((width.width as f64, median(&values).ok()?))
    });
    points.collect()
}

fn networks_figure(dataset: &str, groups: &[&Group]) -> Figure {
    let widths = || Axis::log2("width (hidden units)");
    let mut figure = Figure::new(
        "width",
        &format!("The structural error against the width, at initialisation: {dataset}"),
        "Left and middle: D of single samples (median over the probe set and the seeds) with what T15 and GCS say of as many independent rows in n dimensions \
         (width.hypothesis asks whether a network's are), with T15 in n_{eff} dimensions where it is not vacuous, and with the bound for a hidden layer under a Gaussian head (w = 3). Right: the number of parameters, \
         and the dimension in which independent rows would have the measured angles.",
    );
    let mut dimensions = Panel::new("dimensions", widths(), Axis::log10("dimension"));
    for (place, group) in groups.iter().enumerate() {
        let bits = |of: fn(&Width) -> Option<f64>| series(group, move |width| Some(of(width)? / LN_2));
        let of_n = |width: &Width| BallModel::new(width.outputs, width.parameters).ok();
        let start = group.0.1;
        let title = if start == Start::Default { "default start" } else { "Kaiming" };
        let mut panel = Panel::new(title, widths(), Axis::log2("D (bits), log₂ scale"))
            .curve(Curve::new("D measured", 0, bits(|width| Some(width.d.median))).marked())
            .curve(
                Curve::new(
                    "T15(n_{eff})",
                    4,
                    bits(|w| effective_bound(w.outputs, w.effective_dimension.median)),
                )
                .marked(),
            )
            .curve(Curve::new("T15(n)", 1, series(group, |w| Some(of_n(w)?.sharper_spread()? / LN_2))))
            .curve(Curve::new(
                "GCS's log(1 + ζ)",
                2,
                series(group, |w| Some(of_n(w)?.printed_spread()? / LN_2)),
            ));
        if start == Start::Kaiming {
            let bound = bits(|width| width.hidden.last().map(|hidden| hidden.bound));
            panel = panel.curve(Curve::new("hidden layer, Gaussian head", 3, bound));
        }
        figure = figure.panel(panel);
        if place == 0 {
            dimensions = dimensions.curve(Curve::new(
                "n, parameters",
                1,
                series(group, |w| Some(w.parameters as f64)),
            ));
        }
        let label = format!("n_{{eff}}, {}", start.name());
        let ink = if start == Start::Default { 0 } else { 4 };
        dimensions = dimensions
            .curve(Curve::new(&label, ink, series(group, |w| Some(w.effective_dimension.median))).marked());
    }
    figure.panel(dimensions)
}

fn rows_figure(settings: &Settings, gathered: &Gathered) -> Figure {
    let drawn: Vec<(f64, f64)> = gathered
        .rows
        .iter()
        .flat_map(|(dimension, cells)| {
            cells.iter().map(move |(_, rows)| (*dimension as f64, rows.d.median / LN_2))
        })
        .collect();
    let range = gathered
        .rows
        .first()
        .zip(gathered.rows.last())
        .map_or((1500.0, 20_000.0), |(first, last)| (0.8 * first.0 as f64, 1.25 * last.0 as f64));
    let bound = |of: fn(&BallModel) -> Option<f64>| -> Vec<(f64, f64)> {
        let dimensions = (0..=60).map(|k| range.0 * (range.1 / range.0).powf(f64::from(k) / 60.0));
        dimensions
            .filter_map(|n| Some((n, of(&BallModel::new(settings.rows, n as usize).ok()?)? / LN_2)))
            .collect()
    };
    let panel = Panel::new(
        &format!("{} rows from the ball", settings.rows),
        Axis::log10("dimension n"),
        Axis::log10("D (bits)"),
    )
    .curve(Curve::new("measured, median of a cell", 0, drawn).marks())
    .curve(Curve::new("T15, sharper", 1, bound(BallModel::sharper_spread)))
    .curve(Curve::new("T15, ratio of the ends", 3, bound(BallModel::spread)))
    .curve(Curve::new("GCS's log(1 + ζ)", 2, bound(BallModel::printed_spread)));
    Figure::new(
        "rows",
        "T15 on rows drawn from its own model",
        "D of independent rows, uniform in a ball, and the bounds of T15 on an event of stated probability. GCS's value is drawn for comparison; it is proved only where the \
         sharper line of T15 lies below it.",
    )
    .panel(panel)
    .columns(1)
}

/// One row a network.
pub(super) fn networks(gathered: &Gathered) -> Table {
    let mut table = Table::new(
        "networks",
        "One row a network: D in nats over the probe set, lengths and angles of its rows, and T15's bounds where they are not vacuous.",
        &[
            "data set",
            "start",
            "seed",
            "width",
            "n",
            "D median",
            "D least",
            "D most",
            "n_eff median",
            "n_eff / n",
            "shortest / longest row",
            "largest |cos|",
            "T15(n)",
            "GCS (n)",
            "T15(n_eff) checked",
            "violated",
            "risk",
            "sandwiches of the cell",
            "finite upper bounds",
            "violated",
        ],
    );
    for ((dataset, start), cells) in &gathered.networks {
        for (seed, network) in cells {
            for width in &network.widths {
                let model = BallModel::new(width.outputs, width.parameters).ok();
                let bound = |of: fn(&BallModel) -> Option<f64>| {
                    model.as_ref().and_then(of).map_or(Entry::from("vacuous"), Entry::Number)
                };
                table.push([
                    (*dataset).into(),
                    start.name().into(),
                    (*seed).into(),
                    width.width.into(),
                    width.parameters.into(),
                    width.d.median.into(),
                    width.d.least.into(),
                    width.d.most.into(),
                    width.effective_dimension.median.into(),
                    (width.effective_dimension.median / width.parameters as f64).into(),
                    width.evenness.median.into(),
                    width.largest_cosine.median.into(),
                    bound(BallModel::sharper_spread),
                    bound(BallModel::printed_spread),
                    width.effective.checked.into(),
                    width.effective.violated.into(),
                    width.risk.into(),
                    network.sandwiches.checked.into(),
                    network.sandwiches.finite.into(),
                    network.sandwiches.violated().into(),
                ]);
            }
        }
    }
    table
}

/// One row a network and reach.
pub(super) fn hidden(gathered: &Gathered) -> Table {
    let mut table = Table::new(
        "hidden",
        "One row a network and w: the bound for a hidden layer under a Gaussian head, the share of samples within it, and what is promised.",
        &["data set", "seed", "width", "w", "D median (nats)", "bound median", "share within", "promised"],
    );
    for ((dataset, _), cells) in &gathered.networks {
        for (seed, network) in cells {
            for width in &network.widths {
                for hidden in &width.hidden {
                    table.push([
                        (*dataset).into(),
                        (*seed).into(),
                        width.width.into(),
                        hidden.reach.into(),
                        width.d.median.into(),
                        hidden.bound.into(),
                        (hidden.held as f64 / hidden.samples as f64).into(),
                        promised(hidden.reach).into(),
                    ]);
                }
            }
        }
    }
    table
}

/// One row a dimension and seed of rows from the ball model.
pub(super) fn rows(settings: &Settings, gathered: &Gathered) -> Table {
    let mut table = Table::new(
        "rows",
        "One row a cell of rows drawn from the ball: how often T15's event happened, its bounds there, and draws that refute GCS's bounds; D in nats.",
        &[
            "n",
            "seed",
            "draws",
            "in the event",
            "promised",
            "bounds checked",
            "violated",
            "GCS λ_min refuted",
            "GCS D refuted",
            "D median",
            "D most",
            "T15(n)",
            "GCS (n)",
        ],
    );
    for (dimension, cells) in &gathered.rows {
        let model = BallModel::new(settings.rows, *dimension).ok();
        let bound = |of: fn(&BallModel) -> Option<f64>| {
            model.as_ref().and_then(of).map_or(Entry::from("vacuous"), Entry::Number)
        };
        for (seed, rows) in cells {
            table.push([
                (*dimension).into(),
                (*seed).into(),
                rows.draws.into(),
                rows.in_event.into(),
                model.as_ref().map_or(f64::NAN, BallModel::probability).into(),
                rows.on_event.checked.into(),
                rows.on_event.violated.into(),
                rows.printed_least_refuted.into(),
                rows.printed_spread_refuted.into(),
                rows.d.median.into(),
                rows.d.most.into(),
                bound(BallModel::sharper_spread),
                bound(BallModel::printed_spread),
            ]);
        }
    }
    table
}
