//! Verdicts that have to be earned: true claims about formulas that mislead automatic gradients or drown in round-off, functions
//! that contradict themselves, and searches that did not reach far enough.

use fenchel_convexity::catalogue::{AbsoluteValue, LogSumExp, Separable};
use fenchel_convexity::claims::Claim;
use fenchel_convexity::moduli::{Modulus, Side};
use fenchel_convexity::norms::Norm;
use fenchel_convexity::number::{Number, Sign};
use fenchel_convexity::objectives::{Closure, Domain, Formula, Kink, Objective, Region};
use fenchel_convexity::potentials::Potential;
use fenchel_convexity::search::SearchConfig;
use fenchel_convexity::verdict::{Reason, Verdict};
use proptest::prelude::*;

/// A formula of one family, by its number type.
macro_rules! formula {
    ($type:ident, $dimension:expr, |$self:ident, $x:ident| $value:expr) => {
        impl Formula for $type {
            fn name(&self) -> String {
                format!("{self:?}")
            }
            fn dimension(&self) -> usize {
                let $self = self;
                let _ = $self;
                $dimension
            }
            fn value_in<N: Number>(&self, $x: &[N]) -> N {
                let $self = self;
                $value
            }
        }
    };
}

fn searches() -> impl Iterator<Item = SearchConfig> {
    (0..10).map(|seed| SearchConfig::budget(4000).seed(seed))
}

/// Smooth formulas whose kinks cancel.
#[derive(Clone, Copy, Debug)]
enum Cancelling {
    /// max(x, 0) + log(1 + exp(-|x|)).
    Softplus,
    /// max(x, 0) - x z + log(1 + exp(-|x|)).
    BinaryCrossEntropy(f64),
    /// max(x, y) + log(1 + exp(-|x - y|)).
    LogAddExp,
    /// -min(0, x) + log(1 + exp(-|x|)).
    MinusLogSigmoid,
    /// (max(x, 0) - min(x, 0))^2 / 2, which is x^2/2.
    Square,
}

formula!(Cancelling, if matches!(this, Cancelling::LogAddExp) { 2 } else { 1 }, |this, x| {
    let zero = N::zero();
    match this {
        Cancelling::Softplus => x[0].max(&zero) + (-x[0].abs()).exp().ln_1p(),
        Cancelling::BinaryCrossEntropy(z) => {
            x[0].max(&zero) - x[0].clone() * *z + (-x[0].abs()).exp().ln_1p()
        }
        Cancelling::LogAddExp => x[0].max(&x[1]) + (-(x[0].clone() - &x[1]).abs()).exp().ln_1p(),
        Cancelling::MinusLogSigmoid => (-x[0].abs()).exp().ln_1p() - x[0].min(&zero),
        Cancelling::Square => (x[0].max(&zero) - x[0].min(&zero)).square() * 0.5,
    }
});

#[test]
fn kinks_that_cancel_are_none() {
    for (f, constant) in [
        (Cancelling::Softplus, 0.25),
        (Cancelling::BinaryCrossEntropy(0.0), 0.25),
        (Cancelling::BinaryCrossEntropy(0.3), 0.25),
        (Cancelling::LogAddExp, 0.5),
        (Cancelling::MinusLogSigmoid, 0.25),
        (Cancelling::Square, 1.0),
    ] {
        for search in searches() {
            for c in [constant, 1.04 * constant, 100.0] {
                let claim = Claim::smooth(&f, c, Norm::L2).unwrap();
                let found = claim.falsify(&search).unwrap();
                assert!(found.verdict.holds(), "{claim}: {found}");
            }
            assert!(Claim::convex(&f).unwrap().falsify(&search).unwrap().verdict.holds());
            let better = Claim::smooth(&f, 0.99 * constant, Norm::L2).unwrap();
            let refuted = better.falsify(&search).unwrap();
            assert!(refuted.verdict.is_violated(), "{better}: {refuted}");
            assert!(refuted.counterexample.unwrap().verify(&better).is_ok());
        }
        let estimate = Claim::smooth(&f, 1.0, Norm::L2).unwrap().estimate(&SearchConfig::default()).unwrap();
        assert!(
            (estimate.constant / constant - 1.0).abs() < 1e-6 && estimate.certified,
            "{f:?} {estimate:?}"
        );
        assert!(estimate.constant <= constant);
    }
}

