//! Gains against direct searches, eigenvalues against a formula.

use super::*;
use crate::norms::Norm;
use ndarray::{Array1, Array2, array};

fn directions(m: usize) -> impl Iterator<Item = Array1<f64>> {
    (0..3000)
        .map(move |k| Array1::from_shape_fn(m, |i| (f64::from(k) * (0.7 + 0.61 * i as f64) + i as f64).sin()))
}

#[test]
fn gains_bound_every_direction_and_are_nearly_attained_in_l2() {
    let a = array![[1.0, 2.0], [0.5, -1.0], [3.0, 0.2]];
    let weighted = Norm::weighted_euclidean(array![[2.0, 0.3], [0.3, 1.0]].view()).unwrap();
    let inner = [Norm::L1, Norm::L2, Norm::LINF, Norm::lp(3.0).unwrap(), weighted.clone(), weighted.dual()];
    let outer = [Norm::L1, Norm::L2, Norm::LINF, Norm::lp(1.5).unwrap()];
    for out in &outer {
        for norm in &inner {
            let most = operator_norm(&a, out, norm).unwrap();
            let least = operator_gain(&a, out, norm).unwrap();
            let (mut seen_most, mut seen_least) = (0.0_f64, f64::INFINITY);
            for u in directions(2) {
                let gain = out.value(&a.dot(&u).view()).unwrap() / norm.value(&u).unwrap();
                seen_most = seen_most.max(gain);
                seen_least = seen_least.min(gain);
            }
            assert!(seen_most <= most && least <= seen_least && least > 0.0, "{out} {norm}");
            let exact = *norm == Norm::L1 || *out == Norm::LINF || (*out == Norm::L2 && *norm == Norm::L2);
            if exact {
                assert!(seen_most >= 0.99 * most, "{out} {norm}: {seen_most} of {most}");
            }
        }
    }
    let least = operator_gain(&a, &Norm::L2, &Norm::L2).unwrap();
    let seen = directions(2)
        .map(|u| (a.dot(&u).mapv(|x| x * x).sum() / u.dot(&u)).sqrt())
        .fold(f64::INFINITY, f64::min);
    assert!(seen <= 1.01 * least);
    assert_eq!(operator_gain(&array![[1.0, 1.0]], &Norm::L2, &Norm::L2).unwrap(), 0.0);
}

#[test]
fn eigenvalues_of_a_known_matrix() {
    // The second-difference matrix: 2 - 2 cos(k pi / (m+1)).
    let m = 12;
    let a = Array2::from_shape_fn((m, m), |(i, j)| match i.abs_diff(j) {
        0 => 2.0,
        1 => -1.0,
        _ => 0.0,
    });
    let values = symmetric_eigenvalues(a.view()).unwrap();
    for (k, value) in values.iter().enumerate() {
        let exact = 2.0 - 2.0 * ((k + 1) as f64 * std::f64::consts::PI / (m + 1) as f64).cos();
        assert!((value - exact).abs() < 1e-14 * 12.0);
    }
    assert!(symmetric_eigenvalues(array![[1.0, 2.0], [0.0, 1.0]].view()).is_err());
    assert!(symmetric_eigenvalues(array![[f64::NAN]].view()).is_err());
}
