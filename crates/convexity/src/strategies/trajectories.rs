//! Strategies for recorded trajectories: runs of generalised descent on the catalogue, and of mini-batch
//! descent on finite sums.

use super::{objectives, vectors};
use crate::catalogue::{Entry, LogCosh, Quadratic, Separable};
use crate::error::ConvexityError;
use crate::moduli::{Modulus, Side};
use crate::norms::Norm;
use crate::objectives::{Domain, Objective, Precomposed};
use crate::trajectory::{BatchRun, FiniteSum, GeneralisedDescent, MiniBatchDescent, Trajectory};
use fenchel_random::Seed;
use ndarray::{Array1, Array2};
use proptest::prelude::*;
use std::sync::Arc;

/// A run of generalised descent on a row of the catalogue, with the modulus that made it.
#[derive(Clone, Debug)]
pub struct Descent {
    /// The function.
    pub entry: Entry,
    /// A known modulus of smoothness, a norm power with r > 1.
    pub modulus: Modulus,
    /// The relative step a.
    pub step: f64,
    /// The points.
    pub trajectory: Trajectory,
}

/// Runs of generalised descent on the smooth rows of the catalogue in dimension m, from starts of size up
/// to 3, with relative steps in (0, 2).
pub fn descents(m: usize) -> impl Strategy<Value = Descent> + Clone {
    let step = prop_oneof![2 => Just(1.0), 1 => 0.05..2.0_f64];
    (objectives(m), vectors(m, 3.0), step, 1..15_usize, prop::num::usize::ANY).prop_filter_map(
        "a smooth function on the whole space, and a run within f64",
        |(entry, start, step, steps, pick)| {
            let smooth: Vec<Modulus> = entry
                .constants()
                .iter()
                .map(|known| known.modulus.clone())
                .filter(|modulus| modulus.side() == Side::Smooth)
                .filter(|modulus| modulus.as_norm_power().is_some_and(|(_, r, _)| r.get() > 1.0))
                .collect();
            if smooth.is_empty() || entry.objective().domain() != Domain::Whole {
                return None;
            }
            let modulus = smooth[pick % smooth.len()].clone();
            let method = GeneralisedDescent::new(modulus.potential().clone(), step).ok()?;
            let trajectory = method.run(entry.objective(), &start, steps).ok()?;
            Some(Descent { entry, modulus, step, trajectory })
        },
    )
}

/// A run of mini-batch descent with its finite sum and the modulus of its steps.
#[derive(Clone, Debug)]
pub struct BatchDescent {
    /// The sum.
    pub sum: FiniteSum,
    /// The modulus of every sample, and so of every batch.
    pub modulus: Modulus,
    /// The points and batches.
    pub run: BatchRun,
}

/// Runs of mini-batch descent in R^m on 2 to 6 samples, each a parabola or log cosh after an affine map.
pub fn batch_descents(m: usize) -> impl Strategy<Value = BatchDescent> + Clone {
    let sample = (prop::bool::ANY, vectors(m, 1.0), -2.0..2.0_f64);
    let sum = prop::collection::vec(sample, 2..=6);
    (sum, vectors(m, 3.0), 1..20_usize, prop::num::u64::ANY)
        .prop_filter_map("samples that are not constant", |(samples, start, steps, seed)| {
            batch_descent(samples, start, steps, seed).ok()
        })
}

fn batch_descent(
    samples: Vec<(bool, Array1<f64>, f64)>,
    start: Array1<f64>,
    steps: usize,
    seed: u64,
) -> Result<BatchDescent, ConvexityError> {
    let mut constant = 0.0_f64;
    let mut losses: Vec<Arc<dyn Objective>> = Vec::new();
    for (quadratic, row, shift) in samples {
        constant = constant.max(row.dot(&row));
        let matrix = Array2::from_shape_fn((1, row.len()), |(_, j)| row[j]);
        let shift = Array1::from(vec![shift]);
        losses.push(if quadratic {
            Arc::new(Precomposed::new(Quadratic::diagonal(&[1.0])?, matrix, shift)?)
        } else {
            Arc::new(Precomposed::new(Separable::new(LogCosh, 1)?, matrix, shift)?)
        });
    }
    // The largest squared norm of a row, rounded up.
    let modulus = Modulus::smooth(constant * (1.0 + 1e-12), 2.0, Norm::L2)?;
    let size = 1 + seed as usize % losses.len();
    let sum = FiniteSum::new(losses)?;
    let method = GeneralisedDescent::new(modulus.potential().clone(), 1.0)?;
    let run = MiniBatchDescent::new(method, size, Seed::new(seed))?.run(&sum, &start, steps)?;
    Ok(BatchDescent { sum, modulus, run })
}

#[cfg(test)]
mod tests {
    //! T6 to T9 as properties.

    use super::*;
    use crate::theorems::descent::{self, Run};
    use crate::theorems::gradient_bounds::Infimum;
    use crate::theorems::{expected_smoothness, interference, rates};

    proptest! {
        #![proptest_config(ProptestConfig {
            cases: 100,
            failure_persistence: None,
            ..ProptestConfig::default()
        })]

        #[test]
        fn t6_every_step_decreases_by_its_share(run in descents(2)) {
            let Descent { entry, modulus, step, trajectory } = &run;
            let report = descent::check(&Run::new(entry.objective(), modulus, trajectory), *step)?;
            prop_assert!(report.verdict().holds(), "{}: {}", entry.objective().name(), report.verdict());
        }

        #[test]
        fn t7_the_rates_hold_at_every_prefix(run in descents(2)) {
            let Descent { entry, modulus, step, trajectory } = &run;
            prop_assume!(*step == 1.0 && modulus.offset() == 0.0);
            let instance = Run::new(entry.objective(), modulus, trajectory);
            if let Some((minimiser, _)) = entry.minimum() {
                let report = rates::energy(&instance, &Infimum::At(minimiser.to_owned()))?;
                prop_assert!(report.verdict().holds(), "{}: {}", entry.objective().name(), report.verdict());
                if entry.is_closed_convex() && trajectory.states()[0].point.iter().any(|&x| x != 0.0) {
                    let report = rates::convex(&instance, minimiser)?;
                    let verdict = report.verdict();
                    prop_assert!(verdict.holds(), "{}: {verdict}", entry.objective().name());
                }
            }
        }

        #[test]
        fn t9_second_moments_and_the_expected_decrease(run in batch_descents(3), share in 0.05..3.0_f64) {
            let (BatchDescent { sum, modulus, run }, n) = (&run, run.sum.len());
            let constant = modulus.as_norm_power().map_or(f64::NAN, |(c, ..)| c);
            // No sample is negative, and every sample is a batch.
            let (infima, singles) = (vec![0.0; n], (0..n).map(|i| vec![i]).collect::<Vec<_>>());
            let instance = expected_smoothness::Instance {
                sum,
                trajectory: run.trajectory(),
                constant,
                step: share / constant,
                infima: &infima,
            };
            for report in expected_smoothness::check(&instance, &singles)? {
                prop_assert!(report.verdict().holds(), "{}", report.verdict());
            }
        }

        #[test]
        fn t8_energy_is_paid_by_the_risk_and_the_interference(run in batch_descents(3)) {
            let report = interference::check(&run.sum, &run.run, &run.modulus)?;
            prop_assert!(report.verdict().holds(), "{}", report.verdict());
            let report = interference::identity(&run.sum, &run.run)?;
            prop_assert!(report.verdict().holds(), "{}", report.verdict());
        }
    }
}
