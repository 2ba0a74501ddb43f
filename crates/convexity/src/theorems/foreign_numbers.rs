//! True theorems with numbers that do not belong to the instance.
//!
//! Another minimiser, infimum, constant, step, batch, record: whatever is handed in, a theorem is not
//! refuted by it, and it is not said to hold either. The answer is `Undecided`, and the hypothesis that
//! the number breaks is named. (T1, T5 and the bound of cross-entropy are left out: they have no
//! hypotheses, and a foreign number there is a false claim, which their own tests refute.)

use super::by_hand::parabola;
use super::capacity_risk::{self, BatchInfima};
use super::descent::{self, Run};
use super::expected_smoothness::{self, Instance};
use super::gradient_bounds::{self, Infimum};
use super::gradient_independence::{self, BallModel, Bound};
use super::interference::{self, Of};
use super::tangent_kernel_pl::{self, DataSet};
use super::{calculus, duality, growth, rates, skip_connections};
use crate::catalogue::{
    Cosine, LogCosh, LogSumExp, NegativeEntropy, PotentialFunction, Quadratic, Separable,
};
use crate::losses::{NormPowerLoss, SquaredError};
use crate::moduli::Modulus;
use crate::norms::Norm;
use crate::number::Number;
use crate::objectives::{Formula, Objective, Region};
use crate::potentials::Potential;
use crate::search::SearchConfig;
use crate::trajectory::{BatchRun, FiniteSum, GeneralisedDescent, MiniBatchDescent, Trajectory};
use crate::verdict::{Hypothesis, Report};
use fenchel_random::Seed;
use ndarray::{Array1, Array2, array};
use std::sync::Arc;

const CONFIG: fn() -> SearchConfig = || SearchConfig::budget(2000);

/// The verdict is withheld, and a hypothesis with this text stands in the way.
#[track_caller]
fn names(report: &Report, text: &str) {
    assert!(report.verdict().is_undecided(), "{}: {}", report.theorem, report.verdict());
    let blocked: Vec<&Hypothesis> =
        report.hypotheses.iter().filter(|hypothesis| hypothesis.obstacle().is_some()).collect();
    assert!(
        blocked.iter().any(|hypothesis| hypothesis.name.contains(text)),
        "{}: {blocked:?}",
        report.theorem
    );
}

fn smooth(c: f64) -> Modulus {
    Modulus::smooth(c, 2.0, Norm::L2).unwrap()
}

fn convex(c: f64) -> Modulus {
    Modulus::convex(c, 2.0, Norm::L2).unwrap()
}

fn square(c: f64) -> PotentialFunction {
    PotentialFunction::new(Potential::norm_power(c, 2.0, Norm::L2).unwrap(), 1).unwrap()
}

fn descend(function: &dyn Objective, modulus: &Modulus, start: f64, steps: usize) -> Trajectory {
    let method = GeneralisedDescent::new(modulus.potential().clone(), 1.0).unwrap();
    method.run(function, &array![start], steps).unwrap()
}

#[test]
fn t2_and_t3_with_the_modulus_of_another_function() {
    let quadratic = Quadratic::diagonal(&[1.0, 3.0]).unwrap();
    let log_cosh = Separable::new(LogCosh, 2).unwrap();
    for modulus in [smooth(1.0), convex(2.0)] {
        names(&calculus::check_multiple(2.0, &quadratic, &modulus, &CONFIG()).unwrap(), "1/2 x'Qx is");
        let map = array![[2.0, 0.5], [0.0, 1.0]];
        let report =
            calculus::check_precomposition(&quadratic, &modulus, &map, &Norm::L2, &CONFIG()).unwrap();
        names(&report, "1/2 x'Qx is");
    }
    // The two moduli of a sum, exchanged.
    let report =
        calculus::check_sum((&quadratic, &smooth(1.0)), (&log_cosh, &smooth(3.0)), &CONFIG()).unwrap();
    names(&report, "1/2 x'Qx is");
    let (lse, entropy) = (LogSumExp::new(2).unwrap(), NegativeEntropy::new(2).unwrap());
    names(&duality::check(&lse, &smooth(0.1), &entropy, &CONFIG()).unwrap(), "is smooth");
    names(&duality::check(&quadratic, &smooth(3.0), &log_cosh, &CONFIG()).unwrap(), "conjugate of the first");
    let cosine = Separable::new(Cosine, 1).unwrap();
    names(&duality::check(&cosine, &smooth(1.0), &square(1.0), &CONFIG()).unwrap(), "is convex");
}

