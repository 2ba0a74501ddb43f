//! T19 on parabolas, where it is an equality, and on random sums.

use super::*;
use crate::catalogue::{LogCosh, Quadratic, Separable};
use crate::norms::Norm;
use crate::number::Sign;
use crate::number::{Number, PreciseInterval};
use crate::objectives::{Closure, Formula, Precomposed};
use crate::strategies::{draws, seed};
use crate::theorems::by_hand::{measured_hypothesis, parabola};
use crate::theorems::condition::difference;
use crate::theorems::gradient_bounds::conjugate_of_power;
use crate::verdict::Verdict;
use fenchel_random::{Seed, Stream};
use ndarray::{Array1, Array2, array};
use std::sync::Arc;

const CENTRES: [f64; 4] = [0.0, 1.0, 5.0, -2.0];
/// Of the centres: mean 1, variance (1 + 0 + 16 + 9)/4.
const VARIANCE: f64 = 6.5;

fn parabolas(c: f64) -> FiniteSum {
    FiniteSum::new(CENTRES.iter().map(|&a| parabola(c, a)).collect()).unwrap()
}

fn start<'a>(
    sum: &'a FiniteSum,
    point: &'a [f64],
    batch: usize,
    steps: usize,
    infimum: &'a Infimum,
) -> Start<'a> {
    Start { sum, point, batch, steps, infimum }
}

/// `(n-b)/(b(n-1))`.
fn share(n: f64, b: f64) -> f64 {
    (n - b) / (b * (n - 1.0))
}

/// What random sums are made of.
#[derive(Clone, Copy, PartialEq)]
enum Family {
    /// Quadratics of affine forms: many can be examined.
    Quadratics,
    /// These and log coshes.
    Mixed,
}

/// A random sum of functions of affine forms.
fn random_sum(stream: &mut Stream, family: Family, n: usize, m: usize) -> FiniteSum {
    let sample = |stream: &mut Stream| -> Arc<dyn Objective> {
        let matrix = Array2::from_shape_simple_fn((m, m), || stream.random_range(-1.0..1.0));
        let shift = Array1::from_shape_simple_fn(m, || stream.random_range(-2.0..2.0));
        if family == Family::Quadratics || stream.random() {
            let diagonal: Vec<f64> = (0..m).map(|_| stream.random_range(0.2..2.0)).collect();
            Arc::new(Precomposed::new(Quadratic::diagonal(&diagonal).unwrap(), matrix, shift).unwrap())
        } else {
            Arc::new(Precomposed::new(Separable::new(LogCosh, m).unwrap(), matrix, shift).unwrap())
        }
    };
    FiniteSum::new((0..n).map(|_| sample(stream)).collect()).unwrap()
}

fn random_variances(draws: u64, seed: u64) {
    for index in 0..draws {
        let mut stream = Seed::new(seed).derive("variance").index(index).stream();
        let (n, m) = (stream.random_range(2..6), stream.random_range(1..4));
        let (sum, b) = (random_sum(&mut stream, Family::Mixed, n, m), stream.random_range(1..=n));
        let x = Array1::from_shape_simple_fn(m, || stream.random_range(-3.0..3.0));
        let report = check_variance(&sum, b, &x).unwrap();
        assert!(report.verdict().holds(), "{index}: {}", report.verdict());
    }
}

#[test]
fn the_variance_of_a_batch_is_the_formula() {
    let sum = parabolas(3.0);
    for b in 1..=4 {
        let report = check_variance(&sum, b, &array![0.7]).unwrap();
        assert!(report.verdict().holds());
        let expected = 9.0 * VARIANCE * share(4.0, b as f64);
        assert!((report.measured - expected).abs() < 1e-12 && (report.bound - expected).abs() < 1e-12);
    }
    random_variances(draws(200), seed(1));
    let single = FiniteSum::new(vec![parabola(1.0, 0.0)]).unwrap();
    assert!(check_variance(&single, 1, &array![0.0]).is_err());
    assert!(check_variance(&sum, 0, &array![0.0]).is_err() && check_variance(&sum, 5, &array![0.0]).is_err());
    assert!(check_variance(&sum, 1, &array![0.0, 0.0]).is_err());
}

