//! T7 with offsets: kinks, ripples and jumps; the floors that are attained; random functions and constants.

use super::*;
use crate::catalogue::{AbsoluteValue, Cosine, DoubleWell, LogCosh, Ripple, Separable, Sine};
use crate::norms::Norm;
use crate::number::Number;
use crate::objectives::{Formula, Objective};
use crate::strategies::{draws, seed};
use crate::theorems::by_hand::point_of;
use crate::trajectory::Trajectory;
use crate::verdict::Verdict;
use fenchel_random::Seed;
use ndarray::{Array1, array, aview1};
use std::f64::consts::PI;

fn descend(function: &dyn Objective, modulus: &Modulus, start: &[f64], steps: usize) -> Trajectory {
    let method = GeneralisedDescent::new(modulus.potential().clone(), 1.0).unwrap();
    method.run(function, &aview1(start), steps).unwrap()
}

/// The verdict, and the inequality with a hundredth less of the offset of the steps.
#[track_caller]
fn sharp(
    function: &dyn Objective,
    modulus: &Modulus,
    start: f64,
    steps: usize,
    check: impl Fn(&Run<'_>) -> Report,
) -> Report {
    let trajectory = descend(function, modulus, &[start], steps);
    let report = check(&Run::new(function, modulus, &trajectory));
    assert!(report.verdict().holds(), "{}: {}", report.theorem, report.verdict());
    let less = modulus.clone().with_offset(0.99 * modulus.offset()).unwrap();
    let refuted = check(&Run::new(function, &less, &trajectory));
    assert!(refuted.inequality.is_violated(), "{}: {}", refuted.theorem, refuted.inequality);
    // The theorem itself stands: its hypothesis does not.
    let unmet = refuted.hypotheses.iter().any(|h| h.name.contains("smooth along") && h.obstacle().is_some());
    assert!(unmet && refuted.verdict().is_undecided());
    report
}

#[test]
fn the_offset_of_the_least_energy_is_sharp() {
    // sin x from 0, where the slope is 1, in steps of 2 pi j: every energy is pi j. On all of R the offset
    // pi j + 2 serves, for 1/(2C) + |sin u| + |sin v| is one.
    for j in [1.0, 1000.0] {
        let (c, least) = (1.0 / (2.0 * PI * j), PI * j * (1.0 + 1e-12));
        let function = Separable::new(Sine, 1).unwrap();
        let modulus = Modulus::smooth(c, 2.0, Norm::L2).unwrap();
        let infimum = Infimum::AtLeast(-1.0);
        let at_steps = modulus.clone().with_offset(least).unwrap();
        let report = sharp(&function, &at_steps, 0.0, 150, |run| energy(run, &infimum).unwrap());
        assert!(
            (report.measured / (PI * j) - 1.0).abs() < 1e-9 && report.slack < 1.01 / 150.0 + 1e-8 * least
        );
        let everywhere = modulus.with_offset(PI * j + 2.0).unwrap();
        let trajectory = descend(&function, &everywhere, &[0.0], 150);
        let report = energy(&Run::new(&function, &everywhere, &trajectory), &infimum).unwrap();
        assert!(report.verdict().holds() && report.slack < 2.01, "{}", report.verdict());
    }
}

#[test]
fn the_floor_of_a_kink_is_attained_at_every_exponent() {
    // L|x| jumps from half a step to minus half a step; in f64 exactly for r = 2.
    for r in [2.0, 1.5, 3.0, 1.25] {
        let q = r / (r - 1.0);
        let function = Separable::new(AbsoluteValue, 1).unwrap();
        let c = 2.0_f64;
        let energy = c.powf(-(q - 1.0)) / q;
        let modulus = Modulus::smooth(c, r, Norm::L2).unwrap().with_offset(energy * (1.0 + 1e-11)).unwrap();
        let start = 0.5 * c.powf(-(q - 1.0));
        let report = sharp(&function, &modulus, start, 60, |run| convex(run, &array![0.0]).unwrap());
        assert!((report.measured - start).abs() < 1e-14 && report.bound < start * (1.0 + 1e-9));
        // A gap itself may rise above the floor by o; z = q c_Phi / D* = 2.
        let decay = Decay::convex(c, r, start, energy);
        let Floor { value: floor, overshoot, slope } = decay.floor::<f64>();
        assert!((slope - 2.0).abs() < 1e-13);
        let expected = start / q * (2.0 - q + (q - 1.0) * 2f64.powf(1.0 - r));
        assert!((floor - start).abs() < 1e-14 && (overshoot - expected).abs() < 1e-14, "{r}: {overshoot}");
        assert!((decay.after(&start, 9) - start - expected).abs() < 1e-14);
    }
}

/// L x for x > 0 and -H x for x < 0.
#[derive(Debug)]
struct Valley {
    right: f64,
    left: f64,
}

impl Formula for Valley {
    fn name(&self) -> String {
        format!("max({} x, -{} x)", self.right, self.left)
    }

    fn dimension(&self) -> usize {
        1
    }

    fn value_in<N: Number>(&self, x: &[N]) -> N {
        (x[0].clone() * self.right).max(&(x[0].clone() * -self.left))
    }
}

#[test]
fn one_step_from_below_the_floor_rises_by_the_overshoot() {
    // Phi = s^2/2, from 1 - t by a step of 1 to -t: D_1 = H t, c = D_1 - D_0 + 1/2. The greatest rise is from
    // X^ = 1/(2B) = (1-t)^2, which D_0 = 1 - t approaches.
    let t = 1e-3;
    for rise in [1.3, 3.0] {
        let function = Valley { right: 1.0, left: rise / t };
        let offset = (rise - (1.0 - t) + 0.5) * (1.0 + 1e-12);
        let modulus = Modulus::smooth(1.0, 2.0, Norm::L2).unwrap().with_offset(offset).unwrap();
        let trajectory = descend(&function, &modulus, &[1.0 - t], 1);
        let report = convex(&Run::new(&function, &modulus, &trajectory), &array![0.0]).unwrap();
        assert!(report.verdict().holds(), "{}", report.verdict());
        let Floor { value: floor, overshoot, .. } = Decay::convex(1.0, 2.0, 1.0 - t, offset).floor::<f64>();
        let bound = floor + overshoot;
        assert!(overshoot > 0.0 && rise <= bound && rise > bound * (1.0 - 2e-6), "{rise} {bound}");
        assert!(overshoot < offset);
    }
}

/// 2 sqrt|x|.
#[derive(Debug)]
struct Root;

impl Formula for Root {
    fn name(&self) -> String {
        "2 sqrt|x|".into()
    }

    fn dimension(&self) -> usize {
        1
    }

    fn value_in<N: Number>(&self, x: &[N]) -> N {
        x[0].abs().sqrt() * 2.0
    }
}

#[test]
fn the_floors_of_domination_are_attained() {
    // From 1/4 to -1/4 and back: D = 1, slope 2, Phi* = 4/8 with C = 4, which is the offset.
    let modulus = Modulus::smooth(4.0, 2.0, Norm::L2).unwrap().with_offset(0.5).unwrap();
    let infimum = Infimum::AtLeast(0.0);
    // phi* = g^2/(2c) = 1 for c = 2, and (2/3) c^{-1/2} 2^{3/2} = 1 for c = 32/9 and r = 3.
    for (lower, theorem) in [
        (Modulus::convex(2.0, 2.0, Norm::L2), "T7(iii)"),
        (Modulus::convex(32.0 / 9.0 * (1.0 - 1e-15), 3.0, Norm::L2), "T7(iv)"),
    ] {
        let lower = lower.unwrap();
        let of = |run: &Run<'_>| dominated(run, &lower, &infimum).unwrap();
        let report = sharp(&Root, &modulus, 0.25, 80, of);
        assert!(report.theorem == theorem && report.measured == 1.0 && report.bound < 1.0 + 1e-12);
        // A constant of domination a hundredth too good has too low a floor.
        let (c, r, _) = lower.as_norm_power().unwrap();
        let better = Modulus::convex(1.01 * c, r.get(), Norm::L2).unwrap();
        let trajectory = descend(&Root, &modulus, &[0.25], 80);
        let report = dominated(&Run::new(&Root, &modulus, &trajectory), &better, &infimum).unwrap();
        assert!(report.inequality.is_violated() && report.verdict().is_undecided());
        // With a smaller c the gap needs an offset; half of it is c_phi, which the floor contains.
        let half = Modulus::convex(c * 2f64.powf(r.get() - 1.0), r.get(), Norm::L2).unwrap();
        let paid = half.clone().with_offset(0.5 + 1e-12).unwrap();
        let run = Run::new(&Root, &modulus, &trajectory);
        assert!(dominated(&run, &half, &infimum).unwrap().verdict().is_undecided());
        let report = dominated(&run, &paid, &infimum).unwrap();
        assert!(report.verdict().holds() && (report.bound - 1.0).abs() < 1e-9, "{}", report.verdict());
    }
}

#[test]
fn the_numbers_of_a_bound_with_both_offsets() {
    // (iii) with beta = 1/4, c_Phi = 0.3, c_phi = 0.2: D* = 0.2 + 1.2.
    let upper = Modulus::smooth(2.0, 2.0, Norm::L2).unwrap().with_offset(0.3).unwrap();
    let lower = Modulus::convex(0.5, 2.0, Norm::L2).unwrap().with_offset(0.2).unwrap();
    let decay = Decay::dominated(&upper, &lower).unwrap();
    for first in [0.7, 1.4, 9.0] {
        let expected = 1.4 + 0.75_f64.powi(3) * (first - 1.4);
        assert!((decay.after(&first, 3) - expected).abs() < 1e-14);
        assert_eq!(decay.after(&first, 3), decay.least(&first, 3));
    }
    // c > C ends at c_phi + c_Phi in one step.
    let steep = Modulus::convex(5.0, 2.0, Norm::L2).unwrap().with_offset(0.2).unwrap();
    assert_eq!(Decay::dominated(&upper, &steep).unwrap().after(&7.0, 1), 0.5);
    // (iv) with r_Phi = 3/2, r_phi = 3: q = 3 and 3/2, kappa = 2, B = (2^{-2}/3) ((0.8^{-1/2})/1.5)^{-2}.
    let upper = Modulus::smooth(2.0, 1.5, Norm::L2).unwrap();
    let lower = Modulus::convex(0.8, 3.0, Norm::L2).unwrap();
    let b = 0.25 / 3.0 * 2.25 * 0.8;
    for (rise, unseen) in [(0.3, 0.2), (0.3, 0.0), (1e-3, 0.2), (0.0, 0.2), (40.0, 1.0)] {
        let upper = upper.clone().with_offset(rise).unwrap();
        let lower = lower.clone().with_offset(unseen).unwrap();
        let decay = Decay::dominated(&upper, &lower).unwrap();
        let x = f64::sqrt(rise / b);
        // The greatest value of X - B X^2 + c_Phi up to X*.
        let peak = (1.0 / (2.0 * b)).min(x);
        let overshoot = (peak - b * peak * peak + rise - x).max(0.0);
        for (first, t) in [(8.0_f64, 4), (0.1, 7)] {
            let above = (first - unseen - x).max(0.0);
            let slope = if rise > 0.0 { 2.0 * rise / x } else { 0.0 };
            let w = if above > 0.0 { 1.0 / (1.0 / above + b * f64::from(t)) } else { 0.0 };
            let w = w.min(f64::max(1.0 - slope, 0.0).powi(t) * above);
            let (after, least) = (unseen + x + w.max(overshoot), unseen + x + w);
            let t = t as usize;
            assert!((decay.after(&first, t) - after).abs() < 1e-12 * after, "{rise} {unseen} {first}");
            assert!((decay.least(&first, t) - least).abs() < 1e-12 * after);
        }
    }
}

/// The larger of 0 and the largest of these numbers, a little enlarged.
fn enough(shortfalls: impl Iterator<Item = f64>) -> f64 {
    let most = shortfalls.fold(0.0, f64::max);
    most * (1.0 + 1e-12) + 1e-14
}

/// A function with its infimum and, if it is convex, its minimiser.
fn draw(stream: &mut fenchel_random::Stream) -> (Box<dyn Objective>, f64, Option<Vec<f64>>) {
    let m = stream.random_range(1..3_usize);
    let zero = Some(vec![0.0; m]);
    match stream.random_range(0..6) {
        0 => (Box::new(Separable::new(AbsoluteValue, m).unwrap()), 0.0, zero),
        1 => (Box::new(Separable::new(LogCosh, m).unwrap()), 0.0, zero),
        2 => (Box::new(Separable::new(Cosine, m).unwrap()), -(m as f64), None),
        3 => (Box::new(Separable::new(DoubleWell, m).unwrap()), 0.0, None),
        4 => {
            let (right, left) = (stream.random_range(0.1..3.0), stream.random_range(0.1..30.0));
            (Box::new(Valley { right, left }), 0.0, Some(vec![0.0]))
        }
        _ => {
            let (height, rate) = (stream.random_range(0.01..0.5), stream.random_range(1.0..20.0));
            let ripple = Ripple { height, rate };
            (Box::new(Separable::new(ripple, m).unwrap()), -height * m as f64, None)
        }
    }
}

/// All rates on random functions, from random starts, with any constants and the least offsets that these
/// need at the steps; how many were examined.
fn random_runs(draws: u64, seed: u64) -> [u64; 4] {
    let mut counts = [0; 4];
    for index in 0..draws {
        let mut stream = Seed::new(seed).derive("offsets").index(index).stream();
        let (function, least, minimiser) = draw(&mut stream);
        let m = function.dimension();
        let norms = [Norm::L1, Norm::L2, Norm::LINF, Norm::lp(3.0).unwrap()];
        let norm = norms[stream.random_range(0..norms.len())].clone();
        let r = [2.0, 1.5, 3.0][stream.random_range(0..3_usize)];
        let c = 10f64.powf(stream.random_range(-0.5..1.5));
        let start: Vec<f64> = (0..m).map(|_| stream.random_range(-2.0..2.0)).collect();
        let bare = Modulus::smooth(c, r, norm.clone()).unwrap();
        let method = GeneralisedDescent::new(bare.potential().clone(), 1.0).unwrap();
        let steps = stream.random_range(1..25);
        let Ok(trajectory) = method.run(&*function, &aview1(&start), steps) else { continue };
        let states = trajectory.states();
        if states.iter().any(|state| state.point.iter().any(|x| x.abs() > 1e4)) {
            continue;
        }
        let along = |pair: &[crate::trajectory::State]| {
            let step: Array1<f64> = &pair[1].point - &pair[0].point;
            let divergence = pair[1].value - pair[0].value - pair[0].gradient.dot(&step);
            divergence - bare.potential().value_of(&step.to_vec())
        };
        let size = states.iter().map(|state| state.value.abs()).fold(1.0, f64::max);
        let rise = enough(states.windows(2).map(along)) + 1e-12 * size;
        let modulus = bare.clone().with_offset(rise).unwrap();
        let run = Run::new(&*function, &modulus, &trajectory);
        let infimum = Infimum::AtLeast(least);
        let mut examine = |which: usize, report: &Report| {
            let Verdict::Holds { .. } = report.verdict() else {
                panic!("{index}: {} on {}: {report:?}", report.theorem, function.name())
            };
            counts[which] += 1;
        };
        examine(0, &energy(&run, &infimum).unwrap());
        if let Some(minimiser) = minimiser.filter(|_| start.iter().any(|x| x.abs() > 1e-3)) {
            examine(1, &convex(&run, &Array1::from(minimiser)).unwrap());
        }
        for (which, exponent) in [(2, r), (3, r + stream.random_range(0.1..2.0))] {
            let small = 10f64.powf(stream.random_range(-1.5..1.0));
            let lower = Modulus::convex(small, exponent, norm.clone()).unwrap();
            let dual = lower.potential().conjugate().unwrap();
            let unseen = enough(
                states[..steps]
                    .iter()
                    .map(|state| state.value - least - dual.value_of(&state.gradient.to_vec())),
            ) + 1e-12 * size;
            let lower = lower.with_offset(unseen).unwrap();
            examine(which, &dominated(&run, &lower, &infimum).unwrap());
        }
    }
    counts
}

#[test]
fn random_runs_keep_every_rate() {
    let wanted = draws(300);
    let counts = random_runs(wanted, seed(1));
    assert!(counts.iter().all(|&count| count > wanted / 3), "{counts:?} of {wanted}");
}

#[test]
fn foreign_offsets_are_named() {
    let function = Separable::new(AbsoluteValue, 1).unwrap();
    let modulus = Modulus::smooth(2.0, 2.0, Norm::L2).unwrap().with_offset(0.25).unwrap();
    let trajectory = descend(&function, &modulus, &[0.25], 20);
    // The tangents of another minimiser fail, and the last of the prefixes is the witness of a floor.
    let report = convex(&Run::new(&function, &modulus, &trajectory), &array![0.1]).unwrap();
    assert!(report.verdict().is_undecided());
    let report = convex(&Run::new(&function, &modulus, &trajectory), &array![0.0]).unwrap();
    assert!(report.verdict().holds() && point_of(&report, "T").len() == 1);
    let still = Trajectory::record(&function, [array![0.25]]).unwrap();
    assert!(energy(&Run::new(&function, &modulus, &still), &Infimum::AtLeast(0.0)).is_err());
}
