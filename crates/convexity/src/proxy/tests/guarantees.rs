//! P1, P2, P3 as functions, against brute force and independent derivations.

use super::*;
use crate::catalogue::Quadratic;
use crate::objectives::Objective;
use ndarray::array;
use proptest::prelude::*;
use std::sync::Arc;

proptest! {
    /// The plan reaches its target, and no step on a grid does with fewer steps than the plan by this bound.
    #[test]
    fn plans_reach_their_target_with_the_fewest_steps(
        distance in 0.1..5.0_f64, cost in 0.0..1.0_f64, constant in 0.2..20.0_f64, excess in 0.01..1.0_f64,
    ) {
        let p1 = LipschitzGuarantee { distance, comparator_cost: cost, second_moment: constant };
        let plan = p1.plan(excess).unwrap();
        prop_assert!(p1.bound(plan.step, plan.steps).unwrap() <= (cost + excess) * (1.0 + 1e-12));
        let p2 = SmoothGuarantee { distance, comparator_cost: cost, smoothness: constant };
        let smooth = p2.plan(cost + excess).unwrap();
        prop_assert!(p2.bound(smooth.step, smooth.steps).unwrap() <= (cost + excess) * (1.0 + 1e-12));
        for k in 1..60 {
            let step = plan.step * f64::from(k) / 20.0;
            if plan.steps > 1 {
                prop_assert!(p1.bound(step, plan.steps - 1).unwrap() > (cost + excess) * (1.0 - 1e-12));
            }
            let step = 2.0 / constant * f64::from(k) / 60.0;
            if smooth.steps > 1 {
                prop_assert!(p2.bound(step, smooth.steps - 1).unwrap() > (cost + excess) * (1.0 - 1e-12));
            }
        }
    }

    #[test]
    fn plans_of_the_pl_inequality_reach_their_target(
        gap in 0.1..5.0_f64, alpha in 1.0..2.0_f64, mu in 0.2..4.0_f64, smoothness in 0.2..20.0_f64,
        variance in 0.0..1.0_f64, excess in 0.05..1.0_f64,
    ) {
        let exact =
            ProxyPlGuarantee { start: gap, infimum: 0.0, xi: 0.1, alpha, mu, smoothness, variance: 0.0 };
        for guarantee in [exact, ProxyPlGuarantee { variance, ..exact }] {
            let plan = guarantee.plan(excess).unwrap();
            let reached = guarantee.bound(plan.step, plan.steps).unwrap();
            prop_assert!(reached <= (0.1 + excess) * (1.0 + 1e-9), "{} {}", reached, excess);
            for k in 1..40 {
                let step = f64::from(k) / 40.0 / smoothness;
                if plan.steps > 1 {
                    let fewer = guarantee.bound(step, plan.steps - 1).unwrap();
                    prop_assert!(fewer > (0.1 + excess) * (1.0 - 1e-9));
                }
            }
        }
    }
}

#[test]
fn the_pl_bound_on_a_parabola_is_what_descent_does() {
    // f = w²/2: ‖∇f‖² = 2f, so alpha = 2, mu = 4, xi = 0. At eta = 1 one step ends at 0.
    let proxy = star_convex::convex(Quadratic::diagonal(&[1.0]).unwrap());
    let comparator = Comparator::new(array![0.0], 0.0).unwrap();
    let run = |step: f64| {
        Descent::new(step, 50)
            .unwrap()
            .gradient(&Exact::new(proxy.clone()), &array![3.0], &comparator)
            .unwrap()
    };
    let guarantee = pl(4.5, 4.0, 1.0);
    assert_sound(&guarantee.check(&[run(0.3)]).unwrap(), "parabola");
    // mu overstated.
    let greedy = ProxyPlGuarantee { mu: 4.1, ..guarantee };
    assert_unmet(&greedy.check(&[run(0.3)]).unwrap(), "‖∇f(w)‖^alpha");
    // The step beyond 1/L, and beyond 2/L no descent either.
    let beyond = guarantee.check(&[run(2.1)]).unwrap();
    assert_unmet(&beyond, "eta <= 1/L");
    assert_unmet(&beyond, "f(w+) <=");
}

#[test]
fn the_pl_guarantee_with_noise_holds_in_the_mean_and_in_probability() {
    let mut ratios = Vec::new();
    for problem in 0..PROBLEMS {
        let mut stream = stream("pl", problem);
        let diagonal = [1.0, stream.random_range(0.2..1.0)];
        let f: Arc<dyn Objective> = Arc::new(Quadratic::diagonal(&diagonal).unwrap());
        // ‖∇f‖² >= 2 λ_min f.
        let mu = 4.0 * diagonal[1];
        let proxy = star_convex::convex(f.clone());
        let start = vector(&mut stream, 2) * 3.0;
        let comparator = Comparator::new(array![0.0, 0.0], 0.0).unwrap();
        let (noise, eta) = (0.5, 0.2);
        let oracle = Noisy::new(proxy, noise).unwrap();
        let guarantee = ProxyPlGuarantee { variance: noise * noise, ..pl(f.value(&start).unwrap(), mu, 1.0) };
        let runs = Descent::new(eta, 60)
            .unwrap()
            .stochastic(&oracle, &start, &comparator, RUNS, Seed::new(problem))
            .unwrap();
        let checked = guarantee.check(&runs).unwrap();
        assert_sound(&checked, "noisy parabola");
        ratios.push(checked.ratio());
        // Markov: of 20 runs each fails with probability at most 0.1; eight failures would have probability
        // below 1e-3.
        let bound = guarantee.bound_in_probability(eta, 60, 0.1).unwrap();
        let least = |run: &Run| run.steps().iter().map(|step| step.g).fold(f64::INFINITY, f64::min);
        assert!(runs.iter().filter(|run| least(run) > bound).count() < 8);
        // Noise understated.
        let quiet = ProxyPlGuarantee { variance: 0.2, ..guarantee };
        assert_unmet(&quiet.check(&runs).unwrap(), "E‖∇f(w;z) - ∇f(w)‖²");
        // Smoothness understated.
        let flat = ProxyPlGuarantee { smoothness: 0.5, ..guarantee };
        assert_unmet(&flat.check(&runs).unwrap(), "f(w+) <=");
    }
    assert!(ratios.iter().all(|ratio| ratio.is_finite()));
}

