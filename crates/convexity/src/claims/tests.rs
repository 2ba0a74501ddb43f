//! The falsifier against functions whose tight constants are known by hand.

use super::*;
use crate::ConvexityError;
use crate::certified::Effort;
use crate::moduli::{Modulus, Side};
use crate::norms::Norm;
use crate::number::{Interval, Number};
use crate::objectives::{Closure, Domain, Formula, ForwardError, Region};
use crate::potentials::Potential;
use crate::search::SearchConfig;
use crate::verdict::{Reason, Verdict};
use fenchel_random::Seed;

#[derive(Debug)]
struct LogSumExp(usize);
impl Formula for LogSumExp {
    fn name(&self) -> String {
        format!("log-sum-exp on R^{}", self.0)
    }
    fn dimension(&self) -> usize {
        self.0
    }
    fn value_in<N: Number>(&self, x: &[N]) -> N {
        let top = x.iter().skip(1).fold(x[0].clone(), |top, x| top.max(x));
        let terms: Vec<N> = x.iter().map(|x| (x.clone() - &top).exp()).collect();
        N::sum(&terms).ln() + top
    }
    fn gradient_in<N: Number>(&self, x: &[N], gradient: &mut [N]) {
        let top = x.iter().skip(1).fold(x[0].clone(), |top, x| top.max(x));
        let terms: Vec<N> = x.iter().map(|x| (x.clone() - &top).exp()).collect();
        let sum = N::sum(&terms);
        gradient.iter_mut().zip(terms).for_each(|(g, t)| *g = t / &sum);
    }
}

/// (1/4) ||x||_2^4, whose tight constant is 1/3 with exponent 4.
#[derive(Debug)]
struct Quartic(usize);
impl Formula for Quartic {
    fn name(&self) -> String {
        "quarter of the fourth power".into()
    }
    fn dimension(&self) -> usize {
        self.0
    }
    fn value_in<N: Number>(&self, x: &[N]) -> N {
        let squares: Vec<N> = x.iter().map(Number::square).collect();
        N::sum(&squares).square() * 0.25
    }
    fn gradient_in<N: Number>(&self, x: &[N], gradient: &mut [N]) {
        let squares: Vec<N> = x.iter().map(Number::square).collect();
        let square = N::sum(&squares);
        gradient.iter_mut().zip(x).for_each(|(g, x)| *g = square.clone() * x);
    }
}

/// sum p log p on the simplex.
#[derive(Debug)]
struct NegativeEntropy(usize);
impl Formula for NegativeEntropy {
    fn name(&self) -> String {
        format!("negative entropy on the simplex of R^{}", self.0)
    }
    fn dimension(&self) -> usize {
        self.0
    }
    fn domain(&self) -> Domain {
        Domain::Simplex
    }
    fn value_in<N: Number>(&self, x: &[N]) -> N {
        let terms: Vec<N> = x
            .iter()
            .map(|p| if p.sign() == crate::number::Sign::Zero { N::zero() } else { p.ln() * p })
            .collect();
        N::sum(&terms)
    }
    fn gradient_in<N: Number>(&self, x: &[N], gradient: &mut [N]) {
        gradient.iter_mut().zip(x).for_each(|(g, x)| *g = x.ln() + 1.0);
    }
}

fn config(seed: u64, budget: u64) -> SearchConfig {
    SearchConfig { seed: Seed::new(seed), budget }
}

/// The tight constant holds, one that is 1 % too good is refuted, and the refutation verifies.
fn check_tight(objective: &dyn crate::objectives::Objective, side: Side, constant: f64, r: f64, norm: &Norm) {
    let claim = |c: f64| {
        let potential = Potential::norm_power(c, r, norm.clone()).unwrap();
        Claim::new(objective, Modulus::new(side, potential, 0.0).unwrap()).unwrap()
    };
    let better = if side == Side::Convex { 1.01 } else { 0.99 } * constant;
    for seed in 0..3 {
        let holds = claim(constant).falsify(&config(seed, 5000)).unwrap();
        assert!(holds.verdict.holds(), "{}: {}", claim(constant), holds.verdict);
        let refuted = claim(better).falsify(&config(seed, 100_000)).unwrap();
        assert!(refuted.verdict.is_violated(), "{} seed {seed}: {}", claim(better), refuted.verdict);
        let certificate = refuted.counterexample.unwrap().verify(&claim(better)).unwrap();
        assert!(certificate.enclosure().1 < 0.0);
    }
}

