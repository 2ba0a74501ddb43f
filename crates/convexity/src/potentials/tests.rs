//! T1 on every potential, its conjugates by search, and three arithmetics against each other.

use super::*;
use crate::number::{Interval, Precise};
use ndarray::{Array1, array};

fn all() -> Vec<Potential> {
    let q = array![[2.0, 0.5], [0.5, 1.0]];
    let norms = [
        Norm::L1,
        Norm::L2,
        Norm::LINF,
        Norm::lp(1.5).unwrap(),
        Norm::lp(4.0).unwrap(),
        Norm::weighted_euclidean(q.view()).unwrap(),
    ];
    let mut potentials = Vec::new();
    for norm in norms {
        for r in [1.0, 1.2, 1.5, 2.0, 3.0, 4.0, 7.5] {
            potentials.push(Potential::norm_power(0.7, r, norm.clone()).unwrap());
        }
        potentials.push(Potential::ball(1.3, norm.clone()).unwrap());
        potentials.push(Potential::exponential(norm.clone()));
        potentials.push(Potential::hyperbolic_cosine(norm.clone()));
        potentials.push(Potential::huber(0.8, norm.clone()).unwrap());
        let composed = Potential::exponential(norm.clone()).scaled(2.5).unwrap().dilated(0.4).unwrap();
        potentials.push(composed.with_offset(0.3).unwrap());
        potentials
            .push(Potential::norm_power(1.0, 3.0, norm).unwrap().scaled(2.0).unwrap().dilated(3.0).unwrap());
    }
    let blocks = vec![
        (1, Potential::norm_power(2.0, 3.0, Norm::L2).unwrap()),
        (1, Potential::huber(1.0, Norm::L1).unwrap()),
    ];
    potentials.push(Potential::separable(blocks).unwrap());
    let conjugates: Vec<Potential> = potentials.iter().map(|psi| psi.conjugate().unwrap()).collect();
    potentials.extend(conjugates);
    potentials
}

fn grid() -> Vec<Array1<f64>> {
    let mut points = vec![array![0.0, 0.0], array![1e-9, -1e-9], array![0.0, 1e-5]];
    for k in 0..40 {
        let t = f64::from(k);
        let size = 10f64.powf((t * 1.7).sin());
        points.push(array![size * (t * 0.7).cos(), size * (t * 2.3).sin()]);
    }
    points
}

#[test]
fn conjugation_is_an_involution() {
    for psi in all() {
        let twice = psi.conjugate().unwrap().conjugate().unwrap();
        // Bit for bit except for a width, which is divided twice.
        for u in grid() {
            let (a, b) = (psi.value(&u).unwrap(), twice.value(&u).unwrap());
            assert!(a == b || (a - b).abs() <= 1e-14 * a.abs().max(b.abs()), "{psi} at {u}: {a} {b}");
        }
    }
}

#[test]
fn fenchel_young_holds_with_equality_exactly_at_the_gradient() {
    let points = grid();
    for psi in all() {
        let dual = psi.conjugate().unwrap();
        for u in &points {
            let value = psi.value(u).unwrap();
            for s in &points {
                let sum = value + dual.value(s).unwrap();
                assert!(sum >= u.dot(s) - 1e-13 * (1.0 + u.dot(s).abs()), "{psi}: {u} {s}");
            }
            if value.is_finite() {
                let s = psi.gradient(u).unwrap();
                let conjugate = dual.value_of(&(&s * (1.0 - 1e-14)).to_vec());
                let gap = value + conjugate - u.dot(&s);
                assert!(
                    gap.abs() <= 1e-12 * (1.0 + value.abs() + u.dot(&s).abs()),
                    "{psi} at {u}: gap {gap}"
                );
            } else {
                assert!(psi.gradient(u).is_err());
            }
        }
    }
}

#[test]
fn conjugates_are_suprema() {
    // A search over a fine polar grid never exceeds psi*, and comes near it.
    for psi in all() {
        let dual = psi.conjugate().unwrap();
        let s = array![0.6, -0.35];
        let bound = dual.value(&s).unwrap();
        let mut best = f64::NEG_INFINITY;
        for angle in 0..90 {
            for size in 0..120 {
                let (t, a) = (
                    10f64.powf(f64::from(size) / 20.0 - 4.0),
                    f64::from(angle) / 90.0 * std::f64::consts::TAU,
                );
                let u = array![t * a.cos(), t * a.sin()];
                if let Ok(value) = psi.value(&u) {
                    best = best.max(s.dot(&u) - value);
                }
            }
        }
        assert!(best <= bound + 1e-12, "{psi}: {best} > {bound}");
        let unbounded = bound == f64::INFINITY && best > 0.5;
        assert!(unbounded || best >= bound - 0.1 * bound.abs() - 1e-4, "{psi}: {best} of {bound}");
    }
}

