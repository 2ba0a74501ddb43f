//! What the records of `sgd` decide.

use fenchel_harness::{Experiment, Profile, Verdict};

use super::super::record::Step;
use super::*;
use crate::experiments::sgd::StochasticDescent;
use crate::ingredients::SandwichTally;
use crate::testing;

/// Cells whose energies are of the order of their interference, and whose norms are of the order of their risks.
fn outcomes() -> Vec<Outcome<Case, Record>> {
    let experiment = StochasticDescent;
    let settings = experiment.settings(Profile::Quick);
    let cells = experiment.plan(&settings).unwrap().into_iter().enumerate();
    cells
        .map(|(place, cell)| {
            let (batch, _) = settings.plan_of(&cell.case);
            let level = 1.0 + place as f64;
            let step = Step {
                rate: 0.1,
                energy: level * settings.samples as f64 / batch as f64,
                smoothness: 1.0,
                squared_gradient_norm: 1.0,
                interference: level,
                risk: 0.01,
                left: 1.0,
                right: 1.0,
                energies: 0.8,
            };
            let log = |step, risk, local_norm| Log { step, risk, local_norm, mean_gradient: 0.1, d: 1.0 };
            let fine = Tally { checked: 2, violated: 0 };
            let record = Record {
                samples: settings.samples,
                batch,
                steps: vec![step; 2],
                first_risk: 2.3,
                last_risk: 0.01,
                diverged: None,
                identity: fine,
                inequality: fine,
                equality: if cell.case.rule == Rule::Momentum {
                    Tally { checked: 2, violated: 1 }
                } else {
                    fine
                },
                correlation: 1.0,
                floor: 1.0,
                logs: vec![log(0, 2.3, 100.0), log(2, 1e-4 * level, 1e-2 * level)],
                sandwiches: SandwichTally { checked: 10, finite: 8, ..SandwichTally::default() },
            };
            Outcome { id: cell.id, case: cell.case, record }
        })
        .collect()
}

fn failed(change: impl Fn(&mut Outcome<Case, Record>)) -> Vec<&'static str> {
    let mut all = outcomes();
    all.iter_mut().for_each(change);
    testing::failed::<StochasticDescent>(&StochasticDescent.settings(Profile::Quick), &all)
}

#[test]
fn records_that_follow_the_theory_reproduce_every_claim() {
    let settings = StochasticDescent.settings(Profile::Quick);
    let (_, findings) = testing::decide::<StochasticDescent>(&settings, &outcomes());
    testing::assert_linked(&findings);
    let verdicts: Vec<_> = findings.list().iter().map(|f| (f.claim.id, f.verdict())).collect();
    assert!(verdicts.iter().all(|(_, verdict)| *verdict == Verdict::Reproduced), "{verdicts:?}");
}

#[test]
fn near_misses_fail() {
    assert_eq!(failed(|outcome| outcome.record.sandwiches.above = 1), ["sgd.sandwich"]);
    assert_eq!(failed(|outcome| outcome.record.identity.violated = 1), ["sgd.identity"]);
    let of = |rule: Rule, change: fn(&mut Record)| {
        failed(move |outcome| {
            if outcome.case.rule == rule {
                change(&mut outcome.record);
            }
        })
    };
    assert_eq!(of(Rule::LineSearch, |record| record.inequality.violated = 1), ["sgd.energy"]);
    assert_eq!(of(Rule::LineSearch, |record| record.steps[1].energies = 0.49), ["sgd.energy-share"]);
    assert_eq!(of(Rule::Plain, |record| record.inequality.violated = 1), ["sgd.plain"]);
    assert_eq!(of(Rule::Plain, |record| record.equality.violated = 1), ["sgd.plain"]);
    assert_eq!(of(Rule::Momentum, |record| record.equality.violated = 0), ["sgd.momentum"]);
    // Momentum is not asked for the inequality.
    assert!(of(Rule::Momentum, |record| record.inequality.violated = 1).is_empty());
    assert_eq!(
        failed(|outcome| outcome.record.steps.iter_mut().for_each(|s| s.interference = -s.interference)),
        ["sgd.floor"]
    );
    // Norms that fall as the risk rises, and too high by far.
    let inverted = failed(|outcome| outcome.record.logs[1].local_norm = 1.0 / outcome.record.logs[1].risk);
    assert_eq!(inverted, ["sgd.falls", "sgd.follows"]);
}

#[test]
fn sums_and_risks_that_are_no_numbers_meet_no_criterion() {
    let word = |id: &str, change: fn(&mut Record)| {
        let mut all = outcomes();
        for outcome in all.iter_mut().filter(|outcome| outcome.case.rule == Rule::Momentum) {
            change(&mut outcome.record);
        }
        let settings = StochasticDescent.settings(Profile::Quick);
        testing::verdicts::<StochasticDescent>(&settings, &all)[id].word()
    };
    assert_eq!(word("sgd.momentum", |record| record.steps[1].energies = f64::NAN), "failed");
    assert_eq!(word("sgd.momentum", |record| record.steps[0].right = f64::INFINITY), "failed");
    // The first step of momentum is a plain one: alone it says nothing.
    assert_eq!(
        word("sgd.momentum", |record| record.equality = Tally { checked: 1, violated: 0 }),
        "undecided"
    );
    // A training whose risk is no number is not passed over.
    assert_eq!(word("sgd.falls", |record| record.logs[1].risk = f64::NAN), "undecided");
}
