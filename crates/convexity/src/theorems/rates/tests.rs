//! The rates on functions whose descent is known, and claims that are one step too good.

use super::*;
use crate::catalogue::{AbsolutePower, LogCosh, PotentialFunction, Quadratic, Separable, entries};
use crate::moduli::{Side, norm_power_smoothness};
use crate::norms::Norm;
use crate::objectives::Region;
use crate::objectives::{Closure, Objective};
use crate::potentials::Potential;
use crate::theorems::by_hand::{measured_hypothesis, parabola};
use crate::trajectory::Trajectory;
use crate::verdict::Verdict;
use ndarray::{ArrayView1, array};

fn descend(function: &dyn Objective, modulus: &Modulus, start: &[f64], steps: usize) -> Trajectory {
    let method = GeneralisedDescent::new(modulus.potential().clone(), 1.0).unwrap();
    method.run(function, &ArrayView1::from(start), steps).unwrap()
}

/// As for the rate of T19(c).
#[test]
fn a_premise_that_fails_by_a_unit_is_not_met() {
    for k in 1..30 {
        let c = 1.0 + f64::from(k) / 31.0;
        let (function, smooth) = (parabola(c, 0.0), Modulus::smooth(c, 2.0, Norm::L2).unwrap());
        let trajectory = descend(&*function, &smooth, &[0.7], 1);
        let run = Run::new(&*function, &smooth, &trajectory);
        for (constant, met) in [(c, true), (c.next_up(), false)] {
            let lower = Modulus::convex(constant, 2.0, Norm::L2).unwrap();
            let report = dominated(&run, &lower, &Infimum::At(array![0.0])).unwrap();
            assert_eq!(measured_hypothesis(&report, "the gap is at most").0 <= 0.0, met, "{c} {constant}");
        }
    }
}

#[test]
fn the_catalogue_keeps_the_first_two_rates_at_every_prefix() {
    let mut checked = 0;
    for entry in entries(2).unwrap() {
        let (function, Some((minimiser, _))) = (entry.objective(), entry.minimum()) else { continue };
        for known in entry.constants() {
            let modulus = &known.modulus;
            if modulus.side() != Side::Smooth || modulus.require_power().is_err() || modulus.offset() > 0.0 {
                continue;
            }
            let trajectory = descend(function, modulus, &[1.3, -0.4], 60);
            let run = Run::new(function, modulus, &trajectory);
            let report = energy(&run, &Infimum::At(minimiser.to_owned())).unwrap();
            assert!(report.verdict().holds(), "{}: {modulus}: {}", function.name(), report.verdict());
            if entry.is_closed_convex() {
                let report = convex(&run, minimiser).unwrap();
                assert!(report.verdict().holds(), "{}: {modulus}: {}", function.name(), report.verdict());
            }
            checked += 1;
        }
    }
    assert!(checked >= 14, "{checked}");
}

#[test]
fn domination_gives_geometric_decay_that_parabolas_attain() {
    for (c, d) in [(1.0, 4.0), (4.0, 4.0)] {
        let function = Quadratic::diagonal(&[c, d]).unwrap();
        let modulus = Modulus::smooth(d, 2.0, Norm::L2).unwrap();
        let lower = Modulus::convex(c, 2.0, Norm::L2).unwrap();
        // Along the eigenvector of the least curvature the gap falls by (1 - c/C)^2, half as fast in
        // logarithms as the bound may.
        let trajectory = descend(&function, &modulus, &[1.0, 1.0], 300);
        let run = Run::new(&function, &modulus, &trajectory);
        let report = dominated(&run, &lower, &Infimum::At(array![0.0, 0.0])).unwrap();
        assert!(report.verdict().holds() && report.theorem == "T7(iii)", "{}", report.verdict());
        let better = Modulus::convex(3.0 * c, 2.0, Norm::L2).unwrap();
        let report = dominated(&run, &better, &Infimum::At(array![0.0, 0.0])).unwrap();
        // Three times the constant: too fast a decay is refuted, and the hypothesis fails.
        assert_eq!(report.inequality.is_violated(), c < d, "{}", report.inequality);
        assert!(report.verdict().is_undecided());
    }
}

