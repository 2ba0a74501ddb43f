//! What a forward pass has left: the values at one parameter vector, from which all backward passes start.

use ndarray::{Array2, Array3, Array4, ArrayView2};

use super::Sweep;
use crate::collectors::{GradientSum, Gram, Jacobian, Quantity, SquaredNorms};
use crate::{Real, TensorError};

/// The values of a few samples at one parameter vector, and the passes over them.
///
/// [`Sweep::forward`] makes it, and it holds the parameters: nothing can be asked for before a forward pass,
/// and no backward pass can meet other parameters than the forward one. This does not compile:
///
/// ```compile_fail,E0506
/// # use fenchel_tensor::{Shape, Sweep, TapeBuilder};
/// # let mut net = TapeBuilder::new(Shape::vector(1));
/// # let y = net.dense_without_bias("w", net.input(), 1)?;
/// # let mut sweep = Sweep::new(std::sync::Arc::new(net.finish(y)?));
/// let mut parameters = [5.0];
/// let mut pass = sweep.forward(&parameters, ndarray::array![[2.0]].view())?;
/// parameters[0] = -5.0;
/// pass.structure();
/// # Ok::<(), fenchel_tensor::TensorError>(())
/// ```
#[derive(Debug)]
pub struct Pass<'a, T> {
    pub(super) sweep: &'a mut Sweep<T>,
    pub(super) parameters: &'a [T],
}

