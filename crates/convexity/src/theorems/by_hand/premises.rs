//! Hypotheses: how far they hold, against which tolerance, and on which scale; and values below zero where the theorems seldom meet them.

use super::*;
use crate::catalogue::{Cosine, LogCosh, PotentialFunction, Separable};
use crate::moduli::{Modulus, Side};
use crate::norms::Norm;
use crate::objectives::Closure;
use crate::objectives::Region;
use crate::potentials::Potential;
use crate::search::SearchConfig;
use crate::theorems::capacity_risk::{self, BatchInfima};
use crate::theorems::descent::{self, Run};
use crate::theorems::gradient_bounds::{self, Infimum};
use crate::theorems::{calculus, interference, rates};
use crate::trajectory::{BatchRun, FiniteSum, GeneralisedDescent, Trajectory};
use std::f64::consts::PI;

const CONFIG: fn() -> SearchConfig = || SearchConfig::budget(200);

/// The status of the first hypothesis.
fn first(report: &Report) -> (f64, f64) {
    let Status::Measured { residual, tolerance } = report.hypotheses[0].status else {
        panic!("{:?}", report.hypotheses[0])
    };
    (residual, tolerance)
}

/// cos x and cos(x + 0.4), each a sample.
fn cosines() -> FiniteSum {
    let first = Separable::new(Cosine, 1).unwrap();
    let second = Precomposed::new(Separable::new(Cosine, 1).unwrap(), array![[1.0]], array![0.4]).unwrap();
    FiniteSum::new(vec![Arc::new(first), Arc::new(second)]).unwrap()
}

fn square() -> PotentialFunction {
    PotentialFunction::new(Potential::norm_power(1.0, 2.0, Norm::L2).unwrap(), 1).unwrap()
}

#[test]
fn the_room_of_a_modulus_is_relative_to_its_bound() {
    // x^2/2 against C: at every pair (C - 1)/C of the bound is left; below 1 the slack is that of one pair.
    let function = square();
    let still = Trajectory::record(&function, [array![1.0], array![0.5]]).unwrap();
    for (c, room) in [(1.6, 0.375), (1.0, 0.0)] {
        let modulus = Modulus::smooth(c, 2.0, Norm::L2).unwrap();
        let run = descent::check(&Run::new(&function, &modulus, &still), 1.0, &CONFIG()).unwrap();
        let bounds = gradient_bounds::check(&function, &modulus, &Infimum::AtLeast(0.0), &CONFIG()).unwrap();
        for report in [run, bounds] {
            let (residual, tolerance) = first(&report);
            assert!((residual + room).abs() < 1e-12 && tolerance == 0.0, "{c}: {residual}");
        }
    }
    let modulus = Modulus::smooth(0.8, 2.0, Norm::L2).unwrap();
    let run = descent::check(&Run::new(&function, &modulus, &still), 1.0, &CONFIG()).unwrap();
    let bounds = gradient_bounds::check(&function, &modulus, &Infimum::AtLeast(0.0), &CONFIG()).unwrap();
    for report in [run, bounds] {
        let (residual, tolerance) = first(&report);
        assert!(residual > 0.0 && tolerance == 0.0 && report.verdict().is_undecided(), "{residual}");
    }
}

#[test]
fn t2_both_sides_at_the_worst_pair() {
    // 2.5 (0.7 d^2) against (4/2) d^2 and the like, for d = u - v.
    let function = Quadratic::diagonal(&[1.4]).unwrap();
    for (side, c) in [(Side::Smooth, 1.6), (Side::Convex, 1.3), (Side::Smooth, 1.2), (Side::Convex, 1.5)] {
        let modulus = Modulus::new(side, Potential::norm_power(c, 2.0, Norm::L2).unwrap(), 0.0).unwrap();
        let report = calculus::check_multiple(2.5, &function, &modulus, &CONFIG()).unwrap();
        let d = point_of(&report, "u")[0] - point_of(&report, "v")[0];
        let (divergence, bound) = (1.75 * d * d, 1.25 * c * d * d);
        let slack = if side == Side::Smooth { bound - divergence } else { divergence - bound };
        let near = |a: f64, b: f64| (a - b).abs() <= NEAR * divergence;
        assert!(near(report.measured, divergence) && near(report.bound, bound) && near(report.slack, slack));
        assert_eq!(report.claim.is_violated(), slack < 0.0);
    }
}