#[test]
fn t4_with_a_minimiser_that_is_none() {
    // At 1e-5 the value is 5e-11, below all values at the points of the search: only the slope tells.
    let function = square(1.0);
    for point in [1e-5, 1e-9, 0.3] {
        for modulus in [smooth(1.0), convex(1.0), smooth(1.5), convex(0.5)] {
            let infimum = Infimum::At(array![point]);
            let report = gradient_bounds::check(&function, &modulus, &infimum, &CONFIG()).unwrap();
            names(&report, "subgradient at the minimiser");
            let report = growth::check(&function, &modulus, &array![point], &CONFIG()).unwrap();
            names(&report, "subgradient at the minimiser");
        }
    }
    let report = gradient_bounds::check(&function, &smooth(1.0), &Infimum::AtLeast(0.5), &CONFIG()).unwrap();
    names(&report, "below the infimum");
    let report = gradient_bounds::check(&function, &convex(1.0), &Infimum::AtLeast(0.0), &CONFIG()).unwrap();
    names(&report, "the lower bound is the infimum");
    // A maximum is stationary too, and values lie below it.
    let cosine = Separable::new(Cosine, 1).unwrap();
    let report = gradient_bounds::check(&cosine, &smooth(1.0), &Infimum::At(array![0.0]), &CONFIG()).unwrap();
    names(&report, "below the infimum");
    for modulus in [smooth(0.9), convex(1.1)] {
        let report =
            gradient_bounds::check(&function, &modulus, &Infimum::At(array![0.0]), &CONFIG()).unwrap();
        names(&report, "with N(");
        names(&growth::check(&function, &modulus, &array![0.0], &CONFIG()).unwrap(), "with N(");
    }
}

#[test]
fn t6_with_a_foreign_step_constant_or_record() {
    let (function, modulus) = (square(1.0), smooth(2.0));
    let own = descend(&function, &modulus, 1.4, 5);
    assert!(descent::check(&Run::new(&function, &modulus, &own), 1.0).unwrap().verdict().holds());
    for step in [0.5, 1.01, 1.9] {
        names(&descent::check(&Run::new(&function, &modulus, &own), step).unwrap(), "every step is");
    }
    for c in [1.9, 2.5] {
        names(&descent::check(&Run::new(&function, &smooth(c), &own), 1.0).unwrap(), "every step is");
    }
    // Its own steps with a constant that is none: the modulus fails where the run is.
    let wild = smooth(0.8);
    let run = descend(&function, &wild, 1.4, 5);
    names(&descent::check(&Run::new(&function, &wild, &run), 1.0).unwrap(), "smooth along every step");
    // Records of another function: of other slopes, and of the same slopes with other values.
    let other = square(1.3);
    let foreign = descend(&other, &modulus, 1.4, 5);
    let report = descent::check(&Run::new(&function, &modulus, &foreign), 1.0).unwrap();
    names(&report, "every step is");
    names(&report, "record");
    let raised = Raised(-7.0);
    let foreign = descend(&raised, &modulus, 1.4, 5);
    names(&descent::check(&Run::new(&function, &modulus, &foreign), 1.0).unwrap(), "record");
    let ball = Region::Ball { centre: vec![0.0], radius: 1.0, norm: Norm::L2 };
    names(
        &descent::check(&Run::new(&function, &modulus, &own).within(ball), 1.0).unwrap(),
        "lies in the region",
    );
    let low = Region::Sublevel { level: 0.5, inside: vec![0.0] };
    names(
        &descent::check(&Run::new(&function, &modulus, &own).within(low), 1.0).unwrap(),
        "lies in the region",
    );
}

/// x^2/2 + a.
#[derive(Debug)]
struct Raised(f64);

impl Formula for Raised {
    fn name(&self) -> String {
        format!("x^2/2 + {}", self.0)
    }

    fn dimension(&self) -> usize {
        1
    }