#[test]
fn parabolas_attain_the_classical_rate_at_every_prefix() {
    let (sum, infimum, c) = (parabolas(3.0), Infimum::At(array![1.0]), 3.0);
    for (batch, steps) in [(1, 5), (2, 4), (3, 3), (4, 4)] {
        for h in [0.05, 0.3, 0.6] {
            let variance = c * c * VARIANCE * share(4.0, batch as f64) * (1.0 + 1e-14);
            let own = Classical { step: h, smoothness: c, domination: c, variance };
            let from = start(&sum, &[2.5], batch, steps, &infimum);
            let report = check(&from, &own).unwrap();
            assert!(report.verdict().holds(), "{batch} {h}: {}", report.verdict());
            // By hand, at the prefix of the report: D_T = D* + (1 - c h)^{2T} (D_0 - D*).
            assert!(report.slack.abs() < 1e-11, "{}", report.slack);
            let floor = c * h * variance / (2.0 * c * (2.0 - c * h));
            let first = c * 1.5 * 1.5 / 2.0;
            let all: Vec<f64> =
                (1..=steps).map(|t| floor + (1.0 - c * h).powi(2 * t as i32) * (first - floor)).collect();
            assert!(all.iter().any(|bound| (bound - report.bound).abs() < 1e-11), "{all:?} {report:?}");
            // A hundredth better in V, mu or L, and it is refuted, its hypothesis too.
            for (better, name) in [
                (Classical { variance: 0.99 * variance, ..own }, "variance of a batch"),
                (Classical { domination: 1.01 * c, ..own }, "the gap is at most"),
                (Classical { smoothness: 0.99 * c, ..own }, "L-smooth"),
            ] {
                if batch == 4 && name.contains("variance") {
                    continue;
                }
                let report = check(&from, &better).unwrap();
                assert!(report.inequality.is_violated(), "{batch} {h} {name}: {}", report.inequality);
                assert!(report.verdict().is_undecided() && measured_hypothesis(&report, name).0 > 0.0);
            }
        }
    }
}