#[test]
fn log_sum_exp_in_two_norms() {
    for m in [2, 5, 20] {
        check_tight(&LogSumExp(m), Side::Smooth, 0.5, 2.0, &Norm::L2);
        check_tight(&LogSumExp(m), Side::Smooth, 1.0, 2.0, &Norm::LINF);
    }
}

#[test]
fn the_quartic_in_every_dimension() {
    for m in [1, 2, 5, 20] {
        check_tight(&Quartic(m), Side::Convex, 1.0 / 3.0, 4.0, &Norm::L2);
    }
}

#[test]
fn entropy_at_the_edge_of_the_simplex() {
    for m in [2, 5, 20] {
        check_tight(&NegativeEntropy(m), Side::Convex, 1.0, 2.0, &Norm::L1);
        check_tight(&NegativeEntropy(m), Side::Convex, 2.0, 2.0, &Norm::L2);
    }
}

#[test]
fn the_same_seed_gives_the_same_bits_on_any_number_of_threads() {
    let function = LogSumExp(4);
    let claim = Claim::new(&function, Modulus::smooth(0.5, 2.0, Norm::L2).unwrap()).unwrap();
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| claim.falsify(&config(7, 8000)).unwrap())
    };
    assert_eq!(run(1), run(2));
    assert_eq!(run(1), run(5));
    let other = claim.falsify(&config(8, 8000)).unwrap();
    assert_ne!(run(1), other);
}

#[test]
fn a_function_without_a_formula_is_certified_by_its_error_bound_only() {
    let cosine =
        || Closure::new("cos", 1, |x: &[f64]| x[0].cos(), |x: &[f64], s: &mut [f64]| s[0] = -x[0].sin());
    let plain = cosine().unwrap();
    let claim = Claim::new(&plain, Modulus::smooth(0.9, 2.0, Norm::L2).unwrap()).unwrap();
    let suspected = claim.falsify(&config(1, 5000)).unwrap();
    assert!(matches!(&suspected.verdict, Verdict::Undecided { reason: Reason::NoCertificate { .. } }));
    let bounded = cosine().unwrap().with_forward_error(|_| ForwardError { value: 1e-15, gradient: 1e-15 });
    let claim = Claim::new(&bounded, Modulus::smooth(0.9, 2.0, Norm::L2).unwrap()).unwrap();
    assert!(claim.falsify(&config(1, 5000)).unwrap().verdict.is_violated());
    let claim = Claim::new(&bounded, Modulus::smooth(1.0, 2.0, Norm::L2).unwrap()).unwrap();
    assert!(claim.falsify(&config(1, 5000)).unwrap().verdict.holds());
}

