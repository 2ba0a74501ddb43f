//! The figures and tables of `sgd`.

use fenchel_harness::table::Entry;
use fenchel_harness::{Axis, Curve, Figure, Panel, Table};

use super::Rule;
use super::digest::{Measured, line_searches};
use super::record::Step;

/// Points that a curve needs at most.
const POINTS: usize = 250;

/// The cell that stands for a rule: batches near 32, the first rate, the first seed.
fn typical<'a, 'b>(cells: &'b [Measured<'a>], rule: Rule) -> Option<&'b Measured<'a>> {
    let of = cells.iter().filter(|cell| cell.case.rule == rule && cell.record.diverged.is_none());
    of.min_by_key(|cell| cell.record.batch.abs_diff(32))
}

const RULES: [(Rule, &str); 3] =
    [(Rule::LineSearch, "T8's step 1/C"), (Rule::Plain, "plain SGD"), (Rule::Momentum, "momentum")];

fn series(cell: &Measured, of: impl Fn(&Step) -> f64) -> Vec<(f64, f64)> {
    let steps = &cell.record.steps;
    let every = steps.len().div_ceil(POINTS);
    let chosen = steps.iter().enumerate().filter(|(k, _)| k % every == 0 || k + 1 == steps.len());
    chosen.map(|(k, step)| ((k + 1) as f64, of(step))).collect()
}

/// Both sides of T8 at every prefix.
pub(super) fn prefixes(cells: &[Measured]) -> Figure {
    let mut figure = Figure::new(
        "prefixes",
        "Both sides of T8 at every prefix",
        "One training a rule. The two sides of the identity; where they cannot be told apart it holds. Beside them (b/n) times the sum of the gradient energies, which T8 bounds by them for its own step; under momentum the \
         energy of plain steps is another sum, which nothing bounds; and the mean risk.",
    );
    for (rule, title) in RULES {
        let mut panel = Panel::new(title, Axis::linear("steps T"), Axis::linear("sum (nats)"));
        if let Some(cell) = typical(cells, rule) {
            panel.title = format!("{title}, b = {}", cell.record.batch);
            panel = panel
                .curve(Curve::new("R_{0} − R_{T} + Σ I", 5, series(cell, |step| step.right)))
                .curve(Curve::new("(b/n) Σ [g·s − d]", 0, series(cell, |step| step.left)))
                .curve(Curve::new("(b/n) Σ energy", 2, series(cell, |step| step.energies)))
                .curve(Curve::new("R_{T}", 3, series(cell, |step| step.risk)));
        }
        figure = figure.panel(panel);
    }
    figure
}

/// Late energy against late interference.
pub(super) fn floor(cells: &[Measured]) -> Figure {
    let mut sizes: Vec<usize> = line_searches(cells).map(|cell| cell.record.batch).collect();
    sizes.sort_unstable();
    sizes.dedup();
    let axis = || Axis::linear("mean interference I, last half (nats)");
    let mut scaled =
        Panel::new("multiplied by b/n", axis(), Axis::linear("(b/n) mean energy, last half (nats)"));
    let mut raw = Panel::new("as it is", axis(), Axis::log10("mean energy, last half (nats)"));
    let inks = [0, 2, 1, 4, 3, 5];
    for (place, size) in sizes.iter().enumerate() {
        let points = |of: fn(&Measured) -> f64| -> Vec<(f64, f64)> {
            let same = line_searches(cells).filter(|cell| cell.record.batch == *size);
            same.map(|cell| (cell.late_interference, of(cell))).collect()
        };
        let (label, ink) = (format!("b = {size}"), inks[place % inks.len()]);
        scaled = scaled.curve(Curve::new(&label, ink, points(|cell| cell.scaled_energy())).marks());
        raw = raw.curve(Curve::new(&label, ink, points(|cell| cell.late_energy)).marks());
    }
    let lowest = line_searches(cells).map(|cell| cell.late_interference).fold(f64::INFINITY, f64::min);
    let highest = line_searches(cells).map(|cell| cell.late_interference).fold(f64::NEG_INFINITY, f64::max);
    if lowest < highest {
        scaled =
            scaled.curve(Curve::new("energy = interference", 6, vec![(lowest, lowest), (highest, highest)]));
    }
    Figure::new(
        "floor",
        "The floor of the gradient energy and the interference",
        "Trainings with T8's step, one mark a cell. Against the mean interference: (b/n) times the mean energy of the sampled batches, and the energy itself.",
    )
    .panel(scaled)
    .panel(raw)
    .columns(2)
}