    fn value_in<N: Number>(&self, x: &[N]) -> N {
        x[0].square() * 0.5 + self.0
    }
}

#[test]
fn t7_with_foreign_infima_minimisers_constants_and_records() {
    let (function, modulus) = (square(1.0), smooth(2.0));
    let trajectory = descend(&function, &modulus, 1.4, 5);
    let run = Run::new(&function, &modulus, &trajectory);
    let minimum = Infimum::At(array![0.0]);
    let all = |run: &Run<'_>, lower: &Modulus, infimum: &Infimum, minimiser: f64| {
        [
            rates::energy(run, infimum).unwrap(),
            rates::convex(run, &array![minimiser]).unwrap(),
            rates::dominated(run, lower, infimum).unwrap(),
        ]
    };
    for report in all(&run, &convex(1.0), &minimum, 0.0) {
        assert!(report.verdict().holds(), "{}: {}", report.theorem, report.verdict());
    }
    for point in [1e-9, -0.01, 0.5] {
        for report in all(&run, &convex(1.0), &Infimum::At(array![point]), point) {
            names(&report, "subgradient at the minimiser");
        }
    }
    for infimum in [1e-3, 0.4, 5.0] {
        for report in [
            rates::energy(&run, &Infimum::AtLeast(infimum)).unwrap(),
            rates::dominated(&run, &convex(1.0), &Infimum::AtLeast(infimum)).unwrap(),
        ] {
            names(&report, "below the infimum");
        }
    }
    for c in [1.0001, 1.5, 1.99] {
        names(&rates::dominated(&run, &convex(c), &minimum).unwrap(), "at most phi*");
    }
    // Another exponent in the domination.
    let quartic = Modulus::convex(3.0, 4.0, Norm::L2).unwrap();
    names(&rates::dominated(&run, &quartic, &minimum).unwrap(), "at most phi*");
    for c in [1.9, 2.5] {
        for report in all(&Run::new(&function, &smooth(c), &trajectory), &convex(1.0), &minimum, 0.0) {
            names(&report, "every step is");
        }
    }
    let wild = smooth(0.6);
    let overshooting = descend(&function, &wild, 1.4, 5);
    for report in all(&Run::new(&function, &wild, &overshooting), &convex(0.5), &minimum, 0.0) {
        names(&report, "smooth along every step");
    }
    let raised = Raised(-7.0);
    let foreign = descend(&raised, &modulus, 1.4, 5);
    for report in all(&Run::new(&function, &modulus, &foreign), &convex(1.0), &minimum, 0.0) {
        names(&report, "record");
    }
    // A function that is not convex: from the ridge of the cosine.
    let (cosine, unit) = (Separable::new(Cosine, 1).unwrap(), smooth(1.0));
    let slow = descend(&cosine, &unit, 0.1, 6);
    names(
        &rates::convex(&Run::new(&cosine, &unit, &slow), &array![std::f64::consts::PI]).unwrap(),
        "tangent",
    );
}

fn three() -> FiniteSum {
    FiniteSum::new(vec![parabola(1.0, 0.3), parabola(0.5, -1.0), parabola(0.8, 2.0)]).unwrap()
}

fn batch_run(sum: &FiniteSum, modulus: &Modulus, steps: usize) -> BatchRun {
    let method = GeneralisedDescent::new(modulus.potential().clone(), 1.0).unwrap();
    MiniBatchDescent::new(method, 2, Seed::new(4)).unwrap().run(sum, &array![1.7], steps).unwrap()
}

