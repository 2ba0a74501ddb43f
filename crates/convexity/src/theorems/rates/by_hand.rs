//! T7 against numbers computed by hand.

use crate::catalogue::{Cosine, LogCosh, PotentialFunction, Separable};
use crate::moduli::Modulus;
use crate::norms::Norm;
use crate::potentials::Potential;
use crate::theorems::by_hand::{assert_report, measured_hypothesis, parabola, point_of};
use crate::theorems::descent::Run;
use crate::theorems::gradient_bounds::Infimum;
use crate::theorems::rates;
use crate::trajectory::{GeneralisedDescent, Trajectory};
use crate::verdict::Verdict;
use ndarray::array;
use std::f64::consts::PI;

/// x^2/2 with points that are no steps of the method with C = 2, which halves x.
fn strayed(c: f64, points: &[f64]) -> (PotentialFunction, Modulus, Trajectory) {
    let function = PotentialFunction::new(Potential::norm_power(1.0, 2.0, Norm::L2).unwrap(), 1).unwrap();
    let trajectory = Trajectory::record(&function, points.iter().map(|&x| array![x])).unwrap();
    (function, Modulus::smooth(c, 2.0, Norm::L2).unwrap(), trajectory)
}

fn power(c: f64) -> PotentialFunction {
    PotentialFunction::new(Potential::norm_power(c, 2.0, Norm::L2).unwrap(), 1).unwrap()
}

fn square() -> PotentialFunction {
    PotentialFunction::new(Potential::norm_power(1.0, 2.0, Norm::L2).unwrap(), 1).unwrap()
}

/// cos x beyond its ridge at 2.6, all values negative, and a step with C = 1.
fn beyond_the_ridge() -> (Separable<Cosine>, Modulus, Trajectory) {
    let function = Separable::new(Cosine, 1).unwrap();
    let modulus = Modulus::smooth(1.0, 2.0, Norm::L2).unwrap();
    let method = GeneralisedDescent::new(modulus.potential().clone(), 1.0).unwrap();
    let trajectory = method.run(&function, &array![2.6], 1).unwrap();
    (function, modulus, trajectory)
}

#[test]
fn what_a_rounded_step_costs_is_granted_exactly() {
    // C = 2, Phi = s^2, Phi* = g^2/4. From 1.4 to 0.8: 0.49 - (0.84 - 0.36) = 0.01; from there to 0.5:
    // 0.16 - (0.24 - 0.09) = 0.01.
    let (function, modulus, trajectory) = strayed(2.0, &[1.4, 0.8, 0.5]);
    let run = Run::new(&function, &modulus, &trajectory);
    let dominated = |c: f64| {
        let lower = Modulus::convex(c, 2.0, Norm::L2).unwrap();
        rates::dominated(&run, &lower, &Infimum::At(array![0.0])).unwrap()
    };
    // (iii) with c = 1.9 claims 0.05 D_0 = 0.049 against 0.32: broken in f64, and by 0.01 less for certain.
    let report = dominated(1.9);
    let Verdict::Violated { slack, certificate, .. } = &report.inequality else {
        panic!("{}", report.inequality)
    };
    let (lower, upper) = certificate.enclosure();
    assert!((slack - (0.049 - 0.32)).abs() < 1e-14);
    assert!((lower - (0.049 + 0.01 - 0.32)).abs() < 1e-10 && (upper - lower).abs() < 1e-15);
    // With c = 1.365 it claims 0.31115 and 0.0988 against 0.32 and 0.125: within 0.01, and within 0.02
    // beyond that not.
    let report = dominated(1.365);
    let Verdict::Violated { certificate, .. } = &report.inequality else { panic!("{}", report.inequality) };
    assert!((certificate.enclosure().0 - (0.98 * 0.3175 * 0.3175 + 0.02 - 0.125)).abs() < 1e-10);
    assert_eq!(point_of(&report, "T"), [2.0]);
    // (i) with C = 1/4: Phi = s^2/8, the energy 2 x^2 = 0.72 at 0.6. Recorded is s = 2.6, where <g, s> -
    // Phi(s) = 1.56 - 0.845.
    let (function, modulus, trajectory) = strayed(0.25, &[0.6, -2.0]);
    let run = Run::new(&function, &modulus, &trajectory);
    let report = rates::energy(&run, &Infimum::AtLeast(-0.1)).unwrap();
    let Verdict::Violated { slack, certificate, .. } = &report.inequality else {
        panic!("{}", report.inequality)
    };
    assert!((slack + 0.44).abs() < 1e-14);
    assert!((certificate.enclosure().0 - (0.28 + 0.72 - 0.715 - 0.72)).abs() < 1e-10);
}

