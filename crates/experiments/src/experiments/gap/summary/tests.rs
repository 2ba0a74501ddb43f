//! What the records of `gap` decide.

use fenchel_harness::{Experiment, Profile, Verdict};
use std::collections::BTreeMap;

use super::*;
use crate::experiments::gap::{Gap, Parts};
use crate::ingredients::SandwichTally;
use crate::testing::{self, run_all};

fn record(structure: f64, own: f64, d: f64, risk: f64) -> Record {
    let logarithmic =
        Parts { structure_above: structure, loss_above: own, loss_below: 0.0, structure_below: 0.0 };
    let log = Log {
        step: 0,
        risk,
        finite: 1.0,
        logarithmic,
        linear: logarithmic,
        d,
        averaging: 0.1,
        set: structure + own + 0.1,
    };
    Record {
        classes: 10,
        logs: vec![log],
        test_accuracy: 0.9,
        sandwiches: SandwichTally { checked: 1, finite: 1, ..SandwichTally::default() },
        decomposed: 100,
        unequal: 0,
        unordered: 0,
        not_d: 0,
    }
}

fn cell(loss: &str, record: Record) -> Finished {
    let case = TrainingCase { dataset: "d".into(), model: "m".into(), loss: loss.into(), seed: 0 };
    Outcome { id: loss.into(), case, record }
}

fn verdicts(cells: &[Finished]) -> BTreeMap<&'static str, Verdict> {
    // Three seeds each, which it takes to decide.
    let seeded = |cell: &Finished| {
        let cell = cell.clone();
        (0..3).map(move |seed| Outcome { case: TrainingCase { seed, ..cell.case.clone() }, ..cell.clone() })
    };
    let cells: Vec<Finished> = cells.iter().flat_map(seeded).collect();
    testing::verdicts::<Gap>(&Gap.settings(Profile::Quick), &cells)
}

/// ½ log 1.8, for ten classes.
const OWN: f64 = 0.293_893;

#[test]
fn the_prediction_for_cross_entropy_is_half_of_d_and_a_constant() {
    let log = record(2.0, OWN, 4.0, 0.05).logs[0];
    assert!(remainder(&log, 10).abs() < 1e-6);
    let good = [cell("ce", record(2.0, OWN, 4.0, 0.05)), cell("squared", record(4.0, 0.0, 4.0, 0.2))];
    assert!(verdicts(&good).values().all(|verdict| *verdict == Verdict::Reproduced));
    // D instead of D/2, the reading of the squared error.
    assert_eq!(verdicts(&[cell("ce", record(4.0, OWN, 4.0, 0.05))])["gap.ce"], Verdict::Failed);
    let above = verdicts(&[cell("ce", record(4.0, OWN, 4.0, 0.2))]);
    assert!(
        matches!(&above["gap.ce"], Verdict::Undecided(why) if why.contains("ending below 0.1: no measurement"))
    );
}

/// A change of a record.
type Change = fn(&mut Record);

#[test]
fn each_count_makes_its_claim_fail() {
    let changes: [(&str, Change); 5] = [
        ("gap.sandwich", |record| record.sandwiches.above = 1),
        ("gap.sandwich", |record| record.sandwiches.below = 1),
        ("gap.parts", |record| record.unequal = 1),
        ("gap.parts", |record| record.unordered = 1),
        ("gap.squared", |record| record.not_d = 1),
    ];
    for (id, change) in changes {
        let mut record = record(4.0, 0.0, 4.0, 0.2);
        change(&mut record);
        assert_eq!(verdicts(&[cell("squared", record)])[id], Verdict::Failed, "{id}");
    }
}

#[test]
fn the_smallest_cells_run_to_their_claims() {
    let settings = TrainingSettings {
        models: vec!["c-1x4".into()],
        steps: Some(6),
        batch: 64,
        log_every: 3,
        probe: 5,
        seeds: vec![0],
        ..Gap.settings(Profile::Quick)
    };
    let cells = run_all(&Gap, &settings);
    for cell in &cells {
        let record = &cell.record;
        assert_eq!((record.logs.len(), record.sandwiches.violated()), (3, 0));
        assert_eq!((record.unequal, record.unordered), (0, 0));
        if cell.case.loss == "squared" {
            assert_eq!((record.decomposed, record.not_d), (15, 0));
            assert!(record.logs.iter().all(|log| (log.logarithmic.sum() - log.d).abs() < 1e-10));
        }
        for log in record.logs.iter().filter(|log| log.finite > 0.0) {
            assert!((log.set - log.averaging - log.logarithmic.sum()).abs() < 1e-10);
        }
    }
    testing::assert_linked(&testing::decide::<Gap>(&settings, &cells).1);
}