#[test]
fn tolerances_of_runs_and_rates() {
    let function = square();
    let modulus = Modulus::smooth(2.0, 2.0, Norm::L2).unwrap();
    let method = GeneralisedDescent::new(modulus.potential().clone(), 1.0).unwrap();
    let trajectory = method.run(&function, array![1.4].view(), 3).unwrap();
    assert_eq!(trajectory.steps(), 3);
    let ball = Region::Ball { centre: vec![0.2], radius: 1.3, norm: Norm::L2 };
    let run = Run::new(&function, &modulus, &trajectory).within(ball);
    let report = descent::check(&run, 1.0, &CONFIG()).unwrap();
    assert_eq!(measured_hypothesis(&report, "every step").1, 1e-12);
    // The farthest of 1.4, 0.7, 0.35, 0.175 from 0.2 is the first: 0.1 inside.
    let (residual, tolerance) = measured_hypothesis(&report, "lies in the region");
    assert!((residual + 0.1).abs() < 1e-15 && tolerance == 0.0, "{residual}");
    let whole = Run::new(&function, &modulus, &trajectory);
    let report = rates::energy(&whole, &Infimum::AtLeast(-0.3), &CONFIG()).unwrap();
    assert_eq!(measured_hypothesis(&report, "below the infimum").1, 1e-13);
    assert_eq!(measured_hypothesis(&report, "lies in the region"), (0.0, 0.0));
    let report = rates::convex(&whole, &[0.0], &CONFIG()).unwrap();
    assert_eq!(measured_hypothesis(&report, "tangent").1, 1e-12);
    // From the minimiser of value 0: nothing to compare with, and nothing over.
    let still = method.run(&function, array![0.0].view(), 1).unwrap();
    let lower = Modulus::convex(1.0, 2.0, Norm::L2).unwrap();
    let report =
        rates::dominated(&Run::new(&function, &modulus, &still), &lower, &Infimum::At(vec![0.0]), &CONFIG());
    assert_eq!(measured_hypothesis(&report.unwrap(), "at most phi*"), (0.0, 1e-12));
}

#[test]
fn t7_tangents_where_values_are_negative() {
    // cos x towards pi from the left: value, minimum and slope times way are all below zero.
    let (x, function) = (2.6_f64, Separable::new(Cosine, 1).unwrap());
    let modulus = Modulus::smooth(1.0, 2.0, Norm::L2).unwrap();
    let method = GeneralisedDescent::new(modulus.potential().clone(), 1.0).unwrap();
    let trajectory = method.run(&function, array![x].view(), 1).unwrap();
    let report = rates::convex(&Run::new(&function, &modulus, &trajectory), &[PI], &CONFIG()).unwrap();
    let next = x + x.sin();
    let (before, after) = (x.cos() + 1.0, next.cos() + 1.0);
    let bound = 1.0 / (1.0 / before + 1.0 / (2.0 * (PI - x) * (PI - x)));
    assert_report(&report, after, bound, bound - after, bound + 2.0 - after);
    let over = [x, next].map(|x| {
        let along = -x.sin() * (PI - x);
        (x.cos() + along + 1.0) / (1.0 - x.cos() - along)
    });
    let (residual, _) = measured_hypothesis(&report, "tangent");
    assert!((residual - over[0].max(over[1])).abs() < 1e-14, "{residual} {over:?}");
}

