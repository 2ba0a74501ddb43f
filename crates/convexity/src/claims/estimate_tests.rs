//! The estimator against (1/r) ||x||^r, whose tight constants have a formula, and against what has none.

use super::*;
use crate::moduli::{Modulus, Side};
use crate::norms::Norm;
use crate::number::Number;
use crate::objectives::{Formula, Kink, Objective, Region};
use crate::potentials::Potential;
use crate::search::SearchConfig;
use fenchel_random::Seed;

/// (1/r) ||x||_2^r on R^m.
#[derive(Debug)]
struct Power {
    r: f64,
    m: usize,
}

impl Formula for Power {
    fn name(&self) -> String {
        format!("(1/{}) ||x||^{}", self.r, self.r)
    }
    fn dimension(&self) -> usize {
        self.m
    }
    fn value_in<N: Number>(&self, x: &[N]) -> N {
        Norm::L2.power_of(x, self.r) / self.r
    }
    fn gradient_in<N: Number>(&self, x: &[N], gradient: &mut [N]) {
        Potential::norm_power(1.0, self.r, Norm::L2).unwrap().gradient_of(x, gradient);
    }
    fn kinks(&self) -> Vec<Kink> {
        vec![Kink::Point(vec![0.0; self.m])]
    }
}

/// The extreme of h_r(s) = (1-s)^r + s^(r-1) (r-s) over [0, 1], on a fine grid: the tight constant.
fn tight(r: f64) -> f64 {
    let h = |k: i32| {
        let s = f64::from(k) / 1e5;
        (1.0 - s).powf(r) + s.powf(r - 1.0) * (r - s)
    };
    let values = (0..=100_000).map(h);
    if r >= 2.0 { values.fold(f64::INFINITY, f64::min) } else { values.fold(0.0, f64::max) }
}

fn claim(function: &dyn Objective, side: Side, exponent: f64) -> Claim<'_> {
    let unit = Potential::norm_power(1.0, exponent, Norm::L2).unwrap();
    Claim::new(function, Modulus::new(side, unit, 0.0).unwrap()).unwrap()
}

fn config(seed: u64, budget: u64) -> SearchConfig {
    SearchConfig { seed: Seed::new(seed), budget }
}

#[test]
fn the_tight_constants_by_their_formula() {
    assert!((tight(3.0) - (2.0 - 2.0_f64.sqrt())).abs() < 1e-9);
    assert!((tight(4.0) - 1.0 / 3.0).abs() < 1e-9);
    assert!((tight(1.5) - 1.3066).abs() < 1e-4);
}

#[test]
fn exponent_and_constant_of_a_power_are_found() {
    for (side, exponents) in [(Side::Smooth, vec![1.2, 1.5, 2.0]), (Side::Convex, vec![2.0, 3.0, 4.0, 6.0])] {
        for r in exponents {
            for m in [1, 3] {
                let power = Power { r, m };
                let claim = claim(&power, side, r);
                let fitted = claim.fit(&Scales::default(), &config(1, 40_000)).unwrap();
                let error = (fitted.exponent - r).abs();
                assert!(error < 0.02, "{side} {r} in dimension {m}: exponent {}", fitted.exponent);
                let relative = (fitted.constant / tight(r) - 1.0).abs();
                assert!(relative < 0.02, "{side} {r} in dimension {m}: constant {}", fitted.constant);
                let given = claim.estimate(&config(2, 10_000)).unwrap();
                assert!((given.constant / tight(r) - 1.0).abs() < 1e-3, "{side} {r}: {}", given.constant);
                // From the safe side: no pair asks for more than the tight constant.
                let excess =
                    if side == Side::Smooth { given.constant - tight(r) } else { tight(r) - given.constant };
                assert!(excess < 1e-6, "{side} {r}: {excess}");
            }
        }
    }
}

