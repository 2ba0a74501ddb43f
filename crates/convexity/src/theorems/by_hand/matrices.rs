//! T14 to T16.

use super::*;
use crate::losses::{NormPowerLoss, SquaredError};
use crate::theorems::data_set::{self, DataSet};
use crate::theorems::gradient_independence::{self, BallModel, Bound};
use crate::theorems::skip_connections;

#[test]
fn t14_two_samples_of_one_output() {
    let set = DataSet {
        jacobian: array![[2.0, 1.0], [-0.5, 3.0]],
        targets: array![[0.3], [-1.0]],
        outputs: array![[1.1], [0.4]],
    };
    let (e, f) = (1.1 - 0.3, 0.4 + 1.0);
    let risk = (e * e + f * f) / 4.0;
    let gradient = [(2.0 * e - 0.5 * f) / 2.0, (e + 3.0 * f) / 2.0];
    // K = [[5, 2], [2, 9.25]].
    let (trace, determinant) = (14.25_f64, 5.0 * 9.25 - 4.0);
    let least = (trace - (trace * trace - 4.0 * determinant).sqrt()) / 2.0;
    for c in [0.8, 30.0] {
        let bound = 2.0 * (gradient[0] * gradient[0] + gradient[1] * gradient[1]) / (2.0 * c * least);
        let report = data_set::check(&set, &SquaredError, c).unwrap();
        assert_report(&report, risk, bound, bound - risk, risk + bound);
        assert_eq!(report.claim.is_violated(), c > 1.0);
        let (residual, tolerance) = measured_hypothesis(&report, "c is at most");
        assert!((residual - (c - 1.0)).abs() < 1e-15 && tolerance == 0.0);
        let (residual, tolerance) = measured_hypothesis(&report, "lambda_min");
        assert!((residual + least).abs() < 1e-12 && tolerance == 0.0);
    }
    // The constant of another loss, in the same norm: 0.7 ||f - y||^2 / 2, gap and residuals 0.7 times.
    let loss = NormPowerLoss::new(0.7, 2.0).unwrap();
    let report = data_set::check(&set, &loss, 0.5).unwrap();
    let bound = 0.49 * 2.0 * (gradient[0] * gradient[0] + gradient[1] * gradient[1]) / least;
    assert_report(&report, 0.7 * risk, bound, bound - 0.7 * risk, 0.7 * risk + bound);
    assert!((measured_hypothesis(&report, "c is at most").0 + 0.2).abs() < 1e-14);
    // A cubic loss is convex with another exponent: no constant for r = 2.
    let cubic = data_set::check(&set, &NormPowerLoss::new(0.7, 3.0).unwrap(), 0.5).unwrap();
    assert_eq!(measured_hypothesis(&cubic, "c is at most").0, 0.5);
    let flat = DataSet { jacobian: array![[2.0, 1.0], [4.0, 2.0]], ..set };
    let report = data_set::check(&flat, &SquaredError, 0.8).unwrap();
    assert!(report.claim.is_undecided());
    assert_eq!((report.bound, report.slack), (f64::INFINITY, f64::INFINITY));
    assert!(measured_hypothesis(&report, "lambda_min").0 >= 0.0);
}

