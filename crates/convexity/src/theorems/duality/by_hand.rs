//! T3 against numbers computed by hand.

use crate::catalogue::{Cosine, PotentialFunction, Separable};
use crate::moduli::{Modulus, Side};
use crate::norms::Norm;
use crate::objectives::{Closure, Domain};
use crate::potentials::Potential;
use crate::search::SearchConfig;
use crate::theorems::by_hand::{measured_hypothesis, point_of};
use crate::theorems::duality;
use crate::theorems::points::point;
use fenchel_random::Seed;

const CONFIG: fn() -> SearchConfig = || SearchConfig::budget(2000);

fn power(c: f64) -> PotentialFunction {
    PotentialFunction::new(Potential::norm_power(c, 2.0, Norm::L2).unwrap(), 1).unwrap()
}

#[test]
fn residuals_are_relative_to_all_terms() {
    let smooth = Modulus::smooth(1.0, 2.0, Norm::L2).unwrap();
    // v^2/2 and s^2/4: the gap at s = v is -v^2/4, relative to 7 v^2/4.
    let report = duality::check(&power(1.0), &smooth, &power(0.5), &CONFIG()).unwrap();
    let (residual, _) = measured_hypothesis(&report, "conjugate of the first");
    assert!((residual - 1.0 / 7.0).abs() < 1e-3, "{residual}");
    // Values and products of both signs: a sum of terms is at most the sum of their sizes, and comes near
    // to it.
    let config = SearchConfig::budget(3000);
    let cosine = Separable::new(Cosine, 1).unwrap();
    let report = duality::check(&cosine, &smooth, &power(1.0), &config).unwrap();
    for name in ["the function is convex", "conjugate of the first"] {
        let (residual, _) = measured_hypothesis(&report, name);
        assert!(residual > 0.9 && residual <= 1.0 + 1e-12, "{name}: {residual}");
    }
}

#[test]
fn residuals_of_strangers() {
    // v^2/2 and s^2: at s = v the gap of Fenchel-Young is v^2/2, relative to 5 v^2/2; and (x - 1)^2 / 2
    // for a non-convex one.
    let power = |c: f64| PotentialFunction::new(Potential::norm_power(c, 2.0, Norm::L2).unwrap(), 1).unwrap();
    let smooth = Modulus::smooth(1.0, 2.0, Norm::L2).unwrap();
    let report = duality::check(&power(1.0), &smooth, &power(2.0), &CONFIG()).unwrap();
    let (residual, tolerance) = measured_hypothesis(&report, "conjugate of the first");
    assert!((residual - 0.2).abs() < 1e-3 && tolerance == 1e-10, "{residual}");
    let (convex, _) = measured_hypothesis(&report, "the function is convex");
    assert!((-1.0..=1e-15).contains(&convex), "{convex}");
    let concave = Separable::new(Cosine, 1).unwrap();
    let report = duality::check(&concave, &smooth, &power(1.0), &CONFIG()).unwrap();
    assert!(measured_hypothesis(&report, "the function is convex").0 > 0.3);
    // The dual modulus, and the hair by which the examined one is weaker.
    for (side, other) in [(Side::Smooth, Side::Convex), (Side::Convex, Side::Smooth)] {
        let modulus = Modulus::new(side, Potential::norm_power(1.7, 2.0, Norm::L2).unwrap(), 0.2).unwrap();
        let dual = duality::dual_modulus(&modulus).unwrap();
        assert_eq!((dual.side(), dual.offset()), (other, 0.2));
        assert!((dual.as_norm_power().unwrap().0 - 1.0 / 1.7).abs() < 1e-15);
        let tight = Modulus::new(side, Potential::norm_power(1.7, 2.0, Norm::L2).unwrap(), 0.0).unwrap();
        let report = duality::check(&power(1.7), &tight, &power(1.0 / 1.7), &CONFIG()).unwrap();
        assert!(report.verdict().holds(), "{side}: {}", report.verdict());
        // Both are the same parabola, so that without the hair on the weaker side rounding would refute it.
        // No more than the hair is given away, as far as f64 tells from two values.
        let [u, v] = ["u", "v"].map(|name| point_of(&report, name)[0]);
        let given = 2e-14 * report.bound + 16.0 * f64::EPSILON * (u * u + v * v);
        assert!((report.bound - report.measured).abs() <= given, "{} {}", report.bound, report.measured);
    }
}

#[test]
fn residuals_over_the_points_of_the_search() {
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