#[test]
fn t8_with_foreign_constants_batches_and_records() {
    let (sum, modulus) = (three(), smooth(1.25));
    let run = batch_run(&sum, &modulus, 6);
    assert!(interference::check(&sum, &run, &modulus).unwrap().verdict().holds());
    let level = |run: &BatchRun, sum: &FiniteSum, modulus: &Modulus, infimum: f64, level: f64| {
        interference::level(sum, run, modulus, infimum, level, &Of::SampledBatch).unwrap()
    };
    for c in [1.2, 1.3] {
        names(&interference::check(&sum, &run, &smooth(c)).unwrap(), "every step is");
        names(&level(&run, &sum, &smooth(c), 0.0, 50.0), "every step is");
    }
    let wild = smooth(0.3);
    let overshooting = batch_run(&sum, &wild, 4);
    names(&interference::check(&sum, &overshooting, &wild).unwrap(), "smooth along every step");
    // The batches of another run.
    let points: Vec<Array1<f64>> =
        run.trajectory().states().iter().map(|state| state.point.clone()).collect();
    let others = run.steps().iter().map(|step| step.batch.iter().map(|i| (i + 1) % 3).collect()).collect();
    let mixed = BatchRun::record(&sum, points, others).unwrap();
    names(&interference::check(&sum, &mixed, &modulus).unwrap(), "every step is");
    names(&level(&mixed, &sum, &modulus, 0.0, 50.0), "every step is");
    // The record of another sum.
    let other = FiniteSum::new(vec![parabola(1.0, 0.3), parabola(0.7, -1.0), parabola(0.8, 2.0)]).unwrap();
    names(&interference::check(&other, &run, &modulus).unwrap(), "record");
    names(&interference::identity(&other, &run).unwrap(), "record");
    names(&level(&run, &sum, &modulus, 9.0, 50.0), "below the infimum");
    names(&level(&run, &sum, &modulus.clone().with_offset(0.1).unwrap(), 0.0, 50.0), "no offset");
    // A divergence that is another function's.
    let sum = FiniteSum::new(vec![Arc::new(Foreign) as Arc<dyn Objective>]).unwrap();
    let run = BatchRun::record(&sum, [array![1.0], array![0.3]], vec![vec![0]]).unwrap();
    names(&interference::identity(&sum, &run).unwrap(), "divergences");
}

/// x^2/2 with twice its divergence.
#[derive(Debug)]
struct Foreign;

impl Formula for Foreign {
    fn name(&self) -> String {
        "x^2/2 with a divergence of its own".into()
    }

    fn dimension(&self) -> usize {
        1
    }

    fn value_in<N: Number>(&self, x: &[N]) -> N {
        x[0].square() * 0.5
    }

    fn bregman_in<N: Number>(&self, u: &[N], v: &[N]) -> N {
        (u[0].clone() - &v[0]).square()
    }
}

#[test]
fn the_floor_of_t8_with_foreign_infima() {
    let sum = three();
    let points = Trajectory::record(&sum, [array![1.7], array![-0.4]]).unwrap();
    let curvatures = [1.0, 0.5, 0.8];
    let centres = [0.3, -1.0, 2.0];
    let minimiser = |batch: &[usize]| {
        let weight: f64 = batch.iter().map(|&i| curvatures[i]).sum();
        batch.iter().map(|&i| curvatures[i] * centres[i]).sum::<f64>() / weight
    };
    let own = |batch: &[usize]| Infimum::At(array![minimiser(batch)]);
    let off = |batch: &[usize]| Infimum::At(array![minimiser(batch) + 1e-7]);
    for modulus in [smooth(1.0), convex(0.5)] {
        let infima = BatchInfima::new(&sum, 1, own).unwrap();
        let report = capacity_risk::check(&sum, &infima, &points, &modulus, &CONFIG()).unwrap();
        assert!(report.verdict().holds(), "{}", report.verdict());
        for b in 1..=3 {
            let infima = BatchInfima::new(&sum, b, off).unwrap();
            let report = capacity_risk::check(&sum, &infima, &points, &modulus, &CONFIG()).unwrap();
            names(&report, "subgradient at the minimiser");
        }
    }
    let high = BatchInfima::new(&sum, 2, |_| Infimum::AtLeast(1.5)).unwrap();
    let report = capacity_risk::check(&sum, &high, &points, &smooth(1.0), &CONFIG()).unwrap();
    names(&report, "below its batch's infimum");
    let report = capacity_risk::check(&sum, &high, &points, &convex(0.5), &CONFIG()).unwrap();
    names(&report, "the lower bounds are the infima");
    let (_, report) = capacity_risk::check_risks(&sum, own).unwrap();
    assert!(report.verdict().holds(), "{}", report.verdict());
    let (_, report) = capacity_risk::check_risks(&sum, off).unwrap();
    names(&report, "subgradient at the minimiser");
}

