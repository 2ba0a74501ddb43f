//! T8 on sums whose samples help or hurt each other.

use super::*;
use crate::catalogue::{LogCosh, PotentialFunction, Quadratic, Separable};
use crate::norms::Norm;
use crate::objectives::Precomposed;
use crate::potentials::Potential;
use crate::theorems::by_hand::measured_hypothesis;
use crate::trajectory::MiniBatchDescent;
use crate::verdict::{Reason, Verdict};
use fenchel_random::Seed;
use ndarray::{Array2, array};
use std::sync::Arc;

fn parabola(diagonal: &[f64]) -> Arc<dyn Objective> {
    Arc::new(Quadratic::diagonal(diagonal).unwrap())
}

/// log cosh(<a_i, x> - b_i), |a_i| <= 1: each is 1-smooth, and they disagree about the minimum.
fn regression(n: usize) -> FiniteSum {
    let sample = |i: usize| -> Arc<dyn Objective> {
        let angle = 2.3 * i as f64;
        let matrix = Array2::from_shape_vec((1, 2), vec![angle.cos() * 0.9, angle.sin() * 0.9]).unwrap();
        let shift = array![0.4 * ((i * i) % 5) as f64 - 0.7];
        Arc::new(Precomposed::new(Separable::new(LogCosh, 1).unwrap(), matrix, shift).unwrap())
    };
    FiniteSum::new((0..n).map(sample).collect()).unwrap()
}

fn run_of(sum: &FiniteSum, modulus: &Modulus, size: usize, steps: usize, seed: u64) -> BatchRun {
    let method = GeneralisedDescent::new(modulus.potential().clone(), 1.0).unwrap();
    let start = array![2.0, -1.5];
    MiniBatchDescent::new(method, size, Seed::new(seed)).unwrap().run(sum, &start, steps).unwrap()
}

#[test]
fn the_inequality_and_the_identity_hold_at_every_prefix() {
    let sum = regression(6);
    for size in [1, 2, 5, 6] {
        for (seed, modulus) in
            [(1, Modulus::smooth(0.81, 2.0, Norm::L2)), (2, Modulus::smooth(1.3, 2.0, Norm::LINF))]
        {
            // l_inf dominates: ||d||_2^2 <= 2 ||d||_inf^2 in the plane.
            let modulus = modulus.unwrap();
            let modulus = if seed == 2 { Modulus::smooth(1.62, 2.0, Norm::LINF).unwrap() } else { modulus };
            let run = run_of(&sum, &modulus, size, 60, seed);
            let report = check(&sum, &run, &modulus).unwrap();
            assert!(report.verdict().holds(), "{size}: {}", report.verdict());
            let report = identity(&sum, &run).unwrap();
            assert!(report.verdict().holds(), "{size}: {}", report.verdict());
        }
    }
}

#[test]
fn parabolas_attain_the_inequality() {
    // D = Phi along every step, so that both sides agree: any wrong factor shows.
    let shifted = |shift: f64| -> Arc<dyn Objective> {
        Arc::new(
            Precomposed::new(Quadratic::diagonal(&[2.0]).unwrap(), array![[1.0, 0.0]], array![shift])
                .unwrap(),
        )
    };
    let sum = FiniteSum::new(vec![shifted(0.0), shifted(1.0), shifted(-3.0)]).unwrap();
    let modulus = Modulus::smooth(2.0, 2.0, Norm::L2).unwrap();
    for size in [1, 2, 3] {
        let run = run_of(&sum, &modulus, size, 15, 5);
        let report = check(&sum, &run, &modulus).unwrap();
        assert!(report.verdict().holds() && report.slack.abs() < 1e-12, "{size}: {}", report.slack);
        let ledger =
            Ledger::of(&sum, &run, &GeneralisedDescent::new(modulus.potential().clone(), 1.0).unwrap())
                .unwrap();
        assert_eq!(ledger.batch_size(), size);
        assert!(size < 3 || ledger.rows().iter().all(|row| row.interference == 0.0));
        if size == 1 {
            // By hand: a batch of one is solved at once, and the energy is the square of the distance.
            let row = ledger.rows()[0];
            let states = run.trajectory().states();
            let distance = states[1].point[0] - states[0].point[0];
            assert!((row.energy - distance * distance).abs() < 1e-12);
            assert!((row.interference - 2.0 / 3.0 * row.rest).abs() < 1e-15);
        }
    }
}

#[test]
fn the_identity_serves_any_steps() {
    let sum = regression(4);
    let points = [[1.0, 1.0], [0.3, -2.0], [4.0, 0.0], [0.1, 0.1]].map(|x| array![x[0], x[1]]);
    let run = BatchRun::record(&sum, points, vec![vec![0, 3], vec![2, 1], vec![3, 1]]).unwrap();
    assert!(identity(&sum, &run).unwrap().verdict().holds());
    // For these steps the inequality has no hypothesis.
    let modulus = Modulus::smooth(0.81, 2.0, Norm::L2).unwrap();
    assert!(check(&sum, &run, &modulus).unwrap().verdict().is_undecided());
}

