//! T9 against numbers computed by hand.

use crate::catalogue::{Cosine, Separable};
use crate::objectives::Precomposed;
use crate::theorems::by_hand::{assert_report, measured_hypothesis, parabola};
use crate::theorems::expected_smoothness;
use crate::trajectory::{FiniteSum, Trajectory};
use ndarray::array;
use std::sync::Arc;

const ALL: [usize; 3] = [0, 1, 2];
const CURVATURES: [f64; 3] = [1.0, 0.5, 0.8];
const CENTRES: [f64; 3] = [0.3, -1.0, 2.0];

fn sum() -> FiniteSum {
    FiniteSum::new(CURVATURES.iter().zip(CENTRES).map(|(&c, a)| parabola(c, a)).collect()).unwrap()
}

/// The loss of sample i and its slope.
fn loss(i: usize, x: f64) -> (f64, f64) {
    let d = x - CENTRES[i];
    (CURVATURES[i] / 2.0 * d * d, CURVATURES[i] * d)
}

/// The mean loss of some samples and its slope.
fn mean(batch: &[usize], x: f64) -> (f64, f64) {
    let n = batch.len() as f64;
    batch.iter().fold((0.0, 0.0), |(v, s), &i| (v + loss(i, x).0 / n, s + loss(i, x).1 / n))
}

/// cos x and cos(x + 0.4), each a sample.
fn two_cosines() -> FiniteSum {
    let first = Separable::new(Cosine, 1).unwrap();
    let second = Precomposed::new(Separable::new(Cosine, 1).unwrap(), array![[1.0]], array![0.4]).unwrap();
    FiniteSum::new(vec![Arc::new(first), Arc::new(second)]).unwrap()
}

#[test]
fn three_samples_in_pairs() {
    let (sum, x, h) = (sum(), 1.7, 0.6);
    let infima = [-0.2, 0.0, -0.5];
    let trajectory = Trajectory::record(&sum, [array![x]]).unwrap();
    let pairs = [vec![0, 1], vec![1, 2], vec![0, 2]];
    for l in [1.25, 0.25] {
        let instance = expected_smoothness::Instance {
            sum: &sum,
            trajectory: &trajectory,
            constant: l,
            step: h,
            infima: &infima,
        };
        let [moment, step] = expected_smoothness::check(&instance, &pairs).unwrap();
        let squares = ALL.iter().map(|&i| loss(i, x).1.powi(2)).sum::<f64>() / 3.0;
        let ((risk, slope), floor) = (mean(&ALL, x), -0.7 / 3.0);
        let bound = 2.0 * l * (risk - floor);
        assert_report(&moment, squares, bound, bound - squares, squares + 2.0 * l * (risk + 0.7 / 3.0));
        let after = pairs.iter().map(|b| mean(&ALL, x - h * mean(b, x).1).0).sum::<f64>() / 3.0;
        let energy = pairs.iter().map(|b| mean(b, x).1.powi(2)).sum::<f64>() / 3.0;
        let bound = risk - h * slope * slope + l * h * h / 2.0 * energy;
        assert_report(&step, after, bound, bound - after, after + risk + h * energy * (1.0 + l * h));
        assert_eq!((moment.inequality.is_violated(), step.inequality.is_violated()), (l < 1.0, l < 1.0));
        // The nearest that a loss comes to its infimum, before and after its step of 1/L.
        let nearest = ALL
            .iter()
            .flat_map(|&i| [x, x - loss(i, x).1 / l].map(|x| (infima[i], loss(i, x).0)))
            .map(|(least, value)| (least - value) / (f64::abs(least) + value))
            .fold(f64::NEG_INFINITY, f64::max);
        let (below, tolerance) = measured_hypothesis(&moment, "below its infimum");
        assert!((below - nearest).abs() < 1e-13 && tolerance == 0.0, "{below} {nearest}");
        let (bias, tolerance) = measured_hypothesis(&step, "unbiased");
        assert!(bias < 1e-15 && tolerance == 1e-12);
    }
    // Two of the three pairs are biased, by so much.
    let instance = expected_smoothness::Instance {
        sum: &sum,
        trajectory: &trajectory,
        constant: 1.25,
        step: h,
        infima: &[0.5, 0.1, -0.3],
    };
    let [moment, step] = expected_smoothness::check(&instance, &pairs[..2]).unwrap();
    let (a, b) = (mean(&pairs[0], x).1, mean(&pairs[1], x).1);
    let bias = ((a + b) / 2.0 - mean(&ALL, x).1).abs() / ((a * a + b * b) / 2.0).sqrt();
    assert!((measured_hypothesis(&step, "unbiased").0 - bias).abs() < 1e-14);
    // The first loss falls from 0.98 to (1.4 (1 - 1/1.25))^2/2 = 0.0392, below its 0.5.
    let (below, _) = measured_hypothesis(&moment, "below its infimum");
    assert!((below - (0.5 - 0.0392) / 0.5392).abs() < 1e-13, "{below}");
}

#[test]
fn values_below_zero_count_by_their_size() {
    let (sum, x) = (two_cosines(), 2.6_f64);
    let points = Trajectory::record(&sum, [array![x]]).unwrap();
    let infima = [-1.0, -1.2];
    let instance = expected_smoothness::Instance {
        sum: &sum,
        trajectory: &points,
        constant: 1.1,
        step: 0.3,
        infima: &infima,
    };
    let [moment, step] = expected_smoothness::check(&instance, &[vec![0], vec![1]]).unwrap();
    let risk = |x: f64| (x.cos() + (x + 0.4).cos()) / 2.0;
    let slopes = [-x.sin(), -(x + 0.4).sin()];
    let squares = (slopes[0] * slopes[0] + slopes[1] * slopes[1]) / 2.0;
    let bound = 2.2 * (risk(x) + 1.1);
    assert_report(&moment, squares, bound, bound - squares, squares + 2.2 * (1.1 - risk(x)));
    let after = (risk(x - 0.3 * slopes[0]) + risk(x - 0.3 * slopes[1])) / 2.0;
    let bound = risk(x) - 0.3 * ((slopes[0] + slopes[1]) / 2.0).powi(2) + 1.1 * 0.045 * squares;
    assert_report(&step, after, bound, bound - after, 0.3 * squares * 1.33 - after - risk(x));
    // Before and after the steps of 1/L.
    let (a, b) = (x - slopes[0] / 1.1, x - slopes[1] / 1.1);
    let nearest = [(x.cos(), -1.0), ((x + 0.4).cos(), -1.2), (a.cos(), -1.0), ((b + 0.4).cos(), -1.2)]
        .map(|(value, least): (f64, f64)| (least - value) / -(least + value))
        .into_iter()
        .fold(f64::NEG_INFINITY, f64::max);
    assert!((measured_hypothesis(&moment, "below its infimum").0 - nearest).abs() < 1e-14);
}
