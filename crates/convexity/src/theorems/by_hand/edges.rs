//! Where the other instances are silent: minima above 0, other minimisers than 0, edges of what is admitted, and the scale of residuals.

use super::*;
use crate::catalogue::{Cosine, PotentialFunction, Separable};
use crate::error::ConvexityError;
use crate::losses::{Bounds, Loss, SquaredError};
use crate::moduli::{Modulus, Side};
use crate::norms::Norm;
use crate::potentials::Potential;
use crate::search::SearchConfig;
use crate::theorems::data_set::{self, DataSet};
use crate::theorems::descent::{self, Run};
use crate::theorems::gradient_bounds::Infimum;
use crate::theorems::gradient_independence::{self, BallModel, Bound, RowGeometry};
use crate::theorems::skip_connections::ProductBounds;
use crate::theorems::{cross_entropy, duality, growth, interference, rates};
use crate::trajectory::{BatchRun, FiniteSum, GeneralisedDescent, Trajectory};
use fenchel_random::{Rng, Seed};
use ndarray::{ArrayView1, ArrayViewMut1};

const CONFIG: fn() -> SearchConfig = || SearchConfig::budget(200);

fn power(c: f64) -> PotentialFunction {
    PotentialFunction::new(Potential::norm_power(c, 2.0, Norm::L2).unwrap(), 1).unwrap()
}

/// cos x and cos(x + 0.4), each a sample.
fn cosines() -> FiniteSum {
    let first = Separable::new(Cosine, 1).unwrap();
    let second = Precomposed::new(Separable::new(Cosine, 1).unwrap(), array![[1.0]], array![0.4]).unwrap();
    FiniteSum::new(vec![Arc::new(first), Arc::new(second)]).unwrap()
}

#[test]
fn t3_residuals_are_relative_to_all_terms() {
    let smooth = Modulus::smooth(1.0, 2.0, Norm::L2).unwrap();
    // v^2/2 and s^2/4: the gap at s = v is -v^2/4, relative to 7 v^2/4.
    let report = duality::check(&power(1.0), &smooth, &power(0.5), &CONFIG()).unwrap();
    let (residual, _) = measured_hypothesis(&report, "conjugate of the first");
    assert!((residual - 1.0 / 7.0).abs() < 1e-3, "{residual}");
    // Values and products of both signs: a sum of terms is at most the sum of their sizes, and comes near to it.
    let config = SearchConfig::budget(3000);
    let cosine = Separable::new(Cosine, 1).unwrap();
    let report = duality::check(&cosine, &smooth, &power(1.0), &config).unwrap();
    for name in ["the function is convex", "conjugate of the first"] {
        let (residual, _) = measured_hypothesis(&report, name);
        assert!(residual > 0.9 && residual <= 1.0 + 1e-12, "{name}: {residual}");
    }
}

#[test]
fn t4_growth_from_a_minimum_above_zero() {
    // 0.7 (x^2 + 1), the mean of two parabolas.
    let function = FiniteSum::new(vec![parabola(1.4, 1.0), parabola(1.4, -1.0)]).unwrap();
    for (side, c, offset, violated) in [
        (Side::Smooth, 1.9, 0.0, false),
        (Side::Convex, 0.8, 0.25, false),
        (Side::Smooth, 1.0, 1e-9, true),
        (Side::Convex, 2.3, 1e-9, true),
    ] {
        let modulus = Modulus::new(side, Potential::norm_power(c, 2.0, Norm::L2).unwrap(), offset).unwrap();
        let report = growth::check(&function, &modulus, &[0.0], &CONFIG()).unwrap();
        let d = point_of(&report, "u")[0];
        let (gap, half) = (0.7 * d * d, c / 2.0 * d * d);
        let (bound, slack) = match side {
            Side::Smooth => (half + offset, half + offset - gap),
            Side::Convex => (half - offset, gap - half + offset),
        };
        assert_report(&report, gap, bound, slack, bound.abs() + gap + 1.4 + offset);
        assert_eq!(report.claim.is_violated(), violated);
    }
}

