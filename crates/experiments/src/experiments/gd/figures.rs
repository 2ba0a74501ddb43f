//! The figures and tables of `gd`.

use fenchel_harness::number::short;
use fenchel_harness::{Axis, Curve, Figure, Outcome, Panel, Table};

use super::{Case, Constant, Record, Run, Settings, exponent};

/// F along the iterations for three exponents and a choice of steps, with the printed constant.
pub(super) fn decay(outcomes: &[Outcome<Case, Record>], settings: &Settings) -> Figure {
    let caption = "F(x) = ‖x‖^{r} from one starting point with the printed c = 1. What α = 1, 2 and 3 do is asked by \
                   gd.erratum-4; geometric decay, which gd.geometric asks for, is a straight line on this axis.";
    let mut figure = Figure::new("decay", "Decay of ‖x‖^{r} by step", caption);
    let seed = settings.seeds.first().copied().unwrap_or(0);
    for wanted in [1.2, 1.5, 2.0] {
        let Some(runs) = runs_of(outcomes, wanted, seed) else { continue };
        let axis = Axis::log10("F(x_{k}) / F(x_{0})").range(1e-16, 1e8);
        let mut panel =
            Panel::new(&format!("r = {wanted}"), Axis::linear("iteration k").range(0.0, 60.0), axis);
        let shown = runs.iter().filter(|run| run.constant == Constant::Printed);
        for (ink, run) in shown.filter(|run| [0.1, 0.5, 1.0, 1.5, 2.0, 3.0].contains(&run.alpha)).enumerate()
        {
            let points = run.gaps.iter().take(61).enumerate().map(|(k, gap)| (k as f64, gap / run.gaps[0]));
            panel = panel.curve(Curve::new(&format!("α = {}", run.alpha), ink, points.collect()));
        }
        figure = figure.panel(panel);
    }
    figure
}

/// What the first step removes, against what T6 promises, as functions of the step.
pub(super) fn first_step(outcomes: &[Outcome<Case, Record>], settings: &Settings) -> Figure {
    let caption = "The share of F that the first step removes (measured) and the share that T6 promises. A \
                   promise above the truth refutes the majorant (gd.decrease, gd.erratum-4); where the truth is largest is \
                   asked by gd.erratum-5.";
    let mut figure = Figure::new("first-step", "The first step: promise and truth", caption);
    let seed = settings.seeds.first().copied().unwrap_or(0);
    for (r, constant, name) in [
        (1.5, Constant::Printed, "c = 1 (printed)"),
        (1.5, Constant::Majorant, "c = 2^{2−r}"),
        (1.5, Constant::Tight, "c = max h_{r}"),
    ] {
        let Some(runs) = runs_of(outcomes, r, seed) else { continue };
        let mut points: Vec<(f64, f64, f64)> = runs
            .iter()
            .filter(|run| run.constant == constant && run.gaps.len() >= 2)
            .map(|run| (run.alpha, 1.0 - run.gaps[1] / run.gaps[0], run.promise))
            .collect();
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        let axes = (Axis::linear("relative step α"), Axis::linear("share of F removed").range(-1.3, 1.1));
        let panel = Panel::new(&format!("r = {r}, {name}"), axes.0, axes.1)
            .curve(Curve::new("removed", 0, points.iter().map(|p| (p.0, p.1)).collect()).marked())
            .curve(Curve::new("promised by T6", 2, points.iter().map(|p| (p.0, p.2)).collect()).marked())
            .level("", 0.0);
        figure = figure.panel(panel);
    }
    figure
}

