//! The structural matrix by layer: which part of it each layer gives, and what is left without the head (T12, T13).

use fenchel_tensor::spectrum::{eigenvalues, sum_zero_basis};
use fenchel_tensor::{Engine, Real};
use ndarray::{Array2, ArrayView2, Axis, s};

use super::ExtremeEigenvalues;
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
    let part = |matrix: &Array2<f64>| -> Result<StructuralPart, NnError> {
        let ends = |matrix: ArrayView2<'_, f64>| -> Result<ExtremeEigenvalues, NnError> {
            Ok(ExtremeEigenvalues::of_ascending(&eigenvalues(matrix)?).expect("a model has outputs"))
        };
        let eigenvalues = ends(matrix.view())?;
        let sum_zero = match &basis {
            Some(q) => ends(q.t().dot(matrix).dot(q).view())?,
            None => eigenvalues,
        };
        Ok(StructuralPart { trace: matrix.diag().sum(), eigenvalues, sum_zero })
    };
    let chunks = engine.map_chunks::<_, NnError, _>(inputs.nrows(), |sweep, rows| {
        let samples = rows.len();
        sweep.forward(parameters, inputs.slice(s![rows, ..]))?;
        let by_layer = sweep.structure_by_layer(parameters)?;
        (0..samples)
            .map(|sample| {
                let (mut below, mut layers) = (Array2::<f64>::zeros((m, m)), Vec::new());
                let mut head = Array2::zeros((m, m));
                for layer in by_layer.axis_iter(Axis(0)) {
                    below += &head;
                    head = layer.index_axis(Axis(0), sample).mapv(T::as_f64);
                    layers.push(part(&head)?);
                }
                Ok(LayerSum { layers, below_head: part(&below)?, whole: part(&(&below + &head))? })
            })
            .collect::<Result<Vec<_>, NnError>>()
    })?;
    Ok(chunks.concat())
}