#[test]
fn norm_powers_below_two_are_dominated_with_their_own_exponent() {
    for r in [1.2, 1.5, 1.8] {
        let function = PotentialFunction::new(Potential::norm_power(1.0, r, Norm::L2).unwrap(), 2).unwrap();
        let modulus = Modulus::smooth(norm_power_smoothness(r).unwrap(), r, Norm::L2).unwrap();
        // The domination is an equation: the constant rounded down.
        let c = (r - 1.0_f64).powf(r - 1.0) * (1.0 - 1e-15);
        let trajectory = descend(&function, &modulus, &[0.6, 0.8], 40);
        let run = Run::new(&function, &modulus, &trajectory);
        let infimum = Infimum::At(array![0.0, 0.0]);
        let lower = Modulus::convex(c, r, Norm::L2).unwrap();
        let report = dominated(&run, &lower, &infimum).unwrap();
        assert!(report.verdict().holds(), "{r}: {}", report.verdict());
        // One per cent more, and the hypothesis fails.
        let more = Modulus::convex(1.01 * c, r, Norm::L2).unwrap();
        assert!(dominated(&run, &more, &infimum).unwrap().verdict().is_undecided());
    }
}

#[test]
fn the_fourth_rate_holds_and_its_exponent_is_attained() {
    for p in [2.5, 3.0, 4.0, 6.0] {
        let function = Separable::new(AbsolutePower { r: p }, 1).unwrap();
        let smooth = Modulus::smooth(p - 1.0, 2.0, Norm::L2).unwrap();
        // |x|^p/p = (1/p) |g|^{p/(p-1)}: phi* = N(c^{-(q-1)}, q), q = p/(p-1), c^{-(q-1)} = q/p = 1/(p-1).
        let lower = Modulus::convex((p - 1.0_f64).powf(p - 1.0) * (1.0 - 1e-9), p, Norm::L2).unwrap();
        let trajectory = descend(&function, &smooth, &[1.0], 4000);
        let ball = Region::Ball { centre: vec![0.0], radius: 1.0, norm: Norm::L2 };
        let run = Run::new(&function, &smooth, &trajectory).within(ball);
        let report = dominated(&run, &lower, &Infimum::At(array![0.0])).unwrap();
        assert!(report.verdict().holds() && report.theorem == "T7(iv)", "{p}: {}", report.verdict());
        let gaps: Vec<f64> = trajectory.states().iter().map(|state| state.value).collect();
        let (fitted, expected) = (fitted_exponent(&gaps).unwrap(), -p / (p - 2.0));
        assert!((fitted / expected - 1.0).abs() < 0.05, "{p}: {fitted} {expected}");
        let decay = Decay::dominated(&smooth, &lower).unwrap();
        assert!((decay.exponent() / expected - 1.0).abs() < 1e-12);
        // The recursion counts half of the decrease, a factor of 2^{p/(p-2)} in the end: a wrong constant
        // shows.
        let ratio = decay.after(&(1.0 / p), 4000) / gaps[4000] / 2f64.powf(p / (p - 2.0));
        assert!((ratio - 1.0).abs() < 0.1, "{p}: {ratio}");
        // Without the ball the modulus is false elsewhere, but not where the run is: the rate is the same.
        let trajectory = descend(&function, &smooth, &[1.0], 40);
        let everywhere = Run::new(&function, &smooth, &trajectory);
        let report = dominated(&everywhere, &lower, &Infimum::At(array![0.0])).unwrap();
        assert!(report.verdict().holds(), "{p}: {}", report.verdict());
    }
}

#[test]
fn the_decays_are_the_recursions_they_bound() {
    // Independent: iterate D - B D^kappa in a loop.
    let smooth = Modulus::smooth(2.0, 1.5, Norm::L2).unwrap();
    let lower = Modulus::convex(0.8, 3.0, Norm::L2).unwrap();
    let decay = Decay::dominated(&smooth, &lower).unwrap();
    let (k_upper, k_lower) = (2f64.powf(-2.0) / 3.0, 0.8f64.powf(-0.5) / 1.5);
    let rate = k_upper * k_lower.powf(-2.0);
    let mut gap = 0.9;
    for t in 1..=500 {
        gap -= rate * gap * gap;
        let bound = decay.after(&0.9, t);
        assert!((bound - 1.0 / (1.0 / 0.9 + rate * t as f64)).abs() < 1e-12);
        assert!(gap <= bound && bound <= 1.2 * gap);
    }
    // (ii) at r = 2: D_T <= 1/(1/D_0 + T/(2 C R^2)).
    let convex = Decay::convex(3.0, 2.0, 1.5, 0.0);
    assert!((convex.after(&0.7, 10) - 1.0 / (1.0 / 0.7 + 10.0 / (2.0 * 3.0 * 2.25))).abs() < 1e-14);
    // And at r = 4/3, q = 4: A = C^{-3} R^{-4} / 4.
    let a = 3f64.powi(-3) * 1.5f64.powi(-4) / 4.0;
    let direct = (0.7f64.powi(-3) + 3.0 * a * 10.0).powf(-1.0 / 3.0);
    assert!((Decay::convex(3.0, 4.0 / 3.0, 1.5, 0.0).after(&0.7, 10) - direct).abs() < 1e-14);
    let geometric = Decay::dominated(&smooth, &Modulus::convex(0.5, 1.5, Norm::L2).unwrap()).unwrap();
    assert!((geometric.after(&2.0, 3) - 2.0 * (1.0 - 0.25f64.powi(2)).powi(3)).abs() < 1e-14);
}