/// The local gradient norm along training and against the risk at the end.
pub(super) fn local_norm(cells: &[Measured]) -> Figure {
    let steps = || Axis::linear("step");
    let mut along = Panel::new("local gradient norm", steps(), Axis::log10("local gradient norm"));
    let mut risk = Panel::new("risk", steps(), Axis::log10("mean loss (nats)"));
    let mut ends = Panel::new(
        "at the end, all cells",
        Axis::log10("mean loss (nats)"),
        Axis::log10("local gradient norm"),
    );
    for ((rule, title), ink) in RULES.into_iter().zip([0, 1, 2]) {
        if let Some(cell) = typical(cells, rule) {
            let logs = |of: fn(&super::record::Log) -> f64| -> Vec<(f64, f64)> {
                cell.record.logs.iter().map(|log| (log.step as f64, of(log))).collect()
            };
            let label = format!("{title}, b = {}", cell.record.batch);
            along = along.curve(Curve::new(&label, ink, logs(|log| log.local_norm)));
            risk = risk.curve(Curve::new(&label, ink, logs(|log| log.risk)));
        }
        let own = cells.iter().filter(|cell| cell.case.rule == rule && cell.record.diverged.is_none());
        let points =
            own.filter_map(|cell| cell.record.logs.last()).map(|log| (log.risk, log.local_norm)).collect();
        ends = ends.curve(Curve::new(title, ink, points).marks());
    }
    Figure::new(
        "local-norm",
        "The local gradient norm and the risk",
        "Left and middle: one training a rule, on the probe set: risk and local gradient norm (mean of the samples' squared norms). Right: where all trainings end.",
    )
    .panel(along)
    .panel(risk)
    .panel(ends)
}

fn rate(cell: &Measured) -> Entry {
    cell.case.rate.map_or(Entry::from("1/C"), Entry::Number)
}

/// One row a cell: the sums of T8.
pub(super) fn sums(cells: &[Measured]) -> Table {
    let mut table = Table::new(
        "sums",
        "One row a cell: both sides of T8 after all steps, comparisons at every prefix, steps with η C > 1, interference and energy of the last half, and GCS's M with its floor.",
        &[
            "rule",
            "rate",
            "b",
            "seed",
            "steps",
            "(b/n) Σ [<g,s> − d]",
            "R_0 − R_T + Σ I",
            "(b/n) Σ energy",
            "energy / right",
            "identity broken",
            "inequality broken",
            "η C > 1",
            "mean I, last half",
            "(b/n) energy, last half",
            "energy, last half",
            "M",
            "floor ((n−b)/b) M",
            "floor above all energies",
        ],
    );
    for cell in cells {
        let last = |of: fn(&Step) -> f64| cell.record.steps.last().map_or(f64::NAN, of);
        let vacuous = if cell.record.batch == cell.record.samples {
            "b = n"
        } else if cell.vacuous {
            "yes"
        } else {
            "no"
        };
        table.push([
            cell.case.rule.name().into(),
            rate(cell),
            cell.record.batch.into(),
            cell.case.seed.into(),
            cell.record.steps.len().into(),
            last(|step| step.left).into(),
            last(|step| step.right).into(),
            last(|step| step.energies).into(),
            cell.share.into(),
            cell.record.identity.violated.into(),
            cell.record.inequality.violated.into(),
            cell.long_steps.into(),
            cell.late_interference.into(),
            cell.scaled_energy().into(),
            cell.late_energy.into(),
            cell.record.correlation.into(),
            cell.record.floor.into(),
            vacuous.into(),
        ]);
    }
    table
}

/// One row a cell: risk and local gradient norm.
pub(super) fn norms(cells: &[Measured]) -> Table {
    let mut table = Table::new(
        "norms",
        "One row a cell: risk of all samples, then risk, local gradient norm and D (nats) of the probe set at the start and at the end, and the largest local norm between; sandwiches.",
        &[
            "rule",
            "rate",
            "b",
            "seed",
            "diverged at step",
            "R_0",
            "R_T",
            "probe risk, start",
            "probe risk, end",
            "local norm, start",
            "local norm, most",
            "local norm, end",
            "norm of mean gradient, end",
            "mean D, end",
            "sandwiches",
            "finite upper bounds",
            "violated",
        ],
    );
    for cell in cells {
        let (Some(first), Some(last)) = (cell.record.logs.first(), cell.record.logs.last()) else { continue };
        table.push([
            cell.case.rule.name().into(),
            rate(cell),
            cell.record.batch.into(),
            cell.case.seed.into(),
            cell.record.diverged.map_or(Entry::from("—"), Entry::Count),
            cell.record.first_risk.into(),
            cell.record.last_risk.into(),
            first.risk.into(),
            last.risk.into(),
            first.local_norm.into(),
            cell.record.logs.iter().map(|log| log.local_norm).fold(0.0, f64::max).into(),
            last.local_norm.into(),
            last.mean_gradient.into(),
            last.d.into(),
            cell.record.sandwiches.checked.into(),
            cell.record.sandwiches.finite.into(),
            cell.record.sandwiches.violated().into(),
        ]);
    }
    table
}
