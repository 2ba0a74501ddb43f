//! T8 and T9: batches of three samples.

use super::*;
use crate::moduli::{Modulus, Side};
use crate::norms::Norm;
use crate::potentials::Potential;
use crate::search::SearchConfig;
use crate::theorems::capacity_risk::{self, BatchInfima};
use crate::theorems::gradient_bounds::Infimum;
use crate::theorems::{classical, interference};
use crate::trajectory::{BatchRun, FiniteSum, GeneralisedDescent, Trajectory};

const CONFIG: fn() -> SearchConfig = || SearchConfig::budget(300);
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

const ALL: [usize; 3] = [0, 1, 2];

#[test]
fn t8_one_step_of_a_batch_of_two() {
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
        assert_eq!(report.claim.is_violated(), c < 0.9);
        // The divergence of the batch is 0.45 (x+ - x)^2, the bound (c/2) of it plus the offset.
        let (residual, tolerance) = measured_hypothesis(&report, "smooth along");
        let (d, b) = (0.45 * (next - x) * (next - x), c / 2.0 * (next - x) * (next - x) + offset);
        assert!((residual - (d - b) / (d + b)).abs() < 1e-12 && tolerance == 1e-12, "{residual}");
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
        let Verdict::Holds { margin, .. } = report.claim else { panic!() };
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
    // A foreign step, relative to the points.
    let modulus = Modulus::smooth(1.25, 2.0, Norm::L2).unwrap();
    let expected = x - mean(&batch, x).1 / 1.25;
    for next in [0.9, expected + 1e-3] {
        let run = BatchRun::record(&sum, [array![x], array![next]], vec![batch.to_vec()]).unwrap();
        let report = interference::check(&sum, &run, &modulus).unwrap();
        let (residual, tolerance) = measured_hypothesis(&report, "every step");
        assert!((residual - (next - expected).abs() / (x + next)).abs() < 1e-14 && tolerance == 1e-13);
    }
}

#[test]
fn t8_two_steps_and_the_level_they_promise() {
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
    assert!(short.unwrap().claim.is_undecided());
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
    assert!((measured_hypothesis(&above, "stays above").0 - (9.0 - lowest)).abs() < 1e-13);
}

#[test]
fn t8_the_floor_of_three_samples() {
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
        assert_eq!(report.claim.is_violated(), c == 0.2 || c == 2.5);
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
        capacity_risk::check_risks(&sum, |batch| Infimum::At(vec![minimiser(batch)])).unwrap();
    let of_pairs = pairs.iter().map(|b| least(b)).sum::<f64>() / 3.0;
    let expected = [least(&ALL), least(&ALL) - of_pairs, 0.0];
    assert!(risks.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-14), "{risks:?} {expected:?}");
    // Two steps down, relative to the infima that they compare: from 1 to 2 all of the pairs', and from 2 to 3.
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
    assert!((beaten - nearest).abs() < 1e-13 && tolerance == 1e-13, "{beaten} {nearest}");
    // One bound among minimisers is one too many; and so are 17 samples.
    let mixed =
        |b: &[usize]| if b == [0, 1] { Infimum::AtLeast(0.0) } else { Infimum::At(vec![minimiser(b)]) };
    assert!(!BatchInfima::new(&sum, 2, mixed).unwrap().are_attained());
    assert!(capacity_risk::check_risks(&sum, mixed).is_err());
    let many = FiniteSum::new((0..17).map(|_| parabola(1.0, 0.0)).collect()).unwrap();
    assert!(capacity_risk::check_risks(&many, |_| Infimum::At(vec![0.0])).is_err());
    // One sample: nothing to compare.
    let single = FiniteSum::new(vec![parabola(2.0, 0.5)]).unwrap();
    let (risks, report) = capacity_risk::check_risks(&single, |_| Infimum::At(vec![0.75])).unwrap();
    assert_eq!(risks, [0.0]);
    assert_report(&report, 0.0, 0.0, 0.0, 0.0625);
    assert_eq!(point_of(&report, "b"), [1.0]);
    assert_eq!(measured_hypothesis(&report, "no minimiser").0, 0.0);
}

#[test]
fn t9_three_samples_in_pairs() {
    let (sum, x, h) = (sum(), 1.7, 0.6);
    let infima = [-0.2, 0.0, -0.5];
    let trajectory = Trajectory::record(&sum, [array![x]]).unwrap();
    let pairs = [vec![0, 1], vec![1, 2], vec![0, 2]];
    for l in [1.25, 0.25] {
        let instance =
            classical::Instance { sum: &sum, trajectory: &trajectory, constant: l, step: h, infima: &infima };
        let [moment, step] = classical::check(&instance, &pairs, &CONFIG()).unwrap();
        let squares = ALL.iter().map(|&i| loss(i, x).1.powi(2)).sum::<f64>() / 3.0;
        let ((risk, slope), floor) = (mean(&ALL, x), -0.7 / 3.0);
        let bound = 2.0 * l * (risk - floor);
        assert_report(&moment, squares, bound, bound - squares, squares + 2.0 * l * (risk + 0.7 / 3.0));
        let after = pairs.iter().map(|b| mean(&ALL, x - h * mean(b, x).1).0).sum::<f64>() / 3.0;
        let energy = pairs.iter().map(|b| mean(b, x).1.powi(2)).sum::<f64>() / 3.0;
        let bound = risk - h * slope * slope + l * h * h / 2.0 * energy;
        assert_report(&step, after, bound, bound - after, after + risk + h * energy * (1.0 + l * h));
        assert_eq!((moment.claim.is_violated(), step.claim.is_violated()), (l < 1.0, l < 1.0));
        // The loss nearest to its infimum is the third: 0.036 against -0.5.
        let third = loss(2, x).0;
        let nearest = ALL
            .iter()
            .map(|&i| (infima[i] - loss(i, x).0) / (infima[i].abs() + loss(i, x).0))
            .fold(f64::NEG_INFINITY, f64::max);
        let (below, tolerance) = measured_hypothesis(&moment, "below its infimum");
        assert!((below - nearest).abs() < 1e-14 && tolerance == 1e-13 && third > 0.0, "{below} {nearest}");
        let (bias, tolerance) = measured_hypothesis(&step, "unbiased");
        assert!(bias < 1e-15 && tolerance == 1e-12);
    }
    // Two of the three pairs are biased, by so much.
    let instance = classical::Instance {
        sum: &sum,
        trajectory: &trajectory,
        constant: 1.25,
        step: h,
        infima: &[0.5, 0.1, -0.3],
    };
    let [moment, step] = classical::check(&instance, &pairs[..2], &CONFIG()).unwrap();
    let (a, b) = (mean(&pairs[0], x).1, mean(&pairs[1], x).1);
    let bias = ((a + b) / 2.0 - mean(&ALL, x).1).abs() / ((a * a + b * b) / 2.0).sqrt();
    assert!((measured_hypothesis(&step, "unbiased").0 - bias).abs() < 1e-14);
    let (below, _) = measured_hypothesis(&moment, "below its infimum");
    assert!((below - (0.5 - 0.98) / 1.48).abs() < 1e-14 || below > (0.5 - 0.98) / 1.48, "{below}");
}
