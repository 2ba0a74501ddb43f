//! T8 against numbers computed by hand.

use crate::catalogue::{Cosine, LogCosh, Quadratic, Separable};
use crate::moduli::Modulus;
use crate::norms::Norm;
use crate::objectives::{Closure, Objective, Precomposed};
use crate::theorems::by_hand::{assert_report, measured_hypothesis, parabola, point_of};
use crate::theorems::interference;
use crate::trajectory::{BatchRun, FiniteSum, GeneralisedDescent};
use crate::verdict::{Report, Verdict};
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

/// cos x and cos(x + 0.4), each a sample.
fn two_cosines() -> FiniteSum {
    let first = Separable::new(Cosine, 1).unwrap();
    let second = Precomposed::new(Separable::new(Cosine, 1).unwrap(), array![[1.0]], array![0.4]).unwrap();
    FiniteSum::new(vec![Arc::new(first), Arc::new(second)]).unwrap()
}

#[test]
fn one_step_of_a_batch_of_two() {
    let (sum, x) = (sum(), 1.7);
    let batch = [2, 0];
    for (c, offset) in [(1.25, 0.03), (0.35, 0.0)] {
        let g = mean(&batch, x).1;
        let next = x - g / c;
        let run = BatchRun::record(&sum, [array![x], array![next]], vec![batch.to_vec()]).unwrap();
        let modulus = Modulus::smooth(c, 2.0, Norm::L2).unwrap().with_offset(offset).unwrap();
        let report = interference::check(&sum, &run, &modulus).unwrap();
        let energy = g * g / (2.0 * c);
        let rest = loss(1, next).0 - loss(1, x).0;
        let interference = rest / 3.0;
        let (measured, bound) =
            (2.0 / 3.0 * (energy - offset), mean(&ALL, x).0 - mean(&ALL, next).0 + interference);
        let size = mean(&ALL, x).0 + energy + offset + interference.abs() + mean(&ALL, next).0;
        assert_report(&report, measured, bound, bound - measured, size);
        assert_eq!(report.inequality.is_violated(), c < 0.9);
        // The divergence of the batch is 0.45 (x+ - x)^2, the bound (c/2) of it plus the offset.
        let (residual, tolerance) = measured_hypothesis(&report, "smooth along");
        let (d, b) = (0.45 * (next - x) * (next - x), c / 2.0 * (next - x) * (next - x) + offset);
        assert!((residual - (d - b) / (d + b)).abs() < 1e-12 && tolerance == 0.0, "{residual}");
        // The identity: <g, s> - d = R_0 - R_1 + I, up to its round-off.
        let report = interference::identity(&sum, &run).unwrap();
        let left = 2.0 / 3.0 * (g * (x - next) - d);
        assert!(report.verdict().holds());
        assert!((report.measured - left).abs() < 1e-14 && (report.bound - left).abs() < 1e-14);
        let moved = 1.0 / 3.0 * rest;
        let size = mean(&ALL, x).0 + (g * (x - next)).abs() + d + moved.abs() + 2.0 * mean(&ALL, next).0;
        let granted = (3 + 1 + 16) as f64 * f64::EPSILON * size;
        assert!(
            report.slack <= granted * (1.0 + 1e-12) && report.slack >= 0.5 * granted,
            "{} {granted}",
            report.slack
        );
        let Verdict::Holds { margin, .. } = report.inequality else { panic!() };
        assert!((margin - report.slack / size).abs() < 1e-13 * margin);
        // The ledger, and levels: the smallest energy, M, and what it promises.
        let method = GeneralisedDescent::new(modulus.potential().clone(), 1.0).unwrap();
        let ledger = interference::Ledger::of(&sum, &run, &method).unwrap();
        assert!(
            (ledger.rows()[0].energy - energy).abs() < 1e-14 && (ledger.rows()[0].rest - rest).abs() < 1e-14
        );
        assert!((ledger.correlation() - rest).abs() < 1e-14);
        assert!((ledger.mean_interference() - interference).abs() < 1e-14);
    }
    // A foreign step, relative to its length.
    let modulus = Modulus::smooth(1.25, 2.0, Norm::L2).unwrap();
    let expected = x - mean(&batch, x).1 / 1.25;
    for next in [0.9, expected + 1e-3] {
        let run = BatchRun::record(&sum, [array![x], array![next]], vec![batch.to_vec()]).unwrap();
        let report = interference::check(&sum, &run, &modulus).unwrap();
        let (residual, tolerance) = measured_hypothesis(&report, "every step is");
        let length = (x - next).max(x - expected);
        assert!((residual - (next - expected).abs() / length).abs() < 1e-13 && tolerance == 0.0);
    }
}

