//! What the records of `gd` decide.

use fenchel_harness::{Experiment, Profile, Verdict};
use std::collections::BTreeMap;

use super::*;
use crate::experiments::gd::GeneralisedDescent;
use crate::testing;

fn verdicts(change: fn(&mut Run)) -> BTreeMap<&'static str, Verdict> {
    let settings = Settings {
        exponents: vec![1.5],
        iterations: 40,
        flat_exponents: vec![3.0],
        flat_iterations: 100_000,
        seeds: vec![0],
        ..GeneralisedDescent.settings(Profile::Quick)
    };
    let mut all = testing::run_all(&GeneralisedDescent, &settings);
    for outcome in &mut all {
        if let Record::Runs(runs) = &mut outcome.record {
            runs.iter_mut().for_each(change);
        }
    }
    testing::verdicts::<GeneralisedDescent>(&settings, &all)
}

#[test]
fn what_is_no_number_meets_no_criterion() {
    assert!(
        verdicts(|_| ()).values().all(|verdict| *verdict == Verdict::Reproduced),
        "{:?}",
        verdicts(|_| ())
    );
    // A gap that is none after the first step: neither fast nor slow, and nothing that breaks a promise.
    let first = verdicts(|run| run.gaps[1] = f64::NAN);
    assert_eq!(first["gd.erratum-4"], Verdict::Failed, "{first:?}");
    assert_eq!(first["gd.erratum-5"], Verdict::Failed, "{first:?}");
    // Only where a promise is broken: a run of numbers that are none has broken nothing.
    let broken = verdicts(|run| {
        if run.checks.decrease.violated > 0 && run.alpha == 2.0 {
            let last = run.gaps.len() / 2;
            run.gaps[last] = f64::INFINITY;
        }
    });
    assert_eq!(broken["gd.erratum-4"], Verdict::Failed, "{broken:?}");
}
