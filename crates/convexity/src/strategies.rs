//! Strategies for property tests, under feature `proptest`: vectors, norms, potentials, functions of the catalogue, losses, matrices, trajectories.
//!
//! # Property-testing a function of one's own
//!
//! In the manifest, `fenchel-convexity` goes under `[dev-dependencies]` with `features = ["proptest"]`, and `proptest` itself beside it. Bring the function as a
//! [`Formula`](crate::objectives::Formula) (or as a [`Closure`](crate::objectives::Closure)), draw vectors, and state what is to hold of it: that its gradient is its
//! derivative, the definition for the modulus it is said to have, and what a theorem makes of that. proptest shrinks a failing pair to a small one. Compare with a
//! bound on the round-off of the formula, not with 0.
//!
//! A property test draws blindly and finds gross mistakes, such as a sign or a factor. Whether a constant is the best one is a question
//! for [`Claim::falsify`](crate::claims::Claim::falsify), which searches; and a proof on a box is one for [`certified`](crate::certified).
//!
//! The following is a whole test file, and a part of this crate's own suite:
//!
//! ```text
#![doc = include_str!("strategies/own_function.rs")]
//! ```

mod matrices;
#[cfg(test)]
mod own_function;
mod trajectories;

pub use matrices::{ResidualBlocks, data_sets, matrices, residual_blocks, rows_in_a_ball};
pub use trajectories::{BatchDescent, Descent, batch_descents, descents};

use crate::catalogue::{Entry, entries};
use crate::losses::{
    Entmax, Logistic, Loss, NormPowerLoss, PowerRegression, SoftmaxCrossEntropy, Sparsemax, SquaredError,
    Weighted,
};
use crate::norms::Norm;
use crate::potentials::Potential;
use ndarray::{Array1, Array2};
use proptest::prelude::*;
use std::sync::Arc;

/// How many random instances a test examines: so many as it says, or as the environment's `FENCHEL_DRAWS`.
#[cfg(test)]
pub(crate) fn draws(own: u64) -> u64 {
    match std::env::var("FENCHEL_DRAWS") {
        Ok(wanted) => wanted.parse().expect("FENCHEL_DRAWS is a number of instances"),
        Err(_) => own,
    }
}

/// The seed of these instances: that of the test, or the environment's `FENCHEL_SEED`, so that many draws can be made in
/// parts and by several processes.
#[cfg(test)]
pub(crate) fn seed(own: u64) -> u64 {
    match std::env::var("FENCHEL_SEED") {
        Ok(wanted) => wanted.parse().expect("FENCHEL_SEED is a whole number"),
        Err(_) => own,
    }
}

/// Vectors in R^m with entries up to a size, with zeros, equal entries and small entries more often than chance has them.
pub fn vectors(m: usize, size: f64) -> impl Strategy<Value = Array1<f64>> + Clone {
    let entry = prop_oneof![
        4 => -size..=size,
        1 => Just(0.0),
        1 => Just(size / 2.0),
        1 => Just(-size / 2.0),
        1 => (-size..=size).prop_map(|x| x * 1e-3),
    ];
    prop::collection::vec(entry, m).prop_map(Array1::from)
}

/// Points of the probability simplex in R^m: corners, points of faces, and interior points.
pub fn probabilities(m: usize) -> impl Strategy<Value = Array1<f64>> + Clone {
    let corner = (0..m).prop_map(move |hot| Array1::from_shape_fn(m, |i| f64::from(u8::from(i == hot))));
    let weight = prop_oneof![3 => 0.001..1.0_f64, 1 => Just(0.0)];
    let inner = prop::collection::vec(weight, m).prop_map(|weights| {
        let mut p = Array1::from(weights);
        // All weights zero: the uniform point.
        if p.sum() == 0.0 {
            p.fill(1.0);
        }
        let sum = p.sum();
        p / sum
    });
    prop_oneof![corner, inner]
}

/// Exponents in (1, inf) at which constants of conjugates stay moderate.
pub fn exponents() -> impl Strategy<Value = f64> + Clone {
    prop_oneof![Just(2.0), Just(1.5), Just(3.0), 1.1..2.0_f64, 2.0..10.0_f64]
}

