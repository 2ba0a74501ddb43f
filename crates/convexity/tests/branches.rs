//! Formulas written as textbooks and libraries write them: kinks that cancel, 0 log 0, powers of negative
//! numbers, features that nobody scaled. What is true of them is not refuted, what is false is, and a
//! counterexample is verified.

use fenchel_convexity::ConvexityError;
use fenchel_convexity::claims::Claim;
use fenchel_convexity::norms::Norm;
use fenchel_convexity::number::{Number, PreciseInterval, Sign};
use fenchel_convexity::objectives::{Domain, Formula, Objective};
use fenchel_convexity::search::SearchConfig;
use fenchel_random::Seed;
use ndarray::Array1;

#[derive(Clone, Copy, Debug)]
enum Example {
    /// max(x, 0) - z x + log(1 + e^-|x|), as in the libraries of pytorch#2195, jax#2107, jax#2140.
    Logits(f64),
    /// max(x, y) + log(1 + e^-|x-y|).
    LogAddExp,
    /// x log x + (1-x) log(1-x), with 0 log 0 by a branch on the sign.
    FermiDirac,
    /// The logistic loss with the features (a, 2a).
    Logistic(f64),
    /// x^66/66, by a real exponent.
    EvenPower,
}

fn term<N: Number>(p: &N) -> N {
    if p.sign() == Sign::Zero { N::zero() } else { p.clone() * p.ln() }
}

impl Formula for Example {
    fn name(&self) -> String {
        format!("{self:?}")
    }
    fn dimension(&self) -> usize {
        if matches!(self, Self::LogAddExp | Self::Logistic(_)) { 2 } else { 1 }
    }
    fn value_in<N: Number>(&self, x: &[N]) -> N {
        match self {
            Self::Logits(z) => x[0].max(&N::zero()) - x[0].clone() * *z + (-x[0].abs()).exp().ln_1p(),
            Self::LogAddExp => x[0].max(&x[1]) + (-(x[0].clone() - &x[1]).abs()).exp().ln_1p(),
            Self::FermiDirac => term(&x[0]) + term(&(N::one() - &x[0])),
            Self::Logistic(a) => (x[0].clone() * *a + x[1].clone() * (2.0 * a)).exp().ln_1p(),
            Self::EvenPower => x[0].powf(66.0) / 66.0,
        }
    }
    fn domain(&self) -> Domain {
        match self {
            Self::FermiDirac => Domain::Box { lower: vec![0.0], upper: vec![1.0] },
            Self::Logits(_) | Self::LogAddExp | Self::Logistic(_) | Self::EvenPower => Domain::Whole,
        }
    }
}

fn config(seed: u64) -> SearchConfig {
    SearchConfig { seed: Seed::new(seed), ..SearchConfig::default() }
}

#[test]
fn kinks_that_cancel_are_not_counterexamples() -> Result<(), ConvexityError> {
    for (example, constant, slope) in [
        (Example::Logits(0.0), 0.25, 0.5),
        (Example::Logits(0.25), 0.25, 0.25),
        (Example::LogAddExp, 0.5, 0.5),
    ] {
        let objective: &dyn Objective = &example;
        let origin = Array1::zeros(objective.dimension());
        let gradient = objective.gradient(&origin)?;
        assert!(gradient.iter().all(|&entry| entry == slope), "{example:?}: {gradient}");
        for seed in 0..5 {
            let holds = Claim::smooth(objective, constant, Norm::L2)?;
            assert!(!holds.falsify(&config(seed))?.verdict.is_violated(), "{holds}");
            let fails = Claim::smooth(objective, 0.9 * constant, Norm::L2)?;
            assert!(fails.falsify(&config(seed))?.verdict.is_violated(), "{fails}");
        }
    }
    Ok(())
}

#[test]
fn a_branch_on_the_sign_gives_no_slope_at_zero() -> Result<(), ConvexityError> {
    assert!(Example::FermiDirac.gradient(&Array1::zeros(1)).is_err());
    for seed in 0..5 {
        let holds = Claim::strongly_convex(&Example::FermiDirac, 3.9, Norm::L2)?;
        assert!(!holds.falsify(&config(seed))?.verdict.is_violated());
        let fails = Claim::strongly_convex(&Example::FermiDirac, 4.2, Norm::L2)?;
        assert!(fails.falsify(&config(seed))?.verdict.is_violated());
    }
    Ok(())
}

#[test]
fn even_powers_of_negative_numbers_are_decided() -> Result<(), ConvexityError> {
    let claim = Claim::smooth(&Example::EvenPower, 0.5, Norm::L2)?;
    let found = claim.falsify(&config(0))?;
    assert!(found.verdict.is_violated(), "{}", found.verdict);
    Ok(())
}

/// With features of 1e4 the exponential of the loss is 1e-13000 and smaller; its functions take no longer for
/// that.
#[test]
fn unscaled_features_are_verified() -> Result<(), ConvexityError> {
    for a in [1.0, 1e2, 1e3, 1e4] {
        let loss = Example::Logistic(a);
        let claim = Claim::strongly_convex(&loss, 1e-3, Norm::L2)?;
        let counterexample = claim.falsify(&config(0))?.counterexample.expect("it is flat along (2, -1)");
        counterexample.verify(&claim)?;
    }
    let tiny = PreciseInterval::from_f64(-1e6).exp();
    for near in [tiny.sin(), tiny.sinh(), tiny.ln_1p(), tiny.exp_m1()] {
        let excess = (near / &tiny - 1.0).to_f64_interval();
        assert!(excess.contains(0.0) && excess.width() < 2.0_f64.powi(-250), "{excess:?}");
    }
    Ok(())
}
