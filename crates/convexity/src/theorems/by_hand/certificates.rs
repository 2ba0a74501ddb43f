//! What certificates enclose: forward errors counted in units, and what is granted to steps that moved uphill.

use super::*;
use crate::catalogue::{LogCosh, PotentialFunction, Separable};
use crate::losses::SquaredError;
use crate::moduli::Modulus;
use crate::norms::Norm;
use crate::potentials::Potential;
use crate::search::SearchConfig;
use crate::theorems::data_set::{self, DataSet};
use crate::theorems::descent::Run;
use crate::theorems::gradient_bounds::Infimum;
use crate::theorems::gradient_independence::{self, BallModel, Bound};
use crate::theorems::{capacity_risk, interference, rates, skip_connections};
use crate::trajectory::{BatchRun, FiniteSum, GeneralisedDescent, Trajectory};

const CONFIG: fn() -> SearchConfig = || SearchConfig::budget(200);

/// Half the width of the enclosure of a violation.
fn half_width(report: &Report) -> f64 {
    let Verdict::Violated { certificate, .. } = &report.claim else { panic!("{}", report.claim) };
    let (lower, upper) = certificate.enclosure();
    (upper - lower) / 2.0
}

#[test]
fn forward_errors_count_their_terms() {
    // T16: the upper end breaks at the second block of 2 x 2: (2 (2 + 2) 2 + 64) units of 1.05^2.
    let small = [array![[0.04, 0.0], [0.0, -0.02]], array![[0.09, 0.0], [0.0, 0.01]]];
    let report = skip_connections::check(&small, &[0.05, 0.05]).unwrap();
    let units = half_width(&report) / (f64::EPSILON * 1.05 * 1.05);
    assert!((units - 80.0).abs() < 0.1, "{units}");
    // T8, a level between 0.4 and the energy 0.5: (2 samples + 2 coordinates + 64) times 8 units of 0.9.
    let axis = |a, b| -> Arc<dyn Objective> { Arc::new(Quadratic::diagonal(&[a, b]).unwrap()) };
    let sum = FiniteSum::new(vec![axis(1.0, 0.0), axis(0.0, 1.0), axis(0.0, 0.0)]).unwrap();
    let modulus = Modulus::smooth(1.0, 2.0, Norm::L2).unwrap();
    let run = BatchRun::record(&sum, vec![array![0.0, 1.0]; 5], vec![vec![0]; 4]).unwrap();
    let of = interference::Of::MaximumOver(vec![vec![0], vec![1]]);
    let report = interference::level(&sum, &run, &modulus, 0.0, 0.4, &of).unwrap();
    let units = half_width(&report) / (f64::EPSILON * 0.9);
    assert!((units - 8.0 * 69.0).abs() < 0.5, "{units}");
    // T8, the risks of three samples: the pairs' infima are named too high, so that the risk rises from b = 2 to b = 3. Three and one means, three samples:
    // 7 units of their sizes.
    let sum = FiniteSum::new(vec![parabola(1.0, 0.3), parabola(1.0, -1.0), parabola(1.0, 2.0)]).unwrap();
    let centres = [0.3, -1.0, 2.0];
    let centre = |batch: &[usize]| batch.iter().map(|&i| centres[i]).sum::<f64>() / batch.len() as f64;
    let named = |batch: &[usize]| Infimum::At(vec![if batch.len() == 2 { 4.0 } else { centre(batch) }]);
    let (risks, report) = capacity_risk::check_risks(&sum, named).unwrap();
    let mean = |x: f64| centres.iter().map(|a| (x - a) * (x - a)).sum::<f64>() / 6.0;
    assert!((risks[1] - (mean(centre(&[0, 1, 2])) - mean(4.0))).abs() < 1e-14 && risks[1] < 0.0);
    assert_eq!(point_of(&report, "b"), [2.0]);
    let units = half_width(&report) / (f64::EPSILON * (mean(4.0) + mean(centre(&[0, 1, 2]))));
    assert!((units - 7.0).abs() < 0.6, "{units}");
}

#[test]
fn forward_errors_of_eigenvalues() {
    // T14, one sample of two outputs: K has the eigenvalues (14.25 -+ sqrt 34.0625)/2. Each of the 2 rows is a sum of 2 and rotated: 2 (2 + 32) units.
    let set = DataSet {
        jacobian: array![[2.0, 1.0], [-0.5, 3.0]],
        targets: array![[0.3, -1.0]],
        outputs: array![[1.1, 0.4]],
    };
    let gradient = [2.0 * 0.8 - 0.5 * 1.4, 0.8 + 3.0 * 1.4];
    let (root, units) = (34.0625_f64.sqrt(), 68.0 * f64::EPSILON);
    let (least, most) = ((14.25 - root) / 2.0, (14.25 + root) / 2.0);
    let (gap, bound) = (1.3, (gradient[0] * gradient[0] + gradient[1] * gradient[1]) / (60.0 * least));
    let report = data_set::check(&set, &SquaredError, 30.0).unwrap();
    assert_report(&report, gap, bound, bound - gap, gap + bound);
    let relative = units * most / least + 4.0 * units * (most / least).sqrt() + 1e-14;
    let measured = half_width(&report) / (gap + bound);
    assert!((measured / relative - 1.0).abs() < 2e-3, "{measured} {relative}");
    // T15, unit rows at 60 degrees with the eigenvalues 1/2 and 3/2: 2 (400 + 2) + 64 units of 3/2, and for the spread four times that over 1/2.
    let mut rows = ndarray::Array2::zeros((2, 400));
    (rows[[0, 0]], rows[[1, 0]], rows[[1, 1]]) = (1.0, 0.5, 0.75_f64.sqrt());
    let error = 868.0 * f64::EPSILON * 1.5;
    let report = gradient_independence::check(rows.view(), 1.0, Bound::PrintedLeast).unwrap();
    assert!((half_width(&report) / error - 1.0).abs() < 1e-3);
    // Rows of half the length have the largest eigenvalue 3/8, and the units are those of 1.
    let report = gradient_independence::check(rows.view(), 2.0, Bound::Least).unwrap();
    let (_, tolerance) = measured_hypothesis(&report, "no product");
    assert!((tolerance / (868.0 * f64::EPSILON) - 1.0).abs() < 1e-12);
    // A void lower bound is below 0, and counts by its size.
    let rows5 = BallModel::new(5, 10).unwrap().draw(1.0, fenchel_random::Seed::new(3));
    let report = gradient_independence::check(rows5.view(), 1.0, Bound::Least).unwrap();
    let Verdict::Holds { margin, .. } = report.claim else { panic!("{}", report.claim) };
    assert!(report.bound < 0.0 && (margin - 1.0).abs() < 1e-12);
    let report = gradient_independence::check(rows.view(), 1.0, Bound::Spread).unwrap();
    assert!((half_width(&report) / (8.0 * error + 1e-15) - 1.0).abs() < 2e-4);
}