/// The gap on |x|^p / p with T7(iv)'s bound.
pub(super) fn exponents(measured: &[&exponent::Measured]) -> Figure {
    let caption = "|x|^{p} / p with Φ = N(p − 1, 2): the gap and T7(iv)'s bound; where they run parallel the bound's exponent is attained.";
    let mut figure = Figure::new("exponents", "The exponent of T7(iv)", caption);
    for one in measured {
        let title = format!("p = {}: slope {} (T7: {})", one.p, short(one.slope), short(one.expected()));
        let panel = Panel::new(&title, Axis::log10("iterations T"), Axis::log10("G(x_{T}) − inf G"))
            .curve(Curve::new("measured", 0, one.series.iter().map(|p| (p.0, p.1)).collect()))
            .curve(Curve::new("bound of T7(iv)", 2, one.series.iter().map(|p| (p.0, p.2)).collect()));
        figure = figure.panel(panel);
    }
    figure
}

/// One row a run on ‖x‖^r.
pub(super) fn runs(outcomes: &[Outcome<Case, Record>]) -> Table {
    let columns = [
        "r",
        "constant",
        "c of c‖·‖^{r}",
        "α",
        "seed",
        "steps",
        "F_1/F_0",
        "factor by formula",
        "T6 violations",
        "T6 checks",
    ];
    let mut table = Table::new("runs", "Runs on F(x) = ‖x‖^{r}, one row a run.", &columns);
    for outcome in outcomes {
        let (Case::Power { r, seed }, Record::Runs(runs)) = (&outcome.case, &outcome.record) else {
            continue;
        };
        for run in runs {
            let name = format!("{:?}", run.constant).to_lowercase();
            table.push([
                (*r).into(),
                name.into(),
                (run.c / run.r).into(),
                run.alpha.into(),
                (*seed).into(),
                (run.gaps.len() - 1).into(),
                (run.gaps.get(1).copied().unwrap_or(f64::NAN) / run.gaps[0]).into(),
                super::digest::factor(run).into(),
                run.checks.decrease.violated.into(),
                run.checks.decrease.checked.into(),
            ]);
        }
    }
    table
}

/// One row a run on a function of the catalogue.
pub(super) fn catalogue(outcomes: &[Outcome<Case, Record>]) -> Table {
    let columns = [
        "function",
        "α",
        "seed",
        "steps",
        "first gap",
        "last gap",
        "T6 violations",
        "T7 violations",
        "checks",
    ];
    let mut table =
        Table::new("catalogue", "Runs on functions with known constants, one row a run.", &columns);
    for outcome in outcomes {
        let (Case::Catalogue { name, seed }, Record::Runs(runs)) = (&outcome.case, &outcome.record) else {
            continue;
        };
        for run in runs {
            let checks = run.checks;
            let rates = [checks.energy, checks.convex, checks.dominated];
            table.push([
                name.as_str().into(),
                run.alpha.into(),
                (*seed).into(),
                (run.gaps.len() - 1).into(),
                run.gaps[0].into(),
                run.gaps[run.gaps.len() - 1].into(),
                checks.decrease.violated.into(),
                rates.iter().map(|tally| tally.violated).sum::<usize>().into(),
                (checks.decrease.checked + rates.iter().map(|tally| tally.checked).sum::<usize>()).into(),
            ]);
        }
    }
    table
}

/// One row an exponent of T7(iv).
pub(super) fn exponent_table(measured: &[&exponent::Measured]) -> Table {
    let columns = ["p", "slope in the last decade", "exponent of T7(iv)", "ratio", "violations", "prefixes"];
    let mut table = Table::new("exponents", "The exponent of T7(iv) on |x|^{p} / p, one row a p.", &columns);
    for one in measured {
        table.push([
            one.p.into(),
            one.slope.into(),
            one.expected().into(),
            (one.slope / one.expected()).into(),
            one.checks.violated.into(),
            one.checks.checked.into(),
        ]);
    }
    table
}

fn runs_of(outcomes: &[Outcome<Case, Record>], wanted: f64, wanted_seed: u64) -> Option<&[Run]> {
    outcomes.iter().find_map(|outcome| match (&outcome.case, &outcome.record) {
        (Case::Power { r, seed }, Record::Runs(runs)) if *r == wanted && *seed == wanted_seed => {
            Some(runs.as_slice())
        }
        (Case::Power { .. } | Case::Catalogue { .. } | Case::Exponent { .. }, _) => None,
    })
}
