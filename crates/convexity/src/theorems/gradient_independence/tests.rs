//! Draws from the model, against the bounds and against the printed ones.

use super::*;
use fenchel_random::Seed;
use ndarray::{Array2, array};

#[test]
fn the_numbers_of_the_theory_come_out() {
    let model = BallModel::new(10, 10_000).unwrap();
    assert!((model.t() - 2.0 * 10f64.ln() / 1e4).abs() < 1e-18);
    assert!((model.s() - (6.0 * 10f64.ln() / 9999.0).sqrt()).abs() < 1e-16);
    assert!((model.probability() - (1.0 - 0.1 * (1.0 + 1.0 / (6.0 * 10f64.ln()).sqrt()))).abs() < 1e-15);
    let (low, high) = ((1.0 - model.t()).powi(2) - 9.0 * model.s(), 1.0 + 9.0 * model.s());
    assert!((model.spread().unwrap() - (high / low).ln()).abs() < 1e-14);
    let over = 1.0 - (1.0 - model.t()).powi(2) + model.s() * 180f64.sqrt();
    assert!((model.sharper_spread().unwrap() - (1.0 + over / low).ln()).abs() < 1e-14);
    // zeta = 2m sqrt(6 log m)/sqrt(n-1) (1 - 2 log m/n)^{-2}.
    let near = BallModel::new(10, 11).unwrap();
    let zeta = 20.0 * (6.0 * 10f64.ln()).sqrt() / 10f64.sqrt() * (1.0 - 2.0 * 10f64.ln() / 11.0).powi(-2);
    assert!((near.printed_spread().unwrap() - zeta.ln_1p()).abs() < 1e-13);
    assert!((zeta + 1.0 - 70.6).abs() < 0.1, "{zeta}");
    assert!(near.spread().is_none() && near.sharper_spread().is_none() && !near.printed_spread_is_proved());
    // The printed bound follows for m = 10 from about n = 10424 on.
    let proved = |n| BallModel::new(10, n).unwrap().printed_spread_is_proved();
    let first = (10_000..11_000).find(|&n| proved(n)).unwrap();
    assert!((10_420..10_430).contains(&first), "{first}");
    for n in [3000, 10_000, 100_000] {
        let model = BallModel::new(10, n).unwrap();
        if let (Some(sharper), Some(plain)) = (model.sharper_spread(), model.spread()) {
            assert!(sharper <= plain);
        }
    }
}

#[test]
fn draws_keep_the_bounds_as_often_as_promised() {
    for (m, n) in [(2, 400), (5, 10_000)] {
        let model = BallModel::new(m, n).unwrap();
        let draws = 60;
        let mut kept = 0;
        for k in 0..draws {
            let rows = model.draw(2.5, Seed::new(7).index(k));
            let mut all = true;
            for bound in [Bound::Least, Bound::Most, Bound::Spread, Bound::SharperSpread] {
                let report = check(rows.view(), 2.5, bound).unwrap();
                let met = report.hypotheses.iter().all(|hypothesis| hypothesis.obstacle().is_none());
                // On the event the bounds are theorems.
                assert!(!met || report.inequality.holds(), "{bound:?}: {}", report.inequality);
                all &= met;
            }
            kept += u32::from(all);
        }
        // Five standard deviations below the promise.
        let promise = model.probability();
        let least = promise - 5.0 * (promise * (1.0 - promise) / f64::from(draws as u32)).sqrt();
        assert!(f64::from(kept) / draws as f64 >= least, "{kept} of {draws}, promised {promise}");
    }
}

#[test]
fn draws_are_uniform_in_the_ball() {
    let model = BallModel::new(200, 3).unwrap();
    let rows = model.draw(2.0, Seed::new(1));
    let norms: Vec<f64> = rows.rows().into_iter().map(|row| row.dot(&row).sqrt() / 2.0).collect();
    // The cube of the radius is uniform: mean 1/2, deviation 1/sqrt 12.
    let mean = norms.iter().map(|norm| norm.powi(3)).sum::<f64>() / 200.0;
    assert!((mean - 0.5).abs() < 5.0 / (12.0 * 200.0_f64).sqrt(), "{mean}");
    assert!(norms.iter().all(|&norm| norm <= 1.0 + 1e-15));
    let centre = rows.mean_axis(ndarray::Axis(0)).unwrap();
    // Each entry has variance radius^2/(n+2).
    assert!(centre.iter().all(|c| c.abs() < 5.0 * 2.0 / (5.0 * 200.0_f64).sqrt()));
}

