//! What the records of `width` decide.

use fenchel_harness::{Experiment, Profile, Verdict};

use super::*;
use crate::experiments::width::OverParametrisation;
use crate::experiments::width::record::{Hidden, Spread};
use crate::ingredients::SandwichTally;
use crate::testing;

fn outcomes(d: impl Fn(usize) -> f64, held: usize) -> Vec<Outcome<Case, Record>> {
    let experiment = OverParametrisation;
    let settings = experiment.settings(Profile::Quick);
    let cells = experiment.plan(&settings).unwrap();
    let even = |value: f64| Spread { least: value, median: value, most: value };
    cells
        .into_iter()
        .map(|cell| {
            let record = match &cell.case {
                Case::Rows { .. } => Record::Rows(Rows {
                    draws: 500,
                    in_event: 470,
                    on_event: Tally { checked: 40, violated: 0 },
                    printed_least_refuted: 10,
                    printed_spread_refuted: 0,
                    d: even(0.1),
                }),
                Case::Network { start, .. } => {
                    let hidden = |reach: f64| Hidden { reach, bound: 5.0, samples: 100, held };
                    let width = |&width: &usize| Width {
                        width,
                        parameters: 795 * width + 10,
                        outputs: 10,
                        risk: 2.3,
                        d: even(d(width)),
                        effective_dimension: even(width as f64),
                        evenness: even(0.9),
                        largest_cosine: even(0.3),
                        effective: Tally { checked: 3, violated: 0 },
                        hidden: if *start == Start::Kaiming {
                            vec![hidden(2.0), hidden(3.0)]
                        } else {
                            Vec::new()
                        },
                    };
                    let widths = settings.widths.iter().map(width).collect();
                    let sandwiches = SandwichTally { checked: 10, finite: 8, ..SandwichTally::default() };
                    Record::Network(Network { widths, sandwiches })
                }
            };
            Outcome { id: cell.id, case: cell.case, record }
        })
        .collect()
}

fn falling(width: usize) -> f64 {
    1.0 + 40.0 / (width as f64).sqrt()
}

fn failed(outcomes: &[Outcome<Case, Record>]) -> Vec<&'static str> {
    testing::failed::<OverParametrisation>(&OverParametrisation.settings(Profile::Quick), outcomes)
}

#[test]
fn what_the_theory_expects_reproduces_every_claim() {
    let settings = OverParametrisation.settings(Profile::Quick);
    let (_, findings) = testing::decide::<OverParametrisation>(&settings, &outcomes(falling, 99));
    testing::assert_linked(&findings);
    for finding in findings.list() {
        assert_eq!(finding.verdict(), Verdict::Reproduced, "{}", finding.claim.id);
    }
}

#[test]
fn near_misses_fail() {
    // 97 % of the samples are fewer than the 97.8 % that w = 3 promises.
    assert_eq!(failed(&outcomes(falling, 97)), ["width.hidden"]);
    // As small as T15(n) would have it.
    assert_eq!(failed(&outcomes(|width| 1.0 / width as f64, 99)), ["width.hypothesis"]);
    assert_eq!(failed(&outcomes(|width| 5.0 + (width as f64).ln(), 99)), ["width.falls"]);
    let mut broken = outcomes(falling, 99);
    for outcome in &mut broken {
        match &mut outcome.record {
            Record::Rows(rows) => rows.on_event.violated = 1,
            Record::Network(network) => {
                network.sandwiches.below = 1;
                network.widths[7].effective.violated = 1;
            }
        }
    }
    assert_eq!(failed(&broken), ["width.effective", "width.model", "width.sandwich"]);
    // The event too seldom, and too few draws to know.
    for (draws, in_event, word) in [(500, 400, "failed"), (1, 0, "failed"), (1, 1, "undecided")] {
        let mut seldom = outcomes(falling, 99);
        for outcome in &mut seldom {
            if let Record::Rows(rows) = &mut outcome.record {
                (rows.draws, rows.in_event) = (draws, in_event);
            }
        }
        let settings = OverParametrisation.settings(Profile::Quick);
        let verdict = &testing::verdicts::<OverParametrisation>(&settings, &seldom)["width.model"];
        assert_eq!(verdict.word(), word, "{in_event} of {draws}: {verdict}");
    }
}

#[test]
fn what_is_no_number_meets_no_criterion() {
    let networks = |change: fn(&mut Width)| {
        let mut all = outcomes(falling, 99);
        for outcome in &mut all {
            if let Record::Network(network) = &mut outcome.record {
                // One width of many.
                change(&mut network.widths[3]);
            }
        }
        testing::verdicts::<OverParametrisation>(&OverParametrisation.settings(Profile::Quick), &all)
    };
    assert_eq!(networks(|width| width.d.median = f64::NAN)["width.hypothesis"], Verdict::Failed);
    let share = networks(|width| width.effective_dimension.median = f64::NAN);
    assert_ne!(share["width.hypothesis"], Verdict::Reproduced);
}

#[test]
fn a_record_of_another_kind_than_its_case_is_named() {
    let settings = OverParametrisation.settings(Profile::Quick);
    let mut all = outcomes(falling, 99);
    let is_network = |outcome: &Outcome<Case, Record>| matches!(outcome.record, Record::Network(_));
    let network = all.iter().find(|outcome| is_network(outcome)).unwrap().record.clone();
    let rows = all.iter_mut().find(|outcome| !is_network(outcome)).unwrap();
    rows.record = network;
    let id = rows.id.clone();
    let mut findings = Findings::of(OverParametrisation::CLAIMS);
    let error = OverParametrisation::SUMMARISE(&settings, &all, &mut findings).unwrap_err().to_string();
    assert!(error.contains(&id), "{error}");
}