#[test]
fn t8_steps_below_round_off_are_judged_in_256_bits() {
    // log cosh near 2, with a constant larger than its curvature by 2e-5: at steps of 1e-5 the divergence in f64 is off by more.
    let curvature = 1.0 - 2_f64.tanh().powi(2);
    let function: Arc<dyn Objective> = Arc::new(Separable::new(LogCosh, 1).unwrap());
    let sum = FiniteSum::new(vec![Arc::clone(&function)]).unwrap();
    let modulus = Modulus::smooth(curvature * (1.0 + 2e-5), 2.0, Norm::L2).unwrap();
    let mut doubtful = 0;
    for k in 0..200 {
        let (x, y) = (array![2.0 + 1e-7 * f64::from(k)], array![2.00001 + 2e-7 * f64::from(k)]);
        let d = y[0] - x[0];
        if function.bregman(y.view(), x.view()).unwrap() > curvature * (0.5 + 1e-5) * d * d * (1.0 + 1e-10) {
            doubtful += 1;
        }
        let run = BatchRun::record(&sum, [x, y], vec![vec![0]]).unwrap();
        let report = interference::check(&sum, &run, &modulus).unwrap();
        let (residual, tolerance) = measured_hypothesis(&report, "smooth along");
        assert!(residual <= tolerance, "{k}: {residual}");
    }
    assert!(doubtful > 2, "{doubtful}");
    // On the ridge of a cosine the divergence is negative, and less than the bound by all of both.
    let run = BatchRun::record(&cosines(), [array![0.2], array![0.5]], vec![vec![0]]).unwrap();
    let report =
        interference::check(&cosines(), &run, &Modulus::smooth(1.1, 2.0, Norm::L2).unwrap()).unwrap();
    assert!((measured_hypothesis(&report, "smooth along").0 + 1.0).abs() < 1e-14);
    // A function without a formula has f64 only: x^2/2 against C = 1/2 is over by a third of the terms.
    let closure =
        Closure::new("x^2/2", 1, |x: &[f64]| x[0] * x[0] / 2.0, |x: &[f64], s: &mut [f64]| s[0] = x[0]);
    let sum = FiniteSum::new(vec![Arc::new(closure.unwrap())]).unwrap();
    let run = BatchRun::record(&sum, [array![1.5], array![-1.5]], vec![vec![0]]).unwrap();
    let modulus = Modulus::smooth(0.5, 2.0, Norm::L2).unwrap();
    let report = interference::check(&sum, &run, &modulus).unwrap();
    let (residual, _) = measured_hypothesis(&report, "smooth along");
    assert!((residual - 1.0 / 3.0).abs() < 1e-12 && report.claim.is_undecided(), "{residual}");
}

