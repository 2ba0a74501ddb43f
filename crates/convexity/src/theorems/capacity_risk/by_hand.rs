//! The floor of T8 against numbers computed by hand.

use crate::catalogue::{Cosine, Separable};
use crate::error::ConvexityError;
use crate::moduli::{Modulus, Side};
use crate::norms::Norm;
use crate::objectives::Precomposed;
use crate::potentials::Potential;
use crate::search::SearchConfig;
use crate::theorems::by_hand::{assert_report, measured_hypothesis, parabola, point_of};
use crate::theorems::capacity_risk;
use crate::theorems::capacity_risk::BatchInfima;
use crate::theorems::gradient_bounds::Infimum;
use crate::trajectory::{FiniteSum, Trajectory};
use crate::verdict::{Report, Verdict};
use ndarray::array;
use std::f64::consts::PI;
use std::sync::Arc;

const CONFIG: fn() -> SearchConfig = || SearchConfig::budget(2000);
const CURVATURES: [f64; 3] = [1.0, 0.5, 0.8];
const CENTRES: [f64; 3] = [0.3, -1.0, 2.0];
const ALL: [usize; 3] = [0, 1, 2];

fn sum() -> FiniteSum {
    FiniteSum::new(CURVATURES.iter().zip(CENTRES).map(|(&c, a)| parabola(c, a)).collect()).unwrap()
}

/// The mean loss of some samples and its slope.
fn mean(batch: &[usize], x: f64) -> (f64, f64) {
    let n = batch.len() as f64;
    batch.iter().fold((0.0, 0.0), |(v, s), &i| (v + loss(i, x).0 / n, s + loss(i, x).1 / n))
}

/// Half the width of the enclosure of a violation.
fn half_width(report: &Report) -> f64 {
    let Verdict::Violated { certificate, .. } = &report.inequality else { panic!("{}", report.inequality) };
    let (lower, upper) = certificate.enclosure();
    (upper - lower) / 2.0
}

/// cos x and cos(x + 0.4), each a sample.
fn cosines() -> FiniteSum {
    let first = Separable::new(Cosine, 1).unwrap();
    let second = Precomposed::new(Separable::new(Cosine, 1).unwrap(), array![[1.0]], array![0.4]).unwrap();
    FiniteSum::new(vec![Arc::new(first), Arc::new(second)]).unwrap()
}

/// The loss of sample i and its slope.
fn loss(i: usize, x: f64) -> (f64, f64) {
    let d = x - CENTRES[i];
    (CURVATURES[i] / 2.0 * d * d, CURVATURES[i] * d)
}