#[test]
fn the_least_probability_may_be_any() {
    // The first violation that a seed meets: its enclosure has the least p where it is, at the target, beside it or last.
    let mut places = [false; 3];
    for seed in 0..100 {
        let config = SearchConfig { seed: Seed::new(seed), budget: 20 };
        let report = cross_entropy::check(3, 0.4, &config).unwrap();
        if !report.claim.is_violated() {
            continue;
        }
        let powers: Vec<f64> = point_of(&report, "f").iter().map(|f| f.exp()).collect();
        let sum: f64 = powers.iter().sum();
        let p: Vec<f64> = powers.iter().map(|power| power / sum).collect();
        let least = p.iter().copied().fold(1.0, f64::min);
        let bound = 0.4 * ((1.0 - p[0]).powi(2) + p[1] * p[1] + p[2] * p[2]) / least;
        assert_report(&report, -p[0].ln(), bound, bound + p[0].ln(), bound - p[0].ln());
        // Least by more than what the comparison resolves.
        if p.iter().filter(|&&p| p < least * (1.0 + 1e-6)).count() == 1 {
            places[p.iter().position(|&p| p == least).unwrap()] = true;
        }
    }
    assert_eq!(places, [true; 3]);
}

#[test]
fn t6_with_exponent_one_asks_for_the_step_one() {
    // Phi = 2|.|: a gradient within 2 is answered by no step.
    let linear = Modulus::smooth(2.0, 1.0, Norm::L2).unwrap().with_offset(1.0).unwrap();
    let still = Trajectory::record(&power(1.0), [array![1.2], array![1.2]]).unwrap();
    let function = power(1.0);
    let report = descent::check(&Run::new(&function, &linear, &still), 1.0, &CONFIG()).unwrap();
    assert_report(&report, 0.0, -1.0, 1.0, 2.44);
    assert_eq!(measured_hypothesis(&report, "every step").0, 0.0);
}

#[test]
fn t7_around_another_minimiser() {
    let function = parabola(1.0, 0.4);
    let report_of = |c: f64, start: f64, steps: usize, minimiser: f64| {
        let modulus = Modulus::smooth(c, 2.0, Norm::L2).unwrap();
        let method = GeneralisedDescent::new(modulus.potential().clone(), 1.0).unwrap();
        let trajectory = method.run(&*function, array![start].view(), steps).unwrap();
        rates::convex(&Run::new(&*function, &modulus, &trajectory), &[minimiser], &CONFIG())
    };
    // q = 2 and A = 1/(2 C R^2); one step of C = 2 halves the distance. Near and far, so that the least R counts too.
    for start in [1.8, 0.401, -0.9] {
        let report = report_of(2.0, start, 1, 0.4).unwrap();
        let radius: f64 = start - 0.4;
        let (first, gap) = (radius * radius / 2.0, radius * radius / 8.0);
        let bound = 1.0 / (1.0 / first + 1.0 / (4.0 * radius * radius));
        assert_report(&report, gap, bound, bound - gap, bound + gap);
        assert_eq!(measured_hypothesis(&report, "subgradient at the minimiser"), (0.0, 0.0));
    }
    // C = 0.4 overshoots to -1.5 times the distance: R is the largest before T, and the first step breaks the bound.
    let report = report_of(0.4, 1.8, 2, 0.4).unwrap();
    let (bound, gap) = (1.0 / (1.0 / 0.98 + 1.0 / (0.8 * 1.96)), 2.1 * 2.1 / 2.0);
    assert!(report.claim.is_violated());
    assert_report(&report, gap, bound, bound - gap, bound + gap);
    assert_eq!(point_of(&report, "T"), [1.0]);
    // Another point has a slope, and the minimiser itself no way to go.
    let (slope, _) =
        measured_hypothesis(&report_of(2.0, 1.8, 1, 1.0).unwrap(), "subgradient at the minimiser");
    assert!((slope - 0.6).abs() < 1e-15, "{slope}");
    assert!(report_of(2.0, 0.4, 1, 0.4).is_err());
}

#[test]
fn t7_an_overshooting_run_breaks_the_energy_bound() {
    // On x^2/2 with C = 1/4 a step multiplies by -3: the least energy is the first, 2 x^2, against x^2/(2T).
    let (function, modulus) = (power(1.0), Modulus::smooth(0.25, 2.0, Norm::L2).unwrap());
    let method = GeneralisedDescent::new(modulus.potential().clone(), 1.0).unwrap();
    let trajectory = method.run(&function, array![0.6].view(), 2).unwrap();
    let run = Run::new(&function, &modulus, &trajectory);
    let report = rates::energy(&run, &Infimum::AtLeast(-0.1), &CONFIG()).unwrap();
    let (energy, gap) = (0.72, 0.28);
    assert_report(&report, energy, gap, gap - energy, gap);
    assert!(report.claim.is_violated());
}