/// 0 log 0 = 0 by a branch on the sign, with the automatic gradient.
#[derive(Clone, Copy, Debug)]
struct FermiDirac;

fn entropy<N: Number>(p: &N) -> N {
    if p.sign() == Sign::Zero { N::zero() } else { p.clone() * p.ln() }
}

impl Formula for FermiDirac {
    fn name(&self) -> String {
        "Fermi-Dirac entropy".into()
    }
    fn dimension(&self) -> usize {
        1
    }
    fn value_in<N: Number>(&self, x: &[N]) -> N {
        entropy(&x[0]) + entropy(&(N::one() - &x[0]))
    }
    fn domain(&self) -> Domain {
        Domain::Box { lower: vec![0.0], upper: vec![1.0] }
    }
}

#[test]
fn a_branch_on_the_sign_refutes_nothing() {
    // The second derivative is 1/(x (1 - x)) >= 4; the branch at 0 has the slope 0 where the function has none.
    for search in searches() {
        let claim = Claim::strongly_convex(&FermiDirac, 4.0, Norm::L2).unwrap();
        let found = claim.falsify(&search).unwrap();
        assert!(!found.verdict.is_violated(), "{found}");
        let better = Claim::strongly_convex(&FermiDirac, 4.04, Norm::L2).unwrap();
        assert!(!better.falsify(&search).unwrap().verdict.holds());
    }
}

/// x^2/2 with a gradient or a divergence that is not its own.
#[derive(Clone, Copy, Debug)]
struct Mistaken {
    gradient: f64,
    bregman: f64,
}

