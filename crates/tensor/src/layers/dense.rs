//! The dense layer `y = W x + b`.

use ndarray::{ArrayView2, ArrayViewMut2};

use crate::Real;
use crate::gemm::gemm;

/// `Y = X W' + 1 b'` for `samples` rows; `weight` is `out x in`.
pub(crate) fn dense<T: Real>(
    samples: usize,
    x: &[T],
    weight: ArrayView2<'_, T>,
    bias: Option<&[T]>,
    y: &mut [T],
) {
    let (outputs, inputs) = weight.dim();
    let rows = view(samples, inputs, x);
    // The bias goes in first and the product adds to it, so Y is written once.
    match bias {
        Some(bias) => {
            for row in y.chunks_exact_mut(outputs) {
                row.copy_from_slice(bias);
            }
            gemm(T::one(), rows, weight.t(), T::one(), view_mut(samples, outputs, y));
        }
        None => gemm(T::one(), rows, weight.t(), T::zero(), view_mut(samples, outputs, y)),
    }
}

/// `dX = U W` for `rows = S K` cotangents at once; adds to `dx` if `accumulate`.
pub(crate) fn dense_backward<T: Real>(
    rows: usize,
    u: &[T],
    weight: ArrayView2<'_, T>,
    dx: &mut [T],
    accumulate: bool,
) {
    let (outputs, inputs) = weight.dim();
    let beta = if accumulate { T::one() } else { T::zero() };
    gemm(T::one(), view(rows, outputs, u), weight, beta, view_mut(rows, inputs, dx));
}

/// A row-major matrix over a slice that has exactly its length.
pub(crate) fn view<T>(rows: usize, columns: usize, data: &[T]) -> ArrayView2<'_, T> {
    ArrayView2::from_shape((rows, columns), data).expect("the caller sized the buffer to the matrix")
}

/// A row-major mutable matrix over a slice that has exactly its length.
pub(crate) fn view_mut<T>(rows: usize, columns: usize, data: &mut [T]) -> ArrayViewMut2<'_, T> {
    ArrayViewMut2::from_shape((rows, columns), data).expect("the caller sized the buffer to the matrix")
}