#[test]
fn offsets_and_regions_are_part_of_the_claim() {
    // |x| is smooth with no constant, but with an offset: D <= 2 |u| where the signs differ, <= (1/2) c d^2 + 2/c.
    #[derive(Debug)]
    struct Absolute;
    impl Formula for Absolute {
        fn name(&self) -> String {
            "|x|".into()
        }
        fn dimension(&self) -> usize {
            1
        }
        fn value_in<N: Number>(&self, x: &[N]) -> N {
            x[0].abs()
        }
        fn kinks(&self) -> Vec<crate::objectives::Kink> {
            vec![crate::objectives::Kink::coordinate(1, 0, 0.0)]
        }
    }
    let claim = |c: f64, offset: f64| {
        let modulus = Modulus::smooth(c, 2.0, Norm::L2).unwrap().with_offset(offset).unwrap();
        Claim::new(&Absolute, modulus).unwrap()
    };
    assert!(claim(1e3, 0.0).falsify(&config(0, 20_000)).unwrap().verdict.is_violated());
    assert!(claim(4.0, 0.5).falsify(&config(0, 20_000)).unwrap().verdict.holds());
    assert!(claim(4.0, 0.49).falsify(&config(0, 20_000)).unwrap().verdict.is_violated());

    // x^4/4 is smooth with constant 3 R^2 on the ball of radius R, and not beyond.
    let quartic = Quartic(1);
    let on = |radius: f64| {
        let ball = Region::Ball { centre: vec![0.0], radius, norm: Norm::L2 };
        Claim::new(&quartic, Modulus::smooth(12.0, 2.0, Norm::L2).unwrap()).unwrap().within(ball).unwrap()
    };
    assert!(on(2.0).falsify(&config(0, 20_000)).unwrap().verdict.holds());
    let refuted = on(2.02).falsify(&config(0, 20_000)).unwrap();
    assert!(refuted.verdict.is_violated());
    // A counterexample for the larger ball says nothing about the smaller one.
    let counterexample = refuted.counterexample.unwrap();
    assert!(counterexample.verify(&on(2.02)).is_ok() && counterexample.verify(&on(2.0)).is_err());

    // Around the minimiser: G(u) = u^4/4 >= (c/4) u^4 with c = 1, three times the constant for all pairs.
    let around = |c: f64| {
        let point = Region::Around { point: vec![0.0] };
        Claim::new(&quartic, Modulus::convex(c, 4.0, Norm::L2).unwrap()).unwrap().within(point).unwrap()
    };
    assert!(around(1.0).falsify(&config(0, 5000)).unwrap().verdict.holds());
    assert!(around(1.01).falsify(&config(0, 5000)).unwrap().verdict.is_violated());

    // On {G <= 4}, that is |x| <= 2, again.
    let below = |c: f64| {
        let level = Region::Sublevel { level: 4.0, inside: vec![0.0] };
        Claim::new(&quartic, Modulus::smooth(c, 2.0, Norm::L2).unwrap()).unwrap().within(level).unwrap()
    };
    assert!(below(12.0).falsify(&config(0, 20_000)).unwrap().verdict.holds());
    assert!(below(11.88).falsify(&config(0, 20_000)).unwrap().verdict.is_violated());
}

#[test]
fn a_segment_asks_less_than_the_space_around_it() {
    // x'Qx/2, Q = diag(1, 3), along e = (0.6, -0.5): D = (1/2) (0.36 + 0.75)/0.61 ||u - v||^2 on either side.
    let function = crate::catalogue::Quadratic::diagonal(&[1.0, 3.0]).unwrap();
    let constant = 1.11 / 0.61;
    let segment = || Region::Segment { from: vec![0.1, 0.3], to: vec![0.7, -0.2] };
    for (side, sign) in [(Side::Smooth, -1.0), (Side::Convex, 1.0)] {
        let claim = |factor: f64| {
            let potential = Potential::norm_power(constant * (1.0 + sign * factor), 2.0, Norm::L2).unwrap();
            Claim::new(&function, Modulus::new(side, potential, 0.0).unwrap()).unwrap()
        };
        let (valid, better) = (claim(-1e-12), claim(0.01));
        for seed in 0..3 {
            // Everywhere the constants are 3 and 1.
            assert!(valid.falsify(&config(seed, 5000)).unwrap().verdict.is_violated());
            let holds = valid.clone().within(segment()).unwrap().falsify(&config(seed, 5000)).unwrap();
            assert!(holds.verdict.holds(), "{}", holds.verdict);
            let on = better.clone().within(segment()).unwrap();
            let refuted = on.falsify(&config(seed, 5000)).unwrap();
            assert!(refuted.verdict.is_violated(), "{}", refuted.verdict);
            let mut pair = refuted.counterexample.unwrap();
            assert!(pair.verify(&on).unwrap().enclosure().1 < 0.0);
            // The same pair, a little beside the segment, is none of it.
            pair.u[0].0 += 1e-9;
            assert!(pair.verify(&on).is_err());
        }
    }
    // Where the curvature changes, the end of the segment decides: |x|^4/4 has the second derivative 3 x^2.
    let quartic = Quartic(2);
    let claim = |c: f64| {
        let on = Region::Segment { from: vec![1.0, 0.0], to: vec![2.0, 0.0] };
        Claim::new(&quartic, Modulus::smooth(c, 2.0, Norm::L2).unwrap()).unwrap().within(on).unwrap()
    };
    assert!(claim(12.0).falsify(&config(0, 10_000)).unwrap().verdict.holds());
    assert!(claim(11.88).falsify(&config(0, 10_000)).unwrap().verdict.is_violated());
    // On the simplex: between two of its points.
    let entropy = NegativeEntropy(3);
    let edge = Region::Segment { from: vec![0.5, 0.25, 0.25], to: vec![0.25, 0.5, 0.25] };
    let claim = |c: f64| {
        let modulus = Modulus::convex(c, 2.0, Norm::L2).unwrap();
        Claim::new(&entropy, modulus).unwrap().within(edge.clone()).unwrap()
    };
    // Second derivative along (1, -1)/sqrt 2: (1/p + 1/q)/2 >= 1/0.375.
    assert!(claim(1.0 / 0.375).falsify(&config(0, 5000)).unwrap().verdict.holds());
    assert!(claim(1.01 / 0.375).falsify(&config(0, 5000)).unwrap().verdict.is_violated());
}