impl Formula for Mistaken {
    fn name(&self) -> String {
        format!("x^2/2, {self:?}")
    }
    fn dimension(&self) -> usize {
        1
    }
    fn value_in<N: Number>(&self, x: &[N]) -> N {
        x[0].square() * 0.5
    }
    fn gradient_in<N: Number>(&self, x: &[N], gradient: &mut [N]) {
        gradient[0] = x[0].clone() * self.gradient;
    }
    fn bregman_in<N: Number>(&self, u: &[N], v: &[N]) -> N {
        let linear = v[0].clone() * self.gradient * (u[0].clone() - &v[0]);
        let own = Formula::value_in(self, u) - Formula::value_in(self, v) - linear;
        if self.bregman == 1.0 { own } else { (u[0].clone() - &v[0]).square() * 0.5 * self.bregman }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever the mistake makes of a claim, it is named and no verdict is built on it.
    #[test]
    fn a_function_that_contradicts_itself_is_told_so(
        factor in prop_oneof![0.1..0.9_f64, 1.1..4.0_f64],
        of_gradient in any::<bool>(),
        seed in 0..100_u64,
    ) {
        let f = if of_gradient {
            Mistaken { gradient: factor, bregman: 1.0 }
        } else {
            Mistaken { gradient: 1.0, bregman: factor }
        };
        let search = SearchConfig::budget(2000).seed(seed);
        // True, and false beyond what the mistake could excuse.
        for (side, constant, holds) in
            [(Side::Smooth, 1.0, true), (Side::Convex, 1.0, true), (Side::Smooth, 0.5, false), (Side::Convex, 1.5, false)]
        {
            let modulus = Modulus::new(side, Potential::norm_power(constant, 2.0, Norm::L2).unwrap(), 0.0).unwrap();
            let claim = Claim::new(&f, modulus).unwrap();
            let verdict = claim.falsify(&search).unwrap().verdict;
            if holds {
                prop_assert!(!verdict.is_violated(), "{claim}: {verdict}");
            } else {
                prop_assert!(!verdict.holds(), "{claim}: {verdict}");
            }
        }
    }
}

/// Functions whose values are large against their divergences.
#[derive(Clone, Copy, Debug)]
enum Drowning {
    /// log sum exp - x_0, shifted by the largest logit: 1/2-smooth.
    CrossEntropy,
    /// tanh by exponentials: 4/(3 sqrt 3)-smooth.
    Tanh,
    /// (x - a)^2, expanded: 2-smooth and 2-convex.
    Parabola(f64),
    /// log cosh x + a x: 1-smooth.
    Tilted(f64),
    /// cos x + a: 1-smooth.
    Lifted(f64),
}

formula!(Drowning, if matches!(this, Drowning::CrossEntropy) { 3 } else { 1 }, |this, x| match this {
    Drowning::CrossEntropy => {
        let top = x[0].max(&x[1]).max(&x[2]);
        x.iter().fold(N::zero(), |sum, x| sum + (x.clone() - &top).exp()).ln() + top - &x[0]
    }
    Drowning::Tanh => {
        let e = (x[0].clone() * 2.0).exp();
        (e.clone() - 1.0) / (e + 1.0)
    }
    Drowning::Parabola(a) => x[0].square() - x[0].clone() * (2.0 * a) + a * a,
    Drowning::Tilted(a) => x[0].cosh().ln() + x[0].clone() * *a,
    Drowning::Lifted(a) => x[0].cos() + *a,
});

#[test]
fn an_estimate_is_a_bound_from_one_side() {
    for (f, side, truth) in [
        (Drowning::CrossEntropy, Side::Smooth, 0.5),
        (Drowning::Tanh, Side::Smooth, 4.0 / (3.0 * 3.0_f64.sqrt())),
        (Drowning::Parabola(1e6), Side::Smooth, 2.0),
        (Drowning::Parabola(1e6), Side::Convex, 2.0),
        (Drowning::Parabola(-3e9), Side::Smooth, 2.0),
        (Drowning::Tilted(1e6), Side::Smooth, 1.0),
        (Drowning::Lifted(1e9), Side::Smooth, 1.0),
    ] {
        let unit = Potential::norm_power(1.0, 2.0, Norm::L2).unwrap();
        let claim = Claim::new(&f, Modulus::new(side, unit, 0.0).unwrap()).unwrap();
        for search in searches() {
            let estimate = claim.estimate(&search).unwrap();
            let excess = match side {
                Side::Smooth => estimate.constant - truth,
                Side::Convex => truth - estimate.constant,
            };
            // The exact constant itself is attained by parabolas, and rounded.
            assert!(excess <= 4.0 * f64::EPSILON * truth, "{f:?} {side}: {estimate:?}");
            assert!(estimate.certified);
        }
    }
}

#[test]
fn a_violation_below_the_round_off_is_found_in_256_bits() {
    for search in searches() {
        let claim = Claim::smooth(&Drowning::Lifted(1e15), 0.5, Norm::L2).unwrap();
        let found = claim.falsify(&search).unwrap();
        assert!(found.verdict.is_violated() && found.counterexample.unwrap().verify(&claim).is_ok());
        let claim = Claim::smooth(&Drowning::Lifted(1e15), 1.0, Norm::L2).unwrap();
        let found = claim.falsify(&search).unwrap();
        assert!(!found.verdict.is_violated() && found.coverage.drowned > 0, "{found}");
    }
}

#[test]
fn a_budget_that_is_too_small_for_the_dimension_is_no_evidence() {
    for m in [20, 50, 200, 400] {
        let f = LogSumExp::new(m).unwrap();
        let claim = Claim::smooth(&f, 0.45, Norm::L2).unwrap();
        for seed in 0..3 {
            let found = claim.falsify(&SearchConfig::default().seed(seed)).unwrap();
            assert!(!found.verdict.holds(), "R^{m}: {found}");
        }
    }
    let f = LogSumExp::new(20).unwrap();
    let hasty = Claim::smooth(&f, 0.5, Norm::L2).unwrap().falsify(&SearchConfig::budget(20)).unwrap();
    assert!(matches!(hasty.verdict, Verdict::Undecided { reason: Reason::Budget { .. } }), "{hasty}");
}

#[test]
fn a_constant_that_runs_away_is_told_by_its_drift() {
    #[derive(Debug)]
    struct Power(f64);
    formula!(Power, 1, |this, x| x[0].abs().powf(this.0));
    for search in searches() {
        // |x|^1.5 is too steep at 0 and |x|^3 too steep far out for any constant of exponent 2.
        for (r, side) in [(1.5, Side::Smooth), (3.0, Side::Smooth), (3.0, Side::Convex), (1.5, Side::Convex)]
        {
            let unit = Potential::norm_power(1.0, 2.0, Norm::L2).unwrap();
            let f = Power(r);
            let claim = Claim::new(&f, Modulus::new(side, unit, 0.0).unwrap()).unwrap();
            let estimate = claim.estimate(&search).unwrap();
            match side {
                Side::Smooth => assert!(estimate.drift > 0.3 && estimate.constant > 10.0, "{r} {estimate:?}"),
                Side::Convex => assert!(estimate.constant.abs() < 0.1, "{r} {estimate:?}"),
            }
        }
        let settled = Claim::smooth(&Drowning::Tanh, 1.0, Norm::L2).unwrap().estimate(&search).unwrap();
        assert!(settled.drift < 0.01, "{settled:?}");
    }
}

#[test]
fn every_statement_is_refuted_by_a_hair_and_estimated() {
    // x^2/2 + 0.45 cos 2x: second derivative from -0.8 to 2.8; not convex, L = 2.8, rho = 0.8.
    #[derive(Debug)]
    struct Wavy;
    formula!(Wavy, 1, |_this, x| x[0].square() * 0.5 + (x[0].clone() * 2.0).cos() * 0.45);
    let search = SearchConfig::default();
    let violated = |claim: Claim<'_>| claim.falsify(&search).unwrap().verdict.is_violated();
    let holds = |claim: Claim<'_>| claim.falsify(&search).unwrap().verdict.holds();
    assert!(violated(Claim::convex(&Wavy).unwrap()));
    assert!(violated(Claim::weakly_convex(&Wavy, 0.792, Norm::L2).unwrap()));
    assert!(holds(Claim::weakly_convex(&Wavy, 0.8000001, Norm::L2).unwrap()));
    assert!(violated(Claim::lipschitz_gradient(&Wavy, 2.77, Norm::L2).unwrap()));
    assert!(holds(Claim::lipschitz_gradient(&Wavy, 2.8000001, Norm::L2).unwrap()));
    let rho = Claim::weakly_convex(&Wavy, 0.0, Norm::L2).unwrap().estimate(&search).unwrap().constant;
    assert!(rho <= 0.8 && rho > 0.799, "{rho}");
    let lipschitz =
        Claim::lipschitz_gradient(&Wavy, 1.0, Norm::L2).unwrap().estimate(&search).unwrap().constant;
    assert!(lipschitz <= 2.8 + 1e-15 && lipschitz > 2.799, "{lipschitz}");
    // Plain convexity of a kink, and of what is flat.
    let absolute = Separable::new(AbsoluteValue, 1).unwrap();
    assert!(holds(Claim::convex(&absolute).unwrap()));
    assert!(violated(Claim::strongly_convex(&absolute, 1e-300, Norm::L2).unwrap()));
    // (x^2 + 3 y^2)/2: mu = 1, and star-convex around 0 with tau = 2 (homogeneous of degree 2).
    #[derive(Debug)]
    struct Valley;
    formula!(Valley, 2, |_this, x| (x[0].square() + x[1].square() * 3.0) * 0.5);
    assert!(holds(Claim::polyak_lojasiewicz(&Valley, 1.0, 0.0).unwrap()));
    assert!(violated(Claim::polyak_lojasiewicz(&Valley, 1.01, 0.0).unwrap()));
    let mu = Claim::polyak_lojasiewicz(&Valley, 1.0, 0.0).unwrap().estimate(&search).unwrap().constant;
    assert!((mu - 1.0).abs() < 1e-3 && mu >= 1.0 - 1e-15, "{mu}");
    assert!(holds(Claim::quasar_convex(&Valley, 2.0, &[0.0, 0.0]).unwrap()));
    assert!(violated(Claim::quasar_convex(&Valley, 2.02, &[0.0, 0.0]).unwrap()));
    let tau = Claim::quasar_convex(&Valley, 1.0, &[0.0, 0.0]).unwrap().estimate(&search).unwrap().constant;
    assert!((tau - 2.0).abs() < 1e-9, "{tau}");
    for claim in
        [Claim::polyak_lojasiewicz(&Valley, 1.01, 0.0), Claim::quasar_convex(&Valley, 2.02, &[0.0, 0.0])]
    {
        let claim = claim.unwrap();
        let counterexample = claim.falsify(&search).unwrap().counterexample.unwrap();
        assert!(counterexample.verify(&claim).unwrap().enclosure().1 < 0.0);
    }
}

#[test]
fn a_counterexample_of_another_function_of_the_same_name_is_refused() {
    use fenchel_convexity::catalogue::Quadratic;
    let (own, other) = (Quadratic::diagonal(&[3.0, 1.0]).unwrap(), Quadratic::diagonal(&[5.0, 2.0]).unwrap());
    let claim = |f| Claim::smooth(f, 1.5, Norm::L2).unwrap();
    let counterexample = claim(&own).falsify(&SearchConfig::default()).unwrap().counterexample.unwrap();
    assert!(counterexample.verify(&claim(&own)).is_ok());
    assert!(counterexample.verify(&claim(&other)).unwrap_err().to_string().contains("value"));
}

#[test]
fn a_power_with_a_large_exponent_is_judged() {
    // (-1)^66 as powf: even, and x^2/2 is no majorant near -1.
    #[derive(Debug)]
    struct Even(f64);
    formula!(Even, 1, |this, x| x[0].powf(this.0) / this.0);
    for p in [64.0, 66.0, 1000.0] {
        let f = Even(p);
        let ball = Region::Ball { centre: vec![-1.0], radius: 0.01, norm: Norm::L2 };
        let claim = Claim::smooth(&f, 0.5, Norm::L2).unwrap().within(ball).unwrap();
        let found = claim.falsify(&SearchConfig::default()).unwrap();
        assert!(found.verdict.is_violated(), "{claim}: {found}");
    }
}

#[test]
fn a_set_that_is_none_is_refused_by_name() {
    let square = |domain, kinks: Vec<Kink>| {
        Closure::new(
            "x'x/2",
            2,
            |x: &[f64]| 0.5 * (x[0] * x[0] + x[1] * x[1]),
            |x: &[f64], g: &mut [f64]| g.copy_from_slice(x),
        )
        .unwrap()
        .with_domain(domain)
        .with_kinks(kinks)
    };
    let refusal = |f: &dyn Objective| Claim::smooth(f, 1.0, Norm::L2).unwrap_err().to_string();
    for (lower, upper) in
        [(vec![1.0, 0.0], vec![-1.0, 1.0]), (vec![f64::NAN, 0.0], vec![1.0, 1.0]), (vec![0.0], vec![1.0])]
    {
        let domain = Domain::Box { lower, upper };
        assert!(refusal(&square(domain, Vec::new())).contains("box"));
    }
    for kink in [
        Kink::Point(vec![0.0]),
        Kink::Point(vec![f64::NAN, 0.0]),
        Kink::Hyperplane { normal: vec![0.0, 0.0, 1.0], offset: 0.0 },
        Kink::Hyperplane { normal: vec![1.0, 0.0], offset: f64::INFINITY },
        Kink::coordinate(2, 7, 0.0),
        Kink::tie(2, 1, 1),
    ] {
        assert!(refusal(&square(Domain::Whole, vec![kink.clone()])).contains("kink"), "{kink:?}");
    }
    #[derive(Debug)]
    struct Nothing;
    formula!(Nothing, 0, |_this, x| N::sum(x));
    assert!(refusal(&Nothing).contains("dimension"));
}
