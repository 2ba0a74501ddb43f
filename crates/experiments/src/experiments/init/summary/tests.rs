//! What the records of `init` decide.

use fenchel_harness::{Experiment, Outcome, Profile, Verdict};

use super::*;
use crate::experiments::init::{Init, Start};
use crate::ingredients::{ProbeLog, SandwichTally, StepLog};
use crate::testing::{self, run_all};

/// A cell with the structure that the theory expects of its start, and a training that follows λ_min of B.
fn cell(start: &str, depth: usize) -> Finished {
    let stuck_gaussian = start == "gaussian:0.0001" && depth == 3;
    let equal = start.starts_with("equal");
    let (below, trains) = match start {
        _ if equal || start == "zeros" => (0.0, false),
        "gaussian:0.0001" => (1e-9, !stuck_gaussian),
        _ => (1.0 + 0.1 * start.len() as f64, true),
    };
    let d = match start {
        "zeros" => 0.0,
        "gaussian:0.0001" => 1e-6,
        _ if equal => 0.5,
        _ => 2.0,
    };
    let none = |holds: bool| if holds { 8 } else { 0 };
    let structure = Start {
        samples: 8,
        classes: 10,
        parameter_norm: if start == "gaussian:1" { 100.0 } else { 10.0 },
        d,
        d_largest: 3.0 * d,
        lambda_max: 1.0,
        below_max: 1.0,
        below_min: below,
        below_min_sum_zero: below,
        full_rank: none(trains),
        rank_one: none(equal),
        zero: none(start == "zeros"),
        zero_on_sum_zero: none(equal),
        isotropic: none(start == "zeros"),
    };
    let risk = if trains { 0.5 - 0.1 * below } else { 2.3 };
    let logs = vec![StepLog { step: 0, probe: ProbeLog { risk, ..ProbeLog::constant(f64::NAN) } }];
    let test_accuracy = if trains { 0.95 } else { 0.1 };
    let record = Record {
        start: structure,
        logs,
        diverged: None,
        asymmetry: 0.0,
        test_accuracy,
        sandwiches: SandwichTally { checked: 16, finite: 9, ..SandwichTally::default() },
    };
    let case = Case { dataset: "d".into(), start: start.into(), depth, seed: 0 };
    Outcome { id: format!("{start}-{depth}"), case, record }
}

fn expected() -> Vec<Finished> {
    let starts = Init.settings(Profile::Quick).starts;
    let cells = starts.iter().flat_map(|start| [1, 3].map(|depth| cell(start, depth)));
    cells.collect()
}

fn verdicts(cells: &[Finished]) -> BTreeMap<&'static str, Verdict> {
    // Three seeds each, which it takes to decide.
    let seeded = |cell: &Finished| {
        let cell = cell.clone();
        (0..3).map(move |seed| Outcome { case: Case { seed, ..cell.case.clone() }, ..cell.clone() })
    };
    let cells: Vec<Finished> = cells.iter().flat_map(seeded).collect();
    testing::verdicts::<Init>(&Init.settings(Profile::Quick), &cells)
}

#[test]
fn the_expected_records_reproduce_every_claim() {
    let verdicts = verdicts(&expected());
    assert!(verdicts.values().all(|verdict| *verdict == Verdict::Reproduced), "{verdicts:?}");
}

#[test]
fn units_that_round_off_parted_leave_the_claim_open() {
    let mut cells = expected();
    for cell in cells.iter_mut().filter(|cell| cell.case.start == "equal:0.1") {
        (cell.record.asymmetry, cell.record.test_accuracy) = (0.3, 0.8);
        cell.record.logs[0].probe.risk = 0.01;
    }
    let verdicts = verdicts(&cells);
    let stuck = &verdicts["init.stuck"];
    assert!(
        matches!(stuck, Verdict::Undecided(why) if why.contains("parted equal units") && why.ends_with(": 6")),
        "{stuck}"
    );
    // The other criterion counts the cell as it is.
    assert_eq!(verdicts["init.untrained"], Verdict::Failed);
    assert_eq!(verdicts["init.random"], Verdict::Reproduced);
}

