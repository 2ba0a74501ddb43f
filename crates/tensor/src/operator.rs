//! The structural operator: products with `J`, `J'` and `J J'` for outputs too many to enumerate, and extreme eigenvalues by Lanczos.

mod lanczos;

use ndarray::{Array2, ArrayView2, Axis, s};

pub use lanczos::{Extremes, lanczos};

use crate::{Engine, Real, TensorError};

impl<T: Real> Engine<T> {
    /// The Jacobian-vector products `J_b v` of all samples, `B x m`, for one direction `v` of the parameters.
    ///
    /// # Errors
    /// If an argument has the wrong shape.
    pub fn jacobian_vector(
        &self,
        parameters: &[T],
        inputs: ArrayView2<'_, T>,
        direction: &[T],
    ) -> Result<Array2<T>, TensorError> {
        let chunks = self.map_chunks(inputs.nrows(), |sweep, rows| {
            sweep.forward(parameters, inputs.slice(s![rows, ..]))?.jacobian_vector(direction)
        })?;
        let mut result = Array2::zeros((0, self.tape().outputs()));
        for chunk in chunks {
            result.append(Axis(0), chunk.view()).expect("every chunk has one column per output");
        }
        Ok(result)
    }

    /// The vector-Jacobian product `sum_b J_b' u_b`, for `u` of shape `B x m`: `n` numbers.
    ///
    /// # Errors
    /// If an argument has the wrong shape.
    pub fn vector_jacobian(
        &self,
        parameters: &[T],
        inputs: ArrayView2<'_, T>,
        u: ArrayView2<'_, T>,
    ) -> Result<Vec<T>, TensorError> {
        if u.dim() != (inputs.nrows(), self.tape().outputs()) {
            return Err(TensorError::Argument {
                argument: "u",
                got: u.shape().to_vec(),
                needs: format!("[{}, {}]", inputs.nrows(), self.tape().outputs()),
            });
        }
        let mut product = vec![T::zero(); self.tape().parameters().len()];
        self.gradient_sum::<TensorError>(parameters, inputs, &mut product, |rows, _, mut residuals| {
            residuals.assign(&u.slice(s![rows, ..]));
            Ok(())
        })?;
        Ok(product)
    }

    /// The extreme eigenvalues of the tangent kernel `J J'` of the given samples together, from products with it alone: of one
    /// sample's structural matrix `A_x` if there is one sample, of the `(B m) x (B m)` kernel of theorem T14 otherwise.
    ///
    /// Neither matrix is formed: a step costs a forward, a backward and a tangent sweep of all samples, and memory is `steps`
    /// vectors of `B m` numbers. `start`, `B m` numbers, should have no zero component along any eigenvector, as a random
    /// vector has not. The residuals carry the round-off of the products in precision `T`, as
    /// [`Tape::backward_roundoff`](crate::Tape::backward_roundoff) estimates it.
    ///
    /// # Errors
    /// If an argument has the wrong shape, `start` is zero or not finite, or a product is not finite.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use fenchel_tensor::{Engine, Shape, TapeBuilder};
    /// use ndarray::array;
    ///
    /// // f(x) = W x with 50 outputs: A_x = ‖x‖² I.
    /// let mut net = TapeBuilder::new(Shape::vector(2));
    /// let x = net.input();
    /// let y = net.dense_without_bias("w", x, 50)?;
    /// let engine = Engine::<f64>::new(Arc::new(net.finish(y)?));
    /// let start: Vec<f64> = (1..=50).map(f64::from).collect();
    /// let found = engine.extreme_eigenvalues(&[0.0; 100], array![[3.0, 4.0]].view(), &start, 20)?;
    /// assert!((found.largest - 25.0).abs() < 1e-9 && (found.smallest - 25.0).abs() < 1e-9);
    /// # Ok::<(), fenchel_tensor::TensorError>(())
    /// ```
    pub fn extreme_eigenvalues(
        &self,
        parameters: &[T],
        inputs: ArrayView2<'_, T>,
        start: &[f64],
        steps: usize,
    ) -> Result<Extremes, TensorError> {
        let shape = (inputs.nrows(), self.tape().outputs());
        if start.len() != shape.0 * shape.1 {
            return Err(TensorError::Argument {
                argument: "start",
                got: vec![start.len()],
                needs: format!("[{}]: one number for each output of each sample", shape.0 * shape.1),
            });
        }
        // The passes of one sample, and the sum of all samples' gradients.
        let roundoff = self.tape().backward_roundoff::<T>() + 2.0 * shape.0 as f64 * T::UNIT_ROUNDOFF;
        lanczos(start, steps, roundoff, |v, product| {
            let u = Array2::from_shape_fn(shape, |(b, k)| T::of(v[b * shape.1 + k]));
            let direction = self.vector_jacobian(parameters, inputs, u.view())?;
            let result = self.jacobian_vector(parameters, inputs, &direction)?;
            for (product, value) in product.iter_mut().zip(&result) {
                *product = value.as_f64();
            }
            Ok(())
        })
    }
}
