//! The tangent kernel between two sets of samples: the cross Gram matrix of their Jacobians.

use std::ops::Range;

use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis, s};
use rayon::prelude::*;

use crate::collectors::{Factor, Gathers, JacobianPart, JacobianParts, OuterProduct, OuterProducts};
use crate::gemm::{gemm, view, view_mut};
use crate::kernels::sum_of_products;
use crate::{Engine, Real, TensorError};

/// The Jacobians of layers that are not dense are made for this many bytes of parameters at a time.
const PART_BYTES: usize = 256 * 1024 * 1024;

/// How many samples' rows of the kernel one task computes.
const TASK_SAMPLES: usize = 8;

impl<T: Real> Engine<T> {
    /// The empirical neural tangent kernel (NTK; Jacot, Gabriel, Hongler, 2018) `K = J_a J_b'` between two sets of samples, `(N_a m) x (N_b m)`: the entry `(i m + k, j m + l)` is
    /// `<grad f_k(a_i), grad f_l(b_j)>`. With both sets the same, its blocks on the diagonal are the structural matrices and its smallest
    /// eigenvalue is that of theorem T14.
    ///
    /// Dense layers give `(<a_i, a_j> + 1) U_i U_j'` without their Jacobian; of the others it is made in parts of at most 256 MB.
    /// The cost is one structural sweep a part and `N_a N_b m^2` times the parameters of the layers that are not dense in
    /// multiply-adds.
    ///
    /// # Errors
    /// If an argument has the wrong shape.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use fenchel_tensor::{Engine, Shape, TapeBuilder};
    /// use ndarray::array;
    ///
    /// // f(x) = w'x: the kernel is the matrix of inner products.
    /// let mut net = TapeBuilder::new(Shape::vector(2));
    /// let x = net.input();
    /// let y = net.dense_without_bias("w", x, 1)?;
    /// let engine = Engine::<f64>::new(Arc::new(net.finish(y)?));
    /// let (a, b) = (array![[1.0, 2.0], [0.0, 1.0]], array![[3.0, 1.0]]);
    /// let kernel = engine.tangent_kernel(&[0.5, -1.0], a.view(), b.view())?;
    /// assert_eq!(kernel, array![[5.0], [1.0]]);
    /// # Ok::<(), fenchel_tensor::TensorError>(())
    /// ```
    pub fn tangent_kernel(
        &self,
        parameters: &[T],
        a: ArrayView2<'_, T>,
        b: ArrayView2<'_, T>,
    ) -> Result<Array2<T>, TensorError> {
        let m = self.tape().outputs();
        let mut kernel = Array2::zeros((a.nrows() * m, b.nrows() * m));
        let same = a == b;
        let sets = (a, (!same).then_some(b));
        self.add_products(parameters, sets, OuterProducts::new, m, kernel.view_mut())?;
        let row_bytes = a.nrows().max(b.nrows()).max(1) * m * size_of::<T>();
        let width = (PART_BYTES / row_bytes).max(1);
        for range in self.other_parameters() {
            for start in range.clone().step_by(width) {
                let part = start..range.end.min(start + width);
                let gather = |samples| JacobianParts::new(samples, part.clone());
                self.add_products(parameters, sets, gather, m, kernel.view_mut())?;
            }
        }
        Ok(kernel)
    }

    /// The parameters of layers that are not dense, layer by layer.
    fn other_parameters(&self) -> Vec<Range<usize>> {
        let others = self
            .tape()
            .records
            .iter()
            .filter(|record| record.trained().is_some_and(|trained| T::pick(trained).outer().is_none()));
        let ranges = others.flat_map(|record| record.place.tensors.iter().cloned());
        // Small neighbours share a sweep.
        let mut merged: Vec<Range<usize>> = Vec::new();
        for range in ranges {
            match merged.last_mut() {
                Some(last) if last.end == range.start => last.end = range.end,
                _ => merged.push(range),
            }
        }
        merged
    }