#[test]
fn two_steps_and_the_level_they_promise() {
    let sum = sum();
    let modulus = Modulus::smooth(1.25, 2.0, Norm::L2).unwrap();
    let (batches, mut points) = ([vec![0, 1], vec![1, 2]], vec![2.6]);
    for batch in &batches {
        let x: f64 = points[points.len() - 1];
        points.push(x - mean(batch, x).1 / 1.25);
    }
    let run = BatchRun::record(&sum, points.iter().map(|&x| array![x]), batches.to_vec()).unwrap();
    let energies: Vec<f64> = batches.iter().zip(&points).map(|(b, &x)| mean(b, x).1.powi(2) / 2.5).collect();
    let rests: Vec<f64> =
        [2, 0].iter().zip(points.windows(2)).map(|(&i, x)| loss(i, x[1]).0 - loss(i, x[0]).0).collect();
    let method = GeneralisedDescent::new(modulus.potential().clone(), 1.0).unwrap();
    let ledger = interference::Ledger::of(&sum, &run, &method).unwrap();
    assert!((ledger.correlation() - rests[0].max(rests[1])).abs() < 1e-14);
    assert!((ledger.mean_interference() - (rests[0] + rests[1]) / 6.0).abs() < 1e-14);
    // Both prefixes; the worst relative to its size is reported.
    let prefix = |t: usize| {
        let measured = 2.0 / 3.0 * energies[..t].iter().sum::<f64>();
        let interference: f64 = rests[..t].iter().map(|rest| rest / 3.0).sum();
        let bound = mean(&ALL, points[0]).0 - mean(&ALL, points[t]).0 + interference;
        let size = mean(&ALL, points[0]).0
            + energies[..t].iter().sum::<f64>()
            + rests[..t].iter().map(|rest| rest.abs() / 3.0).sum::<f64>()
            + mean(&ALL, points[t]).0;
        (measured, bound, size)
    };
    let (one, two) = (prefix(1), prefix(2));
    let worst = if (one.1 - one.0) / one.2 <= (two.1 - two.0) / two.2 { one } else { two };
    let report = interference::check(&sum, &run, &modulus).unwrap();
    assert_report(&report, worst.0, worst.1, worst.1 - worst.0, worst.2);
    // The level that two steps promise: T = (n/b) gap / (level - ((n-b)/b) M) = 2 at level = (3/4) gap + M/2.
    let infimum = 0.2;
    let gap = mean(&ALL, points[0]).0 - infimum;
    let promised = 0.75 * gap + 0.5 * ledger.correlation();
    assert!(
        (interference::steps_to_level(3, 2, gap, promised, ledger.correlation()).unwrap().unwrap() - 2.0)
            .abs()
            < 1e-13
    );
    let least = energies[0].min(energies[1]);
    for level in [1.001 * promised, 5.0 * promised] {
        let report =
            interference::level(&sum, &run, &modulus, infimum, level, &interference::Of::SampledBatch)
                .unwrap();
        assert!((level - least) >= 0.0);
        assert_report(&report, least, level, level - least, level + least);
    }
    let short =
        interference::level(&sum, &run, &modulus, infimum, 0.999 * promised, &interference::Of::SampledBatch);
    assert!(short.unwrap().inequality.is_undecided());
    // The maximum over batches, at its least: over all three points.
    let pairs = vec![vec![0, 1], vec![1, 2]];
    let of = interference::Of::MaximumOver(pairs.clone());
    let report = interference::level(&sum, &run, &modulus, infimum, 5.0 * promised, &of).unwrap();
    let least = points
        .iter()
        .map(|&x| pairs.iter().map(|b| mean(b, x).1.powi(2) / 2.5).fold(0.0, f64::max))
        .fold(f64::INFINITY, f64::min);
    assert_report(&report, least, 5.0 * promised, 5.0 * promised - least, 5.0 * promised + least);
    let above = interference::level(&sum, &run, &modulus, 9.0, 5.0 * promised, &of).unwrap();
    let lowest = points.iter().map(|&x| mean(&ALL, x).0).fold(f64::INFINITY, f64::min);
    let (residual, _) = measured_hypothesis(&above, "below the infimum");
    assert!((residual - (9.0 - lowest) / (9.0 + lowest)).abs() < 1e-13);
}

