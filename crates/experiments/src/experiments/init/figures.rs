//! The figures and the table of `init`.

use std::f64::consts::LN_2;

use fenchel_harness::statistics::median;
use fenchel_harness::{Axis, Curve, Figure, Panel, Table};

use super::Record;
use super::digest::{Finished, final_risk, groups, is_equal};
use crate::ingredients::file_safe;

/// The families of starts, as the legend names them.
const FAMILIES: [&str; 6] = [
    "Kaiming, Xavier, orthogonal, LeCun",
    "Gaussian 10^{-4}, 0.01",
    "Gaussian 0.3, 1",
    "equal weights",
    "zeros",
    "other",
];

fn family(start: &str) -> usize {
    let deviation = start.strip_prefix("gaussian:").and_then(|text| text.parse::<f64>().ok());
    match (start, deviation) {
        ("kaiming" | "xavier" | "orthogonal" | "lecun", _) => 0,
        (_, Some(deviation)) if deviation < 0.1 => 1,
        (_, Some(_)) => 2,
        ("zeros", _) => 4,
        _ if start.starts_with("equal") => 3,
        _ => 5,
    }
}

/// For each data set one figure, a row of panels for each depth.
pub(super) fn starts(cells: &[Finished]) -> Vec<Figure> {
    let mut names: Vec<&str> = cells.iter().map(|cell| cell.case.dataset.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    names.into_iter().map(|name| of_dataset(name, cells)).collect()
}

fn of_dataset(dataset: &str, cells: &[Finished]) -> Figure {
    let cells: Vec<&Finished> = cells.iter().filter(|cell| cell.case.dataset == dataset).collect();
    let mut depths: Vec<usize> = cells.iter().map(|cell| cell.case.depth).collect();
    depths.sort_unstable();
    depths.dedup();
    let figure = Figure::new(
        &format!("starts-{}", file_safe(dataset)),
        &format!("What the structure at the start says about the training: {dataset}"),
        &format!(
            "One mark a start and seed. Left: the structural error D(A) of the whole matrix. Middle: λ_{{min}} of B, A less the head's part, on the sum-zero directions; values below {FLOOR:e}, 0 \
             among them, stand at the left edge. Right: the probe set's mean loss along training, first seed."
        ),
    );
    depths.into_iter().fold(figure, |figure, depth| {
        let cells: Vec<&Finished> = cells.iter().copied().filter(|cell| cell.case.depth == depth).collect();
        let scatter = |title: &str, x: Axis, value: &dyn Fn(&Record) -> f64| {
            let panel = Panel::new(title, x, Axis::log10("risk at the end"));
            marks(&cells, value).into_iter().fold(panel, Panel::curve)
        };
        let layers = if depth == 1 { "1 hidden layer".to_owned() } else { format!("{depth} hidden layers") };
        let training = Panel::new(
            &format!("training, {layers}"),
            Axis::linear("SGD step"),
            Axis::log10("mean loss (nats)"),
        );
        figure
            .panel(scatter(
                &format!("D at the start, {layers}"),
                Axis::linear("mean D(A) (bits)"),
                &|record| record.start.d / LN_2,
            ))
            .panel(scatter(
                &format!("below the head, {layers}"),
                Axis::log10("mean λ_{min}(B) on sum-zero"),
                &|record| record.start.below_min_sum_zero.max(FLOOR),
            ))
            .panel(courses(&cells).into_iter().fold(training, Panel::curve))
    })
}

/// Where the logarithmic axis ends.
const FLOOR: f64 = 1e-12;

fn marks(cells: &[&Finished], value: &dyn Fn(&Record) -> f64) -> Vec<Curve> {
    let of = |index: usize| -> Vec<(f64, f64)> {
        let cells = cells.iter().filter(|cell| family(&cell.case.start) == index);
        cells.map(|cell| (value(&cell.record), final_risk(&cell.record))).collect()
    };
    let curves = FAMILIES.iter().enumerate().map(|(index, name)| Curve::new(name, index, of(index)).marks());
    curves.filter(|curve| !curve.points.is_empty()).collect()
}

/// The risk along training, the first seed of each start; one entry a family in the legend.
fn courses(cells: &[&Finished]) -> Vec<Curve> {
    let Some(seed) = cells.iter().map(|cell| cell.case.seed).min() else { return Vec::new() };
    let mut named = [false; FAMILIES.len()];
    let mut curves = Vec::new();
    for cell in cells.iter().filter(|cell| cell.case.seed == seed) {
        let index = family(&cell.case.start);
        let label = if std::mem::replace(&mut named[index], true) { "" } else { FAMILIES[index] };
        let points = cell.record.logs.iter().map(|log| (log.step as f64, log.probe.risk)).collect();
        curves.push(Curve::new(label, index, points));
    }
    curves
}

/// One row a start and depth, medians over seeds.
pub(super) fn cells(cells: &[Finished]) -> Table {
    let mut table = Table::new(
        "cells",
        "One row a start and depth, medians over seeds: structure at the start, training, sandwiches.",
        &[
            "data set",
            "hidden layers",
            "start",
            "seeds",
            "‖parameters‖",
            "mean D(A) (bits)",
            "largest D(A) (bits)",
            "mean λ_max(A)",
            "mean λ_max(B)",
            "mean λ_min(B)",
            "mean λ_min(B), sum-zero",
            "rank B = m (share)",
            "rank B ≤ 1 (share)",
            "B = 0 on sum-zero (share)",
            "diverged",
            "asymmetry of the units at the end",
            "risk at the end",
            "test accuracy",
            "sandwiches",
            "finite upper bounds",
            "violated",
        ],
    );
    for ((dataset, depth, start), cells) in groups(cells) {
        let of = |value: &dyn Fn(&Record) -> f64| {
            let values: Vec<f64> =
                cells.iter().map(|cell| value(&cell.record)).filter(|v| !v.is_nan()).collect();
            median(&values).unwrap_or(f64::NAN)
        };
        let share =
            |count: fn(&Record) -> usize| of(&|record| count(record) as f64 / record.start.samples as f64);
        let sum = |count: fn(&Record) -> usize| cells.iter().map(|cell| count(&cell.record)).sum::<usize>();
        let equal = cells.iter().all(|cell| is_equal(&cell.case));
        let name = if equal { start.replace("equal:", "equal weights ") } else { start.replace(':', " ") };
        table.push([
            dataset.into(),
            depth.into(),
            name.into(),
            cells.len().into(),
            of(&|record| record.start.parameter_norm).into(),
            of(&|record| record.start.d / LN_2).into(),
            of(&|record| record.start.d_largest / LN_2).into(),
            of(&|record| record.start.lambda_max).into(),
            of(&|record| record.start.below_max).into(),
            of(&|record| record.start.below_min).into(),
            of(&|record| record.start.below_min_sum_zero).into(),
            share(|record| record.start.full_rank).into(),
            share(|record| record.start.rank_one).into(),
            share(|record| record.start.zero_on_sum_zero).into(),
            sum(|record| usize::from(record.diverged.is_some())).into(),
            of(&|record| record.asymmetry).into(),
            of(&final_risk).into(),
            of(&|record| record.test_accuracy).into(),
            sum(|record| record.sandwiches.checked).into(),
            sum(|record| record.sandwiches.finite).into(),
            sum(|record| record.sandwiches.violated()).into(),
        ]);
    }
    table
}