#[test]
fn the_floor_of_three_samples() {
    let (sum, x) = (sum(), 1.7);
    let points = Trajectory::record(&sum, [array![x]]).unwrap();
    let pairs = [[0, 1], [0, 2], [1, 2]];
    let (mean_slope_square, risk) =
        (pairs.iter().map(|b| mean(b, x).1.powi(2)).sum::<f64>() / 3.0, mean(&ALL, x).0);
    // Lower bounds on the infima, none of them 0.
    let bounds = [-0.2, 0.05, -0.4];
    let place = |batch: &[usize]| pairs.iter().position(|pair| pair == batch).unwrap();
    let infima = BatchInfima::new(&sum, 2, |batch| Infimum::AtLeast(bounds[place(batch)])).unwrap();
    assert_eq!(infima.batches(), pairs);
    assert!((infima.mean() + 0.55 / 3.0).abs() < 1e-15 && !infima.are_attained());
    for (side, c, offset) in [
        (Side::Smooth, 1.25, 0.03),
        (Side::Smooth, 0.2, 0.01),
        (Side::Convex, 0.3, 0.02),
        (Side::Convex, 2.5, 0.02),
    ] {
        let modulus = Modulus::new(side, Potential::norm_power(c, 2.0, Norm::L2).unwrap(), offset).unwrap();
        let report = capacity_risk::check(&sum, &infima, &points, &modulus, &CONFIG()).unwrap();
        let (energy, gap) = (mean_slope_square / (2.0 * c), risk + 0.55 / 3.0);
        let (measured, bound) =
            if side == Side::Smooth { (energy - offset, gap) } else { (gap, energy + offset) };
        assert_report(&report, measured, bound, bound - measured, risk + offset + 0.65 / 3.0 + energy);
        assert_eq!(report.inequality.is_violated(), c == 0.2 || c == 2.5);
        let nearest = pairs
            .iter()
            .zip(bounds)
            .map(|(b, least)| (least - mean(b, x).0) / (least.abs() + mean(b, x).0))
            .fold(f64::NEG_INFINITY, f64::max);
        let (below, tolerance) = measured_hypothesis(&report, "below its batch");
        assert!((below - nearest).abs() < 1e-13 && tolerance == 1e-13, "{below} {nearest}");
    }
    let token = SearchConfig::budget(1);
    let modulus = Modulus::smooth(1.25, 2.0, Norm::L2).unwrap();
    assert!(capacity_risk::check(&sum, &infima, &points, &modulus, &token).is_ok());
    assert!(
        capacity_risk::check(&sum, &infima, &points, &modulus, &SearchConfig { budget: 0, ..token }).is_err()
    );
    // The minimiser of a batch is the mean of its centres, weighted by curvatures.
    let minimiser = |batch: &[usize]| {
        batch.iter().map(|&i| CURVATURES[i] * CENTRES[i]).sum::<f64>()
            / batch.iter().map(|&i| CURVATURES[i]).sum::<f64>()
    };
    let least = |batch: &[usize]| mean(batch, minimiser(batch)).0;
    let (risks, report) =
        capacity_risk::check_risks(&sum, |batch| Infimum::At(array![minimiser(batch)])).unwrap();
    let of_pairs = pairs.iter().map(|b| least(b)).sum::<f64>() / 3.0;
    let expected = [least(&ALL), least(&ALL) - of_pairs, 0.0];
    assert!(risks.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-14), "{risks:?} {expected:?}");
    // Two steps down, relative to the infima that they compare: from 1 to 2 all of the pairs', and from 2
    // to 3.
    let second = (expected[1], least(&ALL) + of_pairs);
    assert!(second.0 / second.1 < 1.0);
    assert_report(&report, 0.0, expected[1], second.0, second.1);
    assert_eq!(point_of(&report, "b"), [2.0]);
    // No minimiser beats a subset's own: the nearest that one comes, relative to both.
    let mut nearest = f64::NEG_INFINITY;
    let mut compare = |batch: &[usize], subset: &[usize]| {
        let (own, other) = (least(subset), mean(subset, minimiser(batch)).0);
        nearest = nearest.max((own - other) / (own + other).max(f64::MIN_POSITIVE));
    };
    for pair in &pairs {
        compare(&ALL, pair);
        pair.iter().for_each(|&i| compare(pair, &[i]));
    }
    let (beaten, tolerance) = measured_hypothesis(&report, "no minimiser");
    assert!((beaten - nearest).abs() < 1e-13 && tolerance == 0.0, "{beaten} {nearest}");
    // One bound among minimisers is one too many; and so are 17 samples.
    let mixed =
        |b: &[usize]| if b == [0, 1] { Infimum::AtLeast(0.0) } else { Infimum::At(array![minimiser(b)]) };
    assert!(!BatchInfima::new(&sum, 2, mixed).unwrap().are_attained());
    assert!(capacity_risk::check_risks(&sum, mixed).is_err());
    let many = FiniteSum::new((0..17).map(|_| parabola(1.0, 0.0)).collect()).unwrap();
    assert!(capacity_risk::check_risks(&many, |_| Infimum::At(array![0.0])).is_err());
    // One sample: nothing to compare.
    let single = FiniteSum::new(vec![parabola(2.0, 0.5)]).unwrap();
    let (risks, report) = capacity_risk::check_risks(&single, |_| Infimum::At(array![0.75])).unwrap();
    assert_eq!(risks, [0.0]);
    assert_report(&report, 0.0, 0.0, 0.0, 0.0625);
    assert_eq!(point_of(&report, "b"), [1.0]);
    assert!(measured_hypothesis(&report, "no minimiser").0 <= 0.0);
}

#[test]
fn the_floor_is_judged_in_256_bits() {
    // The risks of three samples: the pairs' infima are named too high, so that the risk rises from b = 2
    // to b = 3.
    let sum = FiniteSum::new(vec![parabola(1.0, 0.3), parabola(1.0, -1.0), parabola(1.0, 2.0)]).unwrap();
    let centres = [0.3, -1.0, 2.0];
    let centre = |batch: &[usize]| batch.iter().map(|&i| centres[i]).sum::<f64>() / batch.len() as f64;
    let named = |batch: &[usize]| Infimum::At(array![if batch.len() == 2 { 4.0 } else { centre(batch) }]);
    let (risks, report) = capacity_risk::check_risks(&sum, named).unwrap();
    let mean = |x: f64| centres.iter().map(|a| (x - a) * (x - a)).sum::<f64>() / 6.0;
    assert!((risks[1] - (mean(centre(&[0, 1, 2])) - mean(4.0))).abs() < 1e-14 && risks[1] < 0.0);
    assert_eq!(point_of(&report, "b"), [2.0]);
    assert!(half_width(&report) < 1e-14 && report.verdict().is_undecided());
}

