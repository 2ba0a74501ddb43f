//! The falsifier against the catalogue, a share of what `examples/catalogue_table` prints in full.

use fenchel_convexity::Verdict;
use fenchel_convexity::catalogue::{Known, dimensions_of_interest, entries};
use fenchel_convexity::claims::Claim;
use fenchel_convexity::moduli::{Modulus, Side};
use fenchel_convexity::objectives::Objective;
use fenchel_convexity::search::SearchConfig;
use fenchel_convexity::verdict::Reason;
use fenchel_random::Seed;

/// Calls the check for every known constant in every dimension of interest.
fn for_every_row(mut check: impl FnMut(usize, &dyn Objective, &Known)) {
    for m in dimensions_of_interest() {
        for entry in entries(m).unwrap() {
            for known in entry.constants() {
                check(m, entry.objective(), known);
            }
        }
    }
}

fn one_per_cent_better(modulus: &Modulus) -> Modulus {
    let factor = if modulus.side() == Side::Convex { 1.01 } else { 0.99 };
    let potential = modulus.potential().clone().scaled(factor).unwrap();
    Modulus::new(modulus.side(), potential, modulus.offset()).unwrap()
}

#[test]
fn a_constant_one_per_cent_too_good_is_refuted_from_every_seed() {
    let mut rows = 0;
    for_every_row(|m, objective, known| {
        if !known.tight {
            return;
        }
        rows += 1;
        let claim = Claim::new(objective, one_per_cent_better(&known.modulus)).unwrap();
        for seed in (0..10).map(Seed::new) {
            let search = claim.falsify(&SearchConfig { seed, budget: 100_000 }).unwrap();
            assert!(search.verdict.is_violated(), "{claim} on R^{m}, {seed:?}: {}", search.verdict);
            // Re-checked from the definition, in 256 bits.
            let certificate = search.counterexample.unwrap().verify(&claim).unwrap();
            assert!(certificate.enclosure().1 < 0.0);
        }
    });
    assert!(rows > 100, "{rows}");
}

#[test]
fn no_valid_claim_is_refuted_from_any_of_a_hundred_seeds() {
    for_every_row(|m, objective, known| {
        let claim = Claim::new(objective, known.modulus.clone()).unwrap();
        for seed in (0..100).map(Seed::new) {
            // A short search from many seeds; seed 0 a longer one.
            let budget = if seed == Seed::new(0) { 8000 } else { 250 };
            let search = claim.falsify(&SearchConfig { seed, budget }).unwrap();
            // A short one may end before any climb does, and then says so.
            let budget_only = Verdict::undecided(Reason::Budget { evaluations: search.evaluations });
            assert!(
                search.verdict.holds() || (budget < 1000 && search.verdict == budget_only),
                "{claim} on R^{m}, {seed:?}: {}",
                search.verdict
            );
        }
    });
}
