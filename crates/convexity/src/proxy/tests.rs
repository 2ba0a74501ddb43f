//! The guarantees on random problems of every instance, and near misses that the checkers must find.

mod dents;
mod foreign_numbers;
mod guarantees;
mod least_mean;
mod round_off;
mod single_neuron;
mod star_convex_functions;

use super::*;
use crate::verdict::{Reason, Verdict};
use fenchel_random::{Seed, Stream};
use ndarray::{Array1, Array2};

/// Problems of each instance.
const PROBLEMS: u64 = 50;
/// Runs of SGD for each.
const RUNS: usize = 20;

fn vector(stream: &mut Stream, d: usize) -> Array1<f64> {
    Array1::from_shape_simple_fn(d, || stream.random_range(-1.0..1.0))
}

fn inputs(stream: &mut Stream, n: usize, d: usize) -> Array2<f64> {
    Array2::from_shape_simple_fn((n, d), || stream.random_range(-1.0..1.0))
}

fn stream(name: &str, problem: u64) -> Stream {
    Seed::new(5).derive(name).index(problem).stream()
}

/// P1 at no cost.
fn lipschitz(distance: f64, second_moment: f64) -> LipschitzGuarantee {
    LipschitzGuarantee { distance, comparator_cost: 0.0, second_moment }
}

/// P2 at no cost.
fn smooth(distance: f64, smoothness: f64) -> SmoothGuarantee {
    SmoothGuarantee { distance, comparator_cost: 0.0, smoothness }
}

/// P3 for a function with minimum 0, xi = 0 and alpha = 2, without noise.
fn pl(start: f64, mu: f64, smoothness: f64) -> ProxyPlGuarantee {
    ProxyPlGuarantee { start, infimum: 0.0, xi: 0.0, alpha: 2.0, mu, smoothness, variance: 0.0 }
}

/// Hypotheses met, conclusion without a violation at any prefix, and the guarantee no better than the truth.
fn assert_sound(checked: &check::Checked, what: &str) {
    let obstacles: Vec<_> = checked.report.hypotheses.iter().filter_map(|h| h.obstacle()).collect();
    assert!(obstacles.is_empty(), "{what}: {obstacles:?}");
    assert_eq!(checked.violations, 0, "{what}: {:?}", checked.report);
    assert!(checked.verdict().holds(), "{what}: {}", checked.verdict());
    assert!(checked.ratio() >= 1.0, "{what}: {}", checked.ratio());
}

/// The hypothesis whose name begins so is not met, and the report says so.
fn assert_unmet(checked: &check::Checked, name: &str) {
    let met = |h: &crate::verdict::Hypothesis| h.obstacle().is_none();
    let hypothesis = checked.report.hypotheses.iter().find(|h| h.name.starts_with(name)).unwrap();
    assert!(!met(hypothesis), "{hypothesis:?}");
    let verdict = checked.verdict();
    assert!(matches!(verdict, Verdict::Undecided { reason: Reason::HypothesisNotMet { .. } }), "{verdict}");
}
