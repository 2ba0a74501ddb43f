//! The bound of cross-entropy against numbers computed by hand.

use crate::search::SearchConfig;
use crate::theorems::by_hand::{assert_report, point_of};
use crate::theorems::cross_entropy;
use crate::verdict::{Report, Verdict};
use fenchel_random::Seed;

const CONFIG: fn() -> SearchConfig = || SearchConfig::budget(200);

/// The evaluations behind a claim that holds.
fn spent(report: &Report) -> u64 {
    let Verdict::Holds { evaluations, .. } = report.inequality else { panic!("{}", report.inequality) };
    evaluations
}

#[test]
fn the_least_probability_may_be_any() {
    // The first violation that a seed meets: its enclosure has the least p where it is, at the target,
    // beside it or last.
    let mut places = [false; 3];
    for seed in 0..100 {
        let config = SearchConfig { seed: Seed::new(seed), budget: 20 };
        let report = cross_entropy::check(3, 0.4, &config).unwrap();
        if !report.inequality.is_violated() {
            continue;
        }
        let powers: Vec<f64> = point_of(&report, "f").iter().map(|f| f.exp()).collect();
        let sum: f64 = powers.iter().sum();
        let p: Vec<f64> = powers.iter().map(|power| power / sum).collect();
        let least = p.iter().copied().fold(1.0, f64::min);
        let bound = 0.4 * ((1.0 - p[0]).powi(2) + p[1] * p[1] + p[2] * p[2]) / least;
        assert_report(&report, -p[0].ln(), bound, bound + p[0].ln(), bound - p[0].ln());
        // Least by more than what the comparison resolves.
        if p.iter().filter(|&&p| p < least * (1.0 + 1e-6)).count() == 1 {
            places[p.iter().position(|&p| p == least).unwrap()] = true;
        }
    }
    assert_eq!(places, [true; 3]);
}

#[test]
fn cross_entropy_at_the_worst_logits() {
    for (m, constant) in [(3, 0.9), (3, 0.4), (2, 0.8), (12, 0.26)] {
        let report = cross_entropy::check(m, constant, &CONFIG()).unwrap();
        let logits = point_of(&report, "f");
        let top = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let powers: Vec<f64> = logits.iter().map(|f| (f - top).exp()).collect();
        let sum: f64 = powers.iter().sum();
        let p: Vec<f64> = powers.iter().map(|power| power / sum).collect();
        let loss = sum.ln() + top - logits[0];
        let square = (1.0 - p[0]).powi(2) + p[1..].iter().map(|p| p * p).sum::<f64>();
        let bound = constant * square / p.iter().copied().fold(1.0, f64::min);
        assert_report(&report, loss, bound, bound - loss, loss + bound);
        assert_eq!(report.inequality.is_violated(), constant == 0.4);
    }
    for m in [2, 3, 11] {
        let exact = (m as f64).ln() / (m as f64 - 1.0);
        let best = cross_entropy::best_constant(m).unwrap();
        assert!(best >= exact && best <= exact * (1.0 + 1e-15), "{best} {exact}");
    }
    assert!(
        cross_entropy::check(1, 1.0, &CONFIG()).is_err() && cross_entropy::check(2, 1.0, &CONFIG()).is_ok()
    );
    assert!(cross_entropy::check(2, 1.0, &SearchConfig { budget: 0, ..CONFIG() }).is_err());
    assert!(cross_entropy::check(2, 1.0, &SearchConfig { budget: 1, ..CONFIG() }).is_ok());
}

#[test]
fn cross_entropy_spends_its_budget() {
    for budget in [1, 2] {
        assert_eq!(spent(&cross_entropy::check(2, 0.8, &SearchConfig::budget(budget)).unwrap()), budget);
    }
}