#[test]
fn the_pair_returned_attains_the_constant() {
    let power = Power { r: 4.0, m: 2 };
    let found = claim(&power, Side::Convex, 4.0).estimate(&config(5, 10_000)).unwrap();
    let (u, v) = (found.pair.get("u").unwrap(), found.pair.get("v").unwrap());
    let divergence = Formula::bregman_in(&power, u, v);
    let distance = Norm::L2.value_of(&[u[0] - v[0], u[1] - v[1]]);
    assert!((4.0 * divergence / distance.powi(4) - found.constant).abs() < 1e-9);
}

#[test]
fn a_constant_that_does_not_exist_drifts() {
    // x^4/4 has no smooth constant on the line, and has one on a ball.
    let power = Power { r: 4.0, m: 1 };
    let everywhere = claim(&power, Side::Smooth, 2.0);
    let runaway = everywhere.estimate(&config(0, 10_000)).unwrap();
    assert!(runaway.constant > 1e6 && runaway.drift > 0.1, "{runaway:?}");
    let ball = Region::Ball { centre: vec![0.0], radius: 2.0, norm: Norm::L2 };
    let settled = everywhere.within(ball).unwrap().estimate(&config(0, 10_000)).unwrap();
    assert!((settled.constant - 12.0).abs() < 1e-3 && settled.drift < 1e-3, "{settled:?}");
}

#[test]
fn the_offset_of_the_absolute_value() {
    // |x| under (c/2) d^2 + 2/c: the offset of the smooth side, exact.
    let absolute = Power { r: 1.0, m: 1 };
    for c in [0.5, 4.0] {
        let modulus = Modulus::smooth(c, 2.0, Norm::L2).unwrap();
        let offset = Claim::new(&absolute, modulus).unwrap().estimate_offset(&config(3, 10_000)).unwrap();
        assert!((offset.constant * c / 2.0 - 1.0).abs() < 1e-3, "{c}: {offset:?}");
    }
    let modulus = Modulus::smooth(1.0, 2.0, Norm::L2).unwrap();
    let square = Power { r: 2.0, m: 2 };
    let none = Claim::new(&square, modulus).unwrap().estimate_offset(&config(3, 5000)).unwrap();
    assert!(none.constant < 1e-12);
}

#[test]
fn a_function_that_is_no_power_has_a_residual() {
    // Huber-like sqrt(1 + x^2): quadratic near, linear far.
    #[derive(Debug)]
    struct Hyperbola;
    impl Formula for Hyperbola {
        fn name(&self) -> String {
            "sqrt(1 + x^2)".into()
        }
        fn dimension(&self) -> usize {
            1
        }
        fn value_in<N: Number>(&self, x: &[N]) -> N {
            (x[0].square() + 1.0).sqrt()
        }
    }
    let scales = Scales { least: 0.01, most: 100.0, count: 5 };
    let fitted = claim(&Hyperbola, Side::Smooth, 2.0).fit(&scales, &config(0, 10_000)).unwrap();
    assert!(fitted.residual > 0.2 && fitted.exponent > 1.05 && fitted.exponent < 1.95, "{fitted:?}");
}

#[test]
fn bad_settings_are_refused_by_name() {
    let power = Power { r: 2.0, m: 2 };
    let claim = claim(&power, Side::Smooth, 2.0);
    assert!(claim.estimate(&config(0, 0)).unwrap_err().to_string().contains("budget"));
    let scales = Scales { least: 1.0, most: 0.5, count: 3 };
    assert!(claim.fit(&scales, &config(0, 100)).unwrap_err().to_string().contains("scales.most"));
    let curved = Modulus::new(Side::Smooth, Potential::hyperbolic_cosine(Norm::L2), 0.0).unwrap();
    let claim = Claim::new(&power, curved).unwrap();
    assert!(claim.estimate(&config(0, 100)).is_err() && claim.estimate_offset(&config(0, 100)).is_ok());
    let lipschitz = Claim::lipschitz_gradient(&power, 1.0, Norm::L2).unwrap();
    assert!(lipschitz.estimate_offset(&config(0, 100)).is_err());
}