#[test]
fn t8_the_identity_where_values_are_negative() {
    let sum = cosines();
    let mut tightest: f64 = 0.0;
    // Beyond the ridge towards the minimum; and on it, where the divergence is negative, uphill, where the step goes against the slope.
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
        let Verdict::Holds { margin, .. } = report.claim else { panic!("{}", report.claim) };
        assert!((margin * size / report.slack - 1.0).abs() < 1e-12);
        // Two samples, one coordinate and sixteen units.
        tightest = tightest.max(report.slack / (19.0 * f64::EPSILON * size));
        assert_eq!(point_of(&report, "T"), [1.0]);
    }
    // What is granted less what it is off by, which is nothing at some of the points.
    assert!((tightest - 1.0).abs() < 1e-9, "{tightest}");
}

#[test]
fn t8_whole_batches_and_the_edges_of_levels() {
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

/// The squared error above a floor of 1/4.
#[derive(Debug)]
struct Raised;

impl Loss for Raised {
    fn name(&self) -> String {
        "raised squared error".into()
    }

    fn require_target(&self, target: ArrayView1<f64>) -> Result<(), ConvexityError> {
        SquaredError.require_target(target)
    }

    fn evaluate(
        &self,
        target: ArrayView1<f64>,
        output: ArrayView1<f64>,
        residual: Option<ArrayViewMut1<f64>>,
    ) -> f64 {
        SquaredError.evaluate(target, output, residual) + 0.25
    }

    fn infimum(&self, _: ArrayView1<f64>) -> f64 {
        0.25
    }

    fn bounds(&self, target: ArrayView1<f64>) -> Result<Bounds, ConvexityError> {
        SquaredError.bounds(target)
    }

    fn residual_sums_to_zero(&self) -> bool {
        false
    }

    fn moduli(&self, dimension: usize) -> Result<Vec<Modulus>, ConvexityError> {
        SquaredError.moduli(dimension)
    }
}

#[test]
fn t14_gaps_start_at_the_infimum() {
    // One sample and K = 1.5^2: equality.
    let set = DataSet { jacobian: array![[1.5]], targets: array![[0.2]], outputs: array![[1.1]] };
    let report = data_set::check(&set, &Raised, 1.0).unwrap();
    assert_report(&report, 0.405, 0.405, 0.0, 0.81);
}

#[test]
fn t15_bounds_where_they_begin_and_end() {
    // From the first n on at which the lower bound is positive, it is still below 1/100, and there are bounds on D.
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
fn t15_spreads_that_break_their_bounds() {
    // Unit rows at 60 degrees: eigenvalues 1/2 and 3/2. The product is no small one, and the bounds fail, certainly.
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
        assert!(report.claim.is_violated() && report.verdict().is_undecided(), "{bound:?}");
        assert_report(&report, spread, limit, limit - spread, limit + spread);
    }
    // Equal rows: the least eigenvalue is 0 up to round-off, and a logarithm of it proves nothing.
    (rows[[1, 0]], rows[[1, 1]]) = (1.0, 0.0);
    let report = gradient_independence::check(rows.view(), 1.0, Bound::Spread).unwrap();
    assert!(!report.claim.is_violated() && report.verdict().is_undecided());
}

#[test]
fn t15_rows_are_drawn_as_said() {
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
fn t15_geometries_of_short_opposed_and_orthogonal_rows() {
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
fn t16_coarse_bounds_of_small_blocks() {
    // The largest b is 0.002: no floor of another size may stand in for it.
    let bounds = ProductBounds::of(&[0.002, 0.001]).unwrap();
    assert!((bounds.coarse_least - (-0.003_f64 / 0.998).exp()).abs() < 1e-15);
    assert!((bounds.coarse_most - 0.003_f64.exp()).abs() < 1e-15);
    assert!((bounds.least - 0.998 * 0.999).abs() < 1e-15 && (bounds.most - 1.002 * 1.001).abs() < 1e-15);
    // From 0 on, and below 1.
    let still = ProductBounds::of(&[0.0]).unwrap();
    assert_eq!((still.least, still.most, still.coarse_least, still.coarse_most), (1.0, 1.0, 1.0, 1.0));
    assert!(ProductBounds::of(&[-1e-3]).is_err() && ProductBounds::of(&[1.0]).is_err());
}
