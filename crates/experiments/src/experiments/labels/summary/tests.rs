//! What the records of `labels` decide.

use fenchel_harness::{Experiment, Profile, Verdict};

use super::super::Log;
use super::*;
use crate::experiments::labels::Labels;
use crate::ingredients::{ProbeLog, SandwichTally};
use crate::testing::{self, run_all};

/// How the wrong labels' bound moves beside the true risk.
#[derive(Clone, Copy)]
enum Bound {
    With,
    Against,
    Apart,
}

/// Logs in which the true risk moves along a wave.
fn record(energy: f64, bound: Bound) -> Record {
    let logs = (0..40).map(|i| {
        let wave = 1.0 + 0.5 * (f64::from(i) * 0.7).sin();
        let risk = 0.01 * wave;
        let right = ProbeLog {
            risk,
            risk_median: risk,
            lower_median: 0.5 * risk,
            energy: 1.0,
            ..ProbeLog::constant(f64::NAN)
        };
        let wrong = ProbeLog {
            risk_median: 5.0 * wave,
            lower_median: match bound {
                Bound::With => wave,
                Bound::Against => 1.0 / wave,
                Bound::Apart => 1.0 + 0.5 * (f64::from(i) * 2.3).cos(),
            },
            energy,
            upper_finite: 0.25,
            ..ProbeLog::constant(f64::NAN)
        };
        Log { step: 10 * i as usize, right, wrong, larger: 0.95 }
    });
    let sandwiches = SandwichTally { checked: 1000, finite: 500, ..SandwichTally::default() };
    Record { logs: logs.collect(), test_accuracy: 0.9, sandwiches }
}

fn cell(loss: &str, seed: u64, record: Record) -> Outcome<TrainingCase, Record> {
    let case = TrainingCase { dataset: "d".into(), model: "m".into(), loss: loss.into(), seed };
    Outcome { id: format!("{loss}-{seed}"), case, record }
}

fn verdicts(cells: &[Outcome<TrainingCase, Record>]) -> BTreeMap<&'static str, Verdict> {
    let settings = TrainingSettings { window: 10, ..Labels.settings(Profile::Quick) };
    // Three seeds each, which it takes to decide.
    let seeded = |cell: &Outcome<TrainingCase, Record>| {
        let cell = cell.clone();
        (0..3).map(move |seed| Outcome { case: TrainingCase { seed, ..cell.case.clone() }, ..cell.clone() })
    };
    let cells: Vec<_> = cells.iter().flat_map(seeded).collect();
    testing::verdicts::<Labels>(&settings, &cells)
}

#[test]
fn the_digest_is_that_of_the_logs() {
    let digest = Digest::new(&record(40.0, Bound::Against), 10).unwrap();
    assert_eq!((digest.energy_ratio, digest.larger, digest.infinite), (40.0, 0.95, 0.75));
    assert!((digest.right.last_half_median().unwrap() - 1.0).abs() < 1e-12);
    assert!((digest.across.last_half_median().unwrap() + 1.0).abs() < 1e-12);
    assert!((digest.lost().unwrap() - 2.0).abs() < 1e-12);
}

#[test]
fn a_control_that_behaves_is_reproduced_and_one_that_follows_fails() {
    let apart = |energy| record(energy, Bound::Apart);
    let good = verdicts(&[cell("ce", 0, apart(40.0)), cell("squared", 0, apart(6.0))]);
    assert!(good.values().all(|verdict| *verdict == Verdict::Reproduced), "{good:?}");
    let follows = verdicts(&[cell("ce", 0, record(20.0, Bound::With))]);
    for id in ["labels.unrelated", "labels.own", "labels.energy"] {
        assert_eq!(follows[id], Verdict::Failed, "{id}");
    }
    // The squared error is allowed to follow its own bound.
    let squared = verdicts(&[cell("squared", 0, record(6.0, Bound::With))]);
    assert!(matches!(squared["labels.own"], Verdict::Undecided(_)));
    // Running against the bound is no independence.
    let against = verdicts(&[cell("ce", 0, record(40.0, Bound::Against))]);
    assert_eq!(against["labels.unrelated"], Verdict::Failed);
}

#[test]
fn one_violated_sandwich_makes_the_claim_fail() {
    let mut violated = record(40.0, Bound::Apart);
    violated.sandwiches.below = 1;
    let claims = verdicts(&[cell("ce", 0, record(40.0, Bound::Apart)), cell("ce", 1, violated)]);
    assert_eq!(claims["labels.sandwich"], Verdict::Failed);
    assert!(matches!(verdicts(&[])["labels.sandwich"], Verdict::Undecided(_)));
}

#[test]
fn the_smallest_cells_run_to_their_claims() {
    let settings = TrainingSettings {
        models: vec!["c-1x4".into()],
        steps: Some(12),
        batch: 64,
        log_every: 3,
        probe: 5,
        window: 3,
        seeds: vec![0],
        ..Labels.settings(Profile::Quick)
    };
    let cells = run_all(&Labels, &settings);
    for cell in &cells {
        assert_eq!(cell.record.logs.len(), 5);
        // Cross-entropy has two sandwiches a sample.
        let sandwiches = if cell.case.loss == "ce" { 2 } else { 1 };
        let tally = cell.record.sandwiches;
        assert_eq!((tally.checked, tally.violated()), (5 * 5 * sandwiches, 0));
        assert!(tally.finite <= tally.checked);
    }
    testing::assert_linked(&testing::decide::<Labels>(&settings, &cells).1);
}
