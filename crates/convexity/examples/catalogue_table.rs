//! The falsifier against the catalogue: every tight constant holds, and one that is one per cent too good is refuted.
//!
//! Prints a table, one line for each tight row of the catalogue and each dimension: how many of ten seeds refuted the
//! constant that is 1 % too good within 100,000 evaluations, the most evaluations that one of them needed, how many verified
//! their counterexample anew in 256 bits, and the smallest margin of the tight constant over the same seeds.
//!
//! `cargo run --release -p fenchel-convexity --example catalogue_table [budget for the tight constants]`
#![allow(clippy::print_stdout)]

use fenchel_convexity::catalogue::{dimensions_of_interest, entries};
use fenchel_convexity::definitions::{Modulus, Side};
use fenchel_convexity::falsification::{Claim, SearchConfig, falsify};
use fenchel_convexity::{ConvexityError, Verdict};
use fenchel_random::Seed;

const SEEDS: u64 = 10;
const BUDGET: u64 = 100_000;

fn main() -> Result<(), ConvexityError> {
    let budget = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(20_000);
    println!(
        "| function | m | claim | refuted | most evaluations | verified | margin of the tight constant |"
    );
    println!("|---|---|---|---|---|---|---|");
    let (mut rows, mut failures) = (0, 0);
    for m in dimensions_of_interest() {
        for entry in entries(m)? {
            for known in entry.constants().iter().filter(|known| known.tight) {
                let better = one_per_cent_better(&known.modulus)?;
                let too_good = Claim::new(entry.objective(), better)?;
                let tight = Claim::new(entry.objective(), known.modulus.clone())?;
                let (mut refuted, mut most, mut verified, mut held) = (0, 0, 0, 0);
                let mut margin = f64::INFINITY;
                for seed in (0..SEEDS).map(Seed::new) {
                    let search = falsify(&too_good, &SearchConfig { seed, budget: BUDGET })?;
                    refuted += u64::from(search.verdict.is_violated());
                    most = most.max(search.evaluations);
                    let counterexample = search.counterexample.as_ref();
                    verified += u64::from(counterexample.is_some_and(|pair| pair.verify(&too_good).is_ok()));
                    let search = falsify(&tight, &SearchConfig { seed, budget })?;
                    if let Verdict::Holds { margin: own, .. } = search.verdict {
                        held += 1;
                        margin = margin.min(own);
                    }
                }
                rows += 1;
                let good = refuted == SEEDS && verified == SEEDS && held == SEEDS;
                failures += u64::from(!good);
                println!(
                    "| {} | {m} | {} | {refuted}/{SEEDS} | {most} | {verified}/{SEEDS} | {held}/{SEEDS}, {margin:.1e} |{}",
                    entry.objective().name(),
                    known.modulus,
                    if good { "" } else { " <- falls short" }
                );
            }
        }
    }
    println!("\n{rows} rows, {failures} of them fall short");
    Ok(())
}

fn one_per_cent_better(modulus: &Modulus) -> Result<Modulus, ConvexityError> {
    let factor = if modulus.side() == Side::Convex { 1.01 } else { 0.99 };
    Modulus::new(modulus.side(), modulus.potential().clone().scaled(factor)?, modulus.offset())
}
