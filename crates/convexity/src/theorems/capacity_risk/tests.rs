//! The floor of T8 on parabolas, where everything is known by hand, and on the log cosh, where it is strict.

use super::*;
use crate::catalogue::{LogCosh, Quadratic, Separable};
use crate::norms::Norm;
use crate::objectives::Precomposed;
use crate::theorems::by_hand::measured_hypothesis;
use ndarray::array;
use std::sync::Arc;

const CENTRES: [f64; 4] = [0.0, 1.0, 5.0, -2.0];
const CONFIG: fn() -> SearchConfig = || SearchConfig::budget(2000);

/// (c/2)(x - a)^2 for every centre.
fn parabolas(c: f64) -> FiniteSum {
    let sample = |&a: &f64| -> Arc<dyn Objective> {
        Arc::new(Precomposed::new(Quadratic::diagonal(&[c]).unwrap(), array![[1.0]], array![-a]).unwrap())
    };
    FiniteSum::new(CENTRES.iter().map(sample).collect()).unwrap()
}

fn mean(batch: &[usize]) -> Infimum {
    Infimum::At(array![batch.iter().map(|&i| CENTRES[i]).sum::<f64>() / batch.len() as f64])
}

fn points(sum: &FiniteSum) -> Trajectory {
    Trajectory::record(sum, [-3.0, 0.0, 0.3, 1.0, 40.0].map(|x| array![x])).unwrap()
}

#[test]
fn parabolas_attain_both_inequalities_at_every_size() {
    // D = Phi = phi: any wrong factor shows, as both sides agree at every point.
    let sum = parabolas(3.0);
    for b in 1..=4 {
        let infima = BatchInfima::new(&sum, b, mean).unwrap();
        for modulus in [Modulus::smooth(3.0, 2.0, Norm::L2), Modulus::convex(3.0, 2.0, Norm::L2)] {
            let modulus = modulus.unwrap();
            let report = check(&sum, &infima, &points(&sum), &modulus, &CONFIG()).unwrap();
            assert!(report.verdict().holds(), "{b}: {modulus}: {}", report.verdict());
            assert!(report.slack.abs() <= 1e-13 * (1.0 + report.bound), "{b}: {}", report.slack);
            // An offset of 1 is a slack of 1.
            let paid = modulus.with_offset(1.0).unwrap();
            let paid = check(&sum, &infima, &points(&sum), &paid, &CONFIG()).unwrap();
            assert!(paid.verdict().holds() && (paid.slack - 1.0).abs() <= 1e-12 * (1.0 + paid.bound));
        }
    }
}

#[test]
fn one_per_cent_further_the_inequalities_break() {
    let sum = parabolas(1.0);
    let infima = BatchInfima::new(&sum, 2, mean).unwrap();
    for modulus in [Modulus::smooth(0.99, 2.0, Norm::L2), Modulus::convex(1.01, 2.0, Norm::L2)] {
        let report = check(&sum, &infima, &points(&sum), &modulus.unwrap(), &CONFIG()).unwrap();
        assert!(report.inequality.is_violated() && report.verdict().is_undecided(), "{}", report.inequality);
    }
}

#[test]
fn the_risks_of_parabolas_are_variances() {
    // R_G(b) = (c/2) Var(mean of b drawn without repetition) = (c/2) (V/b) (n-b)/(n-1), V the variance of
    // the centres.
    let c = 3.0;
    let (risks, report) = check_risks(&parabolas(c), mean).unwrap();
    assert!(report.verdict().holds(), "{}", report.verdict());
    let centre = CENTRES.iter().sum::<f64>() / 4.0;
    let variance = CENTRES.iter().map(|a| (a - centre) * (a - centre)).sum::<f64>() / 4.0;
    for (k, risk) in risks.iter().enumerate() {
        let b = (k + 1) as f64;
        let expected = c / 2.0 * variance / b * (4.0 - b) / 3.0;
        assert!((risk - expected).abs() < 1e-13 * (1.0 + expected), "{b}: {risk} {expected}");
    }
    assert_eq!(risks[3], 0.0);
    // The least slack is the last step's, from R_G(3) to R_G(4) = 0.
    assert_eq!((report.measured, report.bound), (risks[3], risks[2]));
}

