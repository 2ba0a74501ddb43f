//! Searches: how many points they spend, and residuals over just these points.

use super::*;
use crate::catalogue::{Cosine, PotentialFunction, Separable};
use crate::error::ConvexityError;
use crate::moduli::{Modulus, Side};
use crate::norms::Norm;
use crate::objectives::{Closure, Domain};
use crate::potentials::Potential;
use crate::search::SearchConfig;
use crate::theorems::capacity_risk::{self, BatchInfima};
use crate::theorems::gradient_bounds::{self, Infimum};
use crate::theorems::points::point;
use crate::theorems::{compatibility, conjugate, cross_entropy, duality, growth};
use crate::trajectory::FiniteSum;
use fenchel_random::Seed;

fn power(c: f64) -> PotentialFunction {
    PotentialFunction::new(Potential::norm_power(c, 2.0, Norm::L2).unwrap(), 1).unwrap()
}

#[test]
fn budgets_are_spent_to_the_last_point() {
    let function = parabola(1.4, 0.4);
    let smooth = Modulus::smooth(1.9, 2.0, Norm::L2).unwrap();
    let psi = Potential::norm_power(0.7, 3.0, Norm::L2).unwrap();
    let chi = psi.conjugate().unwrap();
    let spent = |report: Report| {
        let Verdict::Holds { evaluations, .. } = report.claim else { panic!("{}", report.claim) };
        evaluations
    };
    for budget in [1, 2] {
        let config = SearchConfig { budget, ..SearchConfig::default() };
        assert_eq!(spent(growth::check(&*function, &smooth, &[0.4], &config).unwrap()), budget);
        let infimum = Infimum::AtLeast(-0.3);
        assert_eq!(spent(gradient_bounds::check(&*function, &smooth, &infimum, &config).unwrap()), budget);
        assert_eq!(spent(cross_entropy::check(2, 0.8, &config).unwrap()), budget);
        // Two inequalities and one equality for every two evaluations.
        assert_eq!(spent(conjugate::check(&psi, &chi, 1, &config).unwrap()), 3 * budget.div_ceil(2));
    }
}

#[test]
fn t3_residuals_over_the_points_of_the_search() {
    let cosine = Separable::new(Cosine, 1).unwrap();
    let smooth = Modulus::smooth(1.0, 2.0, Norm::L2).unwrap();
    for seed in 0..20 {
        // One point in ten of the budget.
        for (budget, count) in [(5, 1), (95, 10)] {
            let config = SearchConfig { seed: Seed::new(seed), budget };
            let report = duality::check(&cosine, &smooth, &power(1.0), &config).unwrap();
            let at =
                |name: &str, index: u64| point(config.seed.derive(name), index, 1, &Domain::Whole, &[])[0];
            let concave = (0..count).map(|index| {
                let (u, v) = (at("u", index), at("v", index / 3));
                let inner = -v.sin() * (u - v);
                (v.cos() + inner - u.cos()) / (u.cos().abs() + v.cos().abs() + inner.abs())
            });
            let strange = (0..count).map(|index| {
                let v = at("w", index);
                let (a, b, inner) = (v.cos(), v.sin() * v.sin() / 2.0, -v * v.sin());
                let moved = f64::EPSILON / 1e-10 * v.abs();
                (a + b - inner).abs() / (a.abs() + b + inner.abs() + moved)
            });
            let expected = [concave.fold(f64::NEG_INFINITY, f64::max), strange.fold(0.0, f64::max)];
            for (name, expected) in ["the function is convex", "conjugate of the first"].iter().zip(expected)
            {
                let (residual, tolerance) = measured_hypothesis(&report, name);
                assert!(
                    (residual - expected).abs() < 1e-12 && tolerance == 1e-10,
                    "{name}: {residual} {expected}"
                );
            }
        }
    }
    // Nothing could be evaluated: nothing is known.
    let nothing = Closure::new("nothing", 1, |_: &[f64]| f64::NAN, |_: &[f64], s: &mut [f64]| s[0] = 0.0);
    let config = SearchConfig::budget(20);
    let report = duality::check(&cosine, &smooth, &nothing.unwrap(), &config).unwrap();
    assert_eq!(measured_hypothesis(&report, "conjugate of the first").0, f64::INFINITY);
}

