//! A sweep: the values of a few samples on a tape, and the backward passes over them.

mod backward;
mod fan;
mod forward;
mod tangent;

use std::sync::Arc;

use ndarray::{Array3, Array4, ArrayView2};

use crate::buffer::Buffer;
use crate::collectors::{BlockScratch, FanCollector, GradientSum, Gram, Jacobian, SquaredNorms};
use crate::kernels::transpose;
use crate::layers::{Fan, GatheredScratch, Normalised};
use crate::{Real, Tape, TensorError};

/// The values of up to a few dozen samples at every node of a tape, and the buffers of its backward passes.
///
/// Call [`forward`](Self::forward) once, then any of the backward passes, as often as wanted. Buffers grow to the
/// largest use and are kept, so a steady loop allocates nothing.
///
/// ```
/// use std::sync::Arc;
/// use fenchel_tensor::{Shape, Sweep, TapeBuilder};
/// use ndarray::array;
///
/// // f(x) = W x, so J J' = ‖x‖² I.
/// let mut net = TapeBuilder::new(Shape::vector(2));
/// let x = net.input();
/// let y = net.dense_without_bias("head", x, 3)?;
/// let tape = Arc::new(net.finish(y)?);
///
/// let mut sweep = Sweep::new(tape);
/// let parameters = [0.5, -1.0, 2.0, 0.0, 1.0, 1.0];
/// sweep.forward(&parameters, array![[3.0, 4.0]].view())?;
/// let structure = sweep.structure(&parameters)?;
/// assert_eq!(structure.index_axis(ndarray::Axis(0), 0), ndarray::Array2::eye(3) * 25.0);
/// # Ok::<(), fenchel_tensor::TensorError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Sweep<T> {
    tape: Arc<Tape>,
    samples: usize,
    /// The samples padded with zeros to whole vectors: see the layers' documentation.
    lanes: usize,
    /// Each node's value, `len x lanes`.
    values: Vec<Buffer<T>>,
    saved: Vec<Saved<T>>,
    outputs: Vec<T>,
    /// Each node's cotangents: one a sample, `len x lanes`.
    cotangents: Vec<Buffer<T>>,
    fans: Fans<T>,
    scratch: Scratch<T>,
}

/// The state of a backward pass with a fan of cotangents for every sample.
#[derive(Clone, Debug)]
struct Fans<T> {
    /// Values sample by sample, `S x len`, of the nodes that the pass needs.
    values: Vec<Vec<T>>,
    /// Normalised values `S x len`, then inverse deviations `S x groups`.
    normalised: Vec<Normalised<T>>,
    /// `S x outputs`.
    argmax: Vec<Vec<u32>>,
    /// Convolutions' weights from outputs to inputs.
    packed: Vec<Vec<T>>,
    /// The same for cotangents in a list; empty until the pass needs them.
    packed_by_entry: Vec<Vec<T>>,
    /// Cotangents at vectors, `S x K x len`.
    vectors: Vec<Vec<T>>,
    /// One sample's cotangents at images.
    images: Vec<Fan<T>>,
}

/// Buffers that the kernels share.
#[derive(Clone, Debug, Default)]
struct Scratch<T> {
    block: BlockScratch<T>,
    gathered: GatheredScratch,
    packed: Vec<T>,
    numbers: Vec<T>,
    written: Vec<bool>,
}

/// What a node's forward pass keeps for its backward one, beside its value.
#[derive(Clone, Debug)]
enum Saved<T> {
    Nothing,
    Argmax(Vec<u32>),
    Normalised(Normalised<T>),
}

impl<T: Real> Sweep<T> {
    /// An empty sweep over a tape.
    #[must_use]
    pub fn new(tape: Arc<Tape>) -> Self {
        let nodes = tape.records.len();
        Self {
            samples: 0,
            lanes: 0,
            values: vec![Buffer::default(); nodes],
            saved: vec![Saved::Nothing; nodes],
            outputs: Vec::new(),
            cotangents: vec![Buffer::default(); nodes],
            fans: Fans {
                values: vec![Vec::new(); nodes],
                normalised: vec![Normalised::default(); nodes],
                argmax: vec![Vec::new(); nodes],
                packed: vec![Vec::new(); nodes],
                packed_by_entry: vec![Vec::new(); nodes],
                vectors: vec![Vec::new(); nodes],
                images: vec![Fan::default(); nodes],
            },
            scratch: Scratch::default(),
            tape,
        }
    }

    /// The tape that this sweep runs on.
    #[must_use]
    pub fn tape(&self) -> &Arc<Tape> {
        &self.tape
    }