#[test]
fn a_point_where_every_batch_is_flat_would_need_no_capacity_risk() {
    // All centres alike: R_G = 0, and the energy of every batch vanishes at the centre.
    let sample = || -> Arc<dyn Objective> { Arc::new(Quadratic::diagonal(&[1.0]).unwrap()) };
    let sum = FiniteSum::new((0..3).map(|_| sample()).collect()).unwrap();
    let (risks, report) = check_risks(&sum, |_| Infimum::At(array![0.0])).unwrap();
    assert!(report.verdict().holds() && risks == [0.0; 3]);
    let single = FiniteSum::new(vec![sample()]).unwrap();
    let (risks, report) = check_risks(&single, |_| Infimum::At(array![0.0])).unwrap();
    assert!(report.verdict().holds() && risks == [0.0]);
}

#[test]
fn log_cosh_is_strictly_between() {
    // log cosh(x - a) for two centres: each alone reaches 0; the pair's minimiser is the middle, by symmetry.
    let sample = |a: f64| -> Arc<dyn Objective> {
        Arc::new(Precomposed::new(Separable::new(LogCosh, 1).unwrap(), array![[1.0]], array![-a]).unwrap())
    };
    let sum = FiniteSum::new(vec![sample(-1.0), sample(1.0)]).unwrap();
    let infimum =
        |batch: &[usize]| Infimum::At(array![if batch.len() == 2 { 0.0 } else { [-1.0, 1.0][batch[0]] }]);
    let (risks, report) = check_risks(&sum, infimum).unwrap();
    assert!(report.verdict().holds() && (risks[0] - 1f64.cosh().ln()).abs() < 1e-15);
    let infima = BatchInfima::new(&sum, 1, infimum).unwrap();
    let smooth = Modulus::smooth(1.0, 2.0, Norm::L2).unwrap();
    let report = check(&sum, &infima, &points(&sum), &smooth, &CONFIG()).unwrap();
    assert!(report.verdict().holds() && report.slack > 0.0);
}

#[test]
fn wrong_infima_are_noticed() {
    let sum = parabolas(1.0);
    // A point that is no minimiser: the value there is above the infimum, and a recorded point says so.
    let infima = BatchInfima::new(&sum, 1, |_| Infimum::At(array![0.5])).unwrap();
    let smooth = Modulus::smooth(1.0, 2.0, Norm::L2).unwrap();
    assert!(check(&sum, &infima, &points(&sum), &smooth, &CONFIG()).unwrap().verdict().is_undecided());
    let (_, report) =
        check_risks(&sum, |b| if b.len() == 1 { Infimum::At(array![9.0]) } else { mean(b) }).unwrap();
    assert!(report.inequality.is_violated() && report.verdict().is_undecided(), "{}", report.inequality);
    // Lower bounds serve the smooth side only.
    let bounds = BatchInfima::new(&sum, 2, |_| Infimum::AtLeast(0.0)).unwrap();
    assert!(check(&sum, &bounds, &points(&sum), &smooth, &CONFIG()).unwrap().verdict().holds());
    let convex = Modulus::convex(1.0, 2.0, Norm::L2).unwrap();
    assert!(check(&sum, &bounds, &points(&sum), &convex, &CONFIG()).unwrap().verdict().is_undecided());
    assert!(check_risks(&sum, |_| Infimum::AtLeast(0.0)).is_err());
    assert!(BatchInfima::new(&sum, 1, |_| Infimum::AtLeast(f64::NAN)).is_err());
    assert!(BatchInfima::new(&sum, 1, |_| Infimum::At(array![0.0, 0.0])).is_err());
    assert!(BatchInfima::new(&sum, 0, mean).is_err() && BatchInfima::new(&sum, 5, mean).is_err());
}

#[test]
fn a_record_of_another_sum_is_named() {
    let (sum, other) = (parabolas(3.0), parabolas(2.9));
    let infima = BatchInfima::new(&sum, 2, mean).unwrap();
    let smooth = Modulus::smooth(3.0, 2.0, Norm::L2).unwrap();
    let report = check(&sum, &infima, &points(&other), &smooth, &CONFIG()).unwrap();
    let (residual, tolerance) = measured_hypothesis(&report, "the record is the function's own");
    assert!(residual > 0.01 && tolerance < 1e-9 && report.verdict().is_undecided());
}
