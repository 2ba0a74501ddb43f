//! T4 against numbers computed by hand.

use crate::catalogue::{Cosine, PotentialFunction, Separable};
use crate::moduli::{Modulus, Side};
use crate::norms::Norm;
use crate::potentials::Potential;
use crate::search::SearchConfig;
use crate::theorems::by_hand::{assert_report, measured_hypothesis, parabola, point_of};
use crate::theorems::gradient_bounds;
use crate::theorems::gradient_bounds::Infimum;
use crate::verdict::{Report, Status, Verdict};
use ndarray::array;

const CONFIG: fn() -> SearchConfig = || SearchConfig::budget(2000);

fn modulus(side: Side, c: f64, offset: f64) -> Modulus {
    Modulus::new(side, Potential::norm_power(c, 2.0, Norm::L2).unwrap(), offset).unwrap()
}

fn square() -> PotentialFunction {
    PotentialFunction::new(Potential::norm_power(1.0, 2.0, Norm::L2).unwrap(), 1).unwrap()
}

/// The evaluations behind a claim that holds.
fn spent(report: &Report) -> u64 {
    let Verdict::Holds { evaluations, .. } = report.inequality else { panic!("{}", report.inequality) };
    evaluations
}

#[test]
fn gaps_and_energies() {
    // 0.7 (x - 0.4)^2: curvature 1.4.
    let function = parabola(1.4, 0.4);
    for (side, c, offset) in [
        (Side::Smooth, 1.9, 0.0),
        (Side::Smooth, 1.6, 0.2),
        (Side::Convex, 0.8, 0.25),
        (Side::Smooth, 1.0, 1e-9),
        (Side::Convex, 2.3, 1e-9),
    ] {
        for infimum in [Infimum::At(array![0.4]), Infimum::AtLeast(-0.3)] {
            let lowest = if matches!(infimum, Infimum::At(_)) { 0.0 } else { -0.3 };
            let report =
                gradient_bounds::check(&*function, &modulus(side, c, offset), &infimum, &CONFIG()).unwrap();
            let v = point_of(&report, "v")[0];
            let (value, slope) = (0.7 * (v - 0.4).powi(2), 1.4 * (v - 0.4));
            let (gap, energy) = (value - lowest, slope * slope / (2.0 * c));
            let (measured, bound) =
                if side == Side::Smooth { (energy - offset, gap) } else { (gap, energy + offset) };
            assert_report(&report, measured, bound, bound - measured, energy + value - lowest + offset);
            let (below, tolerance) = measured_hypothesis(&report, "below the infimum");
            assert!((-1.0..=0.0).contains(&below) && tolerance == 1e-13);
        }
    }
    // A number above the infimum: cos sampled down to -1 against -0.5 shows (−0.5 + 1)/1.5.
    let cosine = Separable::new(Cosine, 1).unwrap();
    let report = gradient_bounds::check(
        &cosine,
        &modulus(Side::Smooth, 1.0, 0.0),
        &Infimum::AtLeast(-0.5),
        &SearchConfig { budget: 2000, ..CONFIG() },
    )
    .unwrap();
    assert!((measured_hypothesis(&report, "below the infimum").0 - 1.0 / 3.0).abs() < 1e-4);
}

#[test]
fn the_room_of_a_modulus_is_relative_to_its_bound() {
    // x^2/2 against C: at every pair (C - 1)/C of the bound is left.
    let report_of = |c: f64| {
        let modulus = Modulus::smooth(c, 2.0, Norm::L2).unwrap();
        gradient_bounds::check(&square(), &modulus, &Infimum::AtLeast(0.0), &CONFIG()).unwrap()
    };
    for (c, room) in [(1.6, 0.375), (1.0, 0.0)] {
        let Status::Searched { margin, .. } = report_of(c).hypotheses[0].status else { panic!("{c}") };
        assert!((margin - room).abs() < 1e-12, "{c}: {margin}");
    }
    let (residual, tolerance) = measured_hypothesis(&report_of(0.8), "with N(");
    assert!(residual > 0.0 && tolerance == 0.0 && report_of(0.8).verdict().is_undecided(), "{residual}");
}

#[test]
fn bounds_spend_their_budget() {
    let smooth = Modulus::smooth(1.9, 2.0, Norm::L2).unwrap();
    for budget in [1, 2] {
        let (config, infimum) = (SearchConfig::budget(budget), Infimum::AtLeast(-0.3));
        let report = gradient_bounds::check(&*parabola(1.4, 0.4), &smooth, &infimum, &config).unwrap();
        assert_eq!(spent(&report), budget);
    }
}

#[test]
fn gaps_of_negative_values() {
    // cos x above -1.5: (1 + cos x)^2/2 + 1/2 of slack, relative to sin^2 x/2 + |cos x| + 3/2: least at
    // pi, where it is 1/5.
    let cosine = Separable::new(Cosine, 1).unwrap();
    let smooth = Modulus::smooth(1.0, 2.0, Norm::L2).unwrap();
    let config = SearchConfig::budget(2000);
    let report = gradient_bounds::check(&cosine, &smooth, &Infimum::AtLeast(-1.5), &config).unwrap();
    let v = point_of(&report, "v")[0];
    let (energy, gap) = (v.sin() * v.sin() / 2.0, v.cos() + 1.5);
    assert_report(&report, energy, gap, gap - energy, energy + v.cos().abs() + 1.5);
    assert!(v.cos() < -0.99, "{v}");
}