#[test]
fn t4_gaps_of_negative_values() {
    // cos x above -1.5: (1 + cos x)^2/2 + 1/2 of slack, relative to sin^2 x/2 + |cos x| + 3/2: least at pi, where it is 1/5.
    let cosine = Separable::new(Cosine, 1).unwrap();
    let smooth = Modulus::smooth(1.0, 2.0, Norm::L2).unwrap();
    let config = SearchConfig::budget(2000);
    let report = gradient_bounds::check(&cosine, &smooth, &Infimum::AtLeast(-1.5), &config).unwrap();
    let v = point_of(&report, "v")[0];
    let (energy, gap) = (v.sin() * v.sin() / 2.0, v.cos() + 1.5);
    assert_report(&report, energy, gap, gap - energy, energy + v.cos().abs() + 1.5);
    assert!(v.cos() < -0.99, "{v}");
}

#[test]
fn t5_says_nothing_at_two() {
    let function = parabola(1.4, 0.4);
    for (side, c) in [(Side::Smooth, 3.0), (Side::Convex, 3.0), (Side::Smooth, 0.3), (Side::Convex, 0.3)] {
        let claim = Modulus::new(side, Potential::norm_power(c, 2.0, Norm::L2).unwrap(), 0.0).unwrap();
        let report = compatibility::check(&*function, &claim, &[2.0], &[-1.0]).unwrap();
        assert!(report.claim.is_undecided(), "{side} {c}: {}", report.claim);
        assert_eq!((report.measured, report.bound, report.slack), (2.0, 2.0, 0.0));
    }
}

#[test]
fn t8_batches_from_one_to_sixteen_samples() {
    let samples = |n: usize| FiniteSum::new(vec![parabola(1.0, 0.5); n]).unwrap();
    // Sixteen are admitted, so that it is the lower bound that is refused; seventeen are too many.
    let bound = |_: &[usize]| Infimum::AtLeast(0.0);
    let refused = |n: usize| capacity_risk::check_risks(&samples(n), bound).unwrap_err();
    assert!(matches!(refused(16), ConvexityError::Incompatible { .. }));
    assert!(matches!(refused(17), ConvexityError::OutOfRange { .. }));
    assert!(
        BatchInfima::new(&samples(2), 0, bound).is_err() && BatchInfima::new(&samples(2), 3, bound).is_err()
    );
}

#[test]
fn t8_minimisers_meet_the_subsets_of_their_own_batch_only() {
    // (x - a)^2/2: the triple (0, 3, 7.5) and the pair (3, 4) have one minimiser, 3.5, and the pair is no part of it.
    let centres = [0.0, 3.0, 7.5, 4.0];
    let sum = FiniteSum::new(centres.iter().map(|&a| parabola(1.0, a)).collect()).unwrap();
    let centre = |batch: &[usize]| batch.iter().map(|&i| centres[i]).sum::<f64>() / batch.len() as f64;
    let (_, report) = capacity_risk::check_risks(&sum, |batch| Infimum::At(vec![centre(batch)])).unwrap();
    let batches: Vec<Vec<usize>> =
        (1_usize..16).map(|bits| (0..4).filter(|i| bits >> i & 1 == 1).collect()).collect();
    let mean = |batch: &[usize], x: f64| {
        batch.iter().map(|&i| (x - centres[i]) * (x - centres[i]) / 2.0).sum::<f64>() / batch.len() as f64
    };
    let mut nearest = f64::NEG_INFINITY;
    for batch in &batches {
        for subset in
            batches.iter().filter(|s| s.len() + 1 == batch.len() && s.iter().all(|i| batch.contains(i)))
        {
            let (own, other) = (mean(subset, centre(subset)), mean(subset, centre(batch)));
            nearest = nearest.max((own - other) / (own + other));
        }
    }
    let (beaten, _) = measured_hypothesis(&report, "no minimiser");
    assert!((beaten - nearest).abs() < 1e-13 && nearest < -1e-4, "{beaten} {nearest}");
}