/// Norms on R^m: l_p with the limits, weighted Euclidean, products.
pub fn norms(m: usize) -> impl Strategy<Value = Norm> + Clone {
    let limits = prop_oneof![Just(Norm::L1), Just(Norm::L2), Just(Norm::LINF)];
    // The constructors only refuse what the ranges exclude, so that the fall-back to l_2 is never taken.
    let lp = exponents().prop_map(|p| Norm::lp(p).unwrap_or(Norm::L2));
    let weighted = prop::collection::vec(-1.0..1.0_f64, m * m).prop_map(move |entries| {
        let b = Array2::from_shape_fn((m, m), |(i, j)| entries[i * m + j]);
        let q = b.t().dot(&b) + Array2::<f64>::eye(m) * 0.1;
        Norm::weighted_euclidean(q.view()).unwrap_or(Norm::L2)
    });
    let product =
        (1..=m, exponents(), exponents(), prop::bool::ANY).prop_map(move |(first, outer, inner, limit)| {
            let inner = if limit { Norm::LINF } else { Norm::lp(inner).unwrap_or(Norm::L2) };
            let mut blocks = vec![(first, inner)];
            if first < m {
                blocks.push((m - first, Norm::L1));
            }
            Norm::product(outer, blocks).unwrap_or(Norm::L2)
        });
    prop_oneof![limits, lp, weighted, product]
}

/// Norm powers on R^m with moderate constants.
pub fn norm_powers(m: usize) -> impl Strategy<Value = Potential> + Clone {
    (0.1..10.0_f64, exponents(), norms(m))
        .prop_filter_map("a constant beyond f64", |(c, r, norm)| Potential::norm_power(c, r, norm).ok())
}

/// Potentials on R^m: norm powers with the limits, exponential and hyperbolic types, Huber's, their multiples and dilations, separable sums.
pub fn potentials(m: usize) -> impl Strategy<Value = Potential> + Clone {
    let other = (0.1..10.0_f64, 0.2..5.0_f64, norms(m), 0..5_usize).prop_filter_map(
        "a constant beyond f64",
        |(a, b, norm, kind)| {
            let potential = match kind {
                0 => Potential::norm_power(a, 1.0, norm),
                1 => Potential::ball(a, norm),
                2 => Ok(Potential::exponential(norm)),
                3 => Ok(Potential::hyperbolic_cosine(norm)),
                _ => Potential::huber(a, norm),
            };
            potential.and_then(|psi| psi.scaled(a)).and_then(|psi| psi.dilated(b)).ok()
        },
    );
    let separable = prop::collection::vec((0.1..10.0_f64, exponents()), m).prop_filter_map(
        "a constant beyond f64",
        |powers| {
            let blocks: Result<Vec<_>, _> = powers
                .into_iter()
                .map(|(c, r)| Potential::norm_power(c, r, Norm::L2).map(|psi| (1, psi)))
                .collect();
            blocks.and_then(Potential::separable).ok()
        },
    );
    prop_oneof![norm_powers(m), other, separable]
}

/// Rows of the catalogue in dimension m >= 1: functions with their known constants.
pub fn objectives(m: usize) -> impl Strategy<Value = Entry> + Clone {
    prop::sample::select(entries(m.max(1)).unwrap_or_default())
}

/// Losses of every kind.
pub fn losses() -> impl Strategy<Value = Arc<dyn Loss>> + Clone {
    let weighted = (0.01..10.0_f64, plain_losses()).prop_filter_map("weight", |(weight, loss)| {
        Weighted::new(weight, loss).ok().map(|loss| Arc::new(loss) as _)
    });
    prop_oneof![3 => plain_losses(), 1 => weighted]
}

fn plain_losses() -> impl Strategy<Value = Arc<dyn Loss>> + Clone {
    fn share(loss: impl Loss + 'static) -> Arc<dyn Loss> {
        Arc::new(loss)
    }
    prop_oneof![
        Just(share(SquaredError)),
        Just(share(SoftmaxCrossEntropy)),
        Just(share(Logistic)),
        Just(share(Sparsemax)),
        (1.01..100.0_f64).prop_filter_map("alpha", |alpha| Entmax::new(alpha).ok().map(share)),
        (0.2..5.0_f64, exponents())
            .prop_filter_map("c, r", |(c, r)| NormPowerLoss::new(c, r).ok().map(share)),
        (2.0..8.0_f64).prop_filter_map("k", |k| PowerRegression::new(k).ok().map(share)),
    ]
}

#[cfg(test)]
mod tests;
