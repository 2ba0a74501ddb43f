//! T4 around a minimiser against numbers computed by hand.

use crate::moduli::{Modulus, Side};
use crate::norms::Norm;
use crate::potentials::Potential;
use crate::search::SearchConfig;
use crate::theorems::by_hand::{assert_report, measured_hypothesis, parabola, point_of};
use crate::theorems::growth;
use crate::trajectory::FiniteSum;
use crate::verdict::{Report, Verdict};
use ndarray::array;

const CONFIG: fn() -> SearchConfig = || SearchConfig::budget(2000);

fn modulus(side: Side, c: f64, offset: f64) -> Modulus {
    Modulus::new(side, Potential::norm_power(c, 2.0, Norm::L2).unwrap(), offset).unwrap()
}

/// The evaluations behind a claim that holds.
fn spent(report: &Report) -> u64 {
    let Verdict::Holds { evaluations, .. } = report.inequality else { panic!("{}", report.inequality) };
    evaluations
}

#[test]
fn growth_from_a_minimum_above_zero() {
    // 0.7 (x^2 + 1), the mean of two parabolas.
    let function = FiniteSum::new(vec![parabola(1.4, 1.0), parabola(1.4, -1.0)]).unwrap();
    for (side, c, offset, violated) in [
        (Side::Smooth, 1.9, 0.0, false),
        (Side::Convex, 0.8, 0.25, false),
        (Side::Smooth, 1.0, 1e-9, true),
        (Side::Convex, 2.3, 1e-9, true),
    ] {
        let modulus = Modulus::new(side, Potential::norm_power(c, 2.0, Norm::L2).unwrap(), offset).unwrap();
        let report = growth::check(&function, &modulus, &array![0.0], &CONFIG()).unwrap();
        let d = point_of(&report, "u")[0];
        let (gap, half) = (0.7 * d * d, c / 2.0 * d * d);
        let (bound, slack) = match side {
            Side::Smooth => (half + offset, half + offset - gap),
            Side::Convex => (half - offset, gap - half + offset),
        };
        assert_report(&report, gap, bound, slack, bound.abs() + gap + 1.4 + offset);
        assert_eq!(report.inequality.is_violated(), violated);
    }
}

#[test]
fn growth() {
    let function = parabola(1.4, 0.4);
    for (side, c, offset, violated) in [
        (Side::Smooth, 1.9, 0.0, false),
        (Side::Convex, 0.8, 0.25, false),
        (Side::Smooth, 1.0, 1e-9, true),
        (Side::Convex, 2.3, 1e-9, true),
    ] {
        let report = growth::check(&*function, &modulus(side, c, offset), &array![0.4], &CONFIG()).unwrap();
        let d = point_of(&report, "u")[0] - 0.4;
        assert_eq!(point_of(&report, "v"), [0.4]);
        let (gap, half) = (0.7 * d * d, c / 2.0 * d * d);
        let (bound, slack) = match side {
            Side::Smooth => (half + offset, half + offset - gap),
            Side::Convex => (half - offset, gap - half + offset),
        };
        assert_report(&report, gap, bound, slack, bound.abs() + gap + offset);
        assert_eq!(report.inequality.is_violated(), violated);
    }
    // Elsewhere the slope is what it is.
    let report =
        growth::check(&*function, &modulus(Side::Smooth, 1.9, 0.0), &array![1.0], &CONFIG()).unwrap();
    let (slope, tolerance) = measured_hypothesis(&report, "subgradient at the minimiser");
    assert!((slope - 0.84).abs() < 1e-14 && tolerance == 0.0);
}

#[test]
fn growth_spends_its_budget() {
    let smooth = Modulus::smooth(1.9, 2.0, Norm::L2).unwrap();
    for budget in [1, 2] {
        let config = SearchConfig::budget(budget);
        assert_eq!(
            spent(&growth::check(&*parabola(1.4, 0.4), &smooth, &array![0.4], &config).unwrap()),
            budget
        );
    }
}
