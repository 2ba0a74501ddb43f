//! Exponent and constant of `(1/r) ||x||^r`, found from values and gradients alone.

use fenchel_convexity::ConvexityError;
use fenchel_convexity::catalogue::PotentialFunction;
use fenchel_convexity::claims::{Claim, Scales};
use fenchel_convexity::moduli::{Modulus, Side, norm_power_convexity, norm_power_smoothness};
use fenchel_convexity::norms::Norm;
use fenchel_convexity::potentials::Potential;
use fenchel_convexity::search::SearchConfig;
use fenchel_random::Seed;

const FIT_BUDGET: u64 = 40_000;
const BUDGET: u64 = 10_000;
const SEEDS: u64 = 10;

pub(super) fn print() -> Result<(), ConvexityError> {
    println!("## Estimates\n");
    println!(
        "(1/r) ||x||_2^r: the exponent and the constant that `Claim::fit` finds with {FIT_BUDGET} evaluations, and the constant that `estimate` finds with"
    );
    println!(
        "{BUDGET} evaluations when r is given; each the worst of seeds 0 to {}. The tight constant is the extremum of h_r.\n",
        SEEDS - 1
    );
    println!(
        "| side | r | m | tight constant | worst error of the exponent | worst relative error of the constant | the same with r given |"
    );
    println!("|---|---|---|---|---|---|---|");
    for (side, exponents) in [(Side::Smooth, &[1.2, 1.5, 2.0][..]), (Side::Convex, &[2.0, 3.0, 4.0, 6.0])] {
        for &r in exponents {
            for m in [1, 3] {
                row(side, r, m)?;
            }
        }
    }
    println!();
    Ok(())
}

fn row(side: Side, r: f64, m: usize) -> Result<(), ConvexityError> {
    let function = PotentialFunction::new(Potential::norm_power(1.0, r, Norm::L2)?, m)?;
    let tight = if side == Side::Smooth { norm_power_smoothness(r)? } else { norm_power_convexity(r)? };
    let unit = Potential::norm_power(1.0, r, Norm::L2)?;
    let claim = Claim::new(&function, Modulus::new(side, unit, 0.0)?)?;
    let (mut exponent, mut constant, mut given): (f64, f64, f64) = (0.0, 0.0, 0.0);
    for seed in (0..SEEDS).map(Seed::new) {
        let fitted = claim.fit(&Scales::default(), &SearchConfig { seed, budget: FIT_BUDGET })?;
        exponent = exponent.max((fitted.exponent - r).abs());
        constant = constant.max((fitted.constant / tight - 1.0).abs());
        let known = claim.estimate(&SearchConfig { seed, budget: BUDGET })?;
        given = given.max((known.constant / tight - 1.0).abs());
    }
    println!("| {side} | {r} | {m} | {tight:.6} | {exponent:.1e} | {constant:.1e} | {given:.1e} |");
    Ok(())
}