#[test]
fn a_level_is_judged_in_256_bits() {
    // A level between 0.4 and the energy 0.5.
    let axis = |a, b| -> Arc<dyn Objective> { Arc::new(Quadratic::diagonal(&[a, b]).unwrap()) };
    let sum = FiniteSum::new(vec![axis(1.0, 0.0), axis(0.0, 1.0), axis(0.0, 0.0)]).unwrap();
    let modulus = Modulus::smooth(1.0, 2.0, Norm::L2).unwrap();
    let run = BatchRun::record(&sum, vec![array![0.0, 1.0]; 5], vec![vec![0]; 4]).unwrap();
    let of = interference::Of::MaximumOver(vec![vec![0], vec![1]]);
    let report = interference::level(&sum, &run, &modulus, 0.0, 0.4, &of).unwrap();
    assert_report(&report, 0.5, 0.4, -0.1, 0.9);
    assert!(half_width(&report) < 1e-16);
}

#[test]
fn a_violation_beyond_the_offset() {
    // One of three parabolas, a step on it with too small a constant: the offset is granted with the
    // share 1/3, the others weigh 2/3.
    let sum = FiniteSum::new(vec![parabola(1.0, 0.3), parabola(0.5, -1.0), parabola(0.5, -1.0)]).unwrap();
    let (c, offset, x) = (0.35, 0.01, 1.7);
    let value =
        |i: usize, x: f64| if i == 0 { (x - 0.3) * (x - 0.3) / 2.0 } else { (x + 1.0) * (x + 1.0) / 4.0 };
    let risk = |x: f64| (value(0, x) + 2.0 * value(1, x)) / 3.0;
    let slope = x - 0.3;
    let next = x - slope / c;
    let run = BatchRun::record(&sum, [array![x], array![next]], vec![vec![0]]).unwrap();
    let modulus = Modulus::smooth(c, 2.0, Norm::L2).unwrap().with_offset(offset).unwrap();
    let report = interference::check(&sum, &run, &modulus).unwrap();
    let energy = slope * slope / (2.0 * c);
    let (before, after) = (risk(x), risk(next));
    let moved = (value(1, next) - value(1, x)) * 2.0 / 3.0;
    let (measured, bound) = ((energy - offset) / 3.0, before - after + moved);
    assert_report(&report, measured, bound, bound - measured, before + energy + offset + moved.abs() + after);
    assert!(report.inequality.is_violated());
}

#[test]
fn the_identity_where_values_are_negative() {
    let sum = cosines();
    let mut tightest: f64 = 0.0;
    // Beyond the ridge towards the minimum; and on it, where the divergence is negative, uphill, where
    // the step goes against the slope.
    let down = (0..40).map(|k| (2.2 + 0.02 * f64::from(k), 3.1 - 0.013 * f64::from(k)));
    let up = (0..40).map(|k| (0.9 + 0.01 * f64::from(k), 0.3 - 0.013 * f64::from(k)));
    for (x, next) in down.chain(up) {
        let run = BatchRun::record(&sum, [array![x], array![next]], vec![vec![1]]).unwrap();
        let report = interference::identity(&sum, &run).unwrap();
        let risk = |x: f64| (x.cos() + (x + 0.4).cos()) / 2.0;
        let inner = -(x + 0.4).sin() * (x - next);
        let divergence = (next + 0.4).cos() - (x + 0.4).cos() + (x + 0.4).sin() * (next - x);
        let moved = (next.cos() - x.cos()) / 2.0;
        let size = risk(x).abs() + inner.abs() + divergence.abs() + moved.abs() + 2.0 * risk(next).abs();
        assert!(x > 2.0 || (inner < 0.0 && divergence < 0.0));
        let left = (inner - divergence) / 2.0;
        assert!((report.measured - left).abs() < 1e-14 && (report.bound - left).abs() < 1e-14);
        let Verdict::Holds { margin, .. } = report.inequality else { panic!("{}", report.inequality) };
        assert!((margin * size / report.slack - 1.0).abs() < 1e-12);
        // Two samples, one coordinate and sixteen units.
        tightest = tightest.max(report.slack / (19.0 * f64::EPSILON * size));
        assert_eq!(point_of(&report, "T"), [1.0]);
    }
    // What is granted less what it is off by, which is nothing at some of the points.
    assert!((tightest - 1.0).abs() < 1e-9, "{tightest}");
}