#[test]
fn parabolas_attain_one_step_of_the_generalised_rate() {
    let (sum, infimum, c) = (parabolas(3.0), Infimum::At(array![1.0]), 3.0);
    let smooth = Modulus::smooth(c, 2.0, Norm::L2).unwrap();
    let lower = Modulus::convex(c, 2.0, Norm::L2).unwrap();
    let mean = |batch: &[usize]| {
        Infimum::At(array![batch.iter().map(|&i| CENTRES[i]).sum::<f64>() / batch.len() as f64])
    };
    for batch in 1..=4 {
        let infima = BatchInfima::new(&sum, batch, mean).unwrap();
        let b = batch as f64;
        // A step ends at the batch's centre: E D_1 = R_G(b), so E I = (1 + b/n) R_G(b) - (1 - b/n) D_0.
        let risk = c / 2.0 * VARIANCE * share(4.0, b);
        let first = c * 0.4 * 0.4 / 2.0;
        let interference = (1.0 + b / 4.0) * risk - (1.0 - b / 4.0) * first;
        let interference = interference + 1e-13 * (1.0 + interference.abs());
        let own = Generalised { smooth: &smooth, lower: &lower, infima: &infima, interference };
        let from = start(&sum, &[1.4], batch, 1, &infimum);
        let report = check_generalised(&from, &own).unwrap();
        assert!(report.verdict().holds(), "{batch}: {}", report.verdict());
        assert!((report.measured - risk).abs() < 1e-12 && report.slack.abs() < 1e-11, "{}", report.slack);
        if batch < 4 {
            let better = Generalised { interference: 0.99 * interference, ..own };
            let report = check_generalised(&from, &better).unwrap();
            assert!(report.inequality.is_violated() && report.verdict().is_undecided());
            assert!(measured_hypothesis(&report, "interference").0 > 0.0);
            let steep = Modulus::convex(1.01 * c, 2.0, Norm::L2).unwrap();
            let report = check_generalised(&from, &Generalised { lower: &steep, ..own }).unwrap();
            assert!(report.verdict().is_undecided());
            assert!(measured_hypothesis(&report, "phi*(grad l_B)").0 > 0.0);
            // A constant that is too small for the batches; both exponents and the power are those of the lower one.
            let flat = Modulus::smooth(0.99 * c, 2.0, Norm::L2).unwrap();
            let lower = Modulus::convex(0.99 * c, 2.0, Norm::L2).unwrap();
            let report =
                check_generalised(&from, &Generalised { smooth: &flat, lower: &lower, ..own }).unwrap();
            assert!(report.verdict().is_undecided());
            assert!(measured_hypothesis(&report, "every batch along its step").0 > 0.0);
        }
        // Offsets are paid for in full: c_phi + c_Phi/beta.
        let paid = [smooth.clone().with_offset(0.3).unwrap(), lower.clone().with_offset(0.2).unwrap()];
        let paid = Generalised { smooth: &paid[0], lower: &paid[1], ..own };
        let report = check_generalised(&from, &paid).unwrap();
        assert!(report.verdict().holds() && (report.slack - 0.5 * b / 4.0).abs() < 1e-11, "{}", report.slack);
    }
}

/// b/n = 1/5 is no number of f64, and the next one is larger: a bound that took it for the share would lie below what
/// is attained.
#[test]
fn the_bound_in_256_bits_takes_no_rounded_share() {
    let centres = [-3.0, -1.0, 0.0, 1.0, 3.0];
    let sum = FiniteSum::new(centres.iter().map(|&a| parabola(2.0, a)).collect()).unwrap();
    let smooth = Modulus::smooth(2.0, 2.0, Norm::L2).unwrap();
    let lower = Modulus::convex(2.0, 2.0, Norm::L2).unwrap();
    let infima = BatchInfima::new(&sum, 1, |batch| Infimum::At(array![centres[batch[0]]])).unwrap();
    // From 1 a step ends at a centre: E D_1 = R_G(1) = 4, D_0 = 1, so E I = 6/5 4 - 4/5 1 = 4.
    let own = Generalised { smooth: &smooth, lower: &lower, infima: &infima, interference: 4.0 };
    let infimum = Infimum::At(array![0.0]);
    let from = start(&sum, &[1.0], 1, 1, &infimum);
    let exact = |x: f64| PreciseInterval::from_f64(x);
    let bound = generalised(&from, &own, [2.0, 2.0, 2.0], &exact(4.0)).after(exact(1.0), 1);
    assert_eq!((bound - exact(4.0)).sign(), Sign::Undecided, "attained, up to the last of 256 bits");
    let rounded = exact(1.0 / 5.0);
    let below = exact(1.0) * (-rounded.clone() + 1.0) + 4.0 - rounded * 4.0;
    assert_eq!((below - exact(4.0)).sign(), Sign::Negative);
    assert!(!check_generalised(&from, &own).unwrap().inequality.is_violated());
}