#[test]
fn homogeneity_of_norm_powers() {
    for psi in all() {
        let Some((_, r, _)) = psi.as_norm_power().filter(|(_, r, _)| r.is_proper()) else { continue };
        let (dual, q) = (psi.conjugate().unwrap(), r.conjugate().get());
        for u in grid() {
            let s = psi.gradient(&u).unwrap();
            let value = psi.value(&u).unwrap();
            assert!((u.dot(&s) - r.get() * value).abs() <= 1e-12 * value, "{psi} at {u}");
            let (there, energy) = (psi.value(&dual.gradient(&u).unwrap()).unwrap(), dual.value(&u).unwrap());
            assert!((there - (q - 1.0) * energy).abs() <= 1e-12 * there, "{psi} at {u}: {there} {energy}");
        }
    }
}

#[test]
fn values_and_gradients_agree_with_256_bits() {
    for psi in all() {
        for u in grid().into_iter().step_by(4) {
            let precise: Vec<Precise> = u.iter().map(|&x| Precise::from_f64(x)).collect();
            let interval: Vec<Interval> = u.iter().map(|&x| Interval::point(x)).collect();
            if !psi.is_finite_at(&u.to_vec()) {
                continue;
            }
            let value = psi.value(&u).unwrap();
            let exact = psi.value_of(&precise).to_f64();
            assert!((value - exact).abs() <= 1e-13 * exact.abs(), "{psi} at {u}: {value} {exact}");
            assert!(psi.value_of(&interval).contains(exact), "{psi} at {u}");
            let mut s = vec![Precise::zero(); 2];
            psi.gradient_of(&precise, &mut s);
            let mut enclosure = vec![Interval::zero(); 2];
            psi.gradient_of(&interval, &mut enclosure);
            let t = psi.gradient(&u).unwrap();
            for i in 0..2 {
                let exact = s[i].to_f64();
                assert!((t[i] - exact).abs() <= 1e-13 * exact.abs().max(1e-12), "{psi} at {u}: {t} {exact}");
                assert!(enclosure[i].contains(exact) || enclosure[i].is_undefined(), "{psi} at {u}");
            }
        }
    }
}

#[test]
fn large_arguments_do_not_overflow_before_the_value_does() {
    let root = Potential::norm_power(1.0, 1.1, Norm::L2).unwrap();
    let u = array![1e200, 1e200];
    let exact = (1e200 * 2f64.sqrt()).powf(1.1) / 1.1;
    assert!((root.value(&u).unwrap() / exact - 1.0).abs() < 1e-13);
    let entropy = Potential::exponential(Norm::L2).conjugate().unwrap();
    assert!(entropy.value(&array![1e290, 0.0]).unwrap().is_finite());
    let cosh = Potential::hyperbolic_cosine(Norm::LINF).conjugate().unwrap();
    assert!((cosh.value(&array![1e250, 0.0]).unwrap() / (1e250 * (2e250f64.ln() - 1.0)) - 1.0).abs() < 1e-13);
    assert!(Potential::exponential(Norm::L2).value(&array![800.0]).is_err());
    assert!(Potential::norm_power(1.0, 2.0, Norm::L2).unwrap().value(&u).is_err());
}

#[test]
fn bad_input_is_named() {
    assert!(Potential::norm_power(0.0, 2.0, Norm::L2).is_err());
    assert!(Potential::norm_power(f64::NAN, 2.0, Norm::L2).is_err());
    assert!(Potential::norm_power(1.0, 0.9, Norm::L2).is_err());
    assert!(Potential::norm_power(1.0, f64::INFINITY, Norm::L2).is_err());
    assert!(Potential::norm_power(1e-300, 1.0001, Norm::L2).is_err());
    assert!(Potential::ball(-1.0, Norm::L2).is_err());
    assert!(Potential::separable(vec![]).is_err());
    let psi = Potential::norm_power(1.0, 2.0, Norm::L2).unwrap();
    assert!(psi.value(&array![]).is_err());
    assert!(psi.gradient(&array![]).is_err());
    assert!(psi.clone().scaled(0.0).is_err() && psi.with_offset(f64::NAN).is_err());
}