#[test]
fn too_small_a_constant_fails_in_the_hypothesis_and_breaks_the_inequality() {
    let sum = regression(5);
    let modulus = Modulus::smooth(0.2, 2.0, Norm::L2).unwrap();
    let run = run_of(&sum, &modulus, 2, 30, 3);
    let report = check(&sum, &run, &modulus).unwrap();
    assert!(report.inequality.is_violated() && report.verdict().is_undecided(), "{}", report.inequality);
    // An offset pays for it: twice the largest divergence is enough here.
    let paid = modulus.with_offset(50.0).unwrap();
    assert!(check(&sum, &run, &paid).unwrap().verdict().holds());
}

#[test]
fn other_exponents_serve_too() {
    let r = 1.5;
    let c = crate::moduli::norm_power_smoothness(r).unwrap();
    let power = || -> Arc<dyn Objective> {
        Arc::new(PotentialFunction::new(Potential::norm_power(1.0, r, Norm::L2).unwrap(), 2).unwrap())
    };
    let sum = FiniteSum::new(vec![power(), power()]).unwrap();
    let modulus = Modulus::smooth(c, r, Norm::L2).unwrap();
    let run = run_of(&sum, &modulus, 1, 20, 1);
    assert!(check(&sum, &run, &modulus).unwrap().verdict().holds());
}

#[test]
fn levels_are_reached_by_the_sampled_batch_but_not_by_the_maximum() {
    let sum = FiniteSum::new(vec![parabola(&[1.0, 0.0]), parabola(&[0.0, 1.0])]).unwrap();
    let modulus = Modulus::smooth(1.0, 2.0, Norm::L2).unwrap();
    // x_0 = (0, 1), sample 1 drawn twice.
    let run = BatchRun::record(&sum, vec![array![0.0, 1.0]; 3], vec![vec![0], vec![0]]).unwrap();
    assert_eq!(steps_to_level(2, 1, 0.25, 0.4, 0.0).unwrap(), Some(1.25));
    let sampled = level(&sum, &run, &modulus, 0.0, 0.4, &Of::SampledBatch).unwrap();
    assert!(sampled.verdict().holds() && sampled.measured == 0.0);
    let printed = level(&sum, &run, &modulus, 0.0, 0.4, &Of::MaximumOver(vec![vec![0], vec![1]])).unwrap();
    assert!(printed.verdict().is_violated() && printed.measured == 0.5);
    let short = level(&sum, &run, &modulus, 0.0, 0.2, &Of::SampledBatch).unwrap();
    assert!(short.verdict().is_undecided());
    let other = FiniteSum::new(vec![parabola(&[1.0, 0.0]), parabola(&[0.0, 0.9])]).unwrap();
    let foreign = BatchRun::record(&other, vec![array![0.0, 1.0]; 3], vec![vec![0], vec![0]]).unwrap();
    let foreign = level(&sum, &foreign, &modulus, 0.0, 0.4, &Of::SampledBatch).unwrap();
    assert!(measured_hypothesis(&foreign, "the record is the function's own").0 > 0.01);
    assert!(foreign.verdict().is_undecided());
    // A step on sample 1 that costs sample 2 its M = 3/8: a level of at most M is promised by no number
    // of steps, a larger one is.
    let hurt = BatchRun::record(&sum, [array![1.0, 0.5], array![0.0, 1.0]], vec![vec![0]]).unwrap();
    let vacuous = level(&sum, &hurt, &modulus, 0.0, 0.375, &Of::SampledBatch).unwrap();
    let Verdict::Undecided { reason: Reason::Vacuous { why } } = &vacuous.inequality else {
        panic!("{}", vacuous.inequality)
    };
    assert!(why.contains("(n - b) M"), "{why}");
    let short = level(&sum, &hurt, &modulus, 0.0, 0.376, &Of::SampledBatch).unwrap();
    let Verdict::Undecided { reason: Reason::Vacuous { why } } = &short.inequality else {
        panic!("{}", short.inequality)
    };
    assert!(why.contains("shorter"), "{why}");
    // With M: b level <= (n - b) M asks for ever.
    assert_eq!(steps_to_level(4, 1, 1.0, 0.3, 0.1).unwrap(), None);
    assert!((steps_to_level(4, 2, 1.0, 0.3, 0.1).unwrap().unwrap() - 10.0).abs() < 1e-12);
    assert!(steps_to_level(2, 3, 1.0, 0.3, 0.1).is_err() && steps_to_level(2, 1, 1.0, 0.0, 0.1).is_err());
}