/// Parabolas attain the premise with their own constant and miss it with the next: what rounds in the conjugate's
/// constant must not make that good, or a true theorem would be refuted by its unit.
#[test]
fn a_premise_that_fails_by_a_unit_is_not_met() {
    let infimum = Infimum::At(array![1.0]);
    for k in 1..30 {
        let c = 1.0 + f64::from(k) / 31.0;
        let sum = parabolas(c);
        let infima = BatchInfima::new(&sum, 1, |batch| Infimum::At(array![CENTRES[batch[0]]])).unwrap();
        let smooth = Modulus::smooth(c, 2.0, Norm::L2).unwrap();
        for (constant, met) in [(c, true), (c.next_up(), false)] {
            let lower = Modulus::convex(constant, 2.0, Norm::L2).unwrap();
            let own = Generalised { smooth: &smooth, lower: &lower, infima: &infima, interference: 1e3 };
            let report = check_generalised(&start(&sum, &[1.4], 1, 1, &infimum), &own).unwrap();
            assert_eq!(measured_hypothesis(&report, "phi*(grad l_B)").0 <= 0.0, met, "{c} {constant}");
            assert_eq!(report.verdict().holds(), met);
        }
    }
}

/// Both rates on random sums, with constants as they are measured along the tree.
fn random_rates(family: Family, draws: u64, seed: u64) -> u64 {
    let mut checked = 0;
    for index in 0..draws {
        let mut stream = Seed::new(seed).derive("rate").index(index).stream();
        let (n, m) = (stream.random_range(2..4), stream.random_range(1..3));
        let sum = random_sum(&mut stream, family, n, m);
        let batch = stream.random_range(1..=n);
        let point: Vec<f64> = (0..m).map(|_| stream.random_range(-2.0..2.0)).collect();
        // Every loss is non-negative; the row norms of the maps bound the curvature.
        let infimum = Infimum::AtLeast(0.0);
        let (smoothness, step) = (2.0 * (m * m) as f64, stream.random_range(0.05..0.9));
        // Most trees are small: what is assumed is assumed of single steps.
        let steps = match family {
            Family::Quadratics => 1,
            Family::Mixed => [1, 1, 1, 2, 2, 3][stream.random_range(0..6_usize)],
        };
        let from = start(&sum, &point, batch, steps, &infimum);
        let step = step * 2.0 / smoothness;
        let tree = Tree::new(&from, Rule::Rate(step)).unwrap();
        let (mut variance, mut domination) = (0.0_f64, f64::INFINITY);
        for node in 0..tree.nodes() {
            // The least V and the largest mu, rounded outward.
            let x = tree.point::<PreciseInterval>(node);
            variance = variance.max(conditions::variance(&sum, batch, &x).to_f64_interval().hi());
            let slope = gradient(&sum, &x);
            let share = PreciseInterval::dot(&slope, &slope) / (PreciseInterval::value(&sum, &x) * 2.0);
            domination = domination.min(share.to_f64_interval().lo());
        }
        if domination < 1e-6 {
            continue;
        }
        let constants = Classical { step, smoothness, domination: domination.min(smoothness), variance };
        let report = check(&from, &constants).unwrap();
        assert!(report.verdict().holds(), "{index}: {report:?}");
        // The generalised rate, in a random norm; offsets and interference as measured.
        let norms = [Norm::L1, Norm::L2, Norm::LINF];
        let norm = norms[stream.random_range(0..norms.len())].clone();
        let r = [2.0, 1.5, 3.0][stream.random_range(0..3_usize)];
        let infima = BatchInfima::new(&sum, batch, |_| Infimum::AtLeast(0.0)).unwrap();
        let (big, small) =
            (10f64.powf(stream.random_range(0.0..1.5)), 10f64.powf(stream.random_range(-1.0..1.0)));
        let smooth = Modulus::smooth(big, r, norm.clone()).unwrap();
        let lower = Modulus::convex(small, r, norm).unwrap();
        let method = GeneralisedDescent::new(smooth.potential().clone(), 1.0).unwrap();
        let tree = Tree::new(&from, Rule::Generalised(method)).unwrap();
        let dual = lower.potential().conjugate().unwrap();
        let (mut rise, mut unseen, mut interference) = (0.0_f64, 0.0_f64, f64::NEG_INFINITY);
        for node in 0..tree.nodes() {
            let x = tree.point::<PreciseInterval>(node);
            let mut mean = PreciseInterval::zero();
            for (k, loss) in tree.batches().iter().enumerate() {
                let y = tree.next(&x, k);
                let divergence = PreciseInterval::bregman_by_definition(loss, &y, &x);
                let step = divergence - smooth.potential().value_of(&difference(&y, &x));
                rise = rise.max(step.to_f64_interval().hi());
                let energy = conjugate_of_power(lower.potential(), &dual, &gradient(loss, &x));
                let gap = PreciseInterval::value(loss, &x) - energy;
                unseen = unseen.max(gap.to_f64_interval().hi());
                mean = mean + tree.interference(&x, &y, k);
            }
            interference = interference.max((mean / tree.batches().len() as f64).to_f64_interval().hi());
        }
        if interference.abs() > 1e6 || rise > 1e6 {
            continue;
        }
        let smooth = smooth.with_offset(rise).unwrap();
        let lower = lower.with_offset(unseen).unwrap();
        let constants = Generalised { smooth: &smooth, lower: &lower, infima: &infima, interference };
        let report = check_generalised(&from, &constants).unwrap();
        assert!(report.verdict().holds(), "{index}: {report:?}");
        checked += 1;
    }
    checked
}

