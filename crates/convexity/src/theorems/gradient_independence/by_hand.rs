//! T15 against numbers computed by hand.

use crate::theorems::by_hand::{assert_report, measured_hypothesis};
use crate::theorems::gradient_independence;
use crate::theorems::gradient_independence::{BallModel, Bound, RowGeometry};
use crate::verdict::{Report, Status, Verdict};
use fenchel_random::Seed;
use ndarray::array;

/// Half the width of the enclosure of a violation.
fn half_width(report: &Report) -> f64 {
    let Verdict::Violated { certificate, .. } = &report.inequality else { panic!("{}", report.inequality) };
    let (lower, upper) = certificate.enclosure();
    (upper - lower) / 2.0
}

#[test]
fn forward_errors_are_confirmed() {
    // Unit rows at 60 degrees with the eigenvalues 1/2 and 3/2: twice 2 (400 + 2) + 64 units of 3/2, m +
    // 2 times over for what the hypotheses may miss; and for the spread four times that over 1/2.
    let mut rows = ndarray::Array2::zeros((2, 400));
    (rows[[0, 0]], rows[[1, 0]], rows[[1, 1]]) = (1.0, 0.5, 0.75_f64.sqrt());
    let error = 4.0 * 2.0 * 868.0 * f64::EPSILON * 1.5;
    let report = gradient_independence::check(rows.view(), 1.0, Bound::PrintedLeast).unwrap();
    assert!((half_width(&report) / error - 1.0).abs() < 1e-3);
    // Rows of half the length have the largest eigenvalue 3/8, and the units are those of 1.
    let report = gradient_independence::check(rows.view(), 2.0, Bound::Least).unwrap();
    let (_, tolerance) = measured_hypothesis(&report, "no product");
    assert!((tolerance / (2.0 * 868.0 * f64::EPSILON) - 1.0).abs() < 1e-12);
    // A void lower bound is below 0, and counts by its size.
    let rows5 = BallModel::new(5, 10).unwrap().draw(1.0, Seed::new(3));
    let report = gradient_independence::check(rows5.view(), 1.0, Bound::Least).unwrap();
    let Verdict::Holds { margin, .. } = report.inequality else { panic!("{}", report.inequality) };
    assert!(report.bound < 0.0 && (margin - 1.0).abs() < 1e-12);
    let report = gradient_independence::check(rows.view(), 1.0, Bound::Spread).unwrap();
    assert!((half_width(&report) / (8.0 * error + 1e-15) - 1.0).abs() < 2e-4);
}

#[test]
fn bounds_where_they_begin_and_end() {
    // From the first n on at which the lower bound is positive, it is still below 1/100, and there are
    // bounds on D.
    let model = |n: usize| BallModel::new(10, n).unwrap();
    let first = (11..).find(|&n| model(n).least() > 0.0).unwrap();
    assert!(model(first).least() < 0.01, "{}", model(first).least());
    assert!(model(first).spread().is_some() && model(first).sharper_spread().is_some());
    assert!(model(first - 1).spread().is_none() && model(first - 1).sharper_spread().is_none());
    // t = 2 ln 150/10 is 1.002: nothing is printed. At t > 1 the printed least value is 0.
    let over = BallModel::new(150, 10).unwrap();
    assert!(over.t() > 1.0 && over.t() < 1.01 && over.printed_spread().is_none());
    let rows = BallModel::new(20, 4).unwrap().draw(1.0, Seed::new(1));
    let report = gradient_independence::check(rows.view(), 1.0, Bound::PrintedLeast).unwrap();
    assert_eq!(report.bound, 0.0);
    // sqrt 25 = sqrt 4 + 3: nothing is left of the least singular value.
    assert!(gradient_independence::davidson_szarek(4, 25, 3.0).unwrap().is_none());
    assert!(gradient_independence::davidson_szarek(4, 26, 3.0).unwrap().is_some());
}