#[test]
fn the_least_energy_may_lie_between() {
    // log cosh with C = 1/4 jumps to and fro; the second energy is the least, and at T = 4 it is above D_0/4.
    let function = Separable::new(LogCosh, 1).unwrap();
    let modulus = Modulus::smooth(0.25, 2.0, Norm::L2).unwrap();
    let method = GeneralisedDescent::new(modulus.potential().clone(), 1.0).unwrap();
    let trajectory = method.run(&function, &array![5.0], 5).unwrap();
    let mut points = vec![5.0_f64];
    for k in 0..4 {
        points.push(points[k] - 4.0 * points[k].tanh());
    }
    let energies: Vec<f64> = points.iter().map(|x| 2.0 * x.tanh().powi(2)).collect();
    let gap = 5_f64.cosh().ln();
    assert!(energies[1] < energies[0] && energies[1] < energies[2] && energies[1] < energies[3]);
    assert!(energies[1] < gap / 3.0 && energies[1] > gap / 4.0);
    let run = Run::new(&function, &modulus, &trajectory);
    let report = rates::energy(&run, &Infimum::At(array![0.0])).unwrap();
    assert_report(&report, energies[1], gap / 4.0, gap / 4.0 - energies[1], gap / 4.0);
    assert!(report.inequality.is_violated());
    assert_eq!(point_of(&report, "T"), [4.0]);
}

#[test]
fn around_another_minimiser() {
    let function = parabola(1.0, 0.4);
    let report_of = |c: f64, start: f64, steps: usize, minimiser: f64| {
        let modulus = Modulus::smooth(c, 2.0, Norm::L2).unwrap();
        let method = GeneralisedDescent::new(modulus.potential().clone(), 1.0).unwrap();
        let trajectory = method.run(&*function, &array![start], steps).unwrap();
        rates::convex(&Run::new(&*function, &modulus, &trajectory), &array![minimiser])
    };
    // q = 2 and A = 1/(2 C R^2); one step of C = 2 halves the distance. Near and far, so that the least R
    // counts too.
    for start in [1.8, 0.401, -0.9] {
        let report = report_of(2.0, start, 1, 0.4).unwrap();
        let radius: f64 = start - 0.4;
        let (first, gap) = (radius * radius / 2.0, radius * radius / 8.0);
        let bound = 1.0 / (1.0 / first + 1.0 / (4.0 * radius * radius));
        assert_report(&report, gap, bound, bound - gap, bound + gap);
        assert_eq!(measured_hypothesis(&report, "subgradient at the minimiser"), (0.0, 0.0));
    }
    // C = 0.4 overshoots to -1.5 times the distance: R is the largest before T, and the first step breaks
    // the bound.
    let report = report_of(0.4, 1.8, 2, 0.4).unwrap();
    let (bound, gap) = (1.0 / (1.0 / 0.98 + 1.0 / (0.8 * 1.96)), 2.1 * 2.1 / 2.0);
    assert!(report.inequality.is_violated());
    assert_report(&report, gap, bound, bound - gap, bound + gap);
    assert_eq!(point_of(&report, "T"), [1.0]);
    // Another point has a slope, and the minimiser itself no way to go.
    let (slope, _) =
        measured_hypothesis(&report_of(2.0, 1.8, 1, 1.0).unwrap(), "subgradient at the minimiser");
    assert!((slope - 0.6).abs() < 1e-15, "{slope}");
    assert!(report_of(2.0, 0.4, 1, 0.4).is_err());
}