#[test]
fn random_sums_keep_both_rates() {
    let wanted = draws(80);
    let checked = random_rates(Family::Mixed, wanted, seed(1));
    assert!(checked > wanted / 2, "{checked} of {wanted}");
}

#[test]
fn random_quadratics_keep_both_rates_for_a_step() {
    let wanted = draws(400);
    let checked = random_rates(Family::Quadratics, wanted, seed(1));
    assert!(checked > wanted / 2, "{checked} of {wanted}");
}

#[test]
fn foreign_numbers_are_named_and_misfits_refused() {
    let (sum, c) = (parabolas(1.0), 1.0);
    let infimum = Infimum::At(array![1.0]);
    let own = Classical { step: 0.4, smoothness: c, domination: c, variance: VARIANCE * (1.0 + 1e-14) };
    let from = start(&sum, &[2.0], 1, 3, &infimum);
    assert!(check(&from, &own).unwrap().verdict().holds());
    for (other, name) in [
        (Infimum::At(array![1.1]), "subgradient at the minimiser"),
        (Infimum::AtLeast(VARIANCE), "below the infimum"),
    ] {
        let report = check(&start(&sum, &[2.0], 1, 3, &other), &own).unwrap();
        assert!(report.verdict().is_undecided(), "{}", report.verdict());
        assert!(measured_hypothesis(&report, name).0 > 0.0);
    }
    // Too low an infimum breaks the domination, not the theorem.
    let report = check(&start(&sum, &[2.0], 1, 3, &Infimum::AtLeast(-1.0)), &own).unwrap();
    assert!(report.verdict().is_undecided() && measured_hypothesis(&report, "the gap is at most").0 > 0.0);
    for wrong in [
        Classical { step: 2.0, ..own },
        Classical { step: 0.0, ..own },
        Classical { domination: 0.0, ..own },
        Classical { variance: -1.0, ..own },
        Classical { smoothness: f64::NAN, ..own },
    ] {
        assert!(check(&from, &wrong).is_err());
    }
    for (batch, steps, point) in
        [(0, 1, &[0.0][..]), (5, 1, &[0.0]), (1, 0, &[0.0]), (1, 8, &[0.0]), (1, 1, &[0.0, 0.0])]
    {
        assert!(check(&start(&sum, point, batch, steps, &infimum), &own).is_err());
    }
    let (smooth, lower) =
        (Modulus::smooth(1.0, 2.0, Norm::L2).unwrap(), Modulus::convex(1.0, 2.0, Norm::L2).unwrap());
    let infima = BatchInfima::new(&sum, 1, |batch| Infimum::At(array![CENTRES[batch[0]] + 0.1])).unwrap();
    let constants = Generalised { smooth: &smooth, lower: &lower, infima: &infima, interference: 50.0 };
    let report = check_generalised(&from, &constants).unwrap();
    assert!(!matches!(report.verdict(), Verdict::Violated { .. }) && !report.verdict().holds());
    assert!(measured_hypothesis(&report, "subgradient at the minimiser").0 > 0.0);
    for (smooth, lower) in [
        (&lower, &lower),
        (&smooth, &smooth),
        (&smooth, &Modulus::convex(1.0, 3.0, Norm::L2).unwrap()),
        (&smooth, &Modulus::convex(1.0, 2.0, Norm::L1).unwrap()),
    ] {
        assert!(check_generalised(&from, &Generalised { smooth, lower, ..constants }).is_err());
    }
    assert!(check_generalised(&from, &Generalised { interference: f64::NAN, ..constants }).is_err());
    let pairs = start(&sum, &[2.0], 2, 1, &infimum);
    assert!(check_generalised(&pairs, &constants).is_err());
}