#[test]
fn the_floor_where_values_are_negative() {
    // cos x and cos(x + 0.4): their infima are -1, that of the mean is -cos 0.2 at pi - 0.2.
    let sum = cosines();
    let minimisers = |batch: &[usize]| {
        Infimum::At(array![if batch.len() == 2 { PI - 0.2 } else { PI - [0.0, 0.4][batch[0]] }])
    };
    let (risks, report) = capacity_risk::check_risks(&sum, minimisers).unwrap();
    let whole = -0.2_f64.cos();
    assert!((risks[0] - (whole + 1.0)).abs() < 1e-14 && risks[1] == 0.0, "{risks:?}");
    assert_report(&report, 0.0, whole + 1.0, whole + 1.0, 1.0 - whole);
    let (beaten, tolerance) = measured_hypothesis(&report, "no minimiser");
    assert!((beaten - (-1.0 - whole) / (1.0 - whole)).abs() < 1e-14 && tolerance == 0.0, "{beaten}");
    // At one point, each sample a batch.
    let x = 2.6_f64;
    let points = Trajectory::record(&sum, [array![x]]).unwrap();
    let infima = BatchInfima::new(&sum, 1, |_| Infimum::AtLeast(-1.1)).unwrap();
    let modulus = Modulus::smooth(1.3, 2.0, Norm::L2).unwrap();
    let report = capacity_risk::check(&sum, &infima, &points, &modulus, &CONFIG()).unwrap();
    let energy = (x.sin().powi(2) + (x + 0.4).sin().powi(2)) / (4.0 * 1.3);
    let risk = (x.cos() + (x + 0.4).cos()) / 2.0;
    assert_report(&report, energy, risk + 1.1, risk + 1.1 - energy, 1.1 - risk + energy);
    let nearest = (-1.1 - (x + 0.4).cos()) / (1.1 - (x + 0.4).cos());
    let (below, _) = measured_hypothesis(&report, "below its batch");
    assert!((below - nearest).abs() < 1e-14, "{below}");
}

#[test]
fn batches_from_one_to_sixteen_samples() {
    let samples = |n: usize| FiniteSum::new(vec![parabola(1.0, 0.5); n]).unwrap();
    // Sixteen are admitted, so that it is the lower bound that is refused; seventeen are too many.
    let bound = |_: &[usize]| Infimum::AtLeast(0.0);
    let refused = |n: usize| capacity_risk::check_risks(&samples(n), bound).unwrap_err();
    assert!(matches!(refused(16), ConvexityError::Incompatible { .. }));
    assert!(matches!(refused(17), ConvexityError::OutOfRange { .. }));
    assert!(
        BatchInfima::new(&samples(2), 0, bound).is_err() && BatchInfima::new(&samples(2), 3, bound).is_err()
    );
}

#[test]
fn minimisers_meet_the_subsets_of_their_own_batch_only() {
    // (x - a)^2/2: the triple (0, 3, 7.5) and the pair (3, 4) have one minimiser, 3.5, and the pair is no
    // part of it.
    let centres = [0.0, 3.0, 7.5, 4.0];
    let sum = FiniteSum::new(centres.iter().map(|&a| parabola(1.0, a)).collect()).unwrap();
    let centre = |batch: &[usize]| batch.iter().map(|&i| centres[i]).sum::<f64>() / batch.len() as f64;
    let (_, report) = capacity_risk::check_risks(&sum, |batch| Infimum::At(array![centre(batch)])).unwrap();
    let batches: Vec<Vec<usize>> =
        (1_usize..16).map(|bits| (0..4).filter(|i| bits >> i & 1 == 1).collect()).collect();
    let mean = |batch: &[usize], x: f64| {
        batch.iter().map(|&i| (x - centres[i]) * (x - centres[i]) / 2.0).sum::<f64>() / batch.len() as f64
    };
    let mut nearest = f64::NEG_INFINITY;
    for batch in &batches {
        for subset in
            batches.iter().filter(|s| s.len() + 1 == batch.len() && s.iter().all(|i| batch.contains(i)))
        {
            let (own, other) = (mean(subset, centre(subset)), mean(subset, centre(batch)));
            nearest = nearest.max((own - other) / (own + other));
        }
    }
    let (beaten, _) = measured_hypothesis(&report, "no minimiser");
    assert!((beaten - nearest).abs() < 1e-13 && nearest < -1e-4, "{beaten} {nearest}");
}
