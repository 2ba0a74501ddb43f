//! Tight constants hold, constants that are 1 % too good are refuted, valid claims survive a hundred seeds.

use fenchel_convexity::catalogue::{Entry, Known, dimensions_of_interest, entries};
use fenchel_convexity::claims::Claim;
use fenchel_convexity::moduli::{Modulus, Side};
use fenchel_convexity::search::SearchConfig;
use fenchel_convexity::{ConvexityError, Verdict};
use fenchel_random::Seed;
use std::collections::BTreeMap;

const SEEDS: u64 = 10;
const HAIR_SEEDS: u64 = 3;
const MORE_SEEDS: u64 = 100;
const BUDGET: u64 = 100_000;

/// What the refutations of one claim took.
struct Refutations {
    evaluations: Vec<u64>,
    verified: u64,
}

/// What the searches against one valid claim found.
#[derive(Default)]
struct Survival {
    held: u64,
    /// Searches too short to settle, or with a violation that nothing certifies.
    open: u64,
    margin: Option<f64>,
}

pub(super) fn print(long: u64, short: u64) -> Result<(), ConvexityError> {
    println!("## Tight constants\n");
    println!(
        "For every row marked tight: the constant, 1 % too good, against the falsifier with {BUDGET} evaluations from seeds 0 to {}:",
        SEEDS - 1
    );
    println!("how many seeds refuted it, and the median and the most evaluations that a refutation took.");
    println!(
        "\"Verified\" counts counterexamples that were evaluated anew from the definition, in 256-bit intervals, by code that shares nothing with the search."
    );
    println!(
        "Then the tight constant itself, with {long} evaluations from the same seeds: how many found nothing, and the smallest slack met, relative to the bound.\n"
    );
    println!("| function | m | claim | refuted | median | most | verified | held | least margin |");
    println!("|---|---|---|---|---|---|---|---|---|");
    let (mut rows, mut short_of) = (0, 0);
    let mut by_dimension: BTreeMap<usize, Vec<(u64, u64)>> = BTreeMap::new();
    each_known(|m, entry, known| {
        if !known.tight {
            return Ok(());
        }
        let refutations = refute(entry, &one_per_cent_better(&known.modulus)?)?;
        let survival = survive(entry, &known.modulus, 0..SEEDS, long)?;
        let (count, most) = (refutations.evaluations.len() as u64, refutations.evaluations.last().copied());
        let median = refutations.evaluations.get(refutations.evaluations.len() / 2).copied();
        let good = count == SEEDS && refutations.verified == SEEDS && survival.held == SEEDS;
        rows += 1;
        short_of += u64::from(!good);
        by_dimension.entry(m).or_default().extend(median.zip(most));
        println!(
            "| {} | {m} | {} | {count}/{SEEDS} | {} | {} | {}/{SEEDS} | {}/{SEEDS} | {:.1e} |{}",
            entry.objective().name().replace('|', "\\|"),
            known.modulus,
            shown(median),
            shown(most),
            refutations.verified,
            survival.held,
            survival.margin.unwrap_or(f64::NAN),
            if good { "" } else { " **falls short**" }
        );
        Ok(())
    })?;
    println!("\n{rows} rows, {short_of} of them fall short.\n");
    println!("Evaluations until a constant that is 1 % too good was refuted:\n");
    println!("| m | rows | median of the rows' medians | median of the slowest row | most |");
    println!("|---|---|---|---|---|");
    for (m, mut row) in by_dimension {
        row.sort_unstable();
        let most = row.iter().map(|(_, most)| *most).max();
        let (median, slowest) = (row.get(row.len() / 2), row.last());
        let first = |of: Option<&(u64, u64)>| shown(of.map(|(median, _)| *median));
        println!("| {m} | {} | {} | {} | {} |", row.len(), first(median), first(slowest), shown(most));
    }
    println!();
    hairs()?;
    println!("## Valid claims\n");
    let (mut claims, mut searches, mut held, mut open) = (0, 0, 0, 0);
    each_known(|_, entry, known| {
        let survival = survive(entry, &known.modulus, SEEDS..MORE_SEEDS, short)?;
        claims += 1;
        searches += MORE_SEEDS - SEEDS;
        held += survival.held;
        open += survival.open;
        Ok(())
    })?;
    println!(
        "All {claims} known constants in dimensions 1, 2, 5 and 20, tight or not, from seeds {SEEDS} to {} with {short} evaluations each",
        MORE_SEEDS - 1
    );
    println!(
        "(seeds 0 to {} of the tight ones are in the table above): {held} of {searches} searches found nothing, {open} were too short to say so, and {} raised a false alarm.\n",
        SEEDS - 1,
        searches - held - open
    );
    Ok(())
}