/// `a x`.
#[derive(Debug)]
struct Slanted(f64);

impl Formula for Slanted {
    fn name(&self) -> String {
        format!("{} x", self.0)
    }

    fn dimension(&self) -> usize {
        1
    }

    fn value_in<N: Number>(&self, x: &[N]) -> N {
        x[0].clone() * self.0
    }
}

#[test]
fn a_mu_above_l_is_a_hypothesis_not_met() {
    // R = 0 everywhere: every mu dominates, V = 1, and with mu = 10 the factor is -9 and the bound after two steps -4.
    let sum = FiniteSum::new(vec![Arc::new(Slanted(1.0)) as _, Arc::new(Slanted(-1.0)) as _]).unwrap();
    let from = start(&sum, &[0.0], 1, 2, &Infimum::AtLeast(0.0));
    let constants = Classical { step: 1.0, smoothness: 1.0, domination: 10.0, variance: 1.0 };
    let report = check(&from, &constants).unwrap();
    assert!(report.inequality.is_violated() && report.verdict().is_undecided(), "{report:?}");
    assert!(measured_hypothesis(&report, "mu is at most L").0 > 0.0);
    let own = Classical { domination: 1.0, ..constants };
    assert!(check(&from, &own).unwrap().verdict().holds());
    let hair = Classical { domination: 1.0_f64.next_up(), ..constants };
    assert!(check(&from, &hair).unwrap().verdict().is_undecided());
}

#[test]
fn a_variance_that_cancels_refutes_nothing() {
    // Three closures with the gradient 0.1, which no mean of them is to the last bit.
    let slanted = || {
        let closure = Closure::new("x/10", 1, |x: &[f64]| 0.1 * x[0], |_: &[f64], s: &mut [f64]| s[0] = 0.1);
        Arc::new(closure.unwrap()) as Arc<dyn Objective>
    };
    let sum = FiniteSum::new(vec![slanted(), slanted(), slanted()]).unwrap();
    let report = check_variance(&sum, 2, &array![0.3]).unwrap();
    assert!(!report.inequality.is_violated() && !report.verdict().is_violated(), "{report:?}");
}

#[test]
fn a_tree_that_is_too_large_is_refused_however_few_its_batches() {
    let sum = parabolas(1.0);
    for (batch, steps, allowed) in [(4, 800, true), (4, 1_000, false), (4, 1_000_000, false), (1, 8, false)] {
        let from = start(&sum, &[0.5], batch, steps, &Infimum::AtLeast(0.0));
        let constants = Classical { step: 0.5, smoothness: 1.0, domination: 1.0, variance: 10.0 };
        if allowed {
            assert!(Tree::new(&from, Rule::Rate(0.5)).unwrap().levels::<f64>().len() == steps + 1);
        } else {
            let error = check(&from, &constants).unwrap_err().to_string();
            assert!(error.contains("steps") && error.contains("20,000 points"), "{error}");
        }
    }
}
