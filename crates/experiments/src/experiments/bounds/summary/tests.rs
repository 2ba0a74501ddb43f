//! What the records of `bounds` decide.

use fenchel_harness::{Experiment, Profile, Verdict};

use super::*;
use crate::experiments::bounds::Bounds;
use crate::experiments::bounds::record::Log;
use crate::ingredients::{ProbeLog, SampleLog, SandwichTally};
use crate::testing::verdicts;

/// A training whose risk wanders down from `first` to `last`; `follows` says whether the bounds of the probe set
/// go with it.
fn cell(model: &str, loss: &str, (first, last): (f64, f64), follows: bool) -> Outcome<Case, Record> {
    const LOGS: usize = 120;
    let logs = (0..LOGS).map(|k| {
        let wander = ((37 * k) % 23) as f64 / 23.0;
        let other = ((29 * k + 7) % 31) as f64 / 31.0;
        let risk = first * (last / first).powf(k as f64 / (LOGS - 1) as f64) * (0.3 * wander).exp();
        let bound = if follows { risk } else { other.exp() };
        let probe = ProbeLog {
            risk,
            risk_median: risk,
            risk_geometric: risk,
            lower: 0.5 * risk,
            lower_geometric: 0.5 * bound,
            upper_median: 2.0 * bound,
            energy: (3.0 * other).exp(),
            upper_finite: 1.0,
            ..ProbeLog::constant(1.0)
        };
        let fresh = SampleLog {
            excess: risk,
            energy: risk,
            lambda_min: 1.0,
            lambda_max: 2.0,
            lower: 0.5 * risk,
            upper: risk,
        };
        Log { step: k, probe, fresh, other: SampleLog { energy: (2.0 * other).exp(), ..fresh } }
    });
    // The last log without its wander, so that the end is the end.
    let mut logs: Vec<Log> = logs.collect();
    logs[0].probe.risk = first;
    logs[LOGS - 1].probe.risk = last;
    let sandwiches = SandwichTally { checked: 100, finite: 60, ..SandwichTally::default() };
    let record = Record { parameters: 1, logs, test_accuracy: 0.9, test_risk: last, sandwiches };
    let case = Case { dataset: "d".into(), model: model.into(), loss: loss.into(), seed: 0 };
    Outcome { id: format!("{model}-{loss}"), case, record }
}

fn expected() -> Vec<Outcome<Case, Record>> {
    // 36 cells of 36: the lower limit of their share is 0.903.
    let models = ["a", "b", "c", "d", "lenet5", "resnet"].into_iter();
    models
        .flat_map(|model| [cell(model, "ce", (2.3, 0.1), true), cell(model, "squared", (0.45, 0.05), true)])
        .collect()
}

fn not_reproduced(cells: &[Outcome<Case, Record>]) -> Vec<&'static str> {
    // Three seeds each, which it takes to decide, and enough groups for a share.
    let seeded = |cell: &Outcome<Case, Record>| {
        let cell = cell.clone();
        (0..3).map(move |seed| Outcome { case: Case { seed, ..cell.case.clone() }, ..cell.clone() })
    };
    let cells: Vec<_> = cells.iter().flat_map(seeded).collect();
    let verdicts = verdicts::<Bounds>(&Bounds.settings(Profile::Quick), &cells).into_iter();
    verdicts.filter(|(_, verdict)| *verdict != Verdict::Reproduced).map(|(id, _)| id).collect()
}

#[test]
fn bounds_that_go_with_the_risk_reproduce_every_claim() {
    assert_eq!(not_reproduced(&expected()), [""; 0]);
}

#[test]
fn each_departure_makes_its_claims_fail() {
    let with = |cell| {
        let mut cells = expected();
        cells.push(cell);
        not_reproduced(&cells)
    };
    // Below 0.5 from the start, and hardly learning: only the absolute rule counts it.
    assert_eq!(with(cell("e", "squared", (0.45, 0.3), false)), ["bounds.set"]);
    assert_eq!(with(cell("e", "squared", (0.45, 0.2), false)), ["bounds.set", "bounds.set-learned"]);
    // Half of the start and not below 0.5.
    assert_eq!(with(cell("e", "ce", (2.3, 1.1), false)), ["bounds.set-learned"]);
    // At chance nothing is asked of the correlations.
    assert_eq!(with(cell("e", "ce", (2.3, 2.2), false)), [""; 0]);
    let mut cells = expected();
    cells[0].record.sandwiches.above = 1;
    assert_eq!(not_reproduced(&cells), ["bounds.sandwich"]);
}