#[test]
fn extreme_rows_attain_gershgorin() {
    // Equal products of the size s: lambda_max is 1 + (m-1)s exactly, and one part in a hundred more
    // breaks the bound.
    let (m, n) = (4, 2000);
    let model = BallModel::new(m, n).unwrap();
    let equal = |product: f64| {
        // Rows sqrt(1-p) e_i + sqrt(p) e_m.
        Array2::from_shape_fn((m, n), |(i, j)| {
            if i == j {
                (1.0 - product).sqrt()
            } else if j == m {
                product.sqrt()
            } else {
                0.0
            }
        })
    };
    let report = check(equal(model.s()).view(), 1.0, Bound::Most).unwrap();
    assert!(report.verdict().holds() && report.slack.abs() < 1e-12, "{}", report.slack);
    let report = check(equal(1.01 * model.s()).view(), 1.0, Bound::Most).unwrap();
    assert!(report.inequality.is_violated() && report.verdict().is_undecided());
    // Short rows: the least eigenvalue is (1-t)^2 - s for a pair.
    let pair = BallModel::new(2, n).unwrap();
    let length = 1.0 - pair.t();
    let (cosine, sine) = (pair.s() / length.powi(2), (1.0 - (pair.s() / length.powi(2)).powi(2)).sqrt());
    let mut rows = Array2::zeros((2, n));
    (rows[[0, 0]], rows[[1, 0]], rows[[1, 1]]) = (length, length * cosine, length * sine);
    let report = check(rows.view(), 1.0, Bound::Least).unwrap();
    assert!(report.inequality.holds() && report.slack.abs() < 1e-12, "{}", report.slack);
}

#[test]
fn companions_have_their_formulas() {
    let (bound, probability) = davidson_szarek(10, 1000, 3.0).unwrap().unwrap();
    let (root, below) = (1000f64.sqrt(), 10f64.sqrt() + 3.0);
    assert!((bound - 2.0 * ((root + below) / (root - below)).ln()).abs() < 1e-14);
    assert!((probability - (1.0 - 2.0 * (-4.5f64).exp())).abs() < 1e-15);
    assert!(davidson_szarek(10, 20, 3.0).unwrap().is_none());
    // Gaussian rows keep it.
    let model = BallModel::new(10, 1000).unwrap();
    for k in 0..20 {
        // Directions of the ball with the length of Gaussian rows would serve too; here only the spread
        // of directions counts.
        let rows = model.draw(1.0, Seed::new(11).index(k));
        let report = check(rows.view(), 1.0, Bound::Most).unwrap();
        assert!(report.measured <= (1.0 + (10f64.sqrt() + 3.0) / 1000f64.sqrt()).powi(2));
    }
    let layer =
        HiddenLayer { input_square: 3.0, hidden_square: 8.0, active: 400, outputs: 4, deviation: 0.1 };
    let spread = hidden_layer_spread(&layer, 2.0).unwrap();
    // s_max = 0.1 (20 + 4), s_min = 0.1 (20 - 4).
    assert!((spread - ((9.0 + 4.0 * 5.76) / (9.0 + 4.0 * 2.56_f64)).ln()).abs() < 1e-14);
    let few = HiddenLayer { active: 4, ..layer };
    assert!((hidden_layer_spread(&few, 2.0).unwrap() - ((9.0 + 4.0 * 0.36) / 9.0_f64).ln()).abs() < 1e-14);
    assert!(hidden_layer_spread(&HiddenLayer { outputs: 0, ..layer }, 2.0).is_err());
}

#[test]
fn geometry_and_misfits() {
    let geometry = RowGeometry::of(array![[3.0, 4.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 1.0]].view()).unwrap();
    assert_eq!((geometry.shortest, geometry.longest, geometry.largest_product), (1.0, 5.0, 8.0));
    assert!((geometry.effective_dimension() - 3.0 / 0.64).abs() < 1e-12);
    let rows = BallModel::new(20, 500).unwrap().draw(1.0, Seed::new(5));
    let effective = RowGeometry::of(rows.view()).unwrap().effective_dimension();
    // 190 pairs, each with relative deviation sqrt 2: five of their mean's.
    assert!((500.0 / effective - 1.0).abs() < 5.0 * (2.0 / 190.0_f64).sqrt(), "{effective}");
    assert!(BallModel::new(1, 10).is_err() && BallModel::new(2, 2).is_err());
    assert!(check(rows.view(), 0.0, Bound::Least).is_err());
    assert!(check(array![[f64::NAN, 0.0, 1.0], [1.0, 0.0, 0.0]].view(), 1.0, Bound::Least).is_err());
    // Rows longer than the radius: the hypothesis says so.
    assert!(check(rows.view(), 0.5, Bound::Most).unwrap().verdict().is_undecided());
}