#[test]
fn t9_with_foreign_constants_infima_batches_and_records() {
    let sum = three();
    let trajectory = Trajectory::record(&sum, [array![1.7], array![-0.4]]).unwrap();
    let fine = Instance { sum: &sum, trajectory: &trajectory, constant: 1.0, step: 0.5, infima: &[0.0; 3] };
    let singles = [vec![0], vec![1], vec![2]];
    for report in expected_smoothness::check(&fine, &singles).unwrap() {
        assert!(report.verdict().holds(), "{}", report.verdict());
    }
    let [moment, step] = expected_smoothness::check(&Instance { constant: 0.6, ..fine }, &singles).unwrap();
    names(&moment, "L-smooth along its step");
    let [_, low] = expected_smoothness::check(&Instance { constant: 0.3, ..fine }, &singles).unwrap();
    names(&low, "R is L-smooth");
    // R is smoother than its samples: the second inequality asks for no more.
    assert!(!step.verdict().is_violated());
    for infima in [[1e-9, 0.0, 0.0], [0.0, 0.0, 3.0]] {
        let [moment, _] =
            expected_smoothness::check(&Instance { infima: &infima, ..fine }, &singles).unwrap();
        names(&moment, "below its infimum");
    }
    for batches in [vec![vec![0], vec![1]], vec![vec![0, 1], vec![2]]] {
        let [_, step] = expected_smoothness::check(&fine, &batches).unwrap();
        names(&step, "unbiased");
    }
    let other = FiniteSum::new(vec![parabola(1.0, 0.3), parabola(0.7, -1.0), parabola(0.8, 2.0)]).unwrap();
    for report in expected_smoothness::check(&Instance { sum: &other, ..fine }, &singles).unwrap() {
        names(&report, "record");
    }
}

#[test]
fn t14_with_the_constant_of_another_loss() {
    let set = DataSet {
        jacobian: array![[2.0, 1.0], [-0.5, 3.0]],
        targets: array![[0.3], [-1.0]],
        outputs: array![[1.1], [0.4]],
    };
    for c in [1.0 + 1e-9, 1.5, 40.0] {
        let report = tangent_kernel_pl::check(&set, &SquaredError, c).unwrap();
        names(&report, "constant of convexity");
        names(&report, "T4 with c");
    }
    let cubic = tangent_kernel_pl::check(&set, &NormPowerLoss::new(0.7, 3.0).unwrap(), 0.5).unwrap();
    names(&cubic, "constant of convexity");
    let singular = DataSet { jacobian: array![[1.0, 1.0], [1.0, 1.0]], ..set };
    names(&tangent_kernel_pl::check(&singular, &SquaredError, 1.0).unwrap(), "lambda_min");
}

#[test]
fn t15_with_another_radius_and_t16_with_other_norms() {
    let rows = BallModel::new(5, 20_000).unwrap().draw(1.0, Seed::new(1));
    for bound in [Bound::Least, Bound::Most, Bound::Spread, Bound::SharperSpread] {
        names(&gradient_independence::check(rows.view(), 0.9, bound).unwrap(), "no row is longer");
        names(&gradient_independence::check(rows.view(), 1.1, bound).unwrap(), "no row is shorter");
    }
    let equal = Array2::from_shape_fn((3, 400), |(_, j)| f64::from(u8::from(j == 0)));
    names(&gradient_independence::check(equal.view(), 1.0, Bound::Most).unwrap(), "no product");
    let blocks = [array![[0.2, 0.0], [0.0, -0.3]], array![[-0.1, 0.0], [0.0, 0.25]]];
    for norms in [[0.29, 0.25], [0.3, 0.2499], [0.01, 0.01]] {
        names(&skip_connections::check(&blocks, &norms).unwrap(), "norm of every block");
    }
}

#[test]
fn foreign_sides_are_refused() {
    let function = square(1.0);
    let trajectory = Trajectory::record(&function, [array![1.0], array![0.5]]).unwrap();
    assert!(descent::check(&Run::new(&function, &convex(1.0), &trajectory), 1.0).is_err());
    assert!(interference::check(&three(), &batch_run(&three(), &smooth(1.25), 2), &convex(1.0)).is_err());
}
