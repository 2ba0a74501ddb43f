//! T16 against numbers computed by hand.

use crate::theorems::by_hand::{assert_report, measured_hypothesis, point_of};
use crate::theorems::skip_connections;
use crate::theorems::skip_connections::ProductBounds;
use crate::verdict::{Report, Verdict};
use ndarray::array;

/// Half the width of the enclosure of a violation.
fn half_width(report: &Report) -> f64 {
    let Verdict::Violated { certificate, .. } = &report.inequality else { panic!("{}", report.inequality) };
    let (lower, upper) = certificate.enclosure();
    (upper - lower) / 2.0
}

#[test]
fn forward_errors_are_confirmed_units() {
    // The upper end breaks at the second block of 2 x 2: twice (2 (2 + 2) 2 + 64) units of 1.05^2.
    let small = [array![[0.04, 0.0], [0.0, -0.02]], array![[0.09, 0.0], [0.0, 0.01]]];
    let report = skip_connections::check(&small, &[0.05, 0.05]).unwrap();
    let units = half_width(&report) / (f64::EPSILON * 1.05 * 1.05);
    assert!((units - 160.0).abs() < 0.2, "{units}");
}

#[test]
fn coarse_bounds_of_small_blocks() {
    // The largest b is 0.002: no floor of another size may stand in for it.
    let bounds = ProductBounds::of(&[0.002, 0.001]).unwrap();
    assert!((bounds.coarse_least - (-0.003_f64 / 0.998).exp()).abs() < 1e-15);
    assert!((bounds.coarse_most - 0.003_f64.exp()).abs() < 1e-15);
    assert!((bounds.least - 0.998 * 0.999).abs() < 1e-15 && (bounds.most - 1.002 * 1.001).abs() < 1e-15);
    // From 0 on, and below 1.
    let still = ProductBounds::of(&[0.0]).unwrap();
    assert_eq!((still.least, still.most, still.coarse_least, still.coarse_most), (1.0, 1.0, 1.0, 1.0));
    assert!(ProductBounds::of(&[-1e-3]).is_err() && ProductBounds::of(&[1.0]).is_err());
}

#[test]
fn two_blocks() {
    // Diagonal blocks: the products are known.
    let blocks = [array![[0.2, 0.0], [0.0, -0.3]], array![[-0.1, 0.0], [0.0, 0.25]]];
    let report = skip_connections::check(&blocks, &[0.35, 0.3]).unwrap();
    // After one: 0.7 and 1.2 against 0.65 and 1.35; after two: 0.875 and 1.08 against 0.455 and 1.755.
    assert_report(&report, 0.7, 0.65, 0.05, 1.35);
    assert_eq!(point_of(&report, "blocks"), [1.0]);
    let (residual, tolerance) = measured_hypothesis(&report, "norm of every block");
    assert!((residual + 0.05).abs() < 1e-15 && tolerance == 4.0 * f64::EPSILON);
    let report = skip_connections::check(&blocks, &[0.3, 0.25]).unwrap();
    // The first block attains its lower bound, 0.7.
    assert_report(&report, 0.7, 0.7, 0.0, 1.4);
    for (norms, measured, bound, slack) in [([0.2, 0.5], 0.7, 0.8, -0.1), ([0.3, 0.1], 1.0, 1.0, 0.0)] {
        let report = skip_connections::check(&blocks, &norms).unwrap();
        if slack < 0.0 {
            assert_report(&report, measured, bound, slack, measured + bound);
        } else {
            assert!(report.verdict().is_undecided());
        }
    }
    // An upper end that breaks, at the second block: (1.2)(0.9), (0.7)(1.25) within 1.05^2 and 0.95^2?
    // 0.875 < 0.9025, 1.08 <= 1.1025.
    let small = [array![[0.04, 0.0], [0.0, -0.02]], array![[0.09, 0.0], [0.0, 0.01]]];
    let report = skip_connections::check(&small, &[0.05, 0.05]).unwrap();
    let (measured, bound) = (1.04 * 1.09, 1.05 * 1.05);
    assert_report(&report, measured, bound, bound - measured, measured + bound);
    assert!(report.inequality.is_violated());
    assert_eq!(point_of(&report, "blocks"), [2.0]);
    // The later block stands to the left.
    let (p, q) = (array![[0.0, 0.6], [0.0, 0.0]], array![[0.0, 0.0], [0.5, 0.0]]);
    let report = skip_connections::check(&[p.clone(), q.clone()], &[0.6, 0.5]).unwrap();
    let witness = point_of(&report, "singular values");
    let product = (ndarray::Array2::<f64>::eye(2) + &q).dot(&(ndarray::Array2::<f64>::eye(2) + &p));
    let expected = if point_of(&report, "blocks") == [2.0] {
        skip_connections::singular_values(product.view()).unwrap()
    } else {
        skip_connections::singular_values((ndarray::Array2::<f64>::eye(2) + &p).view()).unwrap()
    };
    assert!(witness.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-14));
    assert!(skip_connections::check(&[array![[0.1, 0.0]]], &[0.5]).is_err());
}