fn each_known(
    mut visit: impl FnMut(usize, &Entry, &Known) -> Result<(), ConvexityError>,
) -> Result<(), ConvexityError> {
    for m in dimensions_of_interest() {
        for entry in entries(m)? {
            for known in entry.constants() {
                visit(m, &entry, known)?;
            }
        }
    }
    Ok(())
}

fn refute(entry: &Entry, better: &Modulus) -> Result<Refutations, ConvexityError> {
    let claim = Claim::new(entry.objective(), better.clone())?;
    let mut found = Refutations { evaluations: Vec::new(), verified: 0 };
    for seed in (0..SEEDS).map(Seed::new) {
        let search = claim.falsify(&SearchConfig { seed, budget: BUDGET })?;
        if search.verdict.is_violated() {
            found.evaluations.push(search.evaluations);
            let pair = search.counterexample.as_ref();
            found.verified += u64::from(pair.is_some_and(|pair| pair.verify(&claim).is_ok()));
        }
    }
    found.evaluations.sort_unstable();
    Ok(found)
}

fn survive(
    entry: &Entry,
    modulus: &Modulus,
    seeds: std::ops::Range<u64>,
    budget: u64,
) -> Result<Survival, ConvexityError> {
    let claim = Claim::new(entry.objective(), modulus.clone())?;
    let mut survival = Survival::default();
    for seed in seeds.map(Seed::new) {
        let verdict = claim.falsify(&SearchConfig { seed, budget })?.verdict;
        survival.open += u64::from(verdict.is_undecided());
        if let Verdict::Holds { margin, .. } = verdict {
            survival.held += 1;
            survival.margin = Some(survival.margin.map_or(margin, |least| least.min(margin)));
        }
    }
    Ok(survival)
}

/// Constants a hundredth of a per cent too good, in one and two variables.
fn hairs() -> Result<(), ConvexityError> {
    println!(
        "A constant that is 0.01 % too good, in one and two variables, from seeds 0 to {}:\n",
        HAIR_SEEDS - 1
    );
    let (mut rows, mut refuted, mut missed) = (0, 0, Vec::new());
    each_known(|m, entry, known| {
        if !known.tight || m > 2 {
            return Ok(());
        }
        rows += 1;
        let claim = Claim::new(entry.objective(), better(&known.modulus, 1e-4)?)?;
        let mut by_all = true;
        for seed in (0..HAIR_SEEDS).map(Seed::new) {
            by_all &= claim.falsify(&SearchConfig { seed, budget: BUDGET })?.verdict.is_violated();
        }
        refuted += u64::from(by_all);
        if !by_all {
            missed.push(format!("{claim} (m = {m})"));
        }
        Ok(())
    })?;
    println!("{refuted} of {rows} rows are refuted from every seed within {BUDGET} evaluations.");
    if !missed.is_empty() {
        println!("Not: {}.", missed.join("; ").replace('|', "\\|"));
    }
    println!();
    Ok(())
}

fn one_per_cent_better(modulus: &Modulus) -> Result<Modulus, ConvexityError> {
    better(modulus, 1e-2)
}

fn better(modulus: &Modulus, share: f64) -> Result<Modulus, ConvexityError> {
    let factor = if modulus.side() == Side::Convex { 1.0 + share } else { 1.0 - share };
    Modulus::new(modulus.side(), modulus.potential().clone().scaled(factor)?, modulus.offset())
}

fn shown(count: Option<u64>) -> String {
    count.map_or("-".into(), |count| count.to_string())
}