/// A conclusion that is false is found, and certified for gradient descent: the surrogate overstated, with
/// the hypotheses left aside.
#[test]
fn a_false_conclusion_is_certified() {
    let f = Arc::new(Quadratic::diagonal(&[1.0]).unwrap());
    let big = Surrogate::new(f.clone(), 9.0, 0.0).unwrap();
    let zero = Surrogate::new(f.clone(), 0.0, 0.0).unwrap();
    let proxy = ProxyConvex::new(f, big, zero).unwrap();
    let comparator = Comparator::new(array![0.0], 0.0).unwrap();
    let run = Descent::new(0.1, 50).unwrap().gradient(&Exact::new(proxy), &array![1.0], &comparator).unwrap();
    let checked = smooth(1.0, 1.0).check(&[run]).unwrap();
    assert!(checked.violations > 10);
    let Verdict::Violated { certificate, .. } = &checked.report.inequality else {
        panic!("{}", checked.report.inequality)
    };
    assert!(certificate.enclosure().1 < 0.0);
    // The hypothesis fails too, so the theorem is not refuted.
    assert_unmet(&checked, "<∇f(w), w - v>");
}

#[test]
fn a_false_conclusion_in_the_mean_is_counted_but_not_certified() {
    let oracle = Noisy::new(star_convex::convex(Quadratic::diagonal(&[1.0]).unwrap()), 1.0).unwrap();
    let comparator = Comparator::new(array![0.0], 0.0).unwrap();
    let method = Descent::new(0.5, 100).unwrap();
    let runs = method.stochastic(&oracle, &array![1.0], &comparator, RUNS, Seed::new(1)).unwrap();
    // The noise keeps f at about eta/4, whatever T: a bound that forgets it is wrong.
    let bound = |steps| 1.0 / steps as f64;
    let checked = check::mean_surrogate("none", &runs, Vec::new(), bound, |_, _| 0.0).unwrap();
    assert!(checked.violations > 0);
    assert!(checked.report.inequality.is_undecided());
    let p1 = lipschitz(1.0, 1.0);
    assert_unmet(&p1.check(&runs).unwrap(), "E‖∇f(w;z)‖²");
    assert!(p1.check(&runs[..1]).is_err(), "one run of SGD is no mean");
}

#[test]
fn senseless_input_is_refused() {
    let nan = LipschitzGuarantee { comparator_cost: f64::NAN, ..lipschitz(1.0, 1.0) };
    for bad in [lipschitz(-1.0, 1.0), lipschitz(1.0, 0.0), nan] {
        assert!(bad.checked().is_err() && bad.bound(0.1, 5).is_err() && bad.plan(0.1).is_err());
    }
    let negative = SmoothGuarantee { comparator_cost: -0.1, ..smooth(1.0, 1.0) };
    assert!(negative.checked().is_err() && negative.bound(0.1, 5).is_err() && negative.plan(0.1).is_err());
    assert!(SmoothGuarantee { comparator_cost: 0.5, ..smooth(1.0, 1.0) }.plan(0.5).is_err());
    assert!(pl(-1.0, 1.0, 1.0).checked().is_err() && pl(1.0, 0.0, 1.0).plan(0.1).is_err());
    let noisy = ProxyPlGuarantee { alpha: 4.0, variance: 0.1, ..pl(1.0, 1.0, 1.0) };
    assert!(noisy.bound(0.5, 10).is_err() && noisy.plan(0.5).is_err());
    assert!(noisy.bound_in_probability(0.5, 10, 0.1).is_ok());
    assert!(Descent::new(0.0, 5).is_err() && Descent::new(0.1, 0).is_err());
    assert!(Comparator::new(array![f64::INFINITY], 0.0).is_err());
    assert!(lipschitz(1.0, 1.0).check(&[]).is_err());
    let oracle = Exact::new(star_convex::convex(Quadratic::diagonal(&[1.0]).unwrap()));
    let comparator = Comparator::new(array![0.0, 0.0], 0.0).unwrap();
    let method = Descent::new(0.1, 5).unwrap();
    assert!(method.gradient(&oracle, &array![1.0], &comparator).is_err());
    assert!(method.gradient(&oracle, &array![f64::NAN], &comparator).is_err());
}