#[test]
fn t8_levels_at_their_edges() {
    // Two parabolas on two axes; the first is drawn, and nothing moves.
    let axis = |a, b| -> Arc<dyn Objective> { Arc::new(Quadratic::diagonal(&[a, b]).unwrap()) };
    let sum = FiniteSum::new(vec![axis(1.0, 0.0), axis(0.0, 1.0)]).unwrap();
    let modulus = Modulus::smooth(1.0, 2.0, Norm::L2).unwrap();
    let run = BatchRun::record(&sum, vec![array![0.0, 1.0]; 3], vec![vec![0], vec![0]]).unwrap();
    let level = |infimum: f64, level: f64, of: interference::Of| {
        interference::level(&sum, &run, &modulus, infimum, level, &of).unwrap()
    };
    // (n/b) gap / level = 2 (1/4)/(1/4): two steps are just enough.
    let report = level(0.0, 0.25, interference::Of::SampledBatch);
    assert_report(&report, 0.0, 0.25, 0.25, 0.25);
    assert_eq!(point_of(&report, "x_T"), [0.0, 1.0]);
    assert_eq!(measured_hypothesis(&report, "no offset"), (0.0, 0.0));
    assert_eq!(measured_hypothesis(&report, "stays above"), (-0.25, 0.0));
    // One step short: the numbers are given all the same.
    let report = level(0.0, 0.24, interference::Of::MaximumOver(vec![vec![1]]));
    assert!(report.claim.is_undecided());
    assert_eq!((report.measured, report.bound, report.slack), (0.5, 0.24, 0.24 - 0.5));
    // A level of 1e-3 and an infimum above R_0: the gap counts as 0, and no step is needed.
    let report = level(0.3, 1e-3, interference::Of::SampledBatch);
    assert_report(&report, 0.0, 1e-3, 1e-3, 1e-3);
    assert!((measured_hypothesis(&report, "stays above").0 - 0.05).abs() < 1e-15);
    // The maximum over batches that are flat at the point is 0.
    let report = level(0.0, 0.3, interference::Of::MaximumOver(vec![vec![0]]));
    assert_report(&report, 0.0, 0.3, 0.3, 0.3);
    // The last point is the witness, not the one before.
    let sum = FiniteSum::new(vec![axis(1.0, 0.0)]).unwrap();
    let points = [array![1.0, 2.0], array![0.0, 2.0], array![0.0, 2.0], array![0.5, 2.0]];
    let run = BatchRun::record(&sum, points, vec![vec![0]; 3]).unwrap();
    let report =
        interference::level(&sum, &run, &modulus, 0.0, 0.5, &interference::Of::SampledBatch).unwrap();
    assert_report(&report, 0.0, 0.5, 0.5, 0.5);
    assert_eq!(point_of(&report, "x_T"), [0.5, 2.0]);
    // Batches of one size only.
    let run = BatchRun::record(&cosines(), vec![array![0.1]; 3], vec![vec![0], vec![0, 1]]).unwrap();
    assert!(interference::check(&cosines(), &run, &modulus).is_err());
}

#[test]
fn t8_the_floor_where_values_are_negative() {
    // cos x and cos(x + 0.4): their infima are -1, that of the mean is -cos 0.2 at pi - 0.2.
    let sum = cosines();
    let minimisers = |batch: &[usize]| {
        Infimum::At(vec![if batch.len() == 2 { PI - 0.2 } else { PI - [0.0, 0.4][batch[0]] }])
    };
    let (risks, report) = capacity_risk::check_risks(&sum, minimisers).unwrap();
    let whole = -0.2_f64.cos();
    assert!((risks[0] - (whole + 1.0)).abs() < 1e-14 && risks[1] == 0.0, "{risks:?}");
    assert_report(&report, 0.0, whole + 1.0, whole + 1.0, 1.0 - whole);
    let (beaten, tolerance) = measured_hypothesis(&report, "no minimiser");
    assert!((beaten - (-1.0 - whole) / (1.0 - whole)).abs() < 1e-14 && tolerance == 1e-13, "{beaten}");
    // At one point, each sample a batch.
    let x = 2.6_f64;
    let points = Trajectory::record(&sum, [array![x]]).unwrap();
    let infima = BatchInfima::new(&sum, 1, |_| Infimum::AtLeast(-1.1)).unwrap();
    let modulus = Modulus::smooth(1.3, 2.0, Norm::L2).unwrap();
    let report = capacity_risk::check(&sum, &infima, &points, &modulus, &CONFIG()).unwrap();
    let energy = (x.sin().powi(2) + (x + 0.4).sin().powi(2)) / (4.0 * 1.3);
    let risk = (x.cos() + (x + 0.4).cos()) / 2.0;
    assert_report(&report, energy, risk + 1.1, risk + 1.1 - energy, 1.1 - risk + energy);
    let nearest = (-1.1 - (x + 0.4).cos()) / (1.1 - (x + 0.4).cos());
    let (below, _) = measured_hypothesis(&report, "below its batch");
    assert!((below - nearest).abs() < 1e-14, "{below}");
}
