//! What the records of `proxy` decide.

use fenchel_harness::{Experiment, Profile, Verdict};

use super::super::record::{Images, Problem, Width};
use super::*;
use crate::experiments::proxy::ProxyConvexity;
use crate::experiments::proxy::record::{ErrorLog, NearMiss, Point};
use crate::testing;

fn check(theorem: &str, stochastic: bool, bound: f64) -> Check {
    let point = Point { steps: 80, measured: 0.1, lower: 0.05, upper: 0.15, bound };
    Check {
        theorem: theorem.into(),
        stochastic,
        hypotheses: 3,
        unmet: Vec::new(),
        violations: 0,
        confirmed: 990,
        prefixes: 1000,
        curve: vec![point],
    }
}

/// Cells that keep every guarantee, with bounds that say something on clean labels only.
fn outcomes() -> Vec<Outcome<Case, Record>> {
    let record = |case: &Case| match case {
        Case::Problems { instance, .. } => {
            let bound = if *instance == Instance::Separable { 0.3 } else { 0.7 };
            let theorems = ["P1", "P2", "P3", "E3"];
            let checks = theorems
                .into_iter()
                .flat_map(|theorem| [false, true].map(|stochastic| check(theorem, stochastic, bound)));
            let miss = NearMiss { name: "n".into(), seen: true, verdict: "refuted".into() };
            let problem = Problem { checks: checks.collect(), near_misses: vec![miss], spread: None };
            Record::Problems(vec![problem; 2])
        }
        Case::Width { width, .. } => {
            let e = 1.0 / *width as f64;
            Record::Width(Width { e, linearisation: e, bound: 2.0 * e, random: 0.5 * e })
        }
        Case::Images { .. } => {
            let log = ErrorLog {
                step: 1,
                train_error: 0.1,
                train_surrogate: 0.1,
                test_error: 0.1,
                test_surrogate: 0.1,
            };
            let checks = vec![check("E3", false, 0.3), check("P3", false, 0.3)];
            Record::Images(Images { margin: 0.1, radius: 1.0, xi: 0.1, checks, errors: vec![log] })
        }
    };
    let cells = ProxyConvexity.plan(&ProxyConvexity.settings(Profile::Quick)).unwrap();
    cells
        .into_iter()
        .map(|cell| Outcome { record: record(&cell.case), id: cell.id, case: cell.case })
        .collect()
}

fn verdicts(change: impl FnMut(&mut Outcome<Case, Record>)) -> BTreeMap<&'static str, Verdict> {
    let mut all = outcomes();
    all.iter_mut().for_each(change);
    testing::verdicts::<ProxyConvexity>(&ProxyConvexity.settings(Profile::Quick), &all)
}

fn failed(change: impl FnMut(&mut Outcome<Case, Record>)) -> Vec<&'static str> {
    let failed = verdicts(change).into_iter().filter(|(_, verdict)| *verdict == Verdict::Failed);
    failed.map(|(id, _)| id).collect()
}

/// Changes the problems of an instance.
fn problems(of: Instance, change: impl Fn(usize, &mut Problem)) -> impl FnMut(&mut Outcome<Case, Record>) {
    move |outcome| {
        if let (Case::Problems { instance, .. }, Record::Problems(problems)) =
            (&outcome.case, &mut outcome.record)
            && *instance == of
        {
            problems.iter_mut().enumerate().for_each(|(place, problem)| change(place, problem));
        }
    }
}

#[test]
fn guarantees_that_are_kept_reproduce_every_claim() {
    let settings = ProxyConvexity.settings(Profile::Quick);
    let (_, findings) = testing::decide::<ProxyConvexity>(&settings, &outcomes());
    testing::assert_linked(&findings);
    for finding in findings.list() {
        assert_eq!(finding.verdict(), Verdict::Reproduced, "{}", finding.claim.id);
    }
}

#[test]
fn a_minority_of_problems_that_are_not_confirmed_counts_in_its_instance_alone() {
    // One problem of three: the median over problems would not see it, and neither would all instances together.
    let unconfirmed = problems(Instance::Convex, |place, problem| {
        let confirmed = if place == 0 { 850 } else { 990 };
        let own = problem.checks.iter_mut().filter(|check| check.stochastic && check.theorem == "P2");
        own.for_each(|check| check.confirmed = confirmed);
    });
    assert_eq!(failed(unconfirmed), ["proxy.sgd"]);
    // So few prefixes that the share is not known.
    let few = problems(Instance::Convex, |_, problem| {
        problem.checks.iter_mut().for_each(|check| (check.confirmed, check.prefixes) = (2, 2));
    });
    assert_eq!(verdicts(few)["proxy.sgd"].word(), "undecided");
}

#[test]
fn what_is_no_number_meets_no_criterion() {
    let images = |change: fn(&mut ErrorLog)| {
        failed(move |outcome| {
            if let Record::Images(images) = &mut outcome.record {
                images.errors.iter_mut().for_each(change);
            }
        })
    };
    assert_eq!(images(|log| log.train_error = 0.21), ["proxy.errors"]);
    assert_eq!(images(|log| log.train_error = f64::NAN), ["proxy.errors"]);
    assert_eq!(images(|log| log.test_surrogate = f64::NAN), ["proxy.errors"]);
    // One bound of many.
    for of in [Instance::Separable, Instance::SeparableNoise10] {
        let nan = problems(of, |place, problem| {
            let own = problem.checks.iter_mut().filter(|check| place == 1 && check.theorem == "E3");
            own.for_each(|check| check.curve[0].bound = f64::NAN);
        });
        assert_ne!(verdicts(nan)["proxy.separable"], Verdict::Reproduced);
    }
    let widths = |change: fn(&mut Width)| {
        verdicts(move |outcome| {
            if let Record::Width(width) = &mut outcome.record {
                change(width);
            }
        })
    };
    assert_eq!(widths(|width| width.random = f64::NAN)["proxy.tangent"], Verdict::Failed);
    assert_eq!(widths(|width| width.bound = f64::NAN)["proxy.tangent-bound"], Verdict::Failed);
    assert_ne!(widths(|width| width.e = f64::NAN)["proxy.tangent"], Verdict::Reproduced);
}

#[test]
fn a_record_of_another_kind_than_its_case_is_named() {
    let settings = ProxyConvexity.settings(Profile::Quick);
    let mut all = outcomes();
    let image = all.last().unwrap().record.clone();
    all[0].record = image;
    let mut findings = Findings::of(ProxyConvexity::CLAIMS);
    let error = ProxyConvexity::SUMMARISE(&settings, &all, &mut findings).unwrap_err().to_string();
    assert!(error.contains(&all[0].id), "{error}");
}