#[test]
fn an_overshooting_run_breaks_the_energy_bound() {
    // On x^2/2 with C = 1/4 a step multiplies by -3: the least energy is the first, 2 x^2, against x^2/(2T).
    let (function, modulus) = (power(1.0), Modulus::smooth(0.25, 2.0, Norm::L2).unwrap());
    let method = GeneralisedDescent::new(modulus.potential().clone(), 1.0).unwrap();
    let trajectory = method.run(&function, &array![0.6], 2).unwrap();
    let run = Run::new(&function, &modulus, &trajectory);
    let report = rates::energy(&run, &Infimum::AtLeast(-0.1)).unwrap();
    let (energy, gap) = (0.72, 0.28);
    assert_report(&report, energy, gap, gap - energy, gap);
    assert!(report.inequality.is_violated());
}

#[test]
fn from_the_minimiser_there_is_nothing_to_compare_with() {
    let function = square();
    let modulus = Modulus::smooth(2.0, 2.0, Norm::L2).unwrap();
    let method = GeneralisedDescent::new(modulus.potential().clone(), 1.0).unwrap();
    let still = method.run(&function, &array![0.0], 1).unwrap();
    let lower = Modulus::convex(1.0, 2.0, Norm::L2).unwrap();
    let report =
        rates::dominated(&Run::new(&function, &modulus, &still), &lower, &Infimum::At(array![0.0])).unwrap();
    assert_eq!(measured_hypothesis(&report, "at most phi*"), (0.0, 0.0));
    assert_eq!(measured_hypothesis(&report, "lies in the region"), (0.0, 0.0));
}

