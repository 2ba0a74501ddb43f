//! The figures of `proxy`.

use fenchel_harness::number::short;
use fenchel_harness::statistics::median;
use fenchel_harness::{Axis, Band, Curve, Estimate, Figure, Panel};

use super::Instance;
use super::digest::Gathered;
use super::record::{Check, Point, Width};

/// E1 and E2: g under its guarantee.
pub(super) fn guarantees(gathered: &Gathered<'_>) -> Figure {
    let caption = "The mean of g over the first T iterates (gradient descent: line; SGD: mean over runs with its one-sided 99 % limits as a band) under the guarantee, one \
                   problem of each instance. All axes logarithmic.";
    let instances = [
        Instance::Convex,
        Instance::StarConvex,
        Instance::QuasarConvex,
        Instance::Realisable,
        Instance::Relu,
        Instance::Agnostic,
    ];
    let figure =
        Figure::new("guarantees", "The surrogate under its guarantee: functions and neurons", caption);
    instances.into_iter().fold(figure, |figure, instance| append(figure, gathered, instance))
}

/// E3, E4 and E5: g under its guarantee.
pub(super) fn networks(gathered: &Gathered<'_>) -> Figure {
    let caption = "As before for networks. E3: the mean of g under E3's own guarantee; above 1/2 the guarantee is vacuous. E4: the mean of the loss under P2. E5: the least g so far under P3.";
    let instances = [
        Instance::Separable,
        Instance::SeparableNoise5,
        Instance::SeparableFlat,
        Instance::TangentLeaky,
        Instance::SandwichSquared,
        Instance::SandwichEntropy,
    ];
    let figure = Figure::new("networks", "The surrogate under its guarantee: networks", caption);
    instances.into_iter().fold(figure, |figure, instance| append(figure, gathered, instance))
}

fn append(figure: Figure, gathered: &Gathered<'_>, instance: Instance) -> Figure {
    let Some(gradient) = gathered.checks(instance, false).next() else { return figure };
    let stochastic = gathered.checks(instance, true).next();
    let mut panel = Panel::new(instance.title(), Axis::log10("steps T"), Axis::log10("g"));
    if let Some(check) = stochastic {
        let band = check.curve.iter().map(|p| (p.steps as f64, p.lower, p.upper)).collect();
        panel = panel.band(Band::new("", 1, band));
        panel = panel.curve(Curve::new("SGD", 1, series(check, |p| p.measured)));
        panel = panel.curve(Curve::new(&format!("{}, SGD", check.theorem), 3, series(check, |p| p.bound)));
    }
    panel = panel
        .curve(Curve::new("gradient descent", 0, series(gradient, |p| p.measured)))
        .curve(Curve::new(&format!("{}, GD", gradient.theorem), 2, series(gradient, |p| p.bound)));
    if instance.separable().is_some() {
        panel = panel.level("vacuous above", 0.5);
    }
    figure.panel(panel)
}

fn series(check: &Check, of: impl Fn(&Point) -> f64) -> Vec<(f64, f64)> {
    check.curve.iter().map(|point| (point.steps as f64, of(point))).collect()
}

/// Test errors under the surrogate's bound on images.
pub(super) fn images(gathered: &Gathered<'_>) -> Figure {
    let caption = "Two classes, one hidden layer of leaky ReLU with slope 0.5, gradient descent. The share of wrong answers on test images and twice the surrogate there; the mean of 2g over the \
                   training samples and E3's guarantee. A bound above 1 is vacuous.";
    let mut figure = Figure::new("images", "Test errors under the surrogate's bound", caption).columns(2);
    for (dataset, flipped, images) in &gathered.images {
        let logs = |of: &dyn Fn(&super::ErrorLog) -> f64| -> Vec<(f64, f64)> {
            images.errors.iter().map(|log| (log.step as f64, of(log))).collect()
        };
        let mut panel = Panel::new(
            &format!("{dataset}, {} % flipped, margin {}", 100.0 * flipped, short(images.margin)),
            Axis::log10("steps T"),
            Axis::log10("share of errors, 2g").range(1e-3, 100.0),
        )
        .curve(Curve::new("test errors", 0, logs(&|log| log.test_error)))
        .curve(Curve::new("2g, test", 1, logs(&|log| 2.0 * log.test_surrogate)));
        if let Some(check) = images.checks.iter().find(|check| check.theorem == "E3" && !check.stochastic) {
            panel = panel
                .curve(Curve::new("mean of 2g, training", 4, series(check, |p| 2.0 * p.measured)))
                .curve(Curve::new("E3's guarantee", 2, series(check, |p| 2.0 * p.bound)));
        }
        figure = figure.panel(panel.level("vacuous above", 1.0));
    }
    figure
}

/// e against the width, with fitted lines.
pub(super) fn widths(gathered: &Gathered<'_>, slopes: &[Estimate; 2]) -> Figure {
    let caption = "The largest nonlinearity e(W, V) that the search finds in the ball of radius 1 about the start (marks: seeds; line: medians), under the bound that is proved. Where the largest e of random pairs is not positive it has no place on this axis.";
    let mut figure = Figure::new("widths", "E4: the nonlinearity against the width", caption).columns(2);
    for (smooth, estimate) in [(true, slopes[0]), (false, slopes[1])] {
        let rows: Vec<(usize, &Width)> =
            gathered.widths.iter().filter(|row| row.0 == smooth).map(|row| (row.1, row.3)).collect();
        let of = |value: &dyn Fn(&Width) -> f64| -> Vec<(f64, f64)> {
            rows.iter().map(|(width, measured)| (*width as f64, value(measured))).collect()
        };
        let medians = |value: &dyn Fn(&Width) -> f64| -> Vec<(f64, f64)> {
            let mut widths: Vec<usize> = rows.iter().map(|row| row.0).collect();
            widths.sort_unstable();
            widths.dedup();
            let at = |width: usize| {
                let own: Vec<f64> =
                    rows.iter().filter(|row| row.0 == width).map(|row| value(row.1)).collect();
                (width as f64, median(&own).unwrap_or(f64::NAN))
            };
            widths.into_iter().map(at).collect()
        };
        let title = format!("{}: slope {estimate}", if smooth { "tanh" } else { "leaky ReLU, slope 0.1" });
        let panel = Panel::new(&title, Axis::log2("width"), Axis::log10("e"))
            .curve(Curve::new("found", 0, of(&|w| w.e)).marks())
            .curve(Curve::new("median", 0, medians(&|w| w.e)))
            .curve(Curve::new("bound over the ball", 2, medians(&|w| w.bound)))
            .curve(Curve::new("random pairs", 4, of(&|w| w.random)).marks());
        figure = figure.panel(panel);
    }
    figure
}