    /// The outputs of the last forward pass, `S x m`.
    #[must_use]
    pub fn outputs(&self) -> ArrayView2<'_, T> {
        crate::layers::view(self.samples, self.tape.outputs(), &self.outputs)
    }

    /// Adds the gradient of `sum_b <u_b, f(x_b)>` to `gradient`, with `u` of shape `S x m`.
    ///
    /// # Errors
    /// If an argument has the wrong shape.
    pub fn gradient_sum(
        &mut self,
        parameters: &[T],
        u: ArrayView2<'_, T>,
        gradient: &mut [T],
    ) -> Result<(), TensorError> {
        self.check_len("gradient", gradient.len(), self.tape.parameters().len())?;
        self.backward(parameters, u, &mut GradientSum { gradient, overwrite: false })
    }

    /// The same gradient, written over what `gradient` held.
    pub(crate) fn gradient_over(
        &mut self,
        parameters: &[T],
        u: ArrayView2<'_, T>,
        gradient: &mut [T],
    ) -> Result<(), TensorError> {
        self.backward(parameters, u, &mut GradientSum { gradient, overwrite: true })
    }

    /// `‖J_b' u_b‖²` for every sample, with `u` of shape `S x m`: with the loss's residuals, the local gradient norm.
    ///
    /// # Errors
    /// If an argument has the wrong shape.
    pub fn squared_gradient_norms(
        &mut self,
        parameters: &[T],
        u: ArrayView2<'_, T>,
    ) -> Result<Vec<T>, TensorError> {
        let mut norms = vec![T::zero(); self.lanes];
        let mut sums = std::mem::take(&mut self.scratch.numbers);
        let done = self.backward(parameters, u, &mut SquaredNorms { norms: &mut norms, sums: &mut sums });
        self.scratch.numbers = sums;
        norms.truncate(self.samples);
        done.map(|()| norms)
    }

    /// The structural matrices `A_b = J_b J_b'` of all samples, `S x m x m`, by the layer sum T13.
    ///
    /// # Errors
    /// If `parameters` has the wrong length.
    pub fn structure(&mut self, parameters: &[T]) -> Result<Array3<T>, TensorError> {
        let outputs = self.tape.outputs();
        let mut matrices = Array3::zeros((self.samples, outputs, outputs));
        self.gram(parameters, matrices.as_slice_mut().expect("a new array is contiguous"), false)?;
        Ok(matrices)
    }

    /// The same matrices apart by layer, `L x S x m x m`: the terms of T13 in the order of the layers with parameters.
    ///
    /// # Errors
    /// If `parameters` has the wrong length.
    pub fn structure_by_layer(&mut self, parameters: &[T]) -> Result<Array4<T>, TensorError> {
        let outputs = self.tape.outputs();
        let layers = self.tape.layers_with_parameters().len();
        let mut matrices = Array4::zeros((layers, self.samples, outputs, outputs));
        self.gram(parameters, matrices.as_slice_mut().expect("a new array is contiguous"), true)?;
        Ok(matrices)
    }

    fn gram(&mut self, parameters: &[T], matrices: &mut [T], by_layer: bool) -> Result<(), TensorError> {
        let samples = self.samples;
        self.backward_fan(parameters, &mut Gram { matrices, samples, by_layer })
    }

    /// The full Jacobians, `S x m x n`. For tests and small models: the memory is `S m n` numbers.
    ///
    /// # Errors
    /// If `parameters` has the wrong length.
    pub fn jacobian(&mut self, parameters: &[T]) -> Result<Array3<T>, TensorError> {
        let count = self.tape.parameters().len();
        let mut rows = Array3::zeros((self.samples, self.tape.outputs(), count));
        let slice = rows.as_slice_mut().expect("a new array is contiguous");
        self.backward_fan(parameters, &mut Jacobian { rows: slice, parameters: count })?;
        Ok(rows)
    }

    /// Shows every layer's fan to a collector.
    pub(crate) fn gather<C: FanCollector<T>>(
        &mut self,
        parameters: &[T],
        collector: &mut C,
    ) -> Result<(), TensorError> {
        self.backward_fan(parameters, collector)
    }

    fn check_len(&self, argument: &'static str, got: usize, want: usize) -> Result<(), TensorError> {
        if got == want {
            Ok(())
        } else {
            Err(TensorError::Argument { argument, got: vec![got], needs: format!("[{want}]") })
        }
    }
}

/// How many lanes hold `samples` samples: a power of two, or whole vectors of every instruction set.
fn lanes_for(samples: usize) -> usize {
    if samples <= 32 { samples.next_power_of_two() } else { samples.next_multiple_of(32) }
}

/// Copies the rows of a matrix `S x d` into lanes, `d x lanes`, and zeros into the lanes beyond.
fn into_lanes<T: Real>(rows: ArrayView2<'_, T>, lanes: usize, into: &mut Buffer<T>) {
    let (samples, len) = rows.dim();
    into.resize(len * lanes);
    match rows.as_slice() {
        Some(rows) => transpose(samples, len, rows, len, into, lanes),
        None => {
            for (column, into) in rows.columns().into_iter().zip(into.chunks_exact_mut(lanes)) {
                for (into, &value) in into.iter_mut().zip(column) {
                    *into = value;
                }
            }
        }
    }
    if lanes > samples {
        for lanes in into.chunks_exact_mut(lanes) {
            lanes[samples..].fill(T::zero());
        }
    }
}
