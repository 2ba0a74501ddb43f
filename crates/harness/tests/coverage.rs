//! How often what is called an interval covers the truth, by simulation; the guide prints this table.

use fenchel_harness::statistics::{Estimate, median_estimate, share};
use fenchel_random::Seed;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Write;

const TRIALS: usize = 4000;

/// How many of the trials cover `truth`.
fn covered(name: &str, truth: f64, estimate: impl Fn(&mut dyn FnMut() -> f64) -> Estimate) -> usize {
    let mut stream = Seed::new(7).derive("coverage").derive(name).stream();
    let mut uniform = || stream.random::<f64>();
    let trial = |_| {
        let (low, high) = estimate(&mut uniform).range();
        low <= truth && truth <= high
    };
    (0..TRIALS).map(trial).filter(|&covers| covers).count()
}

/// Distributions by their quantile functions, with their medians.
type Distribution = (&'static str, fn(f64) -> f64, f64);

const DISTRIBUTIONS: [Distribution; 3] = [
    ("uniform", |u| u, 0.5),
    // Half of all values at the median itself.
    (
        "with ties",
        |u| {
            if u < 0.25 {
                -1.0
            } else if u < 0.75 {
                0.0
            } else {
                1.0
            }
        },
        0.0,
    ),
    // Heavy tails on one side: without a mean.
    ("heavy-tailed", |u| 1.0 / (1.0 - u), 2.0),
];

/// The table, and the least number of trials covered among the rows of intervals.
fn table() -> (String, usize) {
    let mut text = String::from("| what | replicates | true value | covered |\n|---|---|---|---|\n");
    let mut least = TRIALS;
    let mut row = |what: &str, replicates: usize, truth: f64, covered: usize| {
        let percent = 100.0 * covered as f64 / TRIALS as f64;
        // Writing into a String cannot fail.
        let _ = writeln!(text, "| {what} | {replicates} | {truth} | {percent:.1} % |");
    };
    for (name, quantile, median) in DISTRIBUTIONS {
        for n in [3, 5, 6, 10, 30] {
            let own = covered(&format!("median {name} {n}"), median, |uniform| {
                let sample: Vec<f64> = (0..n).map(|_| quantile(uniform())).collect();
                median_estimate(&sample).expect("numbers")
            });
            let what = if n < 6 { "range" } else { "interval of the median" };
            row(&format!("{what}, {name}"), n, median, own);
            least = if n < 6 { least } else { least.min(own) };
        }
    }
    for p in [0.5, 0.9, 0.99] {
        for n in [10, 100, 1000] {
            let known = RefCell::new(BTreeMap::new());
            let own = covered(&format!("share {p} {n}"), p, |uniform| {
                let successes = (0..n).filter(|_| uniform() < p).count();
                *known.borrow_mut().entry(successes).or_insert_with(|| share(successes, n).expect("trials"))
            });
            row("interval of a share", n, p, own);
            least = least.min(own);
        }
    }
    (text, least)
}

#[test]
fn what_is_called_an_interval_covers_and_the_guide_says_how_often() {
    let (table, least) = table();
    // 95 % of 4000 are 3800, with a standard deviation of 13.8: four of them below.
    assert!(least >= 3745, "{least} of {TRIALS}\n{table}");
    let guide = include_str!("../../../docs/guide.md");
    assert!(guide.contains(&table), "docs/guide.md does not hold this table:\n{table}");
}