#[test]
fn t15_two_rows() {
    // Rows 1.9 (1, 0, ..) and 1.8 (cos, sin, 0, ..) in a ball of radius 2, n = 400.
    let (n, cosine, radius) = (400, 0.05_f64, 2.0);
    let mut rows = ndarray::Array2::zeros((2, n));
    (rows[[0, 0]], rows[[1, 0]], rows[[1, 1]]) = (1.99, 1.98 * cosine, 1.98 * (1.0 - cosine * cosine).sqrt());
    let (a, b) = (0.995_f64, 0.99_f64);
    let (trace, determinant) = (a * a + b * b, a * a * b * b * (1.0 - cosine * cosine));
    let root = (trace * trace - 4.0 * determinant).sqrt();
    let (least, most) = ((trace - root) / 2.0, (trace + root) / 2.0);
    let spread = (most / least).ln();
    let (t, s) = (2.0 * 2f64.ln() / 400.0, (6.0 * 2f64.ln() / 399.0).sqrt());
    let low = (1.0 - t) * (1.0 - t) - s;
    let sharper = (1.0 + (1.0 - (1.0 - t) * (1.0 - t) + 2.0 * s) / low).ln();
    let printed = (1.0 + 4.0 * s / ((1.0 - t) * (1.0 - t))).ln();
    for (bound, measured, limit, sign) in [
        (Bound::Least, least, low, 1.0),
        (Bound::Most, most, 1.0 + s, -1.0),
        (Bound::Spread, spread, ((1.0 + s) / low).ln(), -1.0),
        (Bound::SharperSpread, spread, sharper, -1.0),
        (Bound::PrintedSpread, spread, printed, -1.0),
        (Bound::PrintedLeast, least, (1.0 - t) * (1.0 - t), 1.0),
    ] {
        let report = gradient_independence::check(rows.view(), radius, bound).unwrap();
        assert_report(&report, measured, limit, sign * (measured - limit), measured + limit);
        assert_eq!(report.claim.is_violated(), bound == Bound::PrintedLeast, "{bound:?}");
        let residual = |text| measured_hypothesis(&report, text).0;
        assert!((residual("no row is longer") - (a - 1.0)).abs() < 1e-14);
        assert!((residual("no row is shorter") - (1.0 - t - b)).abs() < 1e-14);
        assert!((residual("no product") - (a * b * cosine - s)).abs() < 1e-14);
        // The tolerance is the round-off of Gram matrix and rotations: m (n + 2) + 32 m units of the larger of 1 and lambda_max.
        let units = f64::from(2 * 402 + 64) * f64::EPSILON * most.max(1.0);
        assert!(report.hypotheses.iter().all(|hypothesis| matches!(
            hypothesis.status,
            Status::Measured { tolerance, .. } if (tolerance / units - 1.0).abs() < 1e-9
        )));
    }
    // Void: five rows in ten dimensions.
    let rows = BallModel::new(5, 10).unwrap().draw(1.0, fenchel_random::Seed::new(3));
    for bound in [Bound::Spread, Bound::SharperSpread] {
        let report = gradient_independence::check(rows.view(), 1.0, bound).unwrap();
        assert!(report.claim.is_undecided() && report.measured > 0.0);
        assert_eq!((report.bound, report.slack), (f64::INFINITY, f64::INFINITY));
    }
    // The edges of what is admitted.
    let edge = |m, n| gradient_independence::davidson_szarek(m, n, 0.5);
    assert!(edge(1, 1).unwrap().is_none() && edge(0, 1).is_err() && edge(1, 0).is_err());
    let layer = gradient_independence::HiddenLayer {
        input_square: 0.0,
        hidden_square: 0.0,
        active: 1,
        outputs: 1,
        deviation: 0.1,
    };
    // s = 0.1 (1 + 1.5) above, 0 below.
    let spread = gradient_independence::hidden_layer_spread(&layer, 0.5).unwrap();
    assert!((spread - 1.0625_f64.ln()).abs() < 1e-15);
    // t >= 1 at m = 20, n = 4: nothing is left below, and the printed bound is void.
    let model = BallModel::new(20, 4).unwrap();
    assert!(model.t() > 1.0 && model.printed_spread().is_none());
    assert!((model.least() + 19.0 * model.s()).abs() < 1e-12);
}

#[test]
fn t16_two_blocks() {
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
    // An upper end that breaks, at the second block: (1.2)(0.9), (0.7)(1.25) within 1.05^2 and 0.95^2? 0.875 < 0.9025, 1.08 <= 1.1025.
    let small = [array![[0.04, 0.0], [0.0, -0.02]], array![[0.09, 0.0], [0.0, 0.01]]];
    let report = skip_connections::check(&small, &[0.05, 0.05]).unwrap();
    let (measured, bound) = (1.04 * 1.09, 1.05 * 1.05);
    assert_report(&report, measured, bound, bound - measured, measured + bound);
    assert!(report.claim.is_violated());
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
