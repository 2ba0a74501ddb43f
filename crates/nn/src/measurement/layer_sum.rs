//! The structural matrix by layer: which part of it each layer gives, and what is left without the head (T12, T13).

use fenchel_tensor::spectrum::sum_zero_basis;
use fenchel_tensor::{Engine, Real};
use ndarray::{Array2, Array3, ArrayView2, ArrayView3, Axis, s};

use super::ExtremeEigenvalues;
use super::structural_error::{extremes, restricted_extremes};
use crate::NnError;
use crate::trainer::same_rows;

/// One positive semi-definite part of a structural matrix.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StructuralPart {
    /// The trace, which is additive over the parts.
    pub trace: f64,
    /// The extreme eigenvalues on all outputs.
    pub eigenvalues: ExtremeEigenvalues,
    /// Those on the directions that sum to zero; the same for a model of one output, which has none.
    pub sum_zero: ExtremeEigenvalues,
}

/// The structural matrix of one sample by layer.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerSum {
    /// The part of each layer with parameters, in the order of [`Tape::layers_with_parameters`](fenchel_tensor::Tape::layers_with_parameters).
    pub layers: Vec<StructuralPart>,
    /// `B = A` less the part of the last layer: without the floor that a head with bias gives (T12). Zero for a model of one layer.
    pub below_head: StructuralPart,
    /// The whole matrix, summed from its parts.
    pub whole: StructuralPart,
}

/// The structural matrices of samples (`inputs` is `B x d`) by layer, in precision `T`, eigenvalues in `f64`.
///
/// Cost: m backward passes a sample, and for every layer and sample the eigenvalues of two matrices of m rows.
///
/// # Errors
/// If a shape does not fit, or a number is not finite.
///
/// ```
/// use std::sync::Arc;
/// use fenchel_nn::{measurement::layer_sums, models::{DenseChain, Model}};
/// use fenchel_tensor::Engine;
/// use ndarray::array;
///
/// // With zero weights only the head's bias and weight see anything: A = (‖h‖² + 1) I, h = 0, and nothing below.
/// let tape = DenseChain::new(1, 4).tape(fenchel_tensor::Shape::vector(2), 3)?;
/// let zeros = vec![0.0; tape.parameters().len()];
/// let sums = layer_sums(&Engine::<f64>::new(tape), &zeros, array![[1.0, 2.0]].view())?;
/// assert_eq!(sums[0].whole.eigenvalues.min, 1.0);
/// assert_eq!(sums[0].below_head.eigenvalues.max, 0.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn layer_sums<T: Real>(
    engine: &Engine<T>,
    parameters: &[T],
    inputs: ArrayView2<'_, T>,
) -> Result<Vec<LayerSum>, NnError> {
    let no_targets = Array2::zeros((inputs.nrows(), 0));
    same_rows(&inputs, &no_targets.view())?;
    let m = engine.tape().outputs();
    let basis = (m > 1).then(|| sum_zero_basis(m));
    let roundoff = engine.tape().backward_roundoff::<T>();
    let chunks = engine.map_chunks::<_, NnError, _>(inputs.nrows(), |sweep, rows| {
        let samples = rows.len();
        let by_layer = sweep.forward(parameters, inputs.slice(s![rows, ..]))?.structure_by_layer();
        (0..samples)
            .map(|sample| {
                let layers = by_layer.index_axis(Axis(1), sample).mapv(T::as_f64);
                let mut parts = parts(with_sums(&layers).view(), basis.as_ref(), roundoff)?;
                let whole = parts.pop().expect("the whole comes last");
                let below_head = parts.pop().expect("what is below the head comes before it");
                Ok(LayerSum { layers: parts, below_head, whole })
            })
            .collect::<Result<Vec<_>, NnError>>()
    })?;
    Ok(chunks.concat())
}

/// The matrices of all layers of one sample (`layers x m x m`), then the sum of all but the last layer, then the sum of all.
fn with_sums(layers: &Array3<f64>) -> Array3<f64> {
    let (count, m, _) = layers.dim();
    let mut all = Array3::zeros((count + 2, m, m));
    all.slice_mut(s![..count, .., ..]).assign(layers);
    let mut below = Array2::zeros((m, m));
    let mut head = Array2::zeros((m, m));
    for layer in layers.outer_iter() {
        below += &head;
        head.assign(&layer);
    }
    all.index_axis_mut(Axis(0), count + 1).assign(&(&below + &head));
    all.index_axis_mut(Axis(0), count).assign(&below);
    all
}

/// What is measured of every matrix of a batch, whose eigenvalues are off by a share `roundoff` of its
/// largest.
fn parts(
    matrices: ArrayView3<'_, f64>,
    basis: Option<&Array2<f64>>,
    roundoff: f64,
) -> Result<Vec<StructuralPart>, NnError> {
    let whole = extremes(matrices)?;
    let sum_zero = match basis {
        Some(q) => restricted_extremes(matrices, q)?,
        None => whole.clone(),
    };
    let traces = matrices.outer_iter().map(|matrix| matrix.diag().sum());
    let ends = whole.into_iter().zip(sum_zero);
    let parts = traces.zip(ends);
    Ok(parts
        .map(|(trace, (whole, sum_zero))| {
            let above = |ends| ExtremeEigenvalues::above_roundoff(ends, roundoff * whole[1].abs());
            StructuralPart { trace, eigenvalues: above(whole), sum_zero: above(sum_zero) }
        })
        .collect())
}
