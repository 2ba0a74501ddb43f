//! The numbers of docs/errata.md that come from random draws, and the constants beside them.
//!
//! `cargo run --release -p fenchel-convexity --example errata_numbers`

#![allow(clippy::print_stdout)]

use fenchel_convexity::ConvexityError;
use fenchel_convexity::moduli::norm_power_smoothness;
use fenchel_convexity::theorems::cross_entropy::best_constant;
use fenchel_convexity::theorems::gradient_independence::{BallModel, Bound, check};
use fenchel_random::Seed;

fn main() -> Result<(), ConvexityError> {
    for m in [2, 3, 10, 11] {
        println!("1. m = {m}: best constant {:.4}", best_constant(m)?);
    }
    for r in [1.2, 1.5, 1.8_f64] {
        let (tight, printed) = (norm_power_smoothness(r)?, 2f64.powf(2.0 - r));
        let best = 2f64.powf((2.0 - r) / (r - 1.0));
        println!(
            "4. r = {r}: least majorant {tight:.4}, 2^(2-r) = {printed:.4}; 5. one step at a = {best:.4}"
        );
    }
    for (m, n, draws, seed) in [(10, 10_000, 60, 2026), (10, 11, 201, 7), (100, 101, 21, 7)] {
        let model = BallModel::new(m, n)?;
        let (mut least, mut ratios, mut refuted) = (Vec::new(), Vec::new(), [0, 0]);
        for k in 0..draws {
            let rows = model.draw(1.0, Seed::new(seed).index(k));
            let one = check(rows.view(), 1.0, Bound::PrintedLeast)?;
            let two = check(rows.view(), 1.0, Bound::PrintedSpread)?;
            least.push(one.measured);
            ratios.push(two.measured.exp());
            refuted[0] += u32::from(one.inequality.is_violated());
            refuted[1] += u32::from(two.inequality.is_violated());
        }
        least.sort_by(f64::total_cmp);
        ratios.sort_by(f64::total_cmp);
        let middle = ratios.len() / 2;
        println!(
            "7. m = {m}, n = {n}, {draws} draws: lambda_min {:.4} to {:.4}, median {:.4}, printed {:.4}, refuted {}; \
             ratio median {:.1}, printed {:.1}, refuted {}",
            least[0],
            least[least.len() - 1],
            least[middle],
            (1.0 - model.t()).max(0.0).powi(2),
            refuted[0],
            ratios[middle],
            model.printed_spread().map_or(f64::INFINITY, f64::exp),
            refuted[1]
        );
    }
    Ok(())
}
