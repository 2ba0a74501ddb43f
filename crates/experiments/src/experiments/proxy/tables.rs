//! The tables of `proxy`.

use fenchel_harness::Table;
use fenchel_harness::statistics::median;

use super::Instance;
use super::digest::Gathered;
use super::record::Check;

/// How conservative each guarantee is: bound / measured at the last prefix.
pub(super) fn slack(gathered: &Gathered<'_>) -> Table {
    let columns = [
        "instance",
        "guarantee",
        "problems",
        "bound / measured, median",
        "least",
        "largest",
        "hypotheses unmet",
        "violations",
        "prefixes",
        "confirmed",
    ];
    let caption = "Slack: guarantee divided by measured after the last step. For SGD the measured side is the mean over runs.";
    let mut table = Table::new("slack", caption, &columns);
    let mut row = |title: &str, checks: &[&Check]| {
        let Some(first) = checks.first() else { return };
        let ratios: Vec<f64> = checks.iter().map(|check| check.ratio()).filter(|r| !r.is_nan()).collect();
        let sum = |of: &dyn Fn(&Check) -> usize| checks.iter().map(|check| of(check)).sum::<usize>();
        table.push([
            title.into(),
            first.name().into(),
            checks.len().into(),
            median(&ratios).unwrap_or(f64::NAN).into(),
            ratios.iter().copied().fold(f64::NAN, f64::min).into(),
            ratios.iter().copied().fold(f64::NAN, f64::max).into(),
            sum(&|check| check.unmet.len()).into(),
            sum(&|check| check.violations).into(),
            sum(&|check| check.prefixes).into(),
            sum(&|check| check.confirmed).into(),
        ]);
    };
    for instance in Instance::ALL {
        for stochastic in [false, true] {
            for theorem in ["P1", "P2", "P3", "E3"] {
                let of = |check: &&Check| check.theorem == theorem;
                let checks: Vec<&Check> = gathered.checks(instance, stochastic).filter(of).collect();
                row(instance.title(), &checks);
            }
        }
    }
    for (dataset, flipped, images) in &gathered.images {
        for check in &images.checks {
            row(&format!("E3 {dataset}, {} % flipped", 100.0 * flipped), &[check]);
        }
    }
    table
}

/// E3's bound against what was measured, and whether it says anything.
pub(super) fn separable(gathered: &Gathered<'_>) -> Table {
    let columns = ["data", "γG", "xi", "steps", "bound on the mean of g", "measured", "says"];
    let caption = "E3's own guarantee after gradient descent: on the mean of g; below 1/2 it bounds the share of errors below 1, else it is vacuous.";
    let mut table = Table::new("separable", caption, &columns);
    let says = |bound: f64| if bound < 0.5 { "informative" } else { "vacuous" };
    for instance in Instance::ALL {
        let Some((slope, flipped)) = instance.separable() else { continue };
        let strength = slope * super::instances::networks::MARGIN.0;
        let own = gathered.checks(instance, false).filter(|check| check.theorem == "E3");
        for point in own.filter_map(Check::last) {
            table.push([
                instance.title().into(),
                strength.into(),
                (flipped * (1.0 + 1.0 / strength)).into(),
                point.steps.into(),
                point.bound.into(),
                point.measured.into(),
                says(point.bound).into(),
            ]);
        }
    }
    for (dataset, flipped, images) in &gathered.images {
        let own = images.checks.iter().find(|check| check.theorem == "E3" && !check.stochastic);
        if let Some(point) = own.and_then(Check::last) {
            table.push([
                format!("{dataset}, {} % flipped", 100.0 * flipped).into(),
                (0.5 * images.margin).into(),
                images.xi.into(),
                point.steps.into(),
                point.bound.into(),
                point.measured.into(),
                says(point.bound).into(),
            ]);
        }
    }
    table
}

/// Every kind of near miss: how often it was tried and seen, and one verdict.
pub(super) fn near_misses(gathered: &Gathered<'_>) -> Table {
    let columns = ["instance", "near miss", "tried", "seen", "one of the verdicts"];
    let mut table = Table::new("near-misses", "Claims that are not quite true.", &columns);
    for instance in Instance::ALL {
        let own = || {
            let problems = gathered.problems.iter().filter(|(of, _)| *of == instance);
            problems.flat_map(|(_, problem)| &problem.near_misses)
        };
        let mut names: Vec<&str> = Vec::new();
        for miss in own() {
            if !names.contains(&miss.name.as_str()) {
                names.push(&miss.name);
            }
        }
        for name in names {
            let all: Vec<_> = own().filter(|miss| miss.name == name).collect();
            // What was not seen is the verdict worth showing.
            let shown = all.iter().find(|miss| !miss.seen).unwrap_or(&all[0]);
            table.push([
                instance.title().into(),
                name.into(),
                all.len().into(),
                all.iter().filter(|miss| miss.seen).count().into(),
                shown.verdict.clone().into(),
            ]);
        }
    }
    table
}

/// E4's nonlinearity, one row a width and seed.
pub(super) fn widths(gathered: &Gathered<'_>) -> Table {
    let columns = [
        "activation",
        "width",
        "seed",
        "e found",
        "linearisation error there",
        "bound over the ball",
        "random pairs",
    ];
    let mut table = Table::new("widths", "E4's nonlinearity by width, one row a seed.", &columns);
    for (smooth, width, seed, measured) in &gathered.widths {
        table.push([
            if *smooth { "tanh" } else { "leaky ReLU" }.into(),
            (*width).into(),
            (*seed).into(),
            measured.e.into(),
            measured.linearisation.into(),
            measured.bound.into(),
            measured.random.into(),
        ]);
    }
    table
}