#[test]
fn round_off_does_not_part_units_and_more_than_a_millionth_does() {
    for (asymmetry, open) in [(1e-12, false), (1e-5, true)] {
        let mut cells = expected();
        for cell in cells.iter_mut().filter(|cell| cell.case.start == "equal:0.1") {
            cell.record.asymmetry = asymmetry;
        }
        assert_eq!(matches!(verdicts(&cells)["init.stuck"], Verdict::Undecided(_)), open, "{asymmetry}");
    }
}

/// A change of a record.
type Change = fn(&mut Record);

#[test]
fn each_departure_makes_its_claim_fail() {
    let departures: [(&str, &str, Change); 9] = [
        ("init.sandwich", "kaiming", |record| record.sandwiches.above = 1),
        ("init.degenerate", "zeros", |record| record.start.zero -= 1),
        ("init.degenerate", "equal:0.1", |record| record.start.rank_one -= 1),
        ("init.untrained", "equal:0.1", |record| record.test_accuracy = 0.8),
        ("init.stuck", "equal:0.1", |record| record.test_accuracy = 0.8),
        ("init.random", "xavier", |record| record.start.full_rank -= 1),
        ("init.random", "lecun", |record| record.test_accuracy = 0.85),
        ("init.random", "lecun", |record| record.diverged = Some("inf".into())),
        ("init.not-d", "gaussian:0.0001", |record| record.start.d = 0.1),
    ];
    for (id, start, change) in departures {
        let mut cells = expected();
        change(&mut cells.iter_mut().find(|cell| cell.case.start == start).unwrap().record);
        assert_eq!(verdicts(&cells)[id], Verdict::Failed, "{id} {start}");
    }
    let mut cells = expected();
    for cell in &mut cells {
        cell.record.start.below_min_sum_zero *= -1.0;
    }
    assert_eq!(verdicts(&cells)["init.separates"], Verdict::Failed);
}

#[test]
fn a_risk_that_is_no_number_has_no_rank_and_a_norm_that_is_none_passes_no_start_over() {
    let changed = |change: Change| {
        let mut cells = expected();
        for cell in cells.iter_mut().filter(|cell| cell.case.start == "zeros") {
            change(&mut cell.record);
        }
        verdicts(&cells)["init.separates"].clone()
    };
    // As the largest risk it would fit the smallest eigenvalue.
    assert_eq!(changed(|record| record.logs[0].probe.risk = f64::NAN).word(), "undecided");
    assert_eq!(changed(|record| record.diverged = Some("inf".into())), Verdict::Reproduced);
    let unknown = changed(|record| {
        record.start.parameter_norm = f64::NAN;
        record.logs[0].probe.risk = f64::NAN;
    });
    assert_eq!(unknown.word(), "undecided");
}

#[test]
fn larger_starts_and_other_depths_stay_out_of_a_correlation() {
    let cells = expected();
    let all = correlations(&cells, |record| record.start.below_min_sum_zero);
    assert_eq!(all.keys().map(|(_, depth)| *depth).collect::<Vec<_>>(), [1, 3]);
    // By hand at depth 1 without gaussian:1: risk falls as λ grows, and ties pair with ties.
    assert!(all[&("d".to_owned(), 1)][0].unwrap() < -0.99, "{all:?}");
}

#[test]
fn the_smallest_cells_run_to_their_claims() {
    let settings = Settings {
        width: 4,
        steps: 4,
        log_every: 2,
        batch: 64,
        probe: 3,
        seeds: vec![0],
        ..Init.settings(Profile::Quick)
    };
    let cells = run_all(&Init, &settings);
    assert_eq!(cells.len(), 30);
    for Outcome { case, record, .. } in &cells {
        let tally = record.sandwiches;
        assert_eq!((record.logs.len(), tally.checked, tally.violated()), (3, 18, 0), "{case:?}");
        assert_eq!(record.start.samples, 3);
        if case.start == "zeros" {
            assert_eq!((record.start.zero, record.start.isotropic), (3, 3));
        }
    }
    let (summary, findings) = testing::decide::<Init>(&settings, &cells);
    testing::assert_linked(&findings);
    assert_eq!(summary.figures[0].panels.len(), 6);
}