    /// Adds the products of what a quantity gathers in two sets of samples, layer by layer; the second set is the first if there is
    /// none.
    fn add_products<Q: Gathers<T, Factor: Product<T>>>(
        &self,
        parameters: &[T],
        (a, b): (ArrayView2<'_, T>, Option<ArrayView2<'_, T>>),
        gather: impl Fn(usize) -> Q + Sync,
        m: usize,
        mut kernel: ArrayViewMut2<'_, T>,
    ) -> Result<(), TensorError> {
        let left = self.factors(parameters, a, &gather)?;
        let right = b.map(|b| self.factors(parameters, b, &gather)).transpose()?;
        for (left, right) in left.iter().zip(right.as_ref().unwrap_or(&left)) {
            left.add_product(right, m, kernel.view_mut());
        }
        Ok(())
    }

    fn factors<Q: Gathers<T>>(
        &self,
        parameters: &[T],
        inputs: ArrayView2<'_, T>,
        gather: &(impl Fn(usize) -> Q + Sync),
    ) -> Result<Vec<Q::Factor>, TensorError> {
        let chunks = self.map_chunks(inputs.nrows(), |sweep, rows| {
            let mut gathered = gather(rows.len());
            sweep.forward(parameters, inputs.slice(s![rows, ..]))?.collect(&mut gathered);
            Ok::<_, TensorError>(gathered.into_factors())
        })?;
        let mut chunks = chunks.into_iter();
        let mut all = chunks.next().unwrap_or_default();
        for chunk in chunks {
            for (all, next) in all.iter_mut().zip(chunk) {
                all.append(next);
            }
        }
        Ok(all)
    }
}

/// The product of two samples' Jacobians in one layer, for all pairs of two sets.
trait Product<T: Real>: Factor<T> {
    /// Adds it to the kernel, `(N_a m) x (N_b m)`.
    fn add_product(&self, right: &Self, m: usize, kernel: ArrayViewMut2<'_, T>);
}

impl<T: Real> Product<T> for JacobianPart<T> {
    fn add_product(&self, right: &Self, m: usize, kernel: ArrayViewMut2<'_, T>) {
        in_tasks(m, kernel, |first, mut kernel| {
            let product = multiply(&self.rows, &right.rows, self.width, first, kernel.view());
            kernel.iter_mut().zip(&product).for_each(|(kernel, &product)| *kernel += product);
        });
    }
}

impl<T: Real> Product<T> for OuterProduct<T> {
    fn add_product(&self, right: &Self, m: usize, kernel: ArrayViewMut2<'_, T>) {
        in_tasks(m, kernel, |first, mut kernel| {
            let columns = kernel.ncols();
            let width = right.cotangents.len() / columns;
            let product = multiply(&self.cotangents, &right.cotangents, width, first, kernel.view());
            let inputs = right.inputs.len() / (columns / m);
            let one = if self.bias { T::one() } else { T::zero() };
            for (i, (mut kernel, product)) in
                kernel.rows_mut().into_iter().zip(product.chunks_exact(columns)).enumerate()
            {
                let a = &self.inputs[(first + i) / m * inputs..][..inputs];
                for (j, b) in right.inputs.chunks_exact(inputs).enumerate() {
                    let factor = sum_of_products(a, b) + one;
                    for place in j * m..(j + 1) * m {
                        kernel[place] += factor * product[place];
                    }
                }
            }
        });
    }
}

/// Some rows of the kernel at a time, each with the number of its first row.
fn in_tasks<T: Real>(
    m: usize,
    mut kernel: ArrayViewMut2<'_, T>,
    add: impl Fn(usize, ArrayViewMut2<'_, T>) + Sync,
) {
    let rows = TASK_SAMPLES * m;
    let tasks: Vec<_> = kernel.axis_chunks_iter_mut(Axis(0), rows).enumerate().collect();
    tasks.into_par_iter().for_each(|(task, kernel)| add(task * rows, kernel));
}

/// The products of rows of this width, from the left's row `first` on, for a part of the kernel.
fn multiply<T: Real>(
    left: &[T],
    right: &[T],
    width: usize,
    first: usize,
    kernel: ArrayView2<'_, T>,
) -> Vec<T> {
    let (rows, columns) = kernel.dim();
    let mut product = vec![T::zero(); rows * columns];
    let left = view(left.len() / width, width, left).slice_move(s![first..first + rows, ..]);
    let right = view(columns, width, right).reversed_axes();
    gemm(T::one(), left, right, T::zero(), view_mut(rows, columns, &mut product));
    product
}
