//! The structural matrices of a start, over the probe set.

use fenchel_nn::measurement::{LayerSum, StructuralPart};
use serde::{Deserialize, Serialize};

/// The structural matrices `A`, and `B` (`A` without the head's part), of the samples of a probe set.
///
/// Numerical ranks are by a bound on the round-off of an eigenvalue relative to the largest, `backward_roundoff` of the tape.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Start {
    /// The samples measured.
    pub samples: usize,
    /// The number of outputs m.
    pub classes: usize,
    /// The Euclidean norm of the parameters.
    pub parameter_norm: f64,
    /// Mean of D(A) = log cond A, natural logarithm.
    pub d: f64,
    /// The largest D(A) of a sample.
    pub d_largest: f64,
    /// Mean of λ_max(A).
    pub lambda_max: f64,
    /// Mean of λ_max(B).
    pub below_max: f64,
    /// Mean of λ_min(B) on all directions.
    pub below_min: f64,
    /// Mean of λ_min(B) on the sum-zero directions.
    pub below_min_sum_zero: f64,
    /// Samples whose B has rank m.
    pub full_rank: usize,
    /// Samples whose B has rank 1 at most.
    pub rank_one: usize,
    /// Samples whose B is 0, to the last bit.
    pub zero: usize,
    /// Samples whose B is 0 on the sum-zero directions.
    pub zero_on_sum_zero: usize,
    /// Samples whose A is a multiple of the identity, D(A) = 0.
    pub isotropic: usize,
}

impl Start {
    /// Condenses the structural matrices of samples, of which there is at least one.
    #[must_use]
    pub(super) fn new(sums: &[LayerSum], classes: usize, parameters: &[f64], roundoff: f64) -> Self {
        let mean = |value: &dyn Fn(&LayerSum) -> f64| sums.iter().map(value).sum::<f64>() / sums.len() as f64;
        let count = |holds: &dyn Fn(&StructuralPart) -> bool| {
            sums.iter().filter(|sum| holds(&sum.below_head)).count()
        };
        let d = |sum: &LayerSum| sum.whole.eigenvalues.structural_error().d;
        Self {
            samples: sums.len(),
            classes,
            parameter_norm: parameters.iter().map(|p| p * p).sum::<f64>().sqrt(),
            d: mean(&d),
            d_largest: sums.iter().map(d).fold(f64::NEG_INFINITY, f64::max),
            lambda_max: mean(&|sum| sum.whole.eigenvalues.max),
            below_max: mean(&|sum| sum.below_head.eigenvalues.max),
            below_min: mean(&|sum| sum.below_head.eigenvalues.min),
            below_min_sum_zero: mean(&|sum| sum.below_head.sum_zero.min),
            full_rank: count(&|b| b.eigenvalues.min > roundoff * b.eigenvalues.max),
            // The other m - 1 eigenvalues sum to the trace less the largest.
            rank_one: count(&|b| {
                b.trace - b.eigenvalues.max <= classes as f64 * roundoff * b.eigenvalues.max
            }),
            zero: count(&|b| b.trace == 0.0),
            zero_on_sum_zero: count(&|b| b.sum_zero.max <= roundoff * b.eigenvalues.max),
            isotropic: sums
                .iter()
                .filter(|sum| {
                    let ends = sum.whole.eigenvalues;
                    ends.max - ends.min <= roundoff * ends.max
                })
                .count(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingredients::initialiser;
    use fenchel_nn::measurement::layer_sums;
    use fenchel_nn::models::{DenseChain, Model};
    use fenchel_random::Seed;
    use fenchel_tensor::{Engine, Shape};
    use ndarray::array;

    fn start(name: &str) -> Start {
        let tape = DenseChain::new(1, 8).tape(Shape::vector(2), 3).unwrap();
        let parameters = initialiser(name).unwrap().draw(&tape, Seed::new(4)).unwrap();
        let roundoff = tape.backward_roundoff::<f64>();
        let inputs = array![[1.0, 2.0], [0.5, 1.0], [2.0, -1.0]];
        let sums = layer_sums(&Engine::<f64>::new(tape), &parameters, inputs.view()).unwrap();
        Start::new(&sums, 3, &parameters, roundoff)
    }

    #[test]
    fn random_starts_have_full_rank() {
        let random = start("kaiming");
        assert_eq!((random.samples, random.full_rank), (3, 3));
        assert_eq!((random.rank_one, random.zero, random.zero_on_sum_zero, random.isotropic), (0, 0, 0, 0));
        assert!(random.below_min_sum_zero >= random.below_min && random.below_min > 0.0);
    }

    #[test]
    fn equal_weights_have_rank_one_as_by_hand() {
        // h_i = c (x₁ + x₂ + 1) = s c > 0 for all of the 8 units; below the head J = c 1 1' ⊗ (x, 1), so B = c² 8 (‖x‖² + 1) 1 1'.
        let equal = start("equal:0.5");
        assert_eq!((equal.rank_one, equal.zero_on_sum_zero, equal.full_rank, equal.zero), (3, 3, 0, 0));
        let expected = [6.0, 2.25, 6.0].map(|square: f64| 0.25 * 8.0 * square * 3.0);
        assert!((equal.below_max - expected.iter().sum::<f64>() / 3.0).abs() < 1e-12, "{}", equal.below_max);
        // D(A) = log(1 + λ_max(B) / (‖h‖² + 1)).
        let head = [4.0_f64, 2.5, 2.0].map(|s| 8.0 * (0.5 * s).powi(2) + 1.0);
        let d: Vec<f64> = expected.iter().zip(head).map(|(b, a)| (1.0 + b / a).ln()).collect();
        assert!((equal.d - d.iter().sum::<f64>() / 3.0).abs() < 1e-12);
        assert!((equal.parameter_norm - 0.5 * 51.0_f64.sqrt()).abs() < 1e-12);
    }

    #[test]
    fn zeros_have_nothing_below_the_head() {
        let zeros = start("zeros");
        assert_eq!((zeros.zero, zeros.isotropic, zeros.full_rank), (3, 3, 0));
        assert_eq!((zeros.d, zeros.below_max, zeros.parameter_norm), (0.0, 0.0, 0.0));
    }
}