/// x^2/2 with points that are no steps of the method with C = 2, which halves x.
fn strayed(c: f64, points: &[f64]) -> (PotentialFunction, Modulus, Trajectory) {
    let function = PotentialFunction::new(Potential::norm_power(1.0, 2.0, Norm::L2).unwrap(), 1).unwrap();
    let trajectory = Trajectory::record(&function, points.iter().map(|&x| array![x])).unwrap();
    (function, Modulus::smooth(c, 2.0, Norm::L2).unwrap(), trajectory)
}

#[test]
fn t7_what_went_uphill_is_granted_exactly() {
    // Recorded 0.8 and 0.5, exact 0.7 and 0.4: uphill by 0.32 - 0.245 and by 0.125 - 0.08.
    let (function, modulus, trajectory) = strayed(2.0, &[1.4, 0.8, 0.5]);
    let run = Run::new(&function, &modulus, &trajectory);
    let dominated = |c: f64| {
        let lower = Modulus::convex(c, 2.0, Norm::L2).unwrap();
        rates::dominated(&run, &lower, &Infimum::At(vec![0.0]), &CONFIG()).unwrap()
    };
    // (iii) with c = 1.9 claims 0.05 D_0: broken in f64 by 0.049 - 0.32, and by 0.075 less for certain.
    let report = dominated(1.9);
    let Verdict::Violated { slack, certificate, .. } = &report.claim else { panic!("{}", report.claim) };
    let (lower, upper) = certificate.enclosure();
    assert!((slack - (0.049 - 0.32)).abs() < 1e-14);
    assert!((lower - (0.049 + 0.075 - 0.32)).abs() < 1e-10 && (upper - lower).abs() < 1e-15);
    // With c = 1.45 it claims 0.2695 and 0.0741, and both prefixes are within what is granted.
    let report = dominated(1.45);
    assert!(report.claim.holds() && report.verdict().is_undecided(), "{}", report.claim);
    assert_eq!((report.slack, point_of(&report, "T")), (0.0, vec![1.0]));
    // (i) with C = 1/4: the step is -3 times, 1.8 from 0.6; recorded is 2. D_0 = 0.28, the energy 0.72, uphill by 2 - 1.62.
    let (function, modulus, trajectory) = strayed(0.25, &[0.6, -2.0]);
    let run = Run::new(&function, &modulus, &trajectory);
    let report = rates::energy(&run, &Infimum::AtLeast(-0.1), &CONFIG()).unwrap();
    let Verdict::Violated { slack, certificate, .. } = &report.claim else { panic!("{}", report.claim) };
    assert!((slack + 0.44).abs() < 1e-14);
    assert!((certificate.enclosure().0 - (0.28 + 0.38 - 0.72)).abs() < 1e-10);
}

#[test]
fn t7_the_least_energy_may_lie_between() {
    // log cosh with C = 1/4 jumps to and fro; the second energy is the least, and at T = 4 it is above D_0/4.
    let function = Separable::new(LogCosh, 1).unwrap();
    let modulus = Modulus::smooth(0.25, 2.0, Norm::L2).unwrap();
    let method = GeneralisedDescent::new(modulus.potential().clone(), 1.0).unwrap();
    let trajectory = method.run(&function, array![5.0].view(), 5).unwrap();
    let mut points = vec![5.0_f64];
    for k in 0..4 {
        points.push(points[k] - 4.0 * points[k].tanh());
    }
    let energies: Vec<f64> = points.iter().map(|x| 2.0 * x.tanh().powi(2)).collect();
    let gap = 5_f64.cosh().ln();
    assert!(energies[1] < energies[0] && energies[1] < energies[2] && energies[1] < energies[3]);
    assert!(energies[1] < gap / 3.0 && energies[1] > gap / 4.0);
    let run = Run::new(&function, &modulus, &trajectory);
    let report = rates::energy(&run, &Infimum::At(vec![0.0]), &CONFIG()).unwrap();
    assert_report(&report, energies[1], gap / 4.0, gap / 4.0 - energies[1], gap / 4.0);
    assert!(report.claim.is_violated());
    assert_eq!(point_of(&report, "T"), [4.0]);
}

#[test]
fn t8_a_violation_beyond_the_offset() {
    // One of three parabolas, a step on it with too small a constant: the offset is granted with the share 1/3, the others weigh 2/3.
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
    assert!(report.claim.is_violated());
}