impl<T: Real> Pass<'_, T> {
    /// The outputs, `S x m`.
    #[must_use]
    pub fn outputs(&self) -> ArrayView2<'_, T> {
        crate::gemm::view(self.sweep.samples, self.sweep.tape.outputs(), &self.sweep.outputs)
    }

    /// Adds the gradient of `sum_b <u_b, f(x_b)>` to `gradient`, with `u` of shape `S x m`.
    ///
    /// # Errors
    /// If an argument has the wrong shape.
    pub fn gradient_sum(&mut self, u: ArrayView2<'_, T>, gradient: &mut [T]) -> Result<(), TensorError> {
        self.gradient(u, gradient, false)
    }

    /// The same gradient, written over what `gradient` held.
    pub(crate) fn gradient_over(
        &mut self,
        u: ArrayView2<'_, T>,
        gradient: &mut [T],
    ) -> Result<(), TensorError> {
        self.gradient(u, gradient, true)
    }

    fn gradient(
        &mut self,
        u: ArrayView2<'_, T>,
        gradient: &mut [T],
        overwrite: bool,
    ) -> Result<(), TensorError> {
        self.sweep.tape.check_parameters("gradient", gradient.len())?;
        self.sweep.backward(self.parameters, u, &mut GradientSum { gradient, overwrite })
    }

    /// `‖J_b' u_b‖²` for every sample, with `u` of shape `S x m`: with the loss's residuals, the local
    /// gradient norm.
    ///
    /// # Errors
    /// If `u` has the wrong shape.
    pub fn squared_gradient_norms(&mut self, u: ArrayView2<'_, T>) -> Result<Vec<T>, TensorError> {
        let sweep = &mut *self.sweep;
        let mut norms = vec![T::zero(); sweep.lanes];
        let done = sweep.backward(self.parameters, u, &mut SquaredNorms { norms: &mut norms });
        norms.truncate(sweep.samples);
        done.map(|()| norms)
    }

    /// The structural matrices `A_b = J_b J_b'` of all samples, `S x m x m`, by the layer sum T13.
    #[must_use]
    pub fn structure(&mut self) -> Array3<T> {
        let outputs = self.sweep.tape.outputs();
        let mut matrices = Array3::zeros((self.sweep.samples, outputs, outputs));
        self.gram(matrices.as_slice_mut().expect("a new array is contiguous"), false);
        matrices
    }

    /// The same matrices apart by layer, `L x S x m x m`: the terms of T13 in the order of the layers with
    /// parameters.
    #[must_use]
    pub fn structure_by_layer(&mut self) -> Array4<T> {
        let (outputs, layers) = (self.sweep.tape.outputs(), self.sweep.tape.layer_count());
        let mut matrices = Array4::zeros((layers, self.sweep.samples, outputs, outputs));
        self.gram(matrices.as_slice_mut().expect("a new array is contiguous"), true);
        matrices
    }

    fn gram(&mut self, matrices: &mut [T], by_layer: bool) {
        let samples = self.sweep.samples;
        self.collect(&mut Gram { matrices, samples, by_layer });
    }

    /// The full Jacobians, `S x m x n`. For tests and small models: the memory is `S m n` numbers.
    #[must_use]
    pub fn jacobian(&mut self) -> Array3<T> {
        let count = self.parameters.len();
        let mut rows = Array3::zeros((self.sweep.samples, self.sweep.tape.outputs(), count));
        let slice = rows.as_slice_mut().expect("a new array is contiguous");
        self.collect(&mut Jacobian { rows: slice, parameters: count });
        rows
    }

    /// The Jacobian-vector products `J_b v` of all samples, `S x m`, for one direction `v` of the `n`
    /// parameters.
    ///
    /// Each node's tangent is the derivative of its value along `v`, computed from the first node to the last
    /// beside the values of the forward pass; the cost is about that of two forward passes, whatever the
    /// number of outputs.
    ///
    /// # Errors
    /// If `direction` has the wrong length.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use fenchel_tensor::{Shape, Sweep, TapeBuilder};
    /// use ndarray::array;
    ///
    /// // f(x) = w x is linear in w: J v = v x.
    /// let mut net = TapeBuilder::new(Shape::vector(1));
    /// let x = net.input();
    /// let y = net.dense_without_bias("w", x, 1)?;
    /// let mut sweep = Sweep::new(Arc::new(net.finish(y)?));
    /// let mut pass = sweep.forward(&[5.0], array![[2.0], [3.0]].view())?;
    /// assert_eq!(pass.jacobian_vector(&[10.0])?, array![[20.0], [30.0]]);
    /// # Ok::<(), fenchel_tensor::TensorError>(())
    /// ```
    pub fn jacobian_vector(&mut self, direction: &[T]) -> Result<Array2<T>, TensorError> {
        self.sweep.tape.check_parameters("direction", direction.len())?;
        Ok(self.sweep.push_forward(self.parameters, direction))
    }

    /// Shows every layer with parameters, for every sample, to a quantity of one's own.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use fenchel_tensor::{Quantity, Shape, Site, Sweep, TapeBuilder};
    /// use ndarray::{Array2, array};
    ///
    /// // The factor P of T13 for the first layer: how the outputs move with what that layer gives.
    /// struct First(Vec<Array2<f64>>);
    ///
    /// impl Quantity<f64> for First {
    ///     fn site(&mut self, site: Site<'_, f64>) {
    ///         if site.layer() == 0 {
    ///             self.0.push(site.cotangents());
    ///         }
    ///     }
    /// }
    ///
    /// let mut net = TapeBuilder::new(Shape::vector(1));
    /// let h = net.dense_without_bias("w", net.input(), 2)?;
    /// let y = net.dense_without_bias("v", h, 1)?;
    /// let mut sweep = Sweep::new(Arc::new(net.finish(y)?));
    /// let mut first = First(Vec::new());
    /// sweep.forward(&[1.0, 2.0, 5.0, 7.0], array![[3.0]].view())?.collect(&mut first);
    /// assert_eq!(first.0, [array![[5.0, 7.0]]]);
    /// # Ok::<(), fenchel_tensor::TensorError>(())
    /// ```
    pub fn collect<Q: Quantity<T>>(&mut self, quantity: &mut Q) {
        self.sweep.backward_fan(self.parameters, quantity);
    }
}