#[test]
fn whole_batches_and_the_edges_of_levels() {
    let sum = FiniteSum::new(vec![parabola(1.0, 0.3), parabola(0.5, -1.0)]).unwrap();
    // 0.5 ((x - 0.3)^2 + (x + 1)^2/2)/2: slope ((x - 0.3) + (x + 1)/2)/2.
    let slope = ((1.7 - 0.3) + 2.7 / 2.0) / 2.0;
    let value = |x: f64| ((x - 0.3_f64).powi(2) + (x + 1.0_f64).powi(2) / 2.0) / 4.0;
    let next = 1.7 - slope / 1.1;
    let run = BatchRun::record(&sum, [array![1.7], array![next]], vec![vec![0, 1]]).unwrap();
    let modulus = Modulus::smooth(1.1, 2.0, Norm::L2).unwrap();
    let report = interference::check(&sum, &run, &modulus).unwrap();
    let (energy, bound) = (slope * slope / 2.2, value(1.7) - value(next));
    assert_report(&report, energy, bound, bound - energy, energy + value(1.7) + value(next));
    assert_eq!((point_of(&report, "T"), point_of(&report, "x_T")), (vec![1.0], vec![next]));
    let report = interference::identity(&sum, &run).unwrap();
    assert!(report.verdict().holds() && (report.bound - bound).abs() < 1e-14);
    let method = GeneralisedDescent::new(modulus.potential().clone(), 1.0).unwrap();
    let ledger = interference::Ledger::of(&sum, &run, &method).unwrap();
    assert_eq!((ledger.rows()[0].rest, ledger.rows()[0].interference), (0.0, 0.0));
    // Batches from one to all; a level as small as one likes, but above ((n-b)/b) M.
    let steps = |b: usize, level: f64| interference::steps_to_level(2, b, 1.0, level, 0.25);
    assert!(steps(0, 1.0).is_err() && steps(3, 1.0).is_err() && steps(2, 1.0).is_ok());
    assert_eq!((steps(2, 1.0 / 256.0).unwrap(), steps(1, 0.25).unwrap()), (Some(256.0), None));
    assert!(interference::steps_to_level(2, 1, 0.0, 1.0, 0.25).is_ok());
    assert!(interference::steps_to_level(2, 1, -1e-3, 1.0, 0.25).is_err());
}

#[test]
fn steps_below_round_off_are_judged_in_256_bits() {
    // log cosh near 2, with a constant larger than its curvature by 2e-5: at steps of 1e-5 the divergence
    // in f64 is off by more.
    let curvature = 1.0 - 2_f64.tanh().powi(2);
    let function: Arc<dyn Objective> = Arc::new(Separable::new(LogCosh, 1).unwrap());
    let sum = FiniteSum::new(vec![Arc::clone(&function)]).unwrap();
    let modulus = Modulus::smooth(curvature * (1.0 + 2e-5), 2.0, Norm::L2).unwrap();
    let mut doubtful = 0;
    for k in 0..200 {
        let (x, y) = (array![2.0 + 1e-7 * f64::from(k)], array![2.00001 + 2e-7 * f64::from(k)]);
        let d = y[0] - x[0];
        if function.bregman(&y, &x).unwrap() > curvature * (0.5 + 1e-5) * d * d * (1.0 + 1e-10) {
            doubtful += 1;
        }
        let run = BatchRun::record(&sum, [x, y], vec![vec![0]]).unwrap();
        let report = interference::check(&sum, &run, &modulus).unwrap();
        let (residual, tolerance) = measured_hypothesis(&report, "smooth along");
        assert!(residual <= tolerance, "{k}: {residual}");
    }
    assert!(doubtful > 2, "{doubtful}");
    // On the ridge of a cosine the divergence is negative, and less than the bound by all of both.
    let run = BatchRun::record(&cosines(), [array![0.2], array![0.5]], vec![vec![0]]).unwrap();
    let report =
        interference::check(&cosines(), &run, &Modulus::smooth(1.1, 2.0, Norm::L2).unwrap()).unwrap();
    assert!((measured_hypothesis(&report, "smooth along").0 + 1.0).abs() < 1e-14);
    // A function without a formula has f64 only: x^2/2 against C = 1/2 is over by a third of the terms.
    let closure =
        Closure::new("x^2/2", 1, |x: &[f64]| x[0] * x[0] / 2.0, |x: &[f64], s: &mut [f64]| s[0] = x[0]);
    let sum = FiniteSum::new(vec![Arc::new(closure.unwrap())]).unwrap();
    let run = BatchRun::record(&sum, [array![1.5], array![-1.5]], vec![vec![0]]).unwrap();
    let modulus = Modulus::smooth(0.5, 2.0, Norm::L2).unwrap();
    let report = interference::check(&sum, &run, &modulus).unwrap();
    let (residual, _) = measured_hypothesis(&report, "smooth along");
    assert!((residual - 1.0 / 3.0).abs() < 1e-12 && report.inequality.is_undecided(), "{residual}");
}

