//! The data set level: the tangent kernel of all samples, its smallest eigenvalue, and the bound of theorem T14.

use std::sync::Arc;

use fenchel_convexity::losses::Loss;
use fenchel_convexity::moduli::Side;
use fenchel_convexity::norms::Norm;
use fenchel_tensor::gemm::product;
use fenchel_tensor::spectrum::{eigenvalues, sum_zero_basis};
use fenchel_tensor::{Engine, Tape, TensorError};
use ndarray::{Array2, ArrayView2, s};

use super::ExtremeEigenvalues;
use crate::NnError;
use crate::trainer::{residuals_of, same_rows};

/// What a whole set shows at once.
#[derive(Clone, Debug, PartialEq)]
pub struct DataSetLevel {
    /// `R - mean l_inf`.
    pub risk: f64,
    /// `‖grad R‖²`, the squared norm of the mean gradient.
    pub squared_gradient_norm: f64,
    /// The extreme eigenvalues of the `N m x N m` tangent kernel `K = J J'`.
    pub eigenvalues: ExtremeEigenvalues,
    /// Those of its restriction to vectors whose part of every sample sums to zero, where the loss's residuals always lie there.
    pub sum_zero_eigenvalues: Option<ExtremeEigenvalues>,
    /// The constant c of H(N(c, 2, l2))-convexity of the loss in its output, if it has one; cross-entropy has none.
    pub convexity: Option<f64>,
    /// T14: `N ‖grad R‖² / (2 c lambda_min)`, infinite for a singular kernel, none without c.
    pub bound: Option<f64>,
    /// The same with every measured number moved against the theorem by its round-off.
    bound_with_roundoff: Option<f64>,
}

impl DataSetLevel {
    /// Whether the risk exceeds the bound by more than round-off; none where there is no bound. A NaN exceeds it.
    #[must_use]
    pub fn is_violated(&self) -> Option<bool> {
        self.bound_with_roundoff.map(|bound| {
            let within = self.risk * (1.0 - 8.0 * f64::EPSILON) <= bound;
            !within
        })
    }
}

/// Measures T14 on a set of up to a few hundred samples: `inputs` is `N x d`, `targets` `N x m`.
///
/// Cost: that of [`Engine::tangent_kernel`] and of the eigenvalues, some `2 (N m)^3` operations (twice for losses whose residuals sum to zero);
/// memory `8 (N m)^2` bytes, and a few hundred megabytes while the kernel is made.
///
/// # Errors
/// If a shape does not fit, there is no sample, a target is not admissible, or an output is not finite.
///
/// ```
/// use std::sync::Arc;
/// use fenchel_convexity::losses::SquaredError;
/// use fenchel_nn::{measurement::data_set_level, models::{DenseChain, Model}};
/// use ndarray::array;
///
/// // Orthogonal inputs of a linear model without hidden layers: K = (‖x‖² + 1) I less the shared bias.
/// let tape = DenseChain::new(0, 0).tape(fenchel_tensor::Shape::vector(2), 1)?;
/// let level = data_set_level(&tape, &(Arc::new(SquaredError) as _), &[0.0; 3],
///     array![[1.0, 0.0], [0.0, 1.0]].view(), array![[1.0], [-1.0]].view())?;
/// // K = [[2, 1], [1, 2]], R = 1/2, and e = (-1, 1) is the eigenvector of the eigenvalue 1: equality.
/// assert!((level.eigenvalues.min - 1.0).abs() < 1e-14 && (level.bound.unwrap() - 0.5).abs() < 1e-14);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn data_set_level(
    tape: &Arc<Tape>,
    loss: &Arc<dyn Loss>,
    parameters: &[f64],
    inputs: ArrayView2<'_, f64>,
    targets: ArrayView2<'_, f64>,
) -> Result<DataSetLevel, NnError> {
    same_rows(&inputs, &targets)?;
    let (count, m) = (inputs.nrows(), tape.outputs());
    if targets.ncols() != m {
        let (got, needs) = (targets.shape().to_vec(), format!("[samples, {m}]"));
        return Err(TensorError::Argument { argument: "targets", got, needs }.into());
    }
    let engine = Engine::<f64>::new(tape.clone());
    let outputs = engine.outputs(parameters, inputs)?;
    let mut residuals = Array2::zeros(outputs.dim());
    let losses = residuals_of(&**loss, outputs.view(), targets, residuals.view_mut(), 1.0)?;
    let excess = losses.iter().zip(targets.rows()).map(|(l, target)| l - loss.infimum(&target));
    let risk = excess.sum::<f64>() / count as f64;
    let mut gradient = vec![0.0; parameters.len()];
    engine.gradient_sum::<NnError>(parameters, inputs, &mut gradient, |rows, _, mut into| {
        into.assign(&(&residuals.slice(s![rows, ..]) / count as f64));
        Ok(())
    })?;
    let squared_gradient_norm: f64 = gradient.iter().map(|g| g * g).sum();

    let kernel = engine.tangent_kernel(parameters, inputs, inputs)?;
    // The kernel's own products, sums of n terms, beside the backward passes.
    let roundoff =
        tape.backward_roundoff::<f64>() + 2.0 * (parameters.len() + count * m) as f64 * f64::EPSILON;
    let whole = eigenvalues(kernel.view())?;
    let off = roundoff * whole[whole.len() - 1].abs();
    let ends =
        |values: &[f64]| ExtremeEigenvalues::above_roundoff([values[0], values[values.len() - 1]], off);
    let extremes = ends(&whole);
    let sum_zero_eigenvalues = if loss.residual_sums_to_zero() && m > 1 {
        Some(ends(&eigenvalues(on_sum_zero(&kernel, count, m).view())?))
    } else {
        None
    };
    let convexity = loss
        .moduli(m)?
        .iter()
        .filter(|modulus| modulus.side() == Side::Convex && modulus.offset() == 0.0)
        .filter_map(|modulus| modulus.as_norm_power())
        .filter(|(_, r, norm)| r.get() == 2.0 && **norm == Norm::L2)
        .map(|(c, ..)| c)
        .reduce(f64::max);
    let bound = |square: f64, least: f64, c: f64| {
        if least > 0.0 { count as f64 * square / (2.0 * c * least) } else { f64::INFINITY }
    };
    // ‖grad R‖² is off relative to lambda_max ‖e‖² / N², not to itself.
    let energy: f64 = residuals.iter().map(|e| e * e).sum::<f64>() / (count * count) as f64;
    let moved_square = squared_gradient_norm + 2.0 * roundoff * extremes.max * energy;
    let moved_least = extremes.min - off;
    Ok(DataSetLevel {
        risk,
        squared_gradient_norm,
        eigenvalues: extremes,
        sum_zero_eigenvalues,
        convexity,
        bound: convexity.map(|c| bound(squared_gradient_norm, extremes.min, c)),
        bound_with_roundoff: convexity.map(|c| bound(moved_square, moved_least, c)),
    })
}

/// `Q'KQ` with Q the sum-zero basis in every sample's block.
fn on_sum_zero(kernel: &Array2<f64>, count: usize, m: usize) -> Array2<f64> {
    let q = sum_zero_basis(m);
    let mut restricted = Array2::zeros((count * (m - 1), count * (m - 1)));
    for i in 0..count {
        for j in 0..count {
            let part = kernel.slice(s![i * m..(i + 1) * m, j * m..(j + 1) * m]);
            let small = product(product(q.t(), part).view(), q.view());
            restricted
                .slice_mut(s![i * (m - 1)..(i + 1) * (m - 1), j * (m - 1)..(j + 1) * (m - 1)])
                .assign(&small);
        }
    }
    restricted
}
