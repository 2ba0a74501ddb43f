//! Strategies for matrices: blocks of residual networks, data sets with their Jacobians, rows in a ball.

use super::{probabilities, vectors};
use crate::theorems::gradient_independence::BallModel;
use crate::theorems::skip_connections::singular_values;
use crate::theorems::tangent_kernel_pl::DataSet;
use fenchel_random::Seed;
use ndarray::{Array2, Axis, concatenate};
use proptest::prelude::*;

/// Matrices with entries as in [`vectors`].
pub fn matrices(rows: usize, columns: usize, size: f64) -> impl Strategy<Value = Array2<f64>> + Clone {
    // Row after row, so that the shape always fits.
    vectors(rows * columns, size)
        .prop_map(move |entries| Array2::from_shape_fn((rows, columns), |(i, j)| entries[i * columns + j]))
}

/// The linear parts B_k of residual blocks `I + B_k`, with their norms.
#[derive(Clone, Debug, PartialEq)]
pub struct ResidualBlocks {
    /// m x m each.
    pub blocks: Vec<Array2<f64>>,
    /// The largest singular value of each, rounded up; below 1.
    pub norms: Vec<f64>,
}

/// Residual blocks on R^m, 1 to 12 of them, with norms up to 0.95; some are 0.
pub fn residual_blocks(m: usize) -> impl Strategy<Value = ResidualBlocks> + Clone {
    let norm = prop_oneof![1 => Just(0.0), 4 => 0.0..0.95_f64];
    prop::collection::vec((matrices(m, m, 1.0), norm), 1..=12).prop_filter_map("a singular value", |parts| {
        let mut made = ResidualBlocks { blocks: Vec::new(), norms: Vec::new() };
        for (block, norm) in parts {
            let own = singular_values(block.view()).ok()?.last().copied()?;
            // A block of zeros stays one.
            let block = if own > 0.0 { block * (norm / own) } else { block };
            let norm = singular_values(block.view()).ok()?.last().copied()?;
            made.norms.push(norm * (1.0 + 1e-14));
            made.blocks.push(block);
        }
        Some(made)
    })
}

/// Data sets of N samples with m outputs, targets in the probability simplex, and a Jacobian of full rank more often than not.
pub fn data_sets(samples: usize, m: usize) -> impl Strategy<Value = DataSet> + Clone {
    let rows = samples * m;
    let targets = prop::collection::vec(probabilities(m), samples);
    let outputs = matrices(samples, m, 3.0);
    (matrices(rows, rows + 2, 2.0), targets, outputs, 0.0..4.0_f64).prop_filter_map(
        "targets of one length",
        move |(mut jacobian, targets, outputs, diagonal)| {
            jacobian.diag_mut().iter_mut().for_each(|entry| *entry += diagonal);
            let targets: Vec<_> = targets.iter().map(|target| target.view().insert_axis(Axis(0))).collect();
            Some(DataSet { jacobian, targets: concatenate(Axis(0), &targets).ok()?, outputs })
        },
    )
}

/// Rows drawn from the model of T15, with the model: 2 to 5 of them, in 3 to 3000 dimensions, in the unit ball.
pub fn rows_in_a_ball() -> impl Strategy<Value = (BallModel, Array2<f64>)> + Clone {
    (2..=5_usize, 3..3000_usize, prop::num::u64::ANY).prop_filter_map("a model", |(m, n, seed)| {
        let model = BallModel::new(m, n).ok()?;
        Some((model, model.draw(1.0, Seed::new(seed))))
    })
}

#[cfg(test)]
mod tests {
    //! T14 to T16 as properties.

    use super::*;
    use crate::losses::{Loss, NormPowerLoss, SquaredError};
    use crate::theorems::gradient_independence::{self, Bound};
    use crate::theorems::skip_connections::{self, ProductBounds};
    use crate::theorems::tangent_kernel_pl;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn t14_the_gap_of_a_data_set_is_paid_by_its_gradient(set in data_sets(2, 2), c in 0.2..4.0_f64) {
            let scaled = NormPowerLoss::new(c, 2.0)?;
            for (loss, c) in [(&SquaredError as &dyn Loss, 1.0), (&scaled, c * (1.0 - 1e-14))] {
                let report = tangent_kernel_pl::check(&set, loss, c)?;
                prop_assert!(!report.inequality.is_violated(), "{}", report.inequality);
                // Where the kernel is not singular up to round-off, there is an answer.
                prop_assert!(report.bound.is_infinite() || report.verdict().holds(), "{}", report.verdict());
            }
        }

        #[test]
        fn t15_on_the_event_every_bound_holds((model, rows) in rows_in_a_ball()) {
            for bound in [Bound::Least, Bound::Most, Bound::Spread, Bound::SharperSpread] {
                let report = gradient_independence::check(rows.view(), 1.0, bound)?;
                let on_the_event = report.hypotheses.iter().all(|hypothesis| hypothesis.obstacle().is_none());
                let void = report.bound.is_infinite();
                prop_assert!(!on_the_event || void || report.verdict().holds(), "{bound:?}: {}", report.inequality);
            }
            if let (Some(sharper), Some(plain)) = (model.sharper_spread(), model.spread()) {
                // For two rows they are the same number, rounded in two ways.
                prop_assert!(sharper <= plain * (1.0 + 1e-13) && plain > 0.0);
            }
        }

        #[test]
        fn t16_products_stay_between_the_products(made in residual_blocks(3)) {
            let report = skip_connections::check(&made.blocks, &made.norms)?;
            prop_assert!(report.verdict().holds(), "{}", report.verdict());
            let bounds = ProductBounds::of(&made.norms)?;
            prop_assert!(bounds.coarse_least <= bounds.least * (1.0 + 1e-14));
            prop_assert!(bounds.most <= bounds.coarse_most * (1.0 + 1e-14));
        }
    }
}