#[test]
fn spreads_that_break_their_bounds() {
    // Unit rows at 60 degrees: eigenvalues 1/2 and 3/2. The product is no small one, and the bounds fail,
    // certainly.
    let mut rows = ndarray::Array2::zeros((2, 400));
    (rows[[0, 0]], rows[[1, 0]], rows[[1, 1]]) = (1.0, 0.5, 0.75_f64.sqrt());
    let (model, spread) = (BallModel::new(2, 400).unwrap(), 3_f64.ln());
    for (bound, limit) in [
        (Bound::Spread, model.spread()),
        (Bound::SharperSpread, model.sharper_spread()),
        (Bound::PrintedSpread, model.printed_spread()),
    ] {
        let limit = limit.unwrap();
        let report = gradient_independence::check(rows.view(), 1.0, bound).unwrap();
        assert!(report.inequality.is_violated() && report.verdict().is_undecided(), "{bound:?}");
        assert_report(&report, spread, limit, limit - spread, limit + spread);
    }
    // Equal rows: the least eigenvalue is 0 up to round-off, and a logarithm of it proves nothing.
    (rows[[1, 0]], rows[[1, 1]]) = (1.0, 0.0);
    let report = gradient_independence::check(rows.view(), 1.0, Bound::Spread).unwrap();
    assert!(!report.inequality.is_violated() && report.verdict().is_undecided());
}

#[test]
fn rows_are_drawn_as_said() {
    let (radius, seed) = (1.7, Seed::new(5));
    let rows = BallModel::new(3, 4).unwrap().draw(radius, seed);
    for (i, row) in rows.rows().into_iter().enumerate() {
        let mut stream = seed.derive("row").index(i as u64).stream();
        // The sine's partner of Box and Muller: sqrt(-2 ln(1-u)) cos(2 pi a); then U^{1/n}.
        let normal: Vec<f64> = (0..4)
            .map(|_| {
                let (u, a): (f64, f64) = (stream.random(), stream.random());
                (-2.0 * (1.0 - u).ln()).sqrt() * (2.0 * std::f64::consts::PI * a).cos()
            })
            .collect();
        let length = normal.iter().map(|x| x * x).sum::<f64>().sqrt();
        let share = stream.random::<f64>().sqrt().sqrt();
        assert!(row.iter().zip(&normal).all(|(a, b)| (a - radius * share * b / length).abs() < 1e-13));
    }
}

#[test]
fn geometries_of_short_opposed_and_orthogonal_rows() {
    let geometry = RowGeometry::of(array![[3e-3, 4e-3], [-3e-3, 0.0]].view()).unwrap();
    assert!((geometry.longest - 5e-3).abs() < 1e-17 && (geometry.shortest - 3e-3).abs() < 1e-17);
    assert!((geometry.largest_product - 9e-6).abs() < 1e-19, "{}", geometry.largest_product);
    assert!((geometry.mean_square_cosine - 0.36).abs() < 1e-14);
    let geometry = RowGeometry::of(array![[1.0, 0.0], [0.0, 2.0]].view()).unwrap();
    assert_eq!((geometry.largest_product, geometry.mean_square_cosine), (0.0, 0.0));
    assert_eq!(geometry.effective_dimension(), f64::INFINITY);
    assert!(RowGeometry::of(array![[1.0, 0.0]].view()).is_err());
    assert!(RowGeometry::of(array![[1.0, 0.0], [0.0, 0.0]].view()).is_err());
}

#[test]
fn two_rows() {
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
        assert_eq!(report.inequality.is_violated(), bound == Bound::PrintedLeast, "{bound:?}");
        let residual = |text| measured_hypothesis(&report, text).0;
        assert!((residual("no row is longer") - (a - 1.0)).abs() < 1e-14);
        assert!((residual("no row is shorter") - (1.0 - t - b)).abs() < 1e-14);
        assert!((residual("no product") - (a * b * cosine - s)).abs() < 1e-14);
        // The tolerance is the round-off of Gram matrix and rotations: twice m (n + 2) + 32 m units of
        // the larger of 1 and lambda_max.
        let units = 2.0 * f64::from(2 * 402 + 64) * f64::EPSILON * most.max(1.0);
        assert!(report.hypotheses.iter().all(|hypothesis| matches!(
            hypothesis.status,
            Status::Measured { tolerance, .. } if (tolerance / units - 1.0).abs() < 1e-9
        )));
    }
    // Void: five rows in ten dimensions.
    let rows = BallModel::new(5, 10).unwrap().draw(1.0, Seed::new(3));
    for bound in [Bound::Spread, Bound::SharperSpread] {
        let report = gradient_independence::check(rows.view(), 1.0, bound).unwrap();
        assert!(report.inequality.is_undecided() && report.measured > 0.0);
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
