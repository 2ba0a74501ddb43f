//! Random functions with claims that are known to hold: no search may refute one, and no proof may be refuted.
//!
//! `cargo run --release -p fenchel-convexity --example true_claims [-- CHECKS [SEED]]`
//!
//! A check is one pair (function, claim) evaluated at one pair of points; 10 million by default. Functions are rows of the
//! catalogue and means of two of them; claims are their known constants, as they are and weakened. A third of the functions in one
//! and two variables also has constants about the known one put to a proof on a box; what is proved is then searched for a
//! counterexample in the box. Ends with an error at the first false answer.
#![allow(clippy::print_stdout)]

use fenchel_convexity::ConvexityError;
use fenchel_convexity::catalogue::{Entry, Known, entries};
use fenchel_convexity::certified::Effort;
use fenchel_convexity::claims::Claim;
use fenchel_convexity::moduli::{Modulus, Side};
use fenchel_convexity::norms::Norm;
use fenchel_convexity::number::Interval;
use fenchel_convexity::objectives::{Domain, Objective, Region};
use fenchel_convexity::search::SearchConfig;
use fenchel_convexity::trajectory::FiniteSum;
use fenchel_random::{Seed, Stream};
use std::time::{Duration, Instant};

const CHECKS: u64 = 10_000_000;
const DIMENSIONS: [usize; 6] = [1, 2, 3, 5, 8, 20];
/// Constants of a mean are rounded; the claim is weakened by more than that.
const HAIR: f64 = 1e-9;

#[derive(Default)]
struct Count {
    checks: u64,
    searches: u64,
    held: u64,
    proofs: u64,
    proved: u64,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut numbers = std::env::args().skip(1).map(|text| text.parse::<u64>());
    let wanted = numbers.next().transpose()?.unwrap_or(CHECKS);
    let seed = Seed::new(numbers.next().transpose()?.unwrap_or(0));
    let rooms: Vec<Vec<Entry>> = DIMENSIONS.into_iter().map(entries).collect::<Result<_, _>>()?;
    let (mut count, mut told) = (Count::default(), Instant::now());
    for index in 0.. {
        if count.checks >= wanted {
            break;
        }
        let mut stream = seed.index(index).stream();
        let room = &rooms[stream.random_range(0..rooms.len())];
        examine(room, &mut stream, seed.derive("search").index(index), &mut count)?;
        if told.elapsed() > Duration::from_secs(15) {
            told = Instant::now();
            println!("{} of {wanted} checks", count.checks);
        }
    }
    let Count { checks, searches, held, proofs, proved } = count;
    println!(
        "{checks} checks of claims that hold, in {searches} searches: none refuted, {held} held, the others undecided"
    );
    println!("{proofs} proofs attempted on boxes, {proved} proved: none refuted by a search of the box");
    Ok(())
}

fn examine(room: &[Entry], stream: &mut Stream, seed: Seed, count: &mut Count) -> Result<(), String> {
    let entry = &room[stream.random_range(0..room.len())];
    let known = &entry.constants()[stream.random_range(0..entry.constants().len())];
    let search = SearchConfig { seed, budget: stream.random_range(50..500) };
    let failed = |error: ConvexityError| format!("{}: {error}", entry.objective().name());
    match mean(room, entry, known, stream).map_err(failed)? {
        Some((sum, modulus)) if stream.random_bool(0.5) => search_for(&sum, modulus, &search, count),
        _ => {
            let factor = if stream.random_bool(0.5) { 1.0 } else { stream.random_range(1.0..10.0) };
            let modulus = weakened(&known.modulus, factor).map_err(failed)?;
            search_for(entry.objective(), modulus, &search, count)?;
            if entry.objective().dimension() <= 2 && stream.random_bool(0.3) {
                prove(entry.objective(), &known.modulus, stream, &search, count)?;
            }
            Ok(())
        }
    }
}

/// The mean of the function and another one that has a constant of the same kind.
fn mean(
    room: &[Entry],
    first: &Entry,
    known: &Known,
    stream: &mut Stream,
) -> Result<Option<(FiniteSum, Modulus)>, ConvexityError> {
    let second = &room[stream.random_range(0..room.len())];
    let (Some((a, r, norm)), Domain::Whole, Domain::Whole) =
        (known.modulus.as_norm_power(), first.objective().domain(), second.objective().domain())
    else {
        return Ok(None);
    };
    let alike = second.constants().iter().find_map(|other| {
        let (b, own, of) = other.modulus.as_norm_power()?;
        (other.modulus.side() == known.modulus.side() && own == r && of == norm)
            .then_some((b, other.modulus.offset()))
    });
    let Some((b, offset)) = alike else { return Ok(None) };
    let sum = FiniteSum::new(vec![first.shared(), second.shared()])?;
    let (constant, offset) = (0.5 * (a + b), 0.5 * (known.modulus.offset() + offset) * (1.0 + HAIR));
    let modulus = match known.modulus.side() {
        Side::Smooth => Modulus::smooth(constant * (1.0 + HAIR), r.get(), norm.clone())?,
        Side::Convex => Modulus::convex(constant * (1.0 - HAIR), r.get(), norm.clone())?,
    };
    Ok(Some((sum, modulus.with_offset(offset)?)))
}

fn weakened(modulus: &Modulus, factor: f64) -> Result<Modulus, ConvexityError> {
    let factor = if modulus.side() == Side::Smooth { factor } else { 1.0 / factor };
    Modulus::new(modulus.side(), modulus.potential().clone().scaled(factor)?, modulus.offset())
}

fn search_for(
    function: &dyn Objective,
    modulus: Modulus,
    search: &SearchConfig,
    count: &mut Count,
) -> Result<(), String> {
    let claim = Claim::new(function, modulus).map_err(|error| error.to_string())?;
    let found = claim.falsify(search).map_err(|error| error.to_string())?;
    count.checks += found.evaluations;
    count.searches += 1;
    count.held += u64::from(found.verdict.holds());
    if found.verdict.is_violated() {
        return Err(format!("a true claim is refuted: {claim} on R^{}: {found}", function.dimension()));
    }
    Ok(())
}

/// A constant about the known one on a box about a random place: what is proved must survive a search of the box.
fn prove(
    function: &dyn Objective,
    modulus: &Modulus,
    stream: &mut Stream,
    search: &SearchConfig,
    count: &mut Count,
) -> Result<(), String> {
    let m = function.dimension();
    let centre: Vec<f64> = (0..m).map(|_| stream.random_range(-3.0..3.0)).collect();
    let radius = 10.0_f64.powf(stream.random_range(-2.0..0.7));
    let region: Vec<Interval> = centre.iter().map(|c| Interval::hull(c - radius, c + radius)).collect();
    // Better than what holds everywhere, and so true on some boxes and false on others.
    let claimed = weakened(modulus, stream.random_range(0.2..1.2)).map_err(|error| error.to_string())?;
    let claim = Claim::new(function, claimed).map_err(|error| error.to_string())?;
    let Ok(proof) = claim.prove(&region, &Effort { boxes: 200 }) else { return Ok(()) };
    count.proofs += 1;
    if !proof.is_proved() {
        return Ok(());
    }
    count.proved += 1;
    let inside = Region::Ball { centre, radius, norm: Norm::LINF };
    let Ok(claim) = claim.within(inside) else { return Ok(()) };
    let found = claim.falsify(search).map_err(|error| error.to_string())?;
    count.checks += found.evaluations;
    if found.verdict.is_violated() {
        return Err(format!("a proof is refuted: {claim} on {region:?}: {found}"));
    }
    Ok(())
}
