//! Norms against independent computations, in three arithmetics.

use super::*;
use crate::number::{Interval, Precise};
use ndarray::{Array1, array};

fn all() -> Vec<Norm> {
    let q = array![[2.0, 0.5, 0.0], [0.5, 1.0, -0.3], [0.0, -0.3, 3.0]];
    let weighted = Norm::weighted_euclidean(q.view()).unwrap();
    let mut norms: Vec<Norm> =
        [1.0, 1.2, 1.5, 2.0, 3.0, 7.5, f64::INFINITY].map(|p| Norm::lp(p).unwrap()).into();
    let q2 = array![[2.0, 0.5], [0.5, 1.0]];
    for p in [1.0, 2.0, 3.0, f64::INFINITY] {
        let blocks = vec![(2, Norm::weighted_euclidean(q2.view()).unwrap()), (1, Norm::L1)];
        norms.push(Norm::product(p, blocks).unwrap());
        norms.push(Norm::product(p, vec![(1, Norm::L2), (2, Norm::LINF)]).unwrap());
    }
    norms.push(weighted.dual());
    norms.push(weighted);
    norms
}

fn points() -> Vec<Array1<f64>> {
    vec![
        array![1.0, -2.0, 0.5],
        array![0.0, 0.0, 0.0],
        array![0.0, 3.0, -3.0],
        array![1e-200, 1e-210, 0.0],
        array![-1e200, 1e200, 1e180],
        array![5e-324, 0.0, 0.0],
        array![1.0, 1.0, 1.0],
    ]
}

/// Relative round-off allowed: dimension 3, a logarithm and an exponential of moderate size.
const TOLERANCE: f64 = 1e-13;

#[test]
fn subgradients_are_unit_vectors_that_attain_the_norm() {
    let choices = [array![0.3, -0.9, 1.0], array![-1.0, -1.0, -1.0], array![0.0, 0.0, 0.0]];
    for norm in all() {
        for u in points() {
            let value = norm.value(&u).unwrap();
            let s = norm.subgradient(&u).unwrap();
            let mut subgradients = vec![s];
            for choice in &choices {
                let s = norm.subgradient_choice(&u, choice).unwrap();
                subgradients.push(s);
            }
            for s in subgradients {
                let dual = norm.dual().value(&s).unwrap();
                assert!(dual <= 1.0 + TOLERANCE, "{norm} at {u}: dual norm {dual}");
                let inner = s.dot(&u);
                // Below the normal range products carry absolute errors of the smallest number.
                assert!(
                    (inner - value).abs() <= TOLERANCE * value + 2e-323,
                    "{norm} at {u}: {inner} {value}"
                );
            }
        }
    }
}

#[test]
fn dual_norms_are_the_largest_inner_products() {
    // Hoelder over a fixed spread of directions, and the dual of the dual is the same norm, bit for bit.
    for norm in all() {
        assert_eq!(norm.dual().dual(), norm);
        let s = array![0.7, -0.2, 1.1];
        let bound = norm.dual().value(&s).unwrap();
        let mut best: f64 = 0.0;
        for k in 0..4000 {
            let t = f64::from(k);
            let u = array![(t * 0.7).sin(), (t * 1.3 + 1.0).sin(), (t * 2.1 + 2.0).sin()];
            let ratio = s.dot(&u) / norm.value(&u).unwrap();
            assert!(ratio <= bound * (1.0 + TOLERANCE));
            best = best.max(ratio);
        }
        assert!(best >= 0.9 * bound, "{norm}: {best} of {bound}");
    }
}

#[test]
fn intervals_enclose_the_precise_value() {
    for norm in all() {
        for u in points() {
            let precise: Vec<Precise> = u.iter().map(|&x| Precise::from_f64(x)).collect();
            let interval: Vec<Interval> = u.iter().map(|&x| Interval::point(x)).collect();
            let exact = norm.value_of(&precise).to_f64();
            let value = norm.value(&u).unwrap();
            assert!((value - exact).abs() <= TOLERANCE * exact, "{norm} at {u}: {value} {exact}");
            let hull = norm.value_of(&interval);
            assert!(hull.contains(exact), "{norm} at {u}: {exact:e} not in {hull:?}");
            for r in [1.5, 2.0, 3.0, 4.0] {
                let power = norm.power_of(&precise, r).to_f64();
                assert!(norm.power_of(&interval, r).contains(power));
            }
            let (mut s, mut enclosure) = (vec![Precise::zero(); 3], vec![Interval::zero(); 3]);
            norm.subgradient_of(&precise, &mut s);
            norm.subgradient_of(&interval, &mut enclosure);
            for (s, enclosure) in s.iter().zip(enclosure) {
                assert!(enclosure.contains(s.to_f64()), "{norm} at {u}: {s:?} {enclosure:?}");
            }
        }
    }
}

#[test]
fn boxes_are_enclosed_too() {
    let boxes = [Interval::hull(-1.0, 2.0), Interval::hull(0.0, 0.5), Interval::hull(0.4, 3.0)];
    for norm in all() {
        let value = norm.value_of(&boxes);
        let mut subgradient = vec![Interval::zero(); 3];
        norm.subgradient_of(&boxes, &mut subgradient);
        for k in 0..500 {
            let t = |rate: f64| (f64::from(k) * rate).sin().abs();
            let u = [-1.0 + 3.0 * t(0.7), 0.5 * t(1.3), 0.4 + 2.6 * t(2.9)];
            assert!(value.contains(norm.value_of(&u)), "{norm}");
            let mut s = [0.0; 3];
            norm.subgradient_of(&u, &mut s);
            for i in 0..3 {
                // A weighted norm's enclosure may be undefined where the box reaches the origin.
                let hull = subgradient[i];
                assert!(hull.contains(s[i]) || hull.is_undefined(), "{norm}: {} not in {hull:?}", s[i]);
            }
        }
    }
}

#[test]
fn bad_input_is_named() {
    assert!(Norm::lp(0.5).is_err());
    assert!(Norm::L2.value(&array![]).is_err());
    assert!(Norm::L2.value(&array![f64::INFINITY]).is_err());
    assert!(Norm::product(2.0, vec![]).is_err());
    assert!(Norm::weighted_euclidean(array![[1.0, 2.0], [2.0, 1.0]].view()).is_err());
    assert!(Norm::weighted_euclidean(array![[1.0, 0.1], [0.0, 1.0]].view()).is_err());
    let weighted = Norm::weighted_euclidean(array![[1.0, 0.0], [0.0, 4.0]].view()).unwrap();
    assert_eq!(weighted.value(&array![0.0, 1.0]).unwrap(), 2.0);
    assert_eq!(weighted.dual().value(&array![0.0, 1.0]).unwrap(), 0.5);
    let error = weighted.value(&array![1.0]).unwrap_err();
    assert_eq!(error, ConvexityError::Dimension { argument: "u", expected: 2, got: 1 });
}