#[test]
fn tangents_where_values_are_negative() {
    // cos x towards pi from the left: value, minimum and slope times way are all below zero.
    let (x, function) = (2.6_f64, Separable::new(Cosine, 1).unwrap());
    let modulus = Modulus::smooth(1.0, 2.0, Norm::L2).unwrap();
    let method = GeneralisedDescent::new(modulus.potential().clone(), 1.0).unwrap();
    let trajectory = method.run(&function, &array![x], 1).unwrap();
    let report = rates::convex(&Run::new(&function, &modulus, &trajectory), &array![PI]).unwrap();
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
fn values_below_zero_count_by_their_size() {
    let x = 2.6_f64;
    let (function, modulus, trajectory) = beyond_the_ridge();
    let (energy, next) = (x.sin().powi(2) / 2.0, x + x.sin());
    let (before, after) = (x.cos(), next.cos());
    let run = Run::new(&function, &modulus, &trajectory);
    let report = rates::energy(&run, &Infimum::AtLeast(-1.0)).unwrap();
    assert_report(&report, energy, before + 1.0, before + 1.0 - energy, 1.0 - before);
    let (below, _) = measured_hypothesis(&report, "below the infimum");
    assert!((below - (-1.0 - after) / (1.0 - after)).abs() < 1e-14, "{below}");
    let lower = Modulus::convex(0.2, 2.0, Norm::L2).unwrap();
    let report = rates::dominated(&run, &lower, &Infimum::AtLeast(-1.0)).unwrap();
    let (gap, bound) = (after + 1.0, 0.8 * (before + 1.0));
    assert_report(&report, gap, bound, bound - gap, bound - after + 1.0);
    let (residual, _) = measured_hypothesis(&report, "at most phi*");
    let over = before + 1.0 - x.sin().powi(2) / 0.4;
    assert!((residual - over.max(before - 1.0) / (1.0 - before)).abs() < 1e-14, "{residual}");
}

#[test]
fn the_energy_of_prefixes() {
    // x^2/2 with C = 2: every step halves x, the energy is x^2/4. The worst prefix is the first.
    let function = PotentialFunction::new(Potential::norm_power(1.0, 2.0, Norm::L2).unwrap(), 1).unwrap();
    let run = |c: f64, start: f64, steps: usize| {
        let modulus = Modulus::smooth(c, 2.0, Norm::L2).unwrap();
        let method = GeneralisedDescent::new(modulus.potential().clone(), 1.0).unwrap();
        (method.run(&function, &array![start], steps).unwrap(), modulus)
    };
    let (trajectory, modulus) = run(2.0, 1.4, 3);
    let report = rates::energy(&Run::new(&function, &modulus, &trajectory), &Infimum::AtLeast(-0.3)).unwrap();
    let (energy, gap) = (1.4 * 1.4 / 4.0, 1.4 * 1.4 / 2.0 + 0.3);
    assert_report(&report, energy, gap, gap - energy, gap);
    assert_eq!(point_of(&report, "T"), [1.0]);
    // C = 0.4 overshoots: x -> -1.5 x. The energies grow, the least stays the first; at T the bound is
    // D_0/T. Violated at once.
    let (trajectory, modulus) = run(0.4, 1.4, 3);
    let report =
        rates::energy(&Run::new(&function, &modulus, &trajectory), &Infimum::At(array![0.0])).unwrap();
    let (energy, gap) = (1.4 * 1.4 / 0.8, 1.4 * 1.4 / 2.0);
    // Granted: what the exact step raises nothing, so the enclosure is the slack itself.
    assert_report(&report, energy, gap, gap - energy, gap);
    // Steps that are not the method's: the exact ones fall further, and the rise is granted, so that
    // nothing is refuted.
    let function = Separable::new(LogCosh, 1).unwrap();
    let modulus = Modulus::smooth(0.5, 2.0, Norm::L2).unwrap();
    let states: Vec<_> = (0..12).map(|k| array![10.0 - 0.01 * f64::from(k)]).collect();
    let slow = Trajectory::record(&function, states).unwrap();
    let report = rates::energy(&Run::new(&function, &modulus, &slow), &Infimum::AtLeast(0.0)).unwrap();
    assert!(!report.inequality.is_violated() && report.verdict().is_undecided());
}

#[test]
fn the_energy_of_the_third_prefix() {
    // log cosh from 5 is nearly a line: the energies hardly fall while the bound does, so that the last
    // prefix is the worst.
    let function = Separable::new(LogCosh, 1).unwrap();
    let modulus = Modulus::smooth(1.0, 2.0, Norm::L2).unwrap();
    let method = GeneralisedDescent::new(modulus.potential().clone(), 1.0).unwrap();
    let trajectory = method.run(&function, &array![5.0], 3).unwrap();
    let run = Run::new(&function, &modulus, &trajectory);
    let report = rates::energy(&run, &Infimum::At(array![0.0])).unwrap();
    let (first, second) = (5.0 - 5f64.tanh(), 5.0 - 5f64.tanh() - (5.0 - 5f64.tanh()).tanh());
    let (gap, energy) = (5f64.cosh().ln(), second.tanh().powi(2) / 2.0);
    assert!(first > second && second > 2.9);
    assert_report(&report, energy, gap / 3.0, gap / 3.0 - energy, gap / 3.0);
    assert_eq!(point_of(&report, "T"), [3.0]);
}

#[test]
fn the_rates_of_gaps() {
    // x^2/2 in l_2, r = 2, q = 2, one step with C = 2 from 1.4: D_1 = 0.245.
    let function = PotentialFunction::new(Potential::norm_power(1.0, 2.0, Norm::L2).unwrap(), 1).unwrap();
    let modulus = Modulus::smooth(2.0, 2.0, Norm::L2).unwrap();
    let method = GeneralisedDescent::new(modulus.potential().clone(), 1.0).unwrap();
    let trajectory = method.run(&function, &array![1.4], 1).unwrap();
    let run = Run::new(&function, &modulus, &trajectory);
    let (first, gap) = (0.98, 0.245);
    // (ii): A = 1/(2 C R^2) with R = 1.4.
    let bound = 1.0 / (1.0 / first + 1.0 / (2.0 * 2.0 * 1.96));
    let report = rates::convex(&run, &array![0.0]).unwrap();
    assert_report(&report, gap, bound, bound - gap, bound + gap);
    let (tangent, _) = measured_hypothesis(&report, "tangent");
    // At 1.4: G + <g, -x> - 0 = -0.98, relative to 0.98 + 1.96.
    assert!((tangent + 0.98 / 2.94).abs() < 1e-15, "{tangent}");
    // (iii) with c = 0.9 and the lower bound -0.1 on the infimum: (1 - 0.45) D_0.
    let lower = Modulus::convex(0.9, 2.0, Norm::L2).unwrap();
    let report = rates::dominated(&run, &lower, &Infimum::AtLeast(-0.1)).unwrap();
    let bound = 0.55 * (first + 0.1);
    assert_report(&report, gap + 0.1, bound, bound - gap - 0.1, bound + gap + 0.1);
    // The domination: 1.08 <= 1.96/1.8 at 1.4; the slack is relative to |G| + |inf|, at least minus 1.
    let (residual, tolerance) = measured_hypothesis(&report, "at most phi*");
    assert!((residual - (1.08 - 1.96 / 1.8) / 1.08).abs() < 1e-14 && tolerance == 0.0, "{residual}");
    let far = Modulus::convex(1e-3, 2.0, Norm::L2).unwrap();
    let report = rates::dominated(&run, &far, &Infimum::AtLeast(-0.1)).unwrap();
    assert_eq!(measured_hypothesis(&report, "at most phi*").0, -1.0);
    let wrong = Modulus::convex(1.2, 2.0, Norm::L2).unwrap();
    let report = rates::dominated(&run, &wrong, &Infimum::AtLeast(-0.1)).unwrap();
    assert!((measured_hypothesis(&report, "at most phi*").0 - (1.08 - 1.96 / 2.4) / 1.08).abs() < 1e-14);
    // A claim that is too fast, c = 1.9: D_1 <= 0.05 D_0 is refuted, by the slack itself.
    let fast = Modulus::convex(1.9, 2.0, Norm::L2).unwrap();
    let report = rates::dominated(&run, &fast, &Infimum::At(array![0.0])).unwrap();
    assert!(report.inequality.is_violated());
    assert_report(&report, gap, 0.05 * first, 0.05 * first - gap, gap + 0.05 * first);
    // A recorded value below the infimum, relative to both.
    let report = rates::energy(&run, &Infimum::AtLeast(0.6)).unwrap();
    assert!((measured_hypothesis(&report, "below the infimum").0 - (0.6 - 0.245) / 0.845).abs() < 1e-14);
    // A shrinking claim in (iii): c > C ends in one step.
    let whole = Modulus::convex(2.5, 2.0, Norm::L2).unwrap();
    assert_eq!(rates::dominated(&run, &whole, &Infimum::At(array![0.0])).unwrap().bound, 0.0);
}

#[test]
fn slopes_are_fitted_to_the_last_decade() {
    // T^{-1} before the last decade, T^{-3} in it.
    let gaps = |steps: usize| -> Vec<f64> {
        let edge = steps as f64 / 10.0;
        (0..=steps)
            .map(|t| {
                let t = t as f64;
                if t < edge { 1.0 / t.max(0.5) } else { edge * edge / (t * t * t) }
            })
            .collect()
    };
    assert!((rates::fitted_exponent(&gaps(1000)).unwrap() + 3.0).abs() < 1e-12);
    assert!((rates::fitted_exponent(&gaps(20)).unwrap() + 3.0).abs() < 1e-12);
    assert!(rates::fitted_exponent(&gaps(19)).is_err());
    let mut zero = gaps(1000);
    zero[1000] = 0.0;
    assert!(rates::fitted_exponent(&zero).is_err());
    // A curve: log D = -(log T)^2, whose slope by least squares is that of the interpolation points
    // themselves.
    let curve: Vec<f64> = (0..=1000).map(|t| (-(f64::from(t).max(1.0).ln()).powi(2)).exp()).collect();
    let points: Vec<(f64, f64)> = (0..=40)
        .map(|k| {
            let x = (100.0 * 10f64.powf(f64::from(k) / 40.0)).round().ln();
            (x, -x * x)
        })
        .collect();
    let centre = points.iter().map(|p| p.0).sum::<f64>() / 41.0;
    let slope = points.iter().map(|p| (p.0 - centre) * p.1).sum::<f64>()
        / points.iter().map(|p| (p.0 - centre) * (p.0 - centre)).sum::<f64>();
    assert!((rates::fitted_exponent(&curve).unwrap() - slope).abs() < 1e-10);
}