#[test]
fn segments_and_levels_without_a_formula_are_not_certified_by_round_off() {
    let cosine =
        Closure::new("cos", 1, |x: &[f64]| x[0].cos(), |x: &[f64], s: &mut [f64]| s[0] = -x[0].sin())
            .unwrap()
            .with_forward_error(|_| ForwardError { value: 1e-15, gradient: 1e-15 });
    let claim = || Claim::new(&cosine, Modulus::smooth(0.9, 2.0, Norm::L2).unwrap()).unwrap();
    let on = claim().within(Region::Segment { from: vec![-4.0], to: vec![4.0] }).unwrap();
    assert!(on.falsify(&config(1, 2000)).unwrap().verdict.is_undecided());
    // Below -0.5 the second derivative reaches 1; the pairs lie there beyond the error bound.
    let below = claim().within(Region::Sublevel { level: -0.5, inside: vec![3.0] }).unwrap();
    assert!(below.falsify(&config(1, 2000)).unwrap().verdict.is_violated());
}

#[test]
fn counterexamples_survive_a_file_and_refuse_another_claim() {
    let function = LogSumExp(3);
    let claim = |c: f64| Claim::new(&function, Modulus::smooth(c, 2.0, Norm::L2).unwrap()).unwrap();
    let counterexample = claim(0.45).falsify(&config(3, 20_000)).unwrap().counterexample.unwrap();
    let text = serde_json::to_string_pretty(&counterexample).unwrap();
    let read: Counterexample = serde_json::from_str(&text).unwrap();
    assert_eq!(read, counterexample);
    assert!(read.verify(&claim(0.45)).is_ok());
    assert!(read.verify(&claim(0.44)).is_err());
    // A forged pair is found out, whatever the file says of its slack.
    let mut forged = read.clone();
    forged.v = forged.u.iter().map(|x| ExactFloat(x.0 + 30.0)).collect();
    assert!(forged.verify(&claim(0.45)).is_err());
    forged.v.pop();
    assert!(matches!(forged.verify(&claim(0.45)), Err(ConvexityError::Dimension { argument: "v", .. })));
}