#[test]
fn too_small_a_constant_is_refuted_by_every_rate() {
    // log cosh with the constant 0.4 in place of 1: steps overshoot.
    let function = Separable::new(LogCosh, 1).unwrap();
    let modulus = Modulus::smooth(0.4, 2.0, Norm::L2).unwrap();
    let trajectory = descend(&function, &modulus, &[3.0], 30);
    let run = Run::new(&function, &modulus, &trajectory);
    let report = energy(&run, &Infimum::At(array![0.0])).unwrap();
    assert!(report.inequality.is_violated() && report.verdict().is_undecided(), "{}", report.inequality);
    let report = convex(&run, &array![0.0]).unwrap();
    assert!(report.inequality.is_violated() && report.verdict().is_undecided(), "{}", report.inequality);
}

#[test]
fn too_low_an_infimum_is_allowed_where_the_theorem_allows_it() {
    let function = Separable::new(LogCosh, 1).unwrap();
    let modulus = Modulus::smooth(1.0, 2.0, Norm::L2).unwrap();
    let trajectory = descend(&function, &modulus, &[3.0], 30);
    let run = Run::new(&function, &modulus, &trajectory);
    assert!(energy(&run, &Infimum::AtLeast(-1.0)).unwrap().verdict().holds());
    assert!(energy(&run, &Infimum::AtLeast(0.5)).unwrap().verdict().is_undecided());
    let lower = Modulus::convex(0.1, 2.0, Norm::L2).unwrap();
    assert!(dominated(&run, &lower, &Infimum::AtLeast(-1.0)).unwrap().verdict().is_undecided());
    assert!(convex(&run, &array![0.5]).unwrap().verdict().is_undecided());
}

#[test]
fn without_a_formula_round_off_stays_undecided_and_misfits_are_refused() {
    let closure =
        Closure::new("x^2", 1, |x: &[f64]| x[0] * x[0], |x: &[f64], s: &mut [f64]| s[0] = 2.0 * x[0])
            .unwrap();
    let modulus = Modulus::smooth(2.2, 2.0, Norm::L2).unwrap();
    let trajectory = descend(&closure, &modulus, &[1.0], 20);
    let run = Run::new(&closure, &modulus, &trajectory);
    let Verdict::Holds { .. } = energy(&run, &Infimum::AtLeast(0.0)).unwrap().inequality else { panic!() };
    let tight = Modulus::convex(2.0, 2.0, Norm::L2).unwrap();
    assert!(dominated(&run, &tight, &Infimum::AtLeast(0.0)).unwrap().inequality.holds());
    let wild = Modulus::convex(2.19, 2.0, Norm::L2).unwrap();
    assert!(dominated(&run, &wild, &Infimum::AtLeast(0.0)).unwrap().inequality.is_undecided());
    let other = Modulus::convex(1.0, 2.0, Norm::L1).unwrap();
    assert!(dominated(&run, &other, &Infimum::AtLeast(0.0)).is_err());
    assert!(dominated(&run, &modulus, &Infimum::AtLeast(0.0)).is_err());
    assert!(energy(&run, &Infimum::AtLeast(f64::NAN)).is_err());
    // An exponent of 1 has no conjugate exponent; one a little above has.
    assert!(Modulus::smooth(2.0, 1.0, Norm::L2).unwrap().require_power().is_err());
    assert!(Modulus::smooth(2.0, 1.005, Norm::L2).unwrap().require_power().is_ok());
    let still = Trajectory::record(&closure, [array![1.0]]).unwrap();
    assert!(energy(&Run::new(&closure, &modulus, &still), &Infimum::AtLeast(0.0)).is_err());
}