#[test]
fn levels_at_their_edges() {
    // Two parabolas on two axes; the first is drawn, and nothing moves.
    let axis = |a, b| -> Arc<dyn Objective> { Arc::new(Quadratic::diagonal(&[a, b]).unwrap()) };
    let sum = FiniteSum::new(vec![axis(1.0, 0.0), axis(0.0, 1.0)]).unwrap();
    let modulus = Modulus::smooth(1.0, 2.0, Norm::L2).unwrap();
    let run = BatchRun::record(&sum, vec![array![0.0, 1.0]; 3], vec![vec![0], vec![0]]).unwrap();
    let level = |infimum: f64, level: f64, of: interference::Of| {
        interference::level(&sum, &run, &modulus, infimum, level, &of).unwrap()
    };
    // (n/b) gap / level = 2 (1/4)/(1/4): two steps are just enough.
    let report = level(0.0, 0.25, interference::Of::SampledBatch);
    assert_report(&report, 0.0, 0.25, 0.25, 0.25);
    assert_eq!(point_of(&report, "x_T"), [0.0, 1.0]);
    assert_eq!(measured_hypothesis(&report, "no offset"), (0.0, 0.0));
    assert_eq!(measured_hypothesis(&report, "below the infimum"), (-1.0, 0.0));
    // One step short: the numbers are given all the same.
    let report = level(0.0, 0.24, interference::Of::MaximumOver(vec![vec![1]]));
    assert!(report.inequality.is_undecided());
    assert_eq!((report.measured, report.bound, report.slack), (0.5, 0.24, 0.24 - 0.5));
    // A level of 1e-3 and an infimum above R_0: the gap counts as 0, and no step is needed.
    let report = level(0.3, 1e-3, interference::Of::SampledBatch);
    assert_report(&report, 0.0, 1e-3, 1e-3, 1e-3);
    assert!((measured_hypothesis(&report, "below the infimum").0 - 0.05 / 0.55).abs() < 1e-15);
    // The maximum over batches that are flat at the point is 0.
    let report = level(0.0, 0.3, interference::Of::MaximumOver(vec![vec![0]]));
    assert_report(&report, 0.0, 0.3, 0.3, 0.3);
    // The last point is the witness, not the one before.
    let sum = FiniteSum::new(vec![axis(1.0, 0.0)]).unwrap();
    let points = [array![1.0, 2.0], array![0.0, 2.0], array![0.0, 2.0], array![0.5, 2.0]];
    let run = BatchRun::record(&sum, points, vec![vec![0]; 3]).unwrap();
    let report =
        interference::level(&sum, &run, &modulus, 0.0, 0.5, &interference::Of::SampledBatch).unwrap();
    assert_report(&report, 0.0, 0.5, 0.5, 0.5);
    assert_eq!(point_of(&report, "x_T"), [0.5, 2.0]);
    // Batches of one size only.
    let run = BatchRun::record(&cosines(), vec![array![0.1]; 3], vec![vec![0], vec![0, 1]]).unwrap();
    assert!(interference::check(&cosines(), &run, &modulus).is_err());
}

#[test]
fn values_below_zero_count_by_their_size() {
    let (sum, x) = (two_cosines(), 2.6_f64);
    let risk = |x: f64| (x.cos() + (x + 0.4).cos()) / 2.0;
    let slopes = [-x.sin(), -(x + 0.4).sin()];
    // The first sample's step.
    let next = x - slopes[0] / 1.1;
    let run = BatchRun::record(&sum, [array![x], array![next]], vec![vec![0]]).unwrap();
    let modulus = Modulus::smooth(1.1, 2.0, Norm::L2).unwrap();
    let report = interference::check(&sum, &run, &modulus).unwrap();
    let energy = slopes[0] * slopes[0] / 2.2;
    let interference = ((next + 0.4).cos() - (x + 0.4).cos()) / 2.0;
    let bound = risk(x) - risk(next) + interference;
    let size = energy + interference.abs() - risk(x) - risk(next);
    assert_report(&report, energy / 2.0, bound, bound - energy / 2.0, size);
    let d = next.cos() - x.cos() - slopes[0] * (next - x);
    let half = 0.55 * (next - x) * (next - x);
    let (residual, _) = measured_hypothesis(&report, "smooth along");
    assert!((residual - (d - half) / (d.abs() + half)).abs() < 1e-12, "{residual}");
}