#[test]
fn bad_claims_are_refused_by_name() {
    let function = Quartic(2);
    let modulus = Modulus::convex(1.0, 4.0, Norm::L2).unwrap();
    let claim = || Claim::new(&function, modulus.clone()).unwrap();
    let weight = ndarray::array![[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
    let other = Modulus::convex(1.0, 2.0, Norm::weighted_euclidean(weight.view()).unwrap()).unwrap();
    assert!(Claim::new(&function, other).unwrap_err().to_string().contains("modulus"));
    let ball = Region::Ball { centre: vec![0.0], radius: 1.0, norm: Norm::L2 };
    assert!(claim().within(ball).unwrap_err().to_string().contains("centre"));
    for (to, name) in [(vec![0.0, 0.0], "from"), (vec![1.0], "`to`"), (vec![f64::INFINITY, 0.0], "`to`")] {
        let segment = Region::Segment { from: vec![0.0, 0.0], to };
        assert!(claim().within(segment).unwrap_err().to_string().contains(name));
    }
    let empty = config(0, 0);
    assert!(claim().falsify(&empty).is_err());
}

#[test]
fn progress_is_reported_and_the_budget_is_kept() {
    let function = Quartic(3);
    let claim = Claim::new(&function, Modulus::convex(0.3, 4.0, Norm::L2).unwrap()).unwrap();
    for budget in [1, 7, 500, 9000] {
        let mut last = 0;
        let result = claim
            .falsify_with_progress(&config(0, budget), &mut |p| {
                assert!(p.evaluations > last && p.budget == budget);
                last = p.evaluations;
            })
            .unwrap();
        // The last step of each climb may run over by a gradient.
        assert!(last == result.evaluations && last <= budget + 8 * 4, "{last} of {budget}");
    }
}

#[test]
fn every_statement_that_can_be_proved_is_and_is_not_by_a_hair() {
    // cos x: second derivative from -1 to 1.
    #[derive(Debug)]
    struct Cosine;
    impl Formula for Cosine {
        fn name(&self) -> String {
            "cos x".into()
        }
        fn dimension(&self) -> usize {
            1
        }
        fn value_in<N: Number>(&self, x: &[N]) -> N {
            x[0].cos()
        }
    }
    let (line, effort) = ([Interval::hull(-9.0, 9.0)], Effort { boxes: 20_000 });
    let smooth = |c| Claim::smooth(&Cosine, c, Norm::L2).unwrap();
    let weakly = |rho| Claim::weakly_convex(&Cosine, rho, Norm::L2).unwrap();
    let lipschitz = |l| Claim::lipschitz_gradient(&Cosine, l, Norm::L2).unwrap();
    for (good, bad) in
        [(smooth(1.001), smooth(0.999)), (weakly(1.001), weakly(0.999)), (lipschitz(1.001), lipschitz(0.999))]
    {
        assert!(good.prove(&line, &effort).unwrap().is_proved(), "{good}");
        assert!(bad.prove(&line, &effort).unwrap().is_refuted(), "{bad}");
        assert!(good.prove(&[], &effort).is_err());
    }
    assert!(Claim::convex(&Cosine).unwrap().prove(&line, &effort).unwrap().is_refuted());
    let hill = [Interval::hull(2.0, 4.0)];
    assert!(Claim::convex(&Cosine).unwrap().prove(&hill, &effort).unwrap().is_proved());
    // Another exponent, with an offset, goes by pairs.
    let modulus = Modulus::smooth(1.0, 1.5, Norm::L2).unwrap().with_offset(3.0).unwrap();
    assert!(Claim::new(&Cosine, modulus).unwrap().prove(&line, &effort).unwrap().is_proved());
    // What has no proof says so, and nothing without a formula is proved.
    assert!(Claim::polyak_lojasiewicz(&Cosine, 1.0, -1.0).unwrap().prove(&line, &effort).is_err());
    assert!(Claim::quasar_convex(&Cosine, 1.0, &[0.0]).unwrap().prove(&line, &effort).is_err());
    let on = smooth(1.0).within(Region::Around { point: vec![0.0] }).unwrap();
    assert!(on.prove(&line, &effort).is_err());
    let plain = Closure::new("cos", 1, |x: &[f64]| x[0].cos(), |x: &[f64], s: &mut [f64]| s[0] = -x[0].sin());
    let plain = plain.unwrap();
    assert!(Claim::smooth(&plain, 2.0, Norm::L2).unwrap().prove(&line, &effort).is_err());
}
