//! A sweep: the values of a few samples on a tape, and the backward pass over them.

mod backward;
mod forward;

use std::sync::Arc;

use ndarray::{Array3, Array4, ArrayView2, ArrayView3};

use crate::collectors::{Block, GradientSum, Gram, Jacobian, SquaredNorms};
use crate::layers::Normalised;
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
    values: Vec<Vec<T>>,
    saved: Vec<Saved<T>>,
    cotangents: Vec<Vec<T>>,
    block: Block<T>,
    patches: Vec<T>,
    scratch: Vec<T>,
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
            values: vec![Vec::new(); nodes],
            saved: vec![Saved::Nothing; nodes],
            cotangents: vec![Vec::new(); nodes],
            block: Block::default(),
            patches: Vec::new(),
            scratch: Vec::new(),
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
        let values = &self.values[self.tape.output];
        crate::layers::view(self.samples, self.tape.outputs(), values)
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
        let mut block = std::mem::take(&mut self.block);
        let mut collector = GradientSum { gradient, block: &mut block };
        let done = self.backward(parameters, one_each(u), &mut collector);
        self.block = block;
        done
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
        let mut norms = vec![T::zero(); self.samples];
        let mut block = std::mem::take(&mut self.block);
        let mut collector = SquaredNorms { norms: &mut norms, block: &mut block };
        let done = self.backward(parameters, one_each(u), &mut collector);
        self.block = block;
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
        let unit = self.unit_cotangents();
        let mut block = std::mem::take(&mut self.block);
        let mut collector = Gram { matrices, by_layer, block: &mut block };
        let done = self.backward(parameters, unit.view(), &mut collector);
        self.block = block;
        done
    }

    /// The full Jacobians, `S x m x n`. For tests and small models: the memory is `S m n` numbers.
    ///
    /// # Errors
    /// If `parameters` has the wrong length.
    pub fn jacobian(&mut self, parameters: &[T]) -> Result<Array3<T>, TensorError> {
        let count = self.tape.parameters().len();
        let mut rows = Array3::zeros((self.samples, self.tape.outputs(), count));
        let unit = self.unit_cotangents();
        let mut block = std::mem::take(&mut self.block);
        let mut collector = Jacobian {
            rows: rows.as_slice_mut().expect("a new array is contiguous"),
            parameters: count,
            block: &mut block,
        };
        let done = self.backward(parameters, unit.view(), &mut collector);
        self.block = block;
        done.map(|()| rows)
    }

    /// One cotangent per output: `S x m x m` identities.
    fn unit_cotangents(&self) -> Array3<T> {
        let outputs = self.tape.outputs();
        Array3::from_shape_fn(
            (self.samples, outputs, outputs),
            |(_, k, i)| {
                if k == i { T::one() } else { T::zero() }
            },
        )
    }

    fn check_len(&self, argument: &'static str, got: usize, want: usize) -> Result<(), TensorError> {
        if got == want {
            Ok(())
        } else {
            Err(TensorError::Argument { argument, got: vec![got], needs: format!("[{want}]") })
        }
    }
}

/// `S x m` as one cotangent a sample, `S x 1 x m`.
fn one_each<T>(u: ArrayView2<'_, T>) -> ArrayView3<'_, T> {
    u.insert_axis(ndarray::Axis(1))
}
